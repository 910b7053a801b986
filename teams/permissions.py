"""What each role may do, as data behind one question: `has_permission(user, permission, of=organization)`.

The owner of the row (one's own numbers, one's own pull request, the team one leads) is asked for by the views; a
permission says that such a question is worth asking.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

from codecard.lib import requests
from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.models import CostVisibility, Membership, Organization, Role, User

P = ParamSpec("P")
LAST_ORGANIZATION = "last_organization"
"""Of the session: the slug of the organization whose page was opened last."""


class Permission(StrEnum):
    SEE_NUMBERS = "see_numbers"
    """Numbers of teams and of the organization, above the privacy floor."""
    SEE_DATA_HEALTH = "see_data_health"
    SEE_COST = "see_cost"
    """Also given to every member where the organization says so."""
    SEE_USAGE = "see_usage"
    """Organization-wide usage at any size: billing data."""
    USE_OWN_DATA = "use_own_data"
    """One's own numbers, sessions, keys, profile, export, deletion."""
    SEE_OWN_PULL_REQUESTS = "see_own_pull_requests"
    SEE_TEAM_PULL_REQUESTS = "see_team_pull_requests"
    """Of the teams that one leads."""
    SEE_PULL_REQUESTS = "see_pull_requests"
    EDIT_TEAM_PAGES = "edit_team_pages"
    """Healthy ranges, annotations, shared links and digests of the teams that one leads."""
    EDIT_PAGES = "edit_pages"
    MANAGE_PEOPLE = "manage_people"
    """Members, teams, invitations, contributors and their identities."""
    MANAGE_KEYS = "manage_keys"
    MANAGE_INTEGRATIONS = "manage_integrations"
    MANAGE_SETTINGS = "manage_settings"
    """Time zone, privacy floor, retention, who sees cost."""
    SEE_AUDIT = "see_audit"
    DELETE_ORGANIZATION = "delete_organization"
    TRANSFER_ORGANIZATION = "transfer_organization"
    SWITCH_SMALL_TEAM = "switch_small_team"
    """Asking all members whether numbers of fewer people than the floor may be shown, and ending that."""


_VIEWER = frozenset({Permission.SEE_NUMBERS, Permission.SEE_DATA_HEALTH})
_DEVELOPER = _VIEWER | {Permission.USE_OWN_DATA, Permission.SEE_OWN_PULL_REQUESTS}
_LEAD = _DEVELOPER | {Permission.SEE_TEAM_PULL_REQUESTS, Permission.EDIT_TEAM_PAGES}
_ADMIN = _LEAD | {
    Permission.SEE_COST,
    Permission.SEE_USAGE,
    Permission.SEE_PULL_REQUESTS,
    Permission.EDIT_PAGES,
    Permission.MANAGE_PEOPLE,
    Permission.MANAGE_KEYS,
    Permission.MANAGE_INTEGRATIONS,
    Permission.MANAGE_SETTINGS,
    Permission.SEE_AUDIT,
}
_OWNER = _ADMIN | {
    Permission.DELETE_ORGANIZATION,
    Permission.TRANSFER_ORGANIZATION,
    Permission.SWITCH_SMALL_TEAM,
}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.DEVELOPER: _DEVELOPER,
    Role.LEAD: _LEAD,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
}


def permissions_of(role: str, organization: Organization) -> frozenset[Permission]:
    """What a member with this role may do in this organization."""
    granted = PERMISSIONS[role]
    if organization.cost_visibility == CostVisibility.MEMBERS:
        granted |= {Permission.SEE_COST}
    return granted


def has_permission(user: User | AnonymousUser, permission: Permission, *, of: Organization) -> bool:
    """Whether the user is an active member of the organization whose role grants the permission.

    Operators have no rights in organizations: theirs is `/admin/`.
    """
    if not isinstance(user, User) or not user.is_active:
        return False
    membership = queries.membership_of(user, of.slug)
    return membership is not None and permission in permissions_of(membership.role, of)


class OrganizationRequest(HttpRequest):
    """What a view gets that is wrapped by `organization_view`."""

    user: User
    organization: Organization
    membership: Membership
    permissions: frozenset[Permission]


Response = TypeVar("Response", bound=HttpResponseBase)


def organization_view(
    permission: Permission,
) -> Callable[[Callable[Concatenate[OrganizationRequest, P], Response]], Callable[..., HttpResponseBase]]:
    """Wraps a view under `/o/<slug:organization>/`: it runs inside the tenant, for members with the permission.

    The view gets the remaining arguments of its address and an `OrganizationRequest`. An organization that does not
    exist and one of others are the same 404; a missing permission is a 403.
    """

    def decorate(view: Callable[Concatenate[OrganizationRequest, P], Response]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapped(request: HttpRequest, organization: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if moved := _moved(request, organization):
                return moved
            entered = _enter(request, organization, permission)
            with audit.from_request(request), tenant(entered.organization.id):
                response = view(entered, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    # Templates read rows as well, so they are rendered before the tenant is left.
                    response.render()
                return response

        wrapped.permission = permission  # type: ignore[attr-defined]  # tests compare it with the table of roles
        return wrapped

    return decorate


def _moved(request: HttpRequest, slug: str) -> HttpResponseRedirect | None:
    """Sends members of a renamed organization on, with the rest of the address, and the body of what they posted."""
    members_of = [membership.organization for membership in memberships_of(request)]
    now = next((one.slug for one in members_of if slug in one.former_slugs and one.slug != slug), None)
    if now is None:
        return None
    address = request.get_full_path().replace(f"/o/{slug}/", f"/o/{now}/", 1)
    return HttpResponseRedirect(address, preserve_request=True)


def _enter(request: HttpRequest, slug: str, permission: Permission) -> OrganizationRequest:
    found = [membership for membership in memberships_of(request) if membership.organization.slug == slug]
    if not found:
        raise Http404
    entered = cast(OrganizationRequest, request)
    entered.membership = found[0]
    entered.organization = found[0].organization
    entered.permissions = permissions_of(found[0].role, found[0].organization)
    requests.organization_id.set(found[0].organization_id)
    if permission not in entered.permissions:
        raise PermissionDenied
    if request.session.get(LAST_ORGANIZATION) != slug:
        request.session[LAST_ORGANIZATION] = slug
    return entered


def memberships_of(request: HttpRequest) -> list[Membership]:
    """The user's active memberships, read once per request."""
    if not isinstance(request.user, User):
        return []
    if not hasattr(request, "_memberships"):
        request._memberships = queries.memberships_of(request.user)  # type: ignore[attr-defined]
    return cast(list[Membership], request._memberships)  # type: ignore[attr-defined]


def own_organizations(request: HttpRequest) -> list[Organization]:
    """Where the user may send data of their own to."""
    return [
        row.organization
        for row in memberships_of(request)
        if Permission.USE_OWN_DATA in permissions_of(row.role, row.organization)
    ]
