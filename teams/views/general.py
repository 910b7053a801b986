"""Settings of the organization itself: name, address, time zone, privacy, retention, and its end."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.limits import Limit
from teams import actions, queries
from teams.forms.general import SETTINGS_FORMS, DeleteForm, NewOrganizationForm, SettingsForm
from teams.models import Organization, Role, User
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.members import first_steps
from teams.queries.small_team import small_team_of

A_MOMENT = timedelta(seconds=30)
NEW_ORGANIZATIONS = Limit("new-organization", most=10, seconds=3600)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_organization(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    form = NewOrganizationForm(request.POST or None, initial={"time_zone": user.time_zone or "UTC"})
    if request.method != "POST" or not form.is_valid():
        return _new_form(request, form)
    if found := _just_made(user, form.cleaned_data["name"]):
        messages.info(request, f"{found.name} was made a moment ago.")
        return redirect("settings", found.slug)
    if not NEW_ORGANIZATIONS.admits(user.id):
        form.add_error(None, "You made many organizations within an hour. Nothing was made; try again later.")
        return _new_form(request, form, 429)
    try:
        made = actions.create_organization(owner=user, by=user, now=timezone.now(), **form.cleaned_data)
    except actions.SlugTakenError:
        form.say_taken()
        return _new_form(request, form)
    messages.success(request, f"{made.name} is there, and you own it.")
    return redirect("settings", made.slug)


def _just_made(user: User, name: str) -> Organization | None:
    """By the first of two clicks."""
    since = timezone.now() - A_MOMENT
    own = (row.organization for row in queries.memberships_of(user) if row.role == Role.OWNER)
    return next((one for one in own if one.name == name and one.created_at >= since), None)


def _new_form(request: HttpRequest, form: NewOrganizationForm, status: int = 400) -> HttpResponse:
    return render(request, "teams/organization_new.html", {"form": form}, status=status if form.is_bound else 200)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_SETTINGS)
def general(request: OrganizationRequest) -> HttpResponse:
    return _settings(request)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_SETTINGS)
def save(request: OrganizationRequest, group: str) -> HttpResponse:
    """One group of settings. What somebody else changed since the form was shown is not overwritten unseen."""
    kind = next((kind for kind in SETTINGS_FORMS if kind.key() == group), None)
    if kind is None:
        raise Http404
    form = kind(request.organization, request.POST)
    if not form.is_valid():
        return _settings(request, form)
    try:
        changed = actions.change_organization(
            organization=request.organization,
            shown=form.cleaned_data["shown"],
            wanted=form.wanted,
            by=request.user,
            now=timezone.now(),
        )
    except (actions.SettingsClashError, actions.SlugTakenError, ValidationError) as error:
        return _refused(request, form, error)
    messages.success(request, "Saved." if changed else "Nothing to save: this is how it was.")
    return redirect("settings", changed.get("slug", request.organization.slug))


def _refused(request: OrganizationRequest, form: SettingsForm, error: Exception) -> HttpResponse:
    now = Organization.objects.get(id=request.organization.id)
    if isinstance(error, actions.SettingsClashError):
        stands = ", ".join(f"{getattr(now, field)}" for field in error.fields)
        form.add_error(None, f"{error} Now it is: {stands}. Save again to put yours in its place.")
        form.show_anew(now)
    else:
        form.add_error(None, error if isinstance(error, ValidationError) else str(error))
    return _settings(request, form)


def _settings(request: OrganizationRequest, failed: SettingsForm | None = None) -> HttpResponse:
    organization = request.organization
    forms = [failed if isinstance(failed, kind) else kind(organization) for kind in SETTINGS_FORMS]
    steps = first_steps(organization)
    is_new = not all(steps.values()) and not organization.is_personal and not organization.is_sample
    context = {"nav": "settings", "section": "general", "forms": forms, "steps": steps, "is_new": is_new}
    context["small_team"] = small_team_of(organization)
    return render(request, "teams/settings/general.html", context, status=400 if failed else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.DELETE_ORGANIZATION)
def delete(request: OrganizationRequest) -> HttpResponse:
    organization = request.organization
    if organization.is_sample:
        # It has a button of its own, which takes its invented people along.
        raise Http404
    form = DeleteForm(organization, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.delete_organization(organization=organization, by=request.user, now=timezone.now())
        messages.warning(request, f"{organization.name} will be deleted in seven days. Until then all goes on.")
        return redirect("settings", organization.slug)
    context = {
        "nav": "settings",
        "section": "general",
        "question": f"Delete {organization.name}?",
        "happens": [
            "For seven days everything goes on as it is, every member reads on every page that it will be deleted, and "
            "an owner can keep it with one click.",
            "Then nobody can open it any more, all keys are refused, and all events, sums, people, teams and settings "
            "are deleted for good.",
            "What was done by whom stays in the audit, which only those who run this installation can read then.",
            "Accounts stay: everybody can still sign in, and is a member of their other organizations.",
        ],
        "form": form,
        "button": f"Delete {organization.name} in seven days",
        "cancel_url": f"/o/{organization.slug}/settings/",
    }
    return render(request, "teams/settings/confirm.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_POST
@organization_view(Permission.DELETE_ORGANIZATION)
def keep(request: OrganizationRequest) -> HttpResponse:
    try:
        actions.keep_organization(organization=request.organization, by=request.user, now=timezone.now())
        messages.success(request, f"{request.organization.name} stays.")
    except actions.TooLateError as error:
        messages.error(request, str(error))
    return redirect("settings", request.organization.slug)


urlpatterns = [
    path("organizations/new/", new_organization, name="organization_new"),
    path("o/<slug:organization>/settings/", general, name="settings"),
    path("o/<slug:organization>/settings/save/<slug:group>/", save, name="settings_save"),
    path("o/<slug:organization>/settings/delete/", delete, name="organization_delete"),
    path("o/<slug:organization>/settings/keep/", keep, name="organization_keep"),
]
