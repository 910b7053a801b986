"""Filling the sample week by week, the newest first. Safe to repeat and to kill: a week that is sent twice is the
same facts, and a week is written down as done only after its last request was answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from events.sample import github
from events.sample.creating import secret_of
from events.sample.sending import Exchange, Refused, send
from events.sample.state import State, change, find_state, state_of
from teams.models import Organization

_FILLING_LOCK = 7102
"""First number of the advisory lock of whoever fills an organization: one is enough."""


class Progress(NamedTuple):
    done: int
    weeks: int

    @property
    def is_complete(self) -> bool:
        return self.done >= self.weeks

    @property
    def percent(self) -> int:
        return 100 * self.done // self.weeks if self.weeks else 100


def progress_of(organization: Organization) -> Progress | None:
    """How many weeks were sent; None for an organization that is no sample."""
    state = state_of(organization)
    return Progress(len(state.done), state.weeks) if state else None


def fill_next_week(*, organization_id: int, exchange: Exchange) -> bool:
    """Sends the newest week that is left. Whether there are more, for the caller to go on; not where somebody else is
    filling or the sample is going.

    :raises Refused: the server took a part of it only. :raises OSError: nobody answers.
    """
    with _alone(organization_id) as is_alone:
        state = find_state(organization_id)
        if not is_alone or not state or not state.left:
            return False
        week = state.left[0]
        try:
            _send_week(organization_id, state, week, exchange)
        except Refused:
            if _is_going(organization_id):
                return False
            raise
        after = change(organization_id, done=week)
        return bool(after and after.left)


def _send_week(organization_id: int, state: State, week: int, exchange: Exchange) -> None:
    """What the tools told first: it is there when what became of it is looked at."""
    for body in state.simulation.bodies(week):
        send(body, secret_of(organization_id, body.sender), exchange)
    secret = secret_of(organization_id, "github")
    slug = github.ensure_connected(organization_id, state.simulation, secret, now=timezone.now())
    for body in github.deliveries(state.simulation, week, slug, secret):
        send(body, "", exchange)
    for body in github.reports(state.simulation, week):
        send(body, secret_of(organization_id, body.sender), exchange)


def _is_going(organization_id: int) -> bool:
    """Its keys are revoked first, so that a filler finds out by being refused."""
    state = find_state(organization_id)
    return state is None or state.is_retired


@contextmanager
def _alone(organization_id: int) -> Iterator[bool]:
    """A lock of the connection, not of a transaction: it goes with a process that is killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s::int)", [_FILLING_LOCK, organization_id % 2**31])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s::int)", [_FILLING_LOCK, organization_id % 2**31])
