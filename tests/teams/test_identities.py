from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.identities import Owner, Sender, resolve, resolve_many
from teams.models import Contributor, Identity, IdentityKind, Organization, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared_key(acme: Organization) -> int:
    """A key of the organization."""
    return factories.make_key(acme).key.id


@pytest.fixture
def bob_as_data(acme: Organization, bob: User) -> Contributor:
    with tenant(acme.id):
        return factories.person(acme, bob)


@pytest.fixture
def bob_s_key(acme: Organization, bob_as_data: Contributor) -> int:
    return factories.make_key(acme, contributor=bob_as_data).key.id


def names_of(organization: Organization, contributor_id: int) -> set[tuple[str, str]]:
    with tenant(organization.id):
        return set(Identity.objects.filter(contributor_id=contributor_id).values_list("kind", "value"))


def test_an_address_that_is_known_is_its_holder(acme: Organization, bob_as_data: Contributor, shared_key: int) -> None:
    assert resolve(acme.id, "BOB@acme.example", "someone", "u1", "codex", key_id=shared_key) == bob_as_data.id


def test_an_unknown_address_makes_an_unclaimed_person_once(acme: Organization, shared_key: int) -> None:
    first = resolve(acme.id, email="new@acme.example", key_id=shared_key)
    assert resolve(acme.id, email="New@acme.example", github="else", key_id=shared_key) == first
    with tenant(acme.id):
        person = Contributor.objects.get(id=first)
    assert (person.display_name, person.is_claimed) == ("new", False)


def test_the_strongest_name_decides(acme: Organization, bob_as_data: Contributor, bob_s_key: int) -> None:
    by_login = resolve(acme.id, github="Ada", user="u1", tool="codex", key_id=bob_s_key, key_contributor_id=1)
    assert names_of(acme, by_login) == {("github", "ada")}
    by_key = resolve(acme.id, user="u2", tool="codex", key_id=bob_s_key, key_contributor_id=bob_as_data.id)
    assert by_key == bob_as_data.id


def test_without_any_name_the_key_itself_is_the_sender(acme: Organization, shared_key: int) -> None:
    first = resolve(acme.id, email="unknown", user="", tool="codex", key_id=shared_key)
    assert first == resolve(acme.id, key_id=shared_key)
    assert names_of(acme, first) == {("key", str(shared_key))}
    with tenant(acme.id):
        assert Contributor.objects.get(id=first).display_name == "Key “of a test”"


def test_a_personal_key_makes_the_tool_s_user_id_the_person_s(
    acme: Organization, bob_as_data: Contributor, bob_s_key: int, shared_key: int
) -> None:
    resolve(acme.id, user="u1", tool="codex", key_id=bob_s_key, key_contributor_id=bob_as_data.id)
    assert resolve(acme.id, user="U1", tool="codex", key_id=shared_key) == bob_as_data.id
    assert resolve(acme.id, user="u1", tool="gemini", key_id=shared_key) != bob_as_data.id


def test_an_address_told_by_the_tool_beats_the_owner_of_the_key(
    acme: Organization, alice: User, bob_as_data: Contributor, bob_s_key: int
) -> None:
    found = resolve(acme.id, "alice@acme.example", user="u1", tool="codex", key_id=bob_s_key, key_contributor_id=1)
    with tenant(acme.id):
        assert found == factories.person(acme, alice).id
    assert ("tool_user", "codex:u1") not in names_of(acme, bob_as_data.id)


def test_the_order_of_arrival_does_not_matter(acme: Organization, bob: User) -> None:
    outcomes = []
    for number, order in enumerate(permutations(range(3))):
        user = factories.make_user()
        factories.make_member(acme, user=user)
        with tenant(acme.id):
            person = factories.person(acme, user)
        own, shared = (factories.make_key(acme, contributor=owner).key.id for owner in (person, None))
        tool_user = f"device-{number}"
        senders = [
            Sender(None, None, tool_user, "codex", own, person.id),
            Sender(None, None, tool_user, "codex", shared, None),
            Sender(user.email, None, tool_user, "codex", shared, None),
        ]
        for index in order:
            resolve_many(acme.id, [senders[index]])
        found = resolve_many(acme.id, senders)
        outcomes.append([owner.contributor_id == person.id for owner in found.values()])
        with tenant(acme.id):
            assert not Contributor.objects.filter(identities__isnull=True).exists()
    assert outcomes == [[True, True, True]] * 6


