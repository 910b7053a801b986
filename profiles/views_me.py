"""`/me/`: one's own work, over all organizations. Nobody else can open any of it."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from codecard.lib.tenant import tenant
from events.dashboards.pulls.sessions import turns_of
from events.dashboards.pulls.words import tool_name
from events.models import task_type_of_number
from events.queries.own_sessions import (
    names_of,
    own_session,
    own_sessions_page,
    own_timeline,
    repositories_to_choose,
)
from events.schema import TaskType
from profiles.handles import profile_of
from profiles.me import overview_context
from teams.models import Contributor, User
from teams.queries import own_people


@never_cache
@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    context = overview_context(profile_of(user_of(request)), request.GET, timezone.now())
    return render(request, "profiles/me/overview.html", {"nav": "me", "tab": "overview", **context})


@never_cache
@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Of one organization at a time."""
    mine = own_people(user_of(request))
    slug = request.GET.get("organization", "")
    chosen = next((one for one in mine if slug in ("", one.organization.slug)), None)
    if slug and chosen is None:
        raise Http404
    context: dict[str, Any] = {"nav": "me", "tab": "sessions", "choices": [one.organization for one in mine]}
    if chosen:
        with tenant(chosen.organization_id):
            found = own_sessions_page(chosen.organization_id, chosen.id, request.GET.get("page", ""))
        context |= {"chosen": chosen.organization, "page": found.page, "rows": found.rows}
    return render(request, "profiles/me/sessions.html", context)


@never_cache
@login_required
@require_safe
def session(request: HttpRequest, organization: str, number: int) -> HttpResponse:
    """One session, prompt by prompt: when and how much, never what."""
    me = own_person(request, organization)
    with tenant(me.organization_id):
        found = own_session(me.organization_id, me.id, number)
        if found is None:
            raise Http404
        events, is_cut = own_timeline(me.organization_id, found.session)
        numbers = {number for event in events for number in (event.model_id, event.language_id)}
        names = names_of(me.organization_id, numbers)
        choices = list(repositories_to_choose(me.organization_id, me.id).values_list("id", "value"))
    turns = turns_of(events, names)
    context = {
        "nav": "me",
        "tab": "sessions",
        "chosen": me.organization,
        "one": found,
        "turns": [(turn, sorted(names.get(model, "") for model in turn.models), dict(turn.places)) for turn in turns],
        "models": sorted({names[model] for turn in turns for model in turn.models if model in names}),
        "is_cut": is_cut,
        "tool": tool_name(found.tool),
        "repositories": choices,
        "corrected_repository": found.session.corrected_repository_id,
        "corrected_task": task_type_of_number(found.session.corrected_task),
        "tasks": list(TaskType),
    }
    return render(request, "profiles/me/session.html", context)


def own_person(request: HttpRequest, slug: str) -> Contributor:
    """:raises Http404: the person is nobody there, as where there is no such organization."""
    found = next((one for one in own_people(user_of(request)) if one.organization.slug == slug), None)
    if found is None:
        raise Http404
    return found


def user_of(request: HttpRequest) -> User:
    """Behind `login_required`."""
    return cast(User, request.user)


urlpatterns = [
    path("me/", overview, name="me"),
    path("me/sessions/", sessions, name="my_sessions"),
    path("me/sessions/<slug:organization>/<int:number>/", session, name="my_session"),
]
