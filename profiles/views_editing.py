"""`/me/profile/`: one's own profile, to fill, look at as others will, publish and take back."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.limits import Limit
from codecard.lib.requests import theme_of
from profiles import actions, cards, charts
from profiles.cards import Theme
from profiles.figures import audience_of, counted_people, repositories_to_pin, sections_for, shown_to
from profiles.forms import FORMS, HandleForm, ProfileForm
from profiles.handles import profile_of
from profiles.models import Audience, Profile, Section
from profiles.views_public import page_context
from profiles.views_share import OF_CARD, drawing
from teams import audit
from teams.models import User
from teams.queries import memberships_of
from teams.views.invitations import base_url_of

RENAMES = Limit("rename-profile", most=5, seconds=24 * 3600)
"""Former handles stay taken, and whether one is free is nobody's to ask a thousand times."""
TOO_MANY = "You changed your handle often today. Nothing was changed; try again tomorrow."


@never_cache
@login_required
@require_safe
def edit(request: HttpRequest) -> HttpResponse:
    return _edit(request, _own(request))


@never_cache
@login_required
@require_POST
def save(request: HttpRequest, group: str) -> HttpResponse:
    """One concern."""
    kind = next((kind for kind in FORMS if kind.key() == group), None)
    if kind is None:
        raise Http404
    profile = _own(request)
    form = kind(profile, timezone.now(), request.POST)
    if kind is HandleForm and not RENAMES.admits(profile.user_id):
        form.add_error(None, TOO_MANY)
        return _edit(request, profile, form, 429)
    if not form.save():
        return _edit(request, profile, form, 400)
    messages.success(request, f"{form.title}: saved.")
    return redirect(f"/me/profile/#{form.key()}")


def _edit(request: HttpRequest, profile: Profile, sent: ProfileForm | None = None, status: int = 200) -> HttpResponse:
    now = timezone.now()
    forms = [sent if isinstance(sent, kind) else kind(profile, now) for kind in FORMS]
    if sent:
        # What was refused is not what stands there.
        profile.refresh_from_db()
    context = {"nav": "profile", "profile": profile, "forms": forms, "base_url": base_url_of(request)}
    return render(request, "profiles/edit/page.html", context, status=status)


@never_cache
@login_required
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """The very page that others get, as one of the audiences, published or not."""
    asked = request.GET.get("as", "")
    audience = Audience(asked) if asked in Audience.values else Audience.PUBLIC
    profile = _own(request)
    shown = shown_to(profile, audience, now=timezone.now())
    context = page_context(request, shown, profile) | {
        "request": request,
        "theme": theme_of(request),
        "version": settings.VERSION,
        "has_session": True,
        "audience": audience,
        "audiences": [(Audience.PUBLIC, "Everybody"), (Audience.ORGANIZATION, "My organizations"), (Audience.ME, "Me")],
        "unfilled": charts.unfilled(shown) if audience is Audience.ME else [],
    }
    return HttpResponse(render_to_string("profiles/profile.html", context))


@never_cache
@login_required
@require_safe
def preview_card(request: HttpRequest) -> HttpResponse:
    """The card as everybody gets it, published or not."""
    shown = shown_to(_own(request), Audience.PUBLIC, now=timezone.now(), sections=OF_CARD)
    return drawing(cards.card(shown, Theme.AUTO).encode())


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest) -> HttpResponse:
    """Says what will be seen by whom; the button publishes just that, and asks anew if it changed meanwhile."""
    profile = _own(request)
    if request.method == "POST":
        if request.POST.get("shown") == profile.changed_at.isoformat():
            with audit.from_request(request):
                actions.publish(profile=profile, by=_user(request), now=timezone.now())
            messages.success(request, "Your profile is public.")
            return redirect("my_profile")
        messages.warning(request, "Something changed since this page was shown. Nothing was published yet.")
    return render(request, "profiles/edit/publish.html", _what_becomes_public(request, profile))


def _what_becomes_public(request: HttpRequest, profile: Profile) -> dict[str, Any]:
    pinned = [(one["organization"], one["repository"]) for one in profile.pinned]
    found = repositories_to_pin(profile, now=timezone.now())
    public, shared = sections_for(profile, Audience.PUBLIC), sections_for(profile, Audience.ORGANIZATION)
    return {
        "nav": "profile",
        "profile": profile,
        "address": f"{base_url_of(request)}/@{profile.handle}/",
        "public": [section for section in Section if section in public],
        "shared": [section for section in Section if section in shared - public],
        "own": [section for section in Section if audience_of(profile, section) is Audience.ME],
        "counted": [one.organization for one in counted_people(profile, Audience.PUBLIC)],
        "forbidding": [
            one.organization for one in memberships_of(profile.user) if not one.organization.allows_publication
        ],
        "private": [row.full_name for one, row in found if row.is_private and (one.id, row.id) in pinned],
    }


@never_cache
@login_required
@require_POST
def unpublish(request: HttpRequest) -> HttpResponse:
    with audit.from_request(request):
        actions.unpublish(profile=_own(request), by=_user(request), now=timezone.now())
    messages.success(request, "Your profile is not public any more. What caches hold of it goes within minutes.")
    return redirect("my_profile")


def _user(request: HttpRequest) -> User:
    """Behind `login_required`."""
    return cast(User, request.user)


def _own(request: HttpRequest) -> Profile:
    return profile_of(_user(request))


urlpatterns = [
    path("me/profile/", edit, name="my_profile"),
    path("me/profile/save/<slug:group>/", save, name="my_profile_save"),
    path("me/profile/preview/", preview, name="my_profile_preview"),
    path("me/profile/preview/card.svg", preview_card, name="my_profile_card"),
    path("me/profile/publish/", publish, name="my_profile_publish"),
    path("me/profile/unpublish/", unpublish, name="my_profile_unpublish"),
]
