from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.merging import MergeRefusedError, merge_contributors
from teams.models import AuditEntry, Contributor, Identity, IdentityKind, Key, Organization, TeamMembership, User
from teams.signals import identities_moved
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def known_by_login(acme: Organization) -> Contributor:
    with tenant(acme.id):
        person = factories.make_contributor(acme, "bob-gh", time_zone="Asia/Tokyo")
    actions.add_identity(organization=acme, contributor=person, kind=IdentityKind.GITHUB, value="Bob-GH", now=NOW)
    return person


@pytest.fixture
def bob_as_data(acme: Organization, bob: User) -> Contributor:
    with tenant(acme.id):
        return factories.person(acme, bob)


def test_everything_of_the_loser_becomes_the_winner_s(
    acme: Organization, known_by_login: Contributor, bob_as_data: Contributor, owner: User
) -> None:
    both, only_loser = factories.make_team(acme), factories.make_team(acme)
    for team, person in ((both, known_by_login), (both, bob_as_data), (only_loser, known_by_login)):
        actions.join_team(team=team, contributor=person, by=None, now=NOW)
    key = factories.make_key(acme, contributor=known_by_login).key
    merge_contributors(organization=acme, loser=known_by_login, winner=bob_as_data, by=owner, now=NOW)
    with tenant(acme.id):
        assert not Contributor.objects.filter(id=known_by_login.id).exists()
        assert Identity.objects.get(value="bob-gh").contributor_id == bob_as_data.id
        assert Key.objects.get(id=key.id).contributor_id == bob_as_data.id
        teams = TeamMembership.objects.filter(contributor=bob_as_data).values_list("team_id", flat=True)
        assert sorted(teams) == sorted([both.id, only_loser.id])
        entry = AuditEntry.objects.get(action="contributors.merged")
    assert (entry.actor_id, entry.object_id) == (owner.id, bob_as_data.id)
    assert entry.details["identities"] == ["github:bob-gh"]


def test_a_claim_goes_with_the_merge(acme: Organization, known_by_login: Contributor, bob: User) -> None:
    with tenant(acme.id):
        claimed = factories.person(acme, bob)
    merge_contributors(organization=acme, loser=claimed, winner=known_by_login, by=None, now=NOW)
    with tenant(acme.id):
        assert factories.person(acme, bob).id == known_by_login.id


def test_others_hear_of_it_inside_the_transaction_and_can_take_it_back(
    acme: Organization, known_by_login: Contributor, bob_as_data: Contributor
) -> None:
    heard = []

    def receiver(**arguments: Any) -> None:
        heard.append((arguments["organization_id"], arguments["giver_id"], arguments["taker_id"]))
        raise ZeroDivisionError

    identities_moved.connect(receiver)
    try:
        with pytest.raises(ZeroDivisionError):
            merge_contributors(organization=acme, loser=known_by_login, winner=bob_as_data, by=None, now=NOW)
    finally:
        identities_moved.disconnect(receiver)
    assert heard == [(acme.id, known_by_login.id, bob_as_data.id)]
    with tenant(acme.id):
        assert Identity.objects.get(value="bob-gh").contributor_id == known_by_login.id
    assert Organization.objects.get(id=acme.id).identity_epoch == acme.identity_epoch


def test_a_merge_makes_processes_forget(
    acme: Organization, known_by_login: Contributor, bob_as_data: Contributor
) -> None:
    before = Organization.objects.get(id=acme.id).identity_epoch
    merge_contributors(organization=acme, loser=known_by_login, winner=bob_as_data, by=None, now=NOW)
    assert Organization.objects.get(id=acme.id).identity_epoch == before + 1


def test_two_who_signed_in_are_two(acme: Organization, alice: User, bob: User) -> None:
    with tenant(acme.id):
        both = [factories.person(acme, user) for user in (alice, bob)]
    with pytest.raises(MergeRefusedError):
        merge_contributors(organization=acme, loser=both[0], winner=both[1], by=None, now=NOW)


def test_a_merge_with_oneself_or_a_stranger_is_refused(
    acme: Organization, globex: Organization, known_by_login: Contributor
) -> None:
    with tenant(globex.id):
        stranger = factories.make_contributor(globex)
    for other in (known_by_login, stranger):
        with pytest.raises(MergeRefusedError):
            merge_contributors(organization=acme, loser=known_by_login, winner=other, by=None, now=NOW)
    with tenant(acme.id):
        assert Contributor.objects.filter(id=known_by_login.id).exists()


@pytest.mark.django_db(transaction=True)
def test_two_merges_in_opposite_directions_leave_one_person(acme: Organization) -> None:
    for _ in range(5):
        with tenant(acme.id):
            pair = [factories.make_contributor(acme), factories.make_contributor(acme)]

        def merge(loser: Contributor, winner: Contributor) -> bool:
            try:
                merge_contributors(organization=acme, loser=loser, winner=winner, by=None, now=NOW)
            except MergeRefusedError:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(merge, pair, reversed(pair)))
        assert sorted(done) == [False, True]
        with tenant(acme.id):
            assert Contributor.objects.filter(id__in=[person.id for person in pair]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_claims_of_one_person_at_once_give_it_to_one(acme: Organization, known_by_login: Contributor) -> None:
    users = [factories.make_user() for _ in range(2)]

    def claim(user: User) -> Contributor | None:
        try:
            return actions.claim_identity(
                organization=acme, user=user, kind=IdentityKind.GITHUB, value="bob-gh", now=NOW
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(claim, users))
    assert [person is None for person in found].count(True) == 1
