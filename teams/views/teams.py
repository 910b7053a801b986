"""Teams of the organization: their tree, their people, their leads."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.formats import counted
from teams import actions
from teams.actions.teams import TeamRefusedError
from teams.forms.teams import NewTeamForm, ParentForm, RenameTeamForm
from teams.models import Contributor, Team
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries import teams as queries
from teams.views import team_imports
from teams.views._file import list_file

HEADER = ("team", "parent", "email", "github", "lead")
SECTION = {"nav": "settings", "section": "teams"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def teams(request: OrganizationRequest) -> HttpResponse:
    """The tree, and a form for a new team."""
    tree = queries.team_tree(request.organization)
    form = NewTeamForm(request.POST or None, nodes=tree)
    if request.method == "POST" and form.is_valid() and (made := _create(request, form)):
        messages.success(request, f"{made.name} is made. Now put its people into it.")
        return redirect("settings_team", request.organization.slug, made.slug)
    context = SECTION | {"tree": tree, "form": form, "count": counted(len(tree), "team")}
    return render(request, "teams/settings/teams.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def download(request: OrganizationRequest) -> HttpResponse | StreamingHttpResponse:
    """In the shape that an import reads."""
    return list_file(request, "teams", HEADER, list(queries.team_lines(request.organization)), {})


def _create(request: OrganizationRequest, form: NewTeamForm) -> Team | None:
    try:
        return actions.create_team(
            organization=request.organization,
            name=form.cleaned_data["name"],
            parent=form.chosen,
            by=request.user,
            now=timezone.now(),
        )
    except (ValidationError, TeamRefusedError) as error:
        _say_why(form, error)
    return None


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def team(request: OrganizationRequest, team: str) -> HttpResponse:
    """A team's people, and a search for more of them."""
    found, text = _team(request, team), request.GET.get("q", "")[:200]
    people, has_more = queries.find_people(found, text)
    page = queries.people_in(found, request.GET.get("page"))
    context = SECTION | {"team": found, "page": page, "q": text, "found": people, "has_more": has_more}
    return render(request, "teams/settings/team.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def rename_team(request: OrganizationRequest, team: str) -> HttpResponse:
    found = _team(request, team)
    form = RenameTeamForm(request.POST or None, initial={"name": found.name, "slug": found.slug})
    if request.method == "POST" and form.is_valid():
        try:
            new = actions.rename_team(team=found, **form.cleaned_data, by=request.user, now=timezone.now())
        except (ValidationError, TeamRefusedError) as error:
            _say_why(form, error)
        else:
            messages.success(request, f"The team is called {new.name} now, and its page is at t/{new.slug}/.")
            return redirect("settings_team", request.organization.slug, new.slug)
    context = SECTION | {"team": found, "form": form, "question": f"Rename {found.name}", "button": "Save name"}
    return render(request, "teams/settings/team_form.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def move_team(request: OrganizationRequest, team: str) -> HttpResponse:
    found = _team(request, team)
    # On a POST all teams are known: one that became impossible meanwhile is refused in words by the action.
    nodes = queries.possible_parents(request.organization, None if request.method == "POST" else found)
    form = ParentForm(
        request.POST if request.method == "POST" else None, nodes=nodes, initial={"parent": found.parent_id}
    )
    if form.is_valid():
        try:
            new = actions.nest_team(team=found, parent=form.chosen, by=request.user, now=timezone.now())
        except TeamRefusedError as error:
            form.add_error("parent", str(error))
        else:
            messages.success(request, f"{new.name} is {f'inside {new.parent}' if new.parent else 'at the top'} now.")
            return redirect("settings_team", request.organization.slug, new.slug)
    context = SECTION | {"team": found, "form": form, "question": f"Move {found.name}", "button": "Move team"}
    context["lede"] = "Numbers of a team count everybody in it and in the teams inside it. Those move along."
    return render(request, "teams/settings/team_form.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def delete_team(request: OrganizationRequest, team: str) -> HttpResponse:
    found = _team(request, team)
    if request.method == "POST":
        actions.delete_team(team=found, by=request.user, now=timezone.now())
        messages.success(request, f"{found.name} is deleted. Its people and what they did are kept.")
        return redirect("settings_teams", request.organization.slug)
    where, inside = f"inside {found.parent.name}" if found.parent else "at the top", found.children.count()
    happens = [
        f"{counted(found.memberships.count(), 'person', 'people')} will be in this team no more. They stay in the "
        "organization and in their other teams, and nothing of what they did is lost.",
        *([f"{counted(inside, 'team')} inside it will stay, {where}."] if inside else []),
        f"Its page at t/{found.slug}/ will be gone, with its own healthy ranges and annotations, and open invitations "
        "into it will end.",
    ]
    context = SECTION | {"question": f"Delete {found.name}?", "happens": happens, "button": "Delete team"}
    context["cancel_url"] = f"/o/{request.organization.slug}/settings/teams/{found.slug}/"
    return render(request, "teams/settings/confirm.html", context)


# --- people ----------------------------------------------------------------------------------------------------------


class WhoForm(forms.Form):
    contributor = forms.IntegerField(min_value=1, max_value=2**63 - 1)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def add_person(request: OrganizationRequest, team: str) -> HttpResponse:
    found, form = _team(request, team), WhoForm(request.POST)
    person = _person(request, form.cleaned_data["contributor"] if form.is_valid() else 0)
    rows = found.memberships.filter(organization=request.organization, contributor=person)
    if rows.exists():
        # A double click must not take a lead's mark away.
        messages.info(request, f"{person} is in {found.name} already.")
    else:
        try:
            actions.join_team(team=found, contributor=person, by=request.user, now=timezone.now())
            messages.success(request, f"{person} is in {found.name} now.")
        except TeamRefusedError as error:
            messages.error(request, str(error))
    return _back(request, found)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def remove_person(request: OrganizationRequest, team: str, contributor: int) -> HttpResponse:
    found, person = _team(request, team), _person(request, contributor)
    if actions.leave_team(team=found, contributor=person, by=request.user, now=timezone.now()):
        messages.success(request, f"{person} is in {found.name} no more. What they did stays theirs.")
    else:
        messages.info(request, f"{person} was not in {found.name} any more.")
    return _back(request, found)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def mark_lead(request: OrganizationRequest, team: str, contributor: int) -> HttpResponse:
    """Marks, or takes the mark away. It gives no rights by itself: the role of the member does."""
    found, person = _team(request, team), _person(request, contributor)
    is_lead = request.POST.get("lead") == "yes"
    if not found.memberships.filter(organization=request.organization, contributor=person).exists():
        messages.warning(request, f"{person} is not in {found.name} any more, so nothing was changed.")
        return _back(request, found)
    try:
        actions.join_team(team=found, contributor=person, is_lead=is_lead, by=request.user, now=timezone.now())
        words = "is marked as lead" if is_lead else "is marked as lead no more"
        messages.success(request, f"{person} {words} of {found.name}.")
    except TeamRefusedError as error:
        messages.error(request, str(error))
    return _back(request, found)


def _team(request: OrganizationRequest, slug: str) -> Team:
    found = queries.team_by_slug(request.organization, slug)
    if found is None:
        raise Http404
    return found


def _person(request: OrganizationRequest, contributor_id: int) -> Contributor:
    found = Contributor.objects.filter(organization=request.organization, id=contributor_id).first()
    if found is None:
        raise Http404
    return found


def _back(request: OrganizationRequest, team: Team) -> HttpResponse:
    """To the page it was done on: the search and the page of the list stay."""
    kept = {name: request.POST.get(name, "")[:200] for name in ("q", "page")}
    query = urlencode({name: value for name, value in kept.items() if value})
    return redirect(f"/o/{request.organization.slug}/settings/teams/{team.slug}/{f'?{query}' if query else ''}")


def _say_why(form: forms.Form, error: ValidationError | TeamRefusedError) -> None:
    """Beside the field where there is one of that name, else above the form."""
    if not isinstance(error, ValidationError) or not hasattr(error, "error_dict"):
        form.add_error(None, str(error) if isinstance(error, TeamRefusedError) else error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else next(iter(form.fields)), errors)


_TEAM = "o/<slug:organization>/settings/teams/<slug:team>/"
urlpatterns: list[URLPattern] = [
    path("o/<slug:organization>/settings/teams/", teams, name="settings_teams"),
    path("o/<slug:organization>/settings/teams/teams.csv", download, name="settings_teams_download"),
    path(_TEAM, team, name="settings_team"),
    path(f"{_TEAM}rename/", rename_team, name="settings_team_rename"),
    path(f"{_TEAM}move/", move_team, name="settings_team_move"),
    path(f"{_TEAM}delete/", delete_team, name="settings_team_delete"),
    path(f"{_TEAM}people/", add_person, name="settings_team_add"),
    path(f"{_TEAM}people/<int:contributor>/remove/", remove_person, name="settings_team_remove"),
    path(f"{_TEAM}people/<int:contributor>/lead/", mark_lead, name="settings_team_lead"),
    *team_imports.urlpatterns,
]
