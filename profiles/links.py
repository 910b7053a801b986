"""Links that somebody shows of themselves: an address of the web and a word for it. Pure but for Django's rules."""

from typing import Final, TypedDict
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

MOST_LINKS: Final = 5
LONGEST_LABEL: Final = 40
LONGEST_ADDRESS: Final = 200
_rules: Final = URLValidator(schemes=["http", "https"])


class Link(TypedDict):
    label: str
    url: str


def link(label: str, url: str) -> Link:
    """Without a word of its own a link is called by its host.

    :raises ValidationError: no address of the web, or one with a name and password in it.
    """
    url = url.strip()
    if len(url) > LONGEST_ADDRESS:
        raise ValidationError(f"An address may have {LONGEST_ADDRESS} characters.")
    if not url.isprintable() or not _is_of_the_web(url):
        raise ValidationError("Give a whole address that begins with https:// or http://.")
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValidationError("An address can't hold a name or password.")
    told = label.strip()[:LONGEST_LABEL] or (parts.hostname or "").removeprefix("www.")[:LONGEST_LABEL]
    return Link(label=told, url=url)


def _is_of_the_web(url: str) -> bool:
    try:
        _rules(url)
    except ValidationError:
        return False
    return True
