"""`/@<handle>/`, for everybody. Without cookies it asks for no session and may be kept by caches for a minute; who
brings some gets an answer of their own."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page, require_safe

from codecard.lib.requests import theme_of
from profiles import charts
from profiles.figures import shown_to
from profiles.models import Audience, Profile
from profiles.published import published, shown_to_everybody
from profiles.queries import audience_of_visitor
from profiles.shown import Shown
from teams.views.invitations import base_url_of

SECONDS_KEPT = 60
OUR_COOKIES = (settings.SESSION_COOKIE_NAME, "theme")
"""Those that change what is answered."""


@require_safe
@conditional_page
def profile(request: HttpRequest, handle: str) -> HttpResponse:
    """Of a handle that nobody has and of one that isn't published the same is said, after the same questions."""
    found = published(handle, "profile")
    if isinstance(found, HttpResponse):
        return kept(request, found)
    return kept(request, _page(request, found) if found else nothing(request, handle))


def _page(request: HttpRequest, found: Profile) -> HttpResponse:
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    audience = audience_of_visitor(found, request.user) if has_session else Audience.PUBLIC
    if audience is Audience.PUBLIC:
        shown = shown_to_everybody(found)
    else:
        shown = shown_to(found, audience, now=timezone.now())
    context = page_context(request, shown, found)
    context |= {"is_own": has_session and request.user.id == found.user_id, "audience": audience}
    return rendered(request, "profiles/profile.html", context | {"is_indexed": audience is Audience.PUBLIC})


def page_context(request: HttpRequest, shown: Shown, profile: Profile) -> dict[str, Any]:
    """What the page is made of: `shown`, and pictures of it."""
    base_url = base_url_of(request)
    home = f"{base_url}{reverse('profile', args=[profile.handle])}"
    return {
        "shown": shown,
        "profile": profile,
        "title": f"{shown.name} (@{shown.handle})",
        "summary": shown.about.bio if shown.about and shown.about.bio else f"How {shown.name} works with AI.",
        "base_url": base_url,
        "home": home,
        "address": home,
        "span": "12 months",
        "measured": "last 91 days",
        "this_year": shown.as_of.year,
        "facts": charts.facts(shown),
        "tokens": charts.tokens_by_month(shown),
        "slices": charts.model_slices(shown),
        "most_used": max((one.share for one in shown.tasks), default=0),
        "badges": shown.badges,
    }


def nothing(request: HttpRequest, handle: str) -> HttpResponse:
    return rendered(request, "profiles/nothing.html", {"handle": handle}, status=404)


def rendered(request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Without `request=`: the context processors read the session."""
    frame = {
        "request": request,
        "theme": theme_of(request),
        "version": settings.VERSION,
        "has_session": settings.SESSION_COOKIE_NAME in request.COOKIES,
    }
    return HttpResponse(render_to_string(template, {**frame, **context}), status=status)


def kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Redirects too are kept for a minute only: going back to a former handle would lead in a circle."""
    if any(name in request.COOKIES for name in OUR_COOKIES):
        patch_cache_control(response, private=True, no_cache=True)
    else:
        patch_cache_control(response, public=True, max_age=SECONDS_KEPT)
    return response


urlpatterns = [path("@<str:handle>/", profile, name="profile")]
