"""The icon set: one file, which browsers keep, of which pages name what they use."""

import re
from pathlib import Path
from typing import Final

from django.templatetags.static import static

_FILE: Final = "codecard/img/icons.svg"
NAMES: Final = frozenset(
    re.findall(r'<symbol id="([a-z]+)"', (Path(__file__).parents[1] / "static" / _FILE).read_text(encoding="utf-8"))
)


def icon_address(name: str) -> str:
    """Where an icon is found, for `<use>`.

    :raises LookupError: there is none of that name.
    """
    if name not in NAMES:
        raise LookupError(f"no icon is named {name!r}")
    return f"{static(_FILE)}#{name}"