def test_a_tool_s_user_id_of_somebody_else_stays_theirs(
    acme: Organization, alice: User, bob_as_data: Contributor, bob_s_key: int
) -> None:
    with tenant(acme.id):
        claimed = factories.person(acme, alice)
        known = factories.make_contributor(acme)
    for person, value in ((claimed, "codex:claimed"), (known, "codex:known")):
        actions.add_identity(organization=acme, contributor=person, kind=IdentityKind.TOOL_USER, value=value, now=NOW)
    actions.add_identity(organization=acme, contributor=known, kind=IdentityKind.GITHUB, value="known", now=NOW)
    for user in ("claimed", "known"):
        found = resolve(acme.id, user=user, tool="codex", key_id=bob_s_key, key_contributor_id=bob_as_data.id)
        assert found == bob_as_data.id
    assert ("tool_user", "codex:claimed") in names_of(acme, claimed.id)
    assert ("tool_user", "codex:known") in names_of(acme, known.id)


def test_the_person_of_a_key_is_asked_for_again(acme: Organization, bob_as_data: Contributor) -> None:
    """Who authenticated some seconds ago may have been merged since."""
    with tenant(acme.id):
        old = factories.make_contributor(acme)
    key_id = factories.make_key(acme, contributor=old).key.id
    actions.merge_contributors(organization=acme, loser=old, winner=bob_as_data, by=None, now=NOW)
    assert resolve(acme.id, key_id=key_id, key_contributor_id=old.id) == bob_as_data.id


def test_many_senders_cost_few_statements(
    acme: Organization, shared_key: int, django_assert_max_num_queries: object
) -> None:
    senders = [Sender(f"p{number}@acme.example", None, None, "codex", shared_key, None) for number in range(500)]
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        found = resolve_many(acme.id, senders)
    assert len(set(found.values())) == 500


@pytest.mark.parametrize("hostile", ["\x00", "\ud800", "a\x00b", "x" * 5000, "'; DROP TABLE teams_identity; --", "💥"])
def test_hostile_names_are_somebody_too(hostile: str, acme: Organization, shared_key: int) -> None:
    sender = Sender(hostile, hostile, hostile, hostile, shared_key, None)
    assert resolve_many(acme.id, [sender]) == resolve_many(acme.id, [sender])


def test_an_identity_remembers_the_day_it_was_last_seen(acme: Organization, shared_key: int) -> None:
    sender = Sender("ada@acme.example", None, None, "codex", shared_key, None)
    resolve_many(acme.id, [sender], NOW)
    later = NOW.replace(day=20)
    resolve_many(acme.id, [sender], later)
    with tenant(acme.id):
        assert Identity.objects.get(value="ada@acme.example").last_seen_at == later


@pytest.mark.django_db(transaction=True)
def test_new_people_are_made_once_by_many_at_once_in_any_order(acme: Organization, shared_key: int) -> None:
    senders = [Sender(f"p{number}@acme.example", None, None, "codex", shared_key, None) for number in range(40)]

    def arrive(round_number: int) -> dict[Sender, Owner]:
        try:
            return resolve_many(acme.id, senders if round_number % 2 else reversed(senders))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(arrive, range(8)))
    assert all(outcome == found[0] for outcome in found)
    with tenant(acme.id):
        assert Identity.objects.filter(kind="email", value__startswith="p").count() == 40
        assert not Contributor.objects.filter(identities__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_person_is_linked_once_by_many_at_once(
    acme: Organization, bob_as_data: Contributor, bob_s_key: int, shared_key: int
) -> None:
    senders = [
        Sender(None, None, "u1", "codex", bob_s_key, bob_as_data.id),
        Sender(None, None, "u1", "codex", shared_key, None),
    ]

    def arrive(round_number: int) -> None:
        try:
            resolve_many(acme.id, [senders[round_number % 2]])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(arrive, range(12)))
    resolve_many(acme.id, senders)
    (owner,) = set(resolve_many(acme.id, senders).values())
    assert owner.contributor_id == bob_as_data.id
    assert owner.identity_id
