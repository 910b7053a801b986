"""An organization, its member and fresh keys in one go, for commands."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from codecard.lib.tenant import tenant
from teams import queries
from teams.actions.keys import create_key
from teams.actions.members import add_member
from teams.actions.organizations import create_organization
from teams.keys import Scope
from teams.models import KeyKind, Organization, Role, User


class Provisioned(NamedTuple):
    organization: Organization
    user: User
    ingest_key: str
    api_token: str


@transaction.atomic
def provision(*, slug: str, email: str, role: Role, now: datetime) -> Provisioned:
    """Finds or makes the organization and the user, makes the user a member, and gives them new keys."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        organization = create_organization(name=slug, slug=slug, by=None, now=now)
    with tenant(organization.id):
        add_member(organization=organization, user=user, role=role, by=None, now=now)
        person = queries.contributor_of(organization, user)
        ingest = create_key(
            organization=organization, kind=KeyKind.INGEST, name="provisioned", contributor=person, by=None, now=now
        )
        token = create_key(
            organization=organization,
            kind=KeyKind.API,
            name="provisioned",
            contributor=person,
            scopes=Scope,
            by=None,
            now=now,
        )
    return Provisioned(organization, user, ingest.secret, token.secret)
