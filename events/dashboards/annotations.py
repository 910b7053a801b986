"""Annotations of a team: what its charts show beside the weeks, and for those who lead it the forms to write them."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.periods import today_in
from events.actions import annotations as actions
from events.actions.holding import TeamGoneError
from events.models import Annotation
from events.models.annotation import LONGEST_TEXT
from events.queries.annotations import all_annotations_of
from teams.editing import editing_of
from teams.models import Team
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.teams import team_by_slug

EARLIEST = date(2015, 1, 1)
AHEAD = timedelta(days=366)
# What the pages of a team keep in their address: who came from there gets back to the same view.
KEPT = ("p", "from", "to", "vs", "by", "task", "model", "tool", "repo", "lang", "size")


class AnnotationForm(forms.Form):
    on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    text = forms.CharField(
        label="What happened",
        max_length=LONGEST_TEXT,
        help_text="A few words: “tests first”, “new model”, “release freeze”. No names of people. Everybody reads it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, today: date, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.today = today

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not EARLIEST <= on <= self.today + AHEAD:
            raise ValidationError(f"A day from {EARLIEST.year} on, and a year ahead at most.")
        return on

    def clean_text(self) -> str:
        try:
            return actions.plain(self.cleaned_data["text"])
        except actions.AnnotationRefusedError as error:
            raise ValidationError(str(error)) from None


class NewAnnotationForm(AnnotationForm):
    for_all = forms.BooleanField(label="Show it to all teams", required=False)

    def __init__(self, today: date, data: Any = None, *, may_for_all: bool, **options: Any) -> None:
        super().__init__(today, data, **options)
        if not may_for_all:
            del self.fields["for_all"]


@never_cache
@require_safe
@organization_view(Permission.SEE_NUMBERS)
def annotations(request: OrganizationRequest, team: str) -> HttpResponse:
    return _list(request, _team(request, team))


@never_cache
@require_POST
@organization_view(Permission.EDIT_TEAM_PAGES)
def add(request: OrganizationRequest, team: str) -> HttpResponse:
    found = _team(request, team)
    _demand(request, found.id)
    form = _new_form(request, request.POST)
    if not form.is_valid():
        return _list(request, found, form)
    try:
        made = actions.add_annotation(
            organization=request.organization, team=None if form.cleaned_data.get("for_all") else found,
            on=form.cleaned_data["on"], text=form.cleaned_data["text"], by=request.user, now=timezone.now(),
        )  # fmt: skip
    except TeamGoneError as error:
        form.add_error(None, str(error))
        return _list(request, found, form)
    messages.success(request, "Added." if made else "It stands there already.")
    return _back(request, found)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.EDIT_TEAM_PAGES)
def edit(request: OrganizationRequest, team: str, annotation: int) -> HttpResponse:
    found = _team(request, team)
    row = _annotation(request, found, annotation)
    data: Any = request.POST if request.method == "POST" else None
    form = AnnotationForm(_today(request), data, initial={"on": row.on, "text": row.text})
    if form.is_valid():
        try:
            is_new = actions.change_annotation(annotation=row, by=request.user, now=timezone.now(), **form.cleaned_data)
        except actions.AnnotationRefusedError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved." if is_new else "Nothing to save: this is how it was.")
            return _back(request, found)
    context = _context(request, found) | {"annotation": row, "form": form}
    return render(request, "events/annotations/edit.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.EDIT_TEAM_PAGES)
def remove(request: OrganizationRequest, team: str, annotation: int) -> HttpResponse:
    found = _team(request, team)
    row = _annotation(request, found, annotation)
    if request.method == "POST":
        actions.remove_annotation(annotation=row, by=request.user, now=timezone.now())
        messages.success(request, f"“{row.text}” of {row.on:%Y-%m-%d} is removed. The audit keeps it.")
        return _back(request, found)
    return render(request, "events/annotations/remove.html", _context(request, found) | {"annotation": row})


def _list(request: OrganizationRequest, team: Team, form: NewAnnotationForm | None = None) -> HttpResponse:
    editing = editing_of(request)
    rows = all_annotations_of(request.organization.id, team.id)
    context = _context(request, team) | {
        "rows": [(row, editing.holds(row.team_id)) for row in rows],
        "form": (form or _new_form(request)) if editing.holds(team.id) else None,
    }
    return render(request, "events/annotations/list.html", context, status=400 if form else 200)


def _new_form(request: OrganizationRequest, data: Any = None) -> NewAnnotationForm:
    today = _today(request)
    may_for_all = Permission.EDIT_PAGES in request.permissions
    return NewAnnotationForm(today, data, may_for_all=may_for_all, initial={"on": today})


def _context(request: OrganizationRequest, team: Team) -> dict[str, Any]:
    """`query`: of the view that the visitor came from, "" or with its question mark."""
    return {"nav": "team", "team": team, "team_slug": team.slug, "query": _query(request)}


def _query(request: OrganizationRequest) -> str:
    kept = {name: request.GET[name][:100] for name in KEPT if request.GET.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


def _back(request: OrganizationRequest, team: Team) -> HttpResponse:
    return redirect(reverse("annotations", args=[request.organization.slug, team.slug]) + _query(request))


def _today(request: OrganizationRequest) -> date:
    return today_in(ZoneInfo(request.organization.time_zone), now=timezone.now())


def _team(request: OrganizationRequest, slug: str) -> Team:
    found = team_by_slug(request.organization, slug)
    if found is None:
        raise Http404
    return found


def _annotation(request: OrganizationRequest, team: Team, annotation_id: int) -> Annotation:
    """One that the team's charts show, and that the visitor may change."""
    rows = all_annotations_of(request.organization.id, team.id)
    found = next((row for row in rows if row.id == annotation_id), None)
    if found is None:
        raise Http404
    _demand(request, found.team_id)
    return found


def _demand(request: OrganizationRequest, team_id: int | None) -> None:
    if not editing_of(request).holds(team_id):
        raise PermissionDenied


_ANNOTATIONS = "o/<slug:organization>/t/<slug:team>/annotations/"
urlpatterns = [
    path(_ANNOTATIONS, annotations, name="annotations"),
    path(f"{_ANNOTATIONS}add/", add, name="annotation_add"),
    path(f"{_ANNOTATIONS}<int:annotation>/", edit, name="annotation"),
    path(f"{_ANNOTATIONS}<int:annotation>/remove/", remove, name="annotation_remove"),
]
