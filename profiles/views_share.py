"""Card, badges and picture of a published profile, for READMEs and for whoever shows links with a picture.

Always what everybody may see, whoever asks: an image's request carries a cookie, or none. Nobody is known by handle and
not published say the same, and an answer is never an error: what is missing says so in words.
"""

from collections.abc import Callable, Sequence
from functools import cache as once
from hashlib import blake2b
from pathlib import Path

import resvg_py
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page, require_safe

from profiles import cards
from profiles.cards import Theme
from profiles.figures import shown_to
from profiles.models import Audience, Section
from profiles.published import SECONDS_KEPT, kept, published
from profiles.shown import Shown

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
OF_CARD = (Section.TOTALS, Section.ACTIVITY, Section.MEASURES)
_FONTS = Path(__file__).parent / "fonts"


@require_safe
@conditional_page
def card(request: HttpRequest, handle: str) -> HttpResponse:
    """`theme`: auto, light or dark. `show`: which of totals, activity, measures, by commas; others are overlooked."""
    asked = request.GET.get("theme", "")
    theme = Theme(asked) if asked in set(Theme) else Theme.AUTO
    named = {one.strip() for one in request.GET.get("show", "").split(",")}
    chosen = [section for section in OF_CARD if section in named] or list(OF_CARD)
    return _svg(handle, "profile_card", f"card {theme} {chosen}", lambda shown: cards.card(shown, theme), chosen)


@require_safe
@conditional_page
def badge(request: HttpRequest, handle: str, what: str) -> HttpResponse:
    return _svg(handle, "profile_badge", f"badge {what}", lambda shown: cards.badge(shown, what), OF_CARD, what)


@require_safe
@conditional_page
def picture(request: HttpRequest, handle: str) -> HttpResponse:
    return _answered(handle, "profile_picture", "image/png", "og", lambda shown: _drawn(cards.picture(shown)), OF_CARD)


def _svg(
    handle: str, name: str, variant: str, draw: Callable[[Shown | None], str], sections: Sequence[Section], *more: str
) -> HttpResponse:
    kind = "image/svg+xml; charset=utf-8"
    return _answered(handle, name, kind, variant, lambda shown: draw(shown).encode(), sections, *more)


def _answered(
    handle: str,
    name: str,
    kind: str,
    variant: str,
    draw: Callable[[Shown | None], bytes],
    sections: Sequence[Section],
    *more: str,
) -> HttpResponse:
    found = published(handle, name, *more)
    if isinstance(found, HttpResponse):
        return _embeddable(found)
    if found is None:
        return _embeddable(HttpResponse(draw(None), content_type=kind))

    def drawn() -> bytes:
        return draw(shown_to(found, Audience.PUBLIC, now=timezone.now(), sections=sections))

    return _embeddable(HttpResponse(kept(found, variant, drawn), content_type=kind))


def _drawn(svg: str) -> bytes:
    """As PNG, once for each picture that is the same."""
    key = f"og:{blake2b(svg.encode(), digest_size=16).hexdigest()}"
    known: bytes | None = cache.get(key)
    if known is None:
        is_latin = all(ord(mark) < 256 or mark in "…–" for mark in svg)  # what our own font holds; others take time
        known = bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg, skip_system_fonts=is_latin, font_files=_font_files(), font_family="Inter"
            )
        )
        cache.set(key, known, 24 * 3600)
    return known


@once
def _font_files() -> list[str]:
    return sorted(str(file) for file in _FONTS.glob("*.ttf"))


def _embeddable(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=SECONDS_KEPT)
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


urlpatterns = [
    path("@<str:handle>/card.svg", card, name="profile_card"),
    path("@<str:handle>/badge/<slug:what>.svg", badge, name="profile_badge"),
    path("@<str:handle>/og.png", picture, name="profile_picture"),
]
