"""Rows that tests need, made by the product's own actions."""

from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from teams import actions, queries
from teams.keys import Scope
from teams.models import Contributor, Identity, IdentityKind, KeyKind, Membership, Organization, Role, Team, User

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_numbers = count(1)


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.com", **fields)


def make_organization(slug: str = "", **fields: Any) -> Organization:
    slug = slug or f"organization-{next(_numbers)}"
    return actions.create_organization(name=slug.title(), slug=slug, by=None, now=NOW, **fields)


def make_member(organization: Organization, role: Role = Role.DEVELOPER, user: User | None = None) -> Membership:
    return actions.add_member(organization=organization, user=user or make_user(), role=role, by=None, now=NOW)


def make_contributor(organization: Organization, name: str = "", **fields: Any) -> Contributor:
    """Inside the tenant."""
    return Contributor.objects.create(
        organization=organization, display_name=name or f"Person {next(_numbers)}", created_at=NOW, **fields
    )


def person(organization: Organization, user: User) -> Contributor:
    """Whom the data of the organization know the user as. Inside the tenant."""
    found = queries.contributor_of(organization, user)
    assert found is not None
    return found


def make_team(organization: Organization, name: str = "", **fields: Any) -> Team:
    return actions.create_team(
        organization=organization, name=name or f"Team {next(_numbers)}", by=None, now=NOW, **fields
    )


def make_key(organization: Organization, kind: KeyKind = KeyKind.INGEST, **fields: Any) -> actions.NewKey:
    fields.setdefault("name", "of a test")
    return actions.create_key(organization=organization, kind=kind, by=None, now=NOW, **fields)


def make_token(organization: Organization, **fields: Any) -> actions.NewKey:
    """An API token that may read everything."""
    return make_key(organization, KeyKind.API, **{"scopes": Scope, **fields})


def known_as(organization: Organization, name: str, *names: tuple[str, str], **fields: Any) -> Contributor:
    """A contributor whom data know by these kinds and values."""
    with tenant(organization.id):
        person = make_contributor(organization, name, **fields)
    for kind, value in names:
        actions.add_identity(
            organization=organization, contributor=person, kind=IdentityKind(kind), value=value, now=NOW
        )
    return person


def person_by(organization: Organization, value: str) -> Contributor:
    """Whom an identity belongs to. Inside the tenant."""
    return Identity.objects.select_related("contributor").get(organization=organization, value=value).contributor


def now_of_the_database() -> datetime:
    """Partitions are made around the database's own clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cast(datetime, cursor.fetchone()[0])


def queries_of(client: Client, address: str) -> int:
    """How often a page asks the database, after the first time, at which the session remembers the organization."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
