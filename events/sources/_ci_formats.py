"""Which format a report is in, by what it looks like or by what the sender says. Pure."""

from typing import Any, Final

from events.sources._base import Unreadable
from events.sources._ci_quality import (
    Collector,
    Reader,
    Report,
    load,
    read_complexipy,
    read_flake8,
    read_radon,
    read_ruff,
)
from events.sources._ci_sarif import read_sarif

_READERS: Final[dict[str, Reader]] = {
    "ruff": read_ruff, "flake8": read_flake8, "radon": read_radon, "complexipy": read_complexipy,
}  # fmt: skip
FORMATS: Final = (*_READERS, "sarif")
_SAY: Final = f"add format, one of {', '.join(FORMATS)}"


def parse(body: bytes, format_: str, root: str) -> list[Report]:
    """`format_` empty: found by itself.

    :raises Unreadable: it is none of the formats, or not the one that it is said to be.
    """
    if format_ and format_ not in FORMATS:
        raise Unreadable(f"format is not known: {_SAY}")
    value = load(body)
    name = format_ or _found(value)
    reports = list(read_sarif(value, root) if name == "sarif" else _READERS[name](value, Collector(root)))
    if not reports:
        raise Unreadable("it holds no run of a tool")
    return reports


def _found(value: Any) -> str:
    if not value:
        raise Unreadable(f"nothing in it tells which tool made it: {_SAY}")
    if isinstance(value, dict) and "runs" in value:
        return "sarif"
    sample = _sample(value)
    if isinstance(value, list) and "filename" in sample:
        return "ruff"
    if isinstance(value, list) and "path" in sample and "complexity" in sample:
        return "complexipy"
    if isinstance(value, dict) and ("complexity" in sample or "error" in sample):
        return "radon"
    if isinstance(value, dict) and "line_number" in sample:
        return "flake8"
    raise Unreadable(f"its format was not recognised: {_SAY}")


def _sample(value: Any) -> dict[str, Any]:
    """The first finding, whichever file it is of."""
    if isinstance(value, list):
        return value[0] if isinstance(value[0], dict) else {}
    for found in value.values() if isinstance(value, dict) else ():
        first = found[0] if isinstance(found, list) and found else found
        if isinstance(first, dict) and first:
            return first
    return {}
