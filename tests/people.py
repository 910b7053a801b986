"""Alice leads a team at Acme, Bob is a developer there, Charlie belongs to another organization."""

from collections.abc import Iterator

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions, key_cache, key_use
from teams.models import Organization, Role, Team, User
from tests import factories
from tests.factories import NOW


@pytest.fixture(autouse=True)
def _no_keys_remembered() -> Iterator[None]:
    """A process remembers keys for some seconds, and tests have no seconds between them."""
    yield
    key_cache.cache.clear()
    key_use.noted.uses.clear()


@pytest.fixture
def acme(db: None) -> Organization:
    return factories.make_organization("acme")


@pytest.fixture
def alice(acme: Organization) -> User:
    user = factories.make_user("alice@acme.example", name="Alice")
    factories.make_member(acme, Role.LEAD, user)
    return user


@pytest.fixture
def bob(acme: Organization) -> User:
    user = factories.make_user("bob@acme.example", name="Bob")
    factories.make_member(acme, Role.DEVELOPER, user)
    return user


@pytest.fixture
def owner(acme: Organization) -> User:
    """Of Acme; neither Alice nor Bob may do what this one may."""
    user = factories.make_user("owner@acme.example", name="Olga")
    factories.make_member(acme, Role.OWNER, user)
    return user


@pytest.fixture
def payments(acme: Organization, alice: User, bob: User) -> Team:
    """Alice's team, with Bob in it."""
    team = factories.make_team(acme, "Payments")
    with tenant(acme.id):
        for user, is_lead in ((alice, True), (bob, False)):
            person = factories.person(acme, user)
            actions.join_team(team=team, contributor=person, is_lead=is_lead, by=None, now=NOW)
    return team


@pytest.fixture
def globex(db: None) -> Organization:
    return factories.make_organization("globex")


@pytest.fixture
def charlie(globex: Organization) -> User:
    user = factories.make_user("charlie@globex.example", name="Charlie")
    factories.make_member(globex, Role.OWNER, user)
    return user


@pytest.fixture
def alice_client(alice: User) -> Client:
    return _signed_in(alice)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return _signed_in(bob)


@pytest.fixture
def owner_client(owner: User) -> Client:
    return _signed_in(owner)


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    return _signed_in(charlie)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
