"""Card, badges and picture of a published profile, for READMEs and for whoever shows links with a picture.

Always what everybody may see, whoever asks: an image's request carries a cookie, or none. Nobody is known by handle and
not published say the same, and an answer is never an error: what is missing says so in words.
"""

import time
from collections.abc import Callable, Collection
from functools import cache as once
from hashlib import blake2b
from pathlib import Path

import resvg_py
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page, require_safe

from codecard.lib.remembering import Memory
from profiles import cards
from profiles.cards import Theme
from profiles.handles import is_handle
from profiles.keeping import remembered
from profiles.models import Section
from profiles.published import SECONDS_KEPT, published, shown_to_everybody
from profiles.queries import standing_of
from profiles.shown import Shown

SVG = "image/svg+xml; charset=utf-8"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
OF_CARD = (Section.TOTALS, Section.ACTIVITY, Section.MEASURES)
SECONDS_SAME = 10
"""How long a card is the same while nothing but the data changes."""
_CARDS: Memory[tuple[bytes, float]] = Memory(4_000_000)
_FONTS = Path(__file__).parent / "fonts"


@require_safe
@conditional_page
def card(request: HttpRequest, handle: str) -> HttpResponse:
    """`theme`: auto, light or dark. `show`: which of totals, activity, measures, by commas; others are overlooked."""
    asked = request.GET.get("theme", "")
    theme = Theme(asked) if asked in set(Theme) else Theme.AUTO
    named = {one.strip() for one in request.GET.get("show", "").split(",")}
    chosen = tuple(section for section in OF_CARD if section in named) or OF_CARD
    standing = standing_of(handle) if is_handle(handle) else None
    key = standing, theme, chosen
    if standing and (known := _CARDS.get(key)) and time.monotonic() < known[1]:
        return _for_all(drawing(known[0]))
    response = _embedded(handle, "profile_card", SVG, lambda shown: cards.card(shown, theme).encode(), chosen)
    if standing and standing == standing_of(handle):  # nothing was forbidden meanwhile
        _CARDS.keep(key, (response.content, time.monotonic() + SECONDS_SAME), len(response.content))
    return response


@require_safe
@conditional_page
def badge(request: HttpRequest, handle: str, what: str) -> HttpResponse:
    return _embedded(handle, "profile_badge", SVG, lambda shown: cards.badge(shown, what).encode(), OF_CARD, what)


@require_safe
@conditional_page
def picture(request: HttpRequest, handle: str) -> HttpResponse:
    return _embedded(handle, "profile_picture", "image/png", lambda shown: _drawn(cards.picture(shown)), OF_CARD)


def _embedded(
    handle: str,
    name: str,
    kind: str,
    draw: Callable[[Shown | None], bytes],
    sections: Collection[Section],
    *more: str,
) -> HttpResponse:
    """What is embedded of a profile, or the way to where it moved. `name`, `more`: as of `published`."""
    found = published(handle, name, *more)
    if isinstance(found, HttpResponse):
        return _for_all(found)
    return _for_all(drawing(draw(shown_to_everybody(found, sections) if found else None), kind))


def _for_all(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=SECONDS_KEPT)
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def drawing(content: bytes, kind: str = SVG) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Security-Policy": POLICY})


def _drawn(svg: str) -> bytes:
    """As PNG, once for each picture that is the same."""
    name = blake2b(svg.encode(), digest_size=16).hexdigest()
    return remembered(f"og:{name}", lambda: _png(svg), 24 * 3600)


def _png(svg: str) -> bytes:
    is_latin = all(ord(mark) < 256 or mark in "…–" for mark in svg)  # what our own font holds; others take time
    return bytes(
        resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=is_latin, font_files=_font_files(), font_family="Inter")
    )


@once
def _font_files() -> list[str]:
    return sorted(str(file) for file in _FONTS.glob("*.ttf"))


urlpatterns = [
    path("@<str:handle>/card.svg", card, name="profile_card"),
    path("@<str:handle>/badge/<slug:what>.svg", badge, name="profile_badge"),
    path("@<str:handle>/og.png", picture, name="profile_picture"),
]
