"""Healthy ranges: all metrics with what holds, and one metric with its forms."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.actions.holding import TeamGoneError
from events.actions.ranges import RangeRefusedError, clear_range, set_range
from events.dashboards.ranges.forms import RangeForm, WhichForm
from events.dashboards.ranges.words import Card, cards_of
from events.metrics import all_metrics
from events.metrics._base import Metric
from events.queries.ranges import set_ranges
from teams.editing import Editing, editing_of
from teams.models import Team
from teams.permissions import OrganizationRequest, Permission, organization_view

MAY = organization_view(Permission.EDIT_TEAM_PAGES)
SECTION = {"nav": "settings", "section": "ranges"}


@never_cache
@require_safe
@MAY
def overview(request: OrganizationRequest) -> HttpResponse:
    rows, organization = set_ranges(request.organization.id), request.organization
    cards = cards_of(all_metrics(), rows, organization.name, editing_of(request))
    return render(request, "events/ranges/overview.html", SECTION | {"cards": cards})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@MAY
def one(request: OrganizationRequest, metric: str) -> HttpResponse:
    """What is set for one metric, and a form to set more, or the same anew."""
    found, editing = _metric(metric), editing_of(request)
    card = _card(request, found, editing)
    form = _form(request, card, editing)
    if form.is_valid() and _set(request, found, form):
        return redirect("settings_range", request.organization.slug, found.slug)
    may_set = editing.is_everything or bool(editing.team_ids)
    context = SECTION | {"card": card, "metric": found, "form": form, "may_set": may_set}
    return render(request, "events/ranges/metric.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_POST
@MAY
def clear(request: OrganizationRequest, metric: str) -> HttpResponse:
    found, form = _metric(metric), WhichForm(request.POST)
    if not form.is_valid():
        raise Http404
    team = _team(request, form.cleaned_data["team"])
    if not editing_of(request).holds(team.id if team else None):
        raise PermissionDenied
    is_gone = clear_range(
        organization=request.organization, metric=found, team=team, task_type=form.cleaned_data["task_type"],
        by=request.user, now=timezone.now(),
    )  # fmt: skip
    messages.success(request, "Removed: what held before it holds again." if is_gone else "It was removed already.")
    return redirect("settings_range", request.organization.slug, found.slug)


def _form(request: OrganizationRequest, card: Card, editing: Editing) -> RangeForm:
    """With what is set already, where the address names one of the ranges."""
    teams = Team.objects.filter(organization=request.organization).order_by("name", "id")
    own = [team for team in teams if editing.holds(team.id)]
    team, work = (request.GET.get(name, "")[:63] for name in ("team", "task_type"))
    line = next((one for one in card.lines if (one.team_slug, one.task_type) == (team, work)), None)
    ends = {"low": line.low, "high": line.high} if line and request.GET else {}
    data: Any = request.POST if request.method == "POST" else None
    initial = {"team": team, "task_type": work, **ends}
    return RangeForm(card.metric, own, data, for_everybody=editing.is_everything, initial=initial)


def _set(request: OrganizationRequest, metric: Metric, form: RangeForm) -> bool:
    wanted = {name: form.cleaned_data[name] for name in ("task_type", "low", "high")}
    try:
        made = set_range(
            organization=request.organization, metric=metric, team=form.chosen, **wanted,
            by=request.user, now=timezone.now(),
        )  # fmt: skip
    except (RangeRefusedError, TeamGoneError) as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, "Saved." if made else "Nothing to save: this is how it was.")
    return True


def _card(request: OrganizationRequest, metric: Metric, editing: Editing) -> Card:
    rows = set_ranges(request.organization.id, metric.slug)
    return cards_of([metric], rows, request.organization.name, editing)[0]


def _metric(slug: str) -> Metric:
    found = next((metric for metric in all_metrics() if metric.slug == slug), None)
    if found is None:
        raise Http404
    return found


def _team(request: OrganizationRequest, slug: str) -> Team | None:
    """None for no slug: the organization's."""
    if not slug:
        return None
    found = Team.objects.filter(organization=request.organization, slug=slug).first()
    if found is None:
        raise Http404
    return found


_RANGES = "o/<slug:organization>/settings/ranges/"
urlpatterns = [
    path(_RANGES, overview, name="settings_ranges"),
    path(f"{_RANGES}<slug:metric>/", one, name="settings_range"),
    path(f"{_RANGES}<slug:metric>/clear/", clear, name="settings_range_clear"),
]
