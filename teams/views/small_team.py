"""Small team: what it means, how many agreed, one's own answer; and for owners, the question itself."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from teams import actions
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.small_team import small_team_of


@never_cache
@require_safe
@organization_view(Permission.SEE_NUMBERS)
def small_team(request: OrganizationRequest) -> HttpResponse:
    context = {"nav": "small-team", "small_team": small_team_of(request.organization)}
    return render(request, "teams/small_team.html", context)


@never_cache
@require_POST
@organization_view(Permission.SEE_NUMBERS)
def answer(request: OrganizationRequest) -> HttpResponse:
    """Every member's own; nobody answers for somebody else."""
    is_agreed = request.POST.get("agree") == "yes"
    try:
        changed = actions.agree_to_small_team(
            membership=request.membership, is_agreed=is_agreed, by=request.user, now=timezone.now()
        )
    except actions.SmallTeamRefusedError as error:
        messages.error(request, str(error))
    else:
        words = "You agreed. You can take it back at any time." if is_agreed else "Taken back."
        messages.success(request, words if changed else "That is what you said already.")
    return redirect("small_team", request.organization.slug)


@never_cache
@require_POST
@organization_view(Permission.SWITCH_SMALL_TEAM)
def switch(request: OrganizationRequest) -> HttpResponse:
    organization, now = request.organization, timezone.now()
    if request.POST.get("ask") != "yes":
        if actions.end_small_team(organization=organization, by=request.user, now=now):
            messages.success(request, "Small team is off, and all answers are gone.")
        return redirect("small_team", organization.slug)
    try:
        if actions.ask_small_team(organization=organization, by=request.user, now=now):
            messages.success(request, "Every member is asked now, you too.")
    except actions.SmallTeamRefusedError as error:
        messages.error(request, str(error))
    return redirect("small_team", organization.slug)


urlpatterns: list[URLPattern] = [
    path("o/<slug:organization>/small-team/", small_team, name="small_team"),
    path("o/<slug:organization>/small-team/answer/", answer, name="small_team_answer"),
    path("o/<slug:organization>/settings/small-team/", switch, name="small_team_switch"),
]
