"""The first local test run of a session at or after its first accepted edit (METRICS 4): when, and how it ended.

It is looked up in the session's events, in the transaction that may have changed it, and never carried forward: so it
doesn't depend on the order of arrival, and a rebuild makes the same. A batch pays for it only where it tells a test run
or an acceptance that can matter; what the session's row says, which is locked and read anyway, tells most apart.
"""

from datetime import date, datetime
from typing import Any, Final

from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

from events.ledger.batch import AT, MICROS_TO_2000, OUTCOME, Batch
from events.ledger.sessions import Locked, Touch, micros, moment
from events.models import Outcome
from events.schema import Kind

_ACCEPTED: Final = (int(Outcome.ACCEPTED), int(Outcome.AUTO_ACCEPTED))
_RUN: Final = tuple(map(int, (Outcome.PASSED, Outcome.FAILED, Outcome.NO_TESTS, Outcome.UNKNOWN)))
_TELLING: Final = {*_ACCEPTED, *_RUN}
# Primary key of events_event (organization_id, occurred_at, id), from the start of the session to its first acceptance,
# and from there to the run. A session without the one or the other by its own counters isn't looked through. The span
# of all chosen sessions says nothing more, but known beforehand it leaves the other months out of the plan.
_OF_SESSION = """
    e.organization_id = %(org)s AND e.occurred_at BETWEEN %(first)s AND %(last)s AND e.session_id = c.id
    AND NOT e.is_superseded
"""
_FIRST_ACCEPTED = f"""
    SELECT e.occurred_at FROM events_event e WHERE {_OF_SESSION} AND e.outcome IN {_ACCEPTED} AND e.count > 0
      AND e.occurred_at BETWEEN c.started_at AND c.ended_at ORDER BY e.occurred_at LIMIT 1
"""


def _found(chosen: str) -> str:
    return f"""
        UPDATE events_session s SET first_run_at = found.at, first_run_outcome = found.outcome FROM (
            SELECT c.id, run.occurred_at AS at, coalesce(run.outcome, 0) AS outcome
            FROM events_session c LEFT JOIN LATERAL (
                SELECT e.occurred_at, e.outcome FROM events_event e
                WHERE c.accepted + c.auto_accepted > 0
                  AND c.tests_passed + c.tests_failed + c.tests_none + c.tests_unknown > 0
                  AND {_OF_SESSION} AND e.kind = {int(Kind.TEST_RUN)} AND e.detail ->> 'place' = 'local'
                  AND e.occurred_at BETWEEN ({_FIRST_ACCEPTED}) AND c.ended_at
                ORDER BY e.occurred_at, e.id LIMIT 1) AS run ON true
            WHERE c.organization_id = %(org)s AND NOT c.is_instance AND {chosen}) AS found
        WHERE s.organization_id = %(org)s AND s.id = found.id
          AND (s.first_run_at, s.first_run_outcome) IS DISTINCT FROM (found.at, found.outcome)
    """


_FIND = _found("c.id = ANY(%(sessions)s::bigint[])")
# Constraint session_in_organization.
_ABLE = """
    SELECT array_agg(id), min(started_at), max(ended_at) FROM events_session
    WHERE organization_id = %(org)s AND id = ANY(%(sessions)s::bigint[])
      AND (%(since)s::timestamptz IS NULL OR started_at >= %(since)s)
"""
# Index session_by_day (organization_id, started_on, contributor_id).
_SPAN_OF_DAY = """
    SELECT min(started_at), max(ended_at) FROM events_session
    WHERE organization_id = %(org)s AND started_on = %(day)s AND NOT is_instance
"""
_FIND_OF_DAY = _found("c.started_on = %(day)s")


def rebuild_first_runs(cursor: CursorWrapper, organization_id: int, day: date) -> None:
    """Of the sessions that began on a day, once their counters are right."""
    parameters: dict[str, Any] = {"org": organization_id, "day": day}
    cursor.execute(_SPAN_OF_DAY, parameters)
    first, last = cursor.fetchone()
    if first is not None:
        cursor.execute(_FIND_OF_DAY, {**parameters, "first": first, "last": last})


def find_again(cursor: CursorWrapper, organization_id: int, sessions: list[int], kept_since: datetime | None) -> None:
    """Of sessions that lost facts, all but those that began before the facts that are kept."""
    asked: dict[str, Any] = {"org": organization_id, "sessions": sessions, "since": kept_since}
    cursor.execute(_ABLE, asked)
    able, first, last = cursor.fetchone()
    if able:
        cursor.execute(_FIND, {**asked, "sessions": able, "first": first, "last": last})


def find_first_runs(cursor: Cursor[Any], batch: Batch) -> None:
    """After the batch was stored, while its sessions are locked. Leaves sessions alone that began before the facts that
    are still kept: what can't be looked up any more stays as it was found."""
    kept_us = micros(batch.known.kept_since) if batch.known.kept_since else 0
    able = {touch.id: touch.locked for touch in batch.touches.values() if touch.first_us >= kept_us and _is_able(touch)}
    if not able:
        return
    chosen = {touch.id: touch for touch in batch.touches.values() if touch.id in able and _is_told_better(touch)}
    for row, touch, *_ in batch.placed:
        if touch is not None and touch.id in able and _may_be_first(row, able[touch.id]):
            chosen[touch.id] = touch
    if chosen:
        first = moment(min(touch.first_us for touch in chosen.values()))
        last = moment(max(touch.last_us for touch in chosen.values()))
        parameters = {"org": batch.known.organization_id, "sessions": sorted(chosen), "first": first, "last": last}
        cursor.execute(_FIND, parameters, prepare=True)


def _is_able(touch: Touch) -> bool:
    """Whether the batch tells test runs or decisions of a session that has both, as far as kinds can say."""
    if touch.is_instance or touch.locked is None:
        return False
    decisions, runs = Kind.SUGGESTION in touch.ranks, Kind.TEST_RUN in touch.ranks
    return (decisions or runs) and (decisions or touch.locked.has_accepted) and (runs or touch.locked.has_run)


def _is_told_better(touch: Touch) -> bool:
    """Then what was found may not count any more."""
    return any(kind in (Kind.SUGGESTION, Kind.TEST_RUN) for kind, _ in touch.improved())


def _may_be_first(row: list[Any], session: Locked | None) -> bool:
    """Whether it is a run or an acceptance up to what was found. An acceptance after all that was known of the session
    has no stored run after it, and one in the same body speaks for itself."""
    at_us: int = row[AT] + MICROS_TO_2000
    outcome: int = row[OUTCOME]
    if session is None or outcome not in _TELLING:
        return False
    if session.first_run_at is not None:
        return at_us <= micros(session.first_run_at)
    return outcome in _RUN or at_us <= micros(session.ended_at)
