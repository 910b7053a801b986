"""Who reads by the API: a token or somebody signed in, in one organization, with what they may see there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from django.http import Http404
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.request import Request

from codecard.lib import requests
from codecard.lib.tenant import tenant
from teams.key_cache import Access
from teams.keys import Scope
from teams.models import Contributor, Membership, Organization, Role, User
from teams.permissions import Permission, memberships_of, permissions_of
from teams.queries import contributor_of

ORGANIZATION = "organization"
"""The parameter by which somebody who is signed in chooses one of their organizations."""


@dataclass(frozen=True, slots=True)
class Reader:
    """`user` None: a token of the organization itself, which only admins make and which sees what they see, but is
    nobody. `person_id`: the reader in the data; None where nobody is."""

    organization: Organization
    permissions: frozenset[Permission]
    user: User | None
    person_id: int | None

    @property
    def name(self) -> str:
        """For limits."""
        return f"account {self.user.id}" if self.user else f"organization {self.organization.id}"


@contextmanager
def reading(request: Request, scope: Scope) -> Iterator[Reader]:
    """Enters the tenant as the reader.

    :raises NotAuthenticated: 401. :raises PermissionDenied: 403, with the scope that is missing. :raises Http404: an
    organization that is none of theirs. :raises ValidationError: 400, if they must say which one.
    """
    access = request.auth
    if isinstance(access, Access):
        organization = _of_token(request, access, scope)
        requests.organization_id.set(organization.id)
        with tenant(organization.id):
            yield _token(organization, access, scope)
    else:
        membership = _of_session(request)
        requests.organization_id.set(membership.organization_id)
        with tenant(membership.organization_id):
            yield _member(request, membership, scope)


def _of_token(request: Request, access: Access, scope: Scope) -> Organization:
    if not access.may_read(scope):
        raise PermissionDenied(f"This key can't read here. Use an API token (cca_…) with the scope {scope}.")
    organization = Organization.objects.get(id=access.organization_id)
    if request.query_params.get(ORGANIZATION, organization.slug) != organization.slug:
        raise Http404
    return organization


def _of_session(request: Request) -> Membership:
    if not isinstance(request.user, User):
        raise NotAuthenticated("Send an API token: Authorization: Bearer <token>. Or sign in.")
    mine = memberships_of(request._request)
    slug = request.query_params.get(ORGANIZATION)
    if slug is None and len(mine) != 1:
        raise ValidationError({ORGANIZATION: f"Say which one: {', '.join(one.organization.slug for one in mine)}."})
    found = next((one for one in mine if slug in (None, one.organization.slug)), None)
    if found is None:
        raise Http404
    return found


def _member(request: Request, membership: Membership, scope: Scope) -> Reader:
    organization, user = membership.organization, cast(User, request.user)
    person = contributor_of(organization, user)
    permissions = permissions_of(membership.role, organization)
    return _permitted(Reader(organization, permissions, user, person.id if person else None), scope)


def _token(organization: Organization, access: Access, scope: Scope) -> Reader:
    """A person's token reads what the person may now, whatever they might when they made it."""
    if access.contributor_id is None:
        return _permitted(Reader(organization, permissions_of(Role.ADMIN, organization), None, None), scope)
    people = Contributor.objects.filter(organization=organization, id=access.contributor_id)
    person = people.select_related("user").first()
    user = person.user if person and person.user and person.user.is_active else None
    rows = Membership.objects.filter(organization=organization, user=user, is_active=True)
    membership = rows.first() if user else None
    permissions = permissions_of(membership.role, organization) if membership else frozenset[Permission]()
    return _permitted(Reader(organization, permissions, user, access.contributor_id), scope)


def _permitted(reader: Reader, scope: Scope) -> Reader:
    if scope.needs not in reader.permissions:
        raise PermissionDenied("Your role in this organization can't read this.")
    if scope is Scope.OWN and reader.person_id is None:
        raise PermissionDenied(
            "Nobody in the data of this organization is you. A token must be a person's own, with the scope"
            f" {scope}, and not the organization's."
        )
    return reader
