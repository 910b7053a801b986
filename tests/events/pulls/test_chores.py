"""What is left to do: written with what made it necessary, claimed once, done or tried again."""

from datetime import timedelta

import pytest

from codecard.lib.tenant import tenant
from events.models import Chore
from events.pulls import chores
from events.pulls.chores import LEASE, MOST_ATTEMPTS, ChoreKind, Claim
from teams.models import Organization
from tests.factories import NOW

PULL, FETCH = ChoreKind.PULL, ChoreKind.FETCH


def claimed(organization: Organization, kind: ChoreKind = PULL, later: timedelta = timedelta()) -> Claim | None:
    return chores.claim(organization.id, [kind], now=NOW + later)


@pytest.fixture
def left(acme: Organization) -> Organization:
    """Two say the same of 7, one is of 8."""
    with tenant(acme.id):
        for keys in ([7, 8], [7]):
            chores.leave(acme.id, PULL, keys, not_before=NOW)
    return acme


def test_what_says_the_same_is_claimed_together_and_once(left: Organization) -> None:
    with tenant(left.id):
        first, second, third = claimed(left), claimed(left), claimed(left)
    assert first
    assert second
    assert (first.key, len(first.chore_ids), second.key, third) == (7, 2, 8, None)


def test_what_a_killed_worker_held_is_claimed_again(left: Organization) -> None:
    with tenant(left.id):
        first = claimed(left)
        claimed(left)
        again = claimed(left, later=LEASE)
    assert first
    assert again
    assert (again.key, again.chore_ids, again.attempts) == (7, first.chore_ids, 2)


def test_done_leaves_what_was_written_meanwhile(left: Organization) -> None:
    with tenant(left.id):
        claim = claimed(left)
        assert claim
        chores.leave(left.id, PULL, [7], not_before=NOW)
        chores.done(left.id, claim)
        assert list(Chore.objects.filter(key=7).values_list("attempts", flat=True)) == [0]


def test_a_failure_waits_and_at_last_gives_up(left: Organization) -> None:
    with tenant(left.id):
        now = timedelta()
        for _ in range(MOST_ATTEMPTS):
            claim = claimed(left, later=now)
            assert claim
            chores.failed(left.id, claim, "GitHub answered 500", now=NOW + now)
            Chore.objects.filter(key=8).delete()
            now += timedelta(days=1)
        assert claimed(left, later=now) is None
        assert set(Chore.objects.values_list("is_dead", "error")) == {(True, "GitHub answered 500")}


def test_one_put_off_counts_no_attempt(left: Organization) -> None:
    with tenant(left.id):
        claim = claimed(left)
        assert claim
        chores.put_off(left.id, claim, until=NOW + timedelta(hours=1))
        assert not Chore.objects.filter(key=7, attempts__gt=0).exists()
        again = claimed(left, later=timedelta(hours=1))
    assert again
    assert again.key == 8


def test_another_kind_and_another_organization_see_nothing(left: Organization, globex: Organization) -> None:
    with tenant(left.id):
        assert claimed(left, FETCH) is None
        assert chores.is_anything_left(left.id, [PULL], now=NOW)
    with tenant(globex.id):
        assert claimed(globex) is None
        assert not chores.is_anything_left(globex.id, [PULL], now=NOW)
