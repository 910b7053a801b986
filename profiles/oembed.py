"""`/oembed/`: how whoever is given a profile's address shows its picture. oEmbed 1.0, https://oembed.com.

It tells a published profile's name and handle, and where the picture is that everybody may fetch.
"""

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from codecard.lib.problems import problem
from profiles.published import SECONDS_KEPT, published, shown_to_everybody
from teams.views.invitations import base_url_of

WIDTH, HEIGHT = 1200, 630
_PROFILE: Final = re.compile(r"/@([^/]+)/?")
NOBODY: Final = "No public profile has this address. It may have moved, or was never published."


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """`url`: of a profile here. `maxwidth`, `maxheight`: in pixels, both may be missing."""
    if request.GET.get("format", "json") != "json":
        return problem(HTTPStatus.NOT_IMPLEMENTED, "Only JSON is told here: leave format out, or ask for json.")
    most = [request.GET.get(name) or size for name, size in (("maxwidth", str(WIDTH)), ("maxheight", str(HEIGHT)))]
    if not all(re.fullmatch(r"[1-9]\d{0,5}", one, re.ASCII) for one in most):
        return problem(HTTPStatus.BAD_REQUEST, "maxwidth and maxheight are whole numbers of pixels.")
    base = base_url_of(request)
    told = _answer(request, base, *map(int, most))
    told["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(told, public=True, max_age=SECONDS_KEPT)
    return told


def _answer(request: HttpRequest, base: str, most_width: int, most_height: int) -> HttpResponse:
    try:
        asked = urlsplit(request.GET.get("url", ""))
    except ValueError:
        return problem(HTTPStatus.NOT_FOUND, NOBODY)
    named = _PROFILE.fullmatch(asked.path)
    if named is None or asked.netloc.lower() != urlsplit(base).netloc.lower():
        return problem(HTTPStatus.NOT_FOUND, NOBODY)
    found = published(named[1], "profile")
    if isinstance(found, HttpResponse):
        query = request.GET.dict() | {"url": f"{base}{found.url}"}
        return HttpResponseRedirect(f"{reverse('oembed')}?{urlencode(query)}")
    if found is None:
        return problem(HTTPStatus.NOT_FOUND, NOBODY)
    ratio = min(1, most_width / WIDTH, most_height / HEIGHT)
    shown = shown_to_everybody(found)
    address = f"{base}{reverse('profile', args=[found.handle])}"
    return JsonResponse(
        {
            "version": "1.0",
            "type": "photo",
            "url": f"{address}og.png",
            "width": max(1, int(WIDTH * ratio)),
            "height": max(1, int(HEIGHT * ratio)),
            "title": f"{shown.name} (@{found.handle})",
            "author_name": shown.name,
            "author_url": address,
            "provider_name": "Code Card",
            "provider_url": f"{base}/",
            "cache_age": SECONDS_KEPT,
        }
    )


urlpatterns = [path("oembed/", oembed, name="oembed")]
