"""Importing teams: choosing a source, looking at what would change, and applying just that."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from codecard.lib.formats import counted
from codecard.lib.limits import Limit
from teams.actions.team_imports import PlanChangedError, apply_import, plan_import
from teams.forms.teams import CsvForm, GithubForm
from teams.imports import github, waiting
from teams.imports.lines import Source
from teams.imports.plan import Plan
from teams.models import User
from teams.permissions import OrganizationRequest, Permission, memberships_of, organization_view

SECTION = {"nav": "settings", "section": "teams"}
READINGS = Limit("team-import", most=20, seconds=600)
TOO_OFTEN = "That was often enough for now. Wait some minutes, and try again; nothing was changed."
ROWS = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def import_csv(request: OrganizationRequest) -> HttpResponse:
    """Reads the file and shows what would change. On GET the page with both sources."""
    form = CsvForm(request.POST, request.FILES) if request.method == "POST" else CsvForm()
    if form.is_bound and not READINGS.admits(request.user.id):
        form.add_error(None, TOO_OFTEN)
    if form.is_valid():
        found_by = waiting.keep(form.source, request.organization, request.user)
        return redirect("settings_team_import_preview", request.organization.slug, found_by)
    return _choose(request, csv_form=form, status=400 if form.is_bound else 200)


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def import_github(request: HttpRequest, organization: str) -> HttpResponseBase:
    """Asks GitHub outside of the tenant, whose transaction would stay open for as long as GitHub takes."""
    form = GithubForm(request.POST) if request.method == "POST" else GithubForm()
    page = _github_page(request, organization=organization, form=form)
    if page.status_code != 200 or not form.is_bound:
        return page
    try:
        source = github.read_teams(form.cleaned_data["login"], form.cleaned_data["token"])
    except github.GithubError as error:
        form.add_error(None, str(error))
        return _github_page(request, organization=organization, form=form)
    place = next(row.organization for row in memberships_of(request) if row.organization.slug == organization)
    assert isinstance(request.user, User)
    found_by = waiting.keep(source, place, request.user)
    return redirect("settings_team_import_preview", organization, found_by)


# Asked for by the page inside.
import_github.permission = Permission.MANAGE_PEOPLE  # type: ignore[attr-defined]


@organization_view(Permission.MANAGE_PEOPLE)
def _github_page(request: OrganizationRequest, form: GithubForm) -> HttpResponse:
    """200 for whoever may, and with a form that is fine."""
    if form.is_bound and form.is_valid() and not READINGS.admits(request.user.id):
        form.add_error(None, TOO_OFTEN)
    return _choose(request, github_form=form, status=400 if form.is_bound and not form.is_valid() else 200)


def _choose(request: OrganizationRequest, *, status: int, **forms: Any) -> HttpResponse:
    context = SECTION | {"csv_form": CsvForm(), "github_form": GithubForm(), **forms}
    return render(request, "teams/settings/team_import.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def preview(request: OrganizationRequest, found_by: str) -> HttpResponse:
    """What would change now; a POST does that and nothing else."""
    source = waiting.find(found_by, request.organization, request.user)
    if source is None:
        messages.warning(request, "This preview is over: applied, or older than 30 minutes. Choose the source again.")
        return redirect("settings_team_import", request.organization.slug)
    if request.method == "POST":
        return _apply(request, found_by, source)
    return _preview(request, source, plan_import(request.organization, source))


def _apply(request: OrganizationRequest, found_by: str, source: Source) -> HttpResponse:
    try:
        plan = apply_import(
            organization=request.organization,
            source=source,
            digest=request.POST.get("digest", ""),
            by=request.user,
            now=timezone.now(),
        )
    except (PlanChangedError, IntegrityError):
        plan = plan_import(request.organization, source)
        if plan.changes:
            return _preview(request, source, plan, is_changed=True, status=409)
        messages.info(request, "Nothing was left to change: all of it is there already.")
    else:
        left_out = f" {counted(len(plan.problems), 'line was', 'lines were')} left out." if plan.problems else ""
        messages.success(request, f"{counted(len(plan.changes), 'change')} applied.{left_out}")
    waiting.forget(found_by, request.organization, request.user)
    return redirect("settings_teams", request.organization.slug)


def _preview(
    request: OrganizationRequest, source: Source, plan: Plan, *, is_changed: bool = False, status: int = 200
) -> HttpResponse:
    shows_problems = request.GET.get("show") == "problems"
    rows: list[Any] = list(plan.problems if shows_problems else plan.changes)
    kinds = Counter(change.kind for change in plan.changes)
    context = SECTION | {
        "source": source,
        "plan": plan,
        "kinds": list(kinds.items()),
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "shows_problems": shows_problems,
        "is_changed": is_changed,
    }
    return render(request, "teams/settings/team_import_preview.html", context, status=status)


_IMPORT = "o/<slug:organization>/settings/team-import/"
urlpatterns = [
    path(_IMPORT, import_csv, name="settings_team_import"),
    path(f"{_IMPORT}github/", import_github, name="settings_team_import_github"),
    path(f"{_IMPORT}<slug:found_by>/", preview, name="settings_team_import_preview"),
]
