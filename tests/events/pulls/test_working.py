"""Chores are worked off in turn; one that fails keeps nobody else waiting."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from codecard.lib.tenant import tenant
from events.models import Chore
from events.pulls import chores
from events.pulls.chores import LEASE, ChoreKind
from events.pulls.working import PutOffError, work
from teams.models import Organization
from tests.factories import NOW

REPLAY, PULL = ChoreKind.REPLAY, ChoreKind.PULL


class Done:
    """A handler that keeps what it was asked for."""

    def __init__(self, name: str, said: list[tuple[str, int]], then: Callable[[int], None] = lambda _: None) -> None:
        self.name, self.said, self.then = name, said, then

    def __call__(self, organization_id: int, key: int, *, now: datetime) -> None:
        self.said.append((self.name, key))
        self.then(key)


@pytest.fixture
def said() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def left(acme: Organization) -> Organization:
    with tenant(acme.id):
        chores.leave(acme.id, PULL, [2, 1], not_before=NOW)
        chores.leave(acme.id, REPLAY, [9], not_before=NOW)
    return acme


def worked(organization: Organization, *handlers: tuple[ChoreKind, Done], at: datetime = NOW) -> bool:
    return work(organization.id, dict(handlers), clock=lambda: at, seconds=10)


def rows(organization: Organization) -> list[tuple[str, int, int, str]]:
    with tenant(organization.id):
        return sorted(Chore.objects.values_list("kind", "key", "attempts", "error"))


def test_all_is_done_in_the_order_of_the_handlers(left: Organization, said: list[tuple[str, int]]) -> None:
    assert not worked(left, (REPLAY, Done("replay", said)), (PULL, Done("pull", said)))
    assert said == [("replay", 9), ("pull", 1), ("pull", 2)]
    assert rows(left) == []


def test_without_time_there_is_more_to_do(left: Organization, said: list[tuple[str, int]]) -> None:
    assert work(left.id, {PULL: Done("pull", said)}, clock=lambda: NOW, seconds=0)
    assert said == []


def test_one_that_fails_waits_and_the_others_are_done(
    left: Organization, said: list[tuple[str, int]], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(key: int) -> None:
        if key == 1:
            raise ValueError("def secret(): ...")

    assert not worked(left, (PULL, Done("pull", said, fail)))
    assert said == [("pull", 1), ("pull", 2)]
    assert rows(left) == [("pull", 1, 1, "ValueError"), ("replay", 9, 0, "")]
    assert "chore failed" in caplog.text
    assert "secret" not in caplog.text


def test_one_that_ends_its_worker_each_time_is_given_up(left: Organization, said: list[tuple[str, int]]) -> None:
    """Killed for its memory or its time: nothing is raised then, the lease just ends."""
    at = NOW
    for _ in range(chores.MOST_ATTEMPTS):
        with tenant(left.id):
            assert chores.claim(left.id, [REPLAY], now=at)
        at += LEASE
    assert not worked(left, (REPLAY, Done("replay", said)), at=at)
    assert said == []
    with tenant(left.id):
        assert Chore.objects.get(kind=REPLAY).is_dead


def test_one_put_off_is_not_counted(left: Organization, said: list[tuple[str, int]]) -> None:
    def later(key: int) -> None:
        raise PutOffError(NOW + timedelta(hours=1))

    worked(left, (REPLAY, Done("replay", said, later)))
    assert rows(left)[-1] == ("replay", 9, 0, "")
    worked(left, (REPLAY, Done("replay", said)), at=NOW + timedelta(hours=1))
    assert said == [("replay", 9), ("replay", 9)]


def test_where_the_database_goes_the_chore_stays_claimed(left: Organization, said: list[tuple[str, int]]) -> None:
    def gone(key: int) -> None:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        worked(left, (REPLAY, Done("replay", said, gone)))
    worked(left, (REPLAY, Done("replay", said)))
    assert len(said) == 1
    worked(left, (REPLAY, Done("replay", said)), at=NOW + LEASE)
    assert said == [("replay", 9), ("replay", 9)]
