"""Making the sums anew from the events, a day at a time, while ingestion goes on.

A day is one transaction under the organization's exclusive lock. Days before the oldest event are left alone: there the
sums are all that retention has kept.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection

from codecard.lib.tenant import tenant
from events.ledger.first_runs import rebuild_first_runs
from events.ledger.locks import lock_organization
from events.ledger.statements import REBUILD_CLEAR, REBUILD_DAY, REBUILD_SESSIONS, SUMS

# Primary keys of events_event and of the roll-ups: both ends are the first or last row of the organization.
_EVENT_SPAN = "SELECT min(occurred_at), max(occurred_at) FROM events_event WHERE organization_id = %s"


def days_to_rebuild(organization_id: int, first: date | None = None, last: date | None = None) -> list[date]:
    """The days, oldest first, that have events or sums and that events are kept of."""
    with tenant(organization_id), connection.cursor() as cursor:
        cursor.execute(_EVENT_SPAN, [organization_id])
        oldest, newest = cursor.fetchone()
        if oldest is None:
            return []
        # The contributor's local day may be the day before or after in UTC.
        start, end = oldest.date() - timedelta(days=1), newest.date() + timedelta(days=1)
        for table in SUMS:
            cursor.execute(f"SELECT max(day) FROM {table} WHERE organization_id = %s", [organization_id])
            end = max(end, cursor.fetchone()[0] or end)
    start, end = max(start, first or start), min(end, last or end)
    return [start + timedelta(days=offset) for offset in range((end - start).days + 1)]


def rebuild_day(organization_id: int, day: date) -> None:
    """All roll-ups of one day, and the sessions that began on it. Safe to repeat."""
    parameters: dict[str, Any] = {"org": organization_id, "day": day}
    with tenant(organization_id), connection.cursor() as cursor:
        lock_organization(cursor, organization_id, exclusive=True)
        for statement in REBUILD_CLEAR:
            cursor.execute(statement, parameters)
        cursor.execute(REBUILD_DAY, parameters)
        cursor.execute(REBUILD_SESSIONS, parameters)
        rebuild_first_runs(cursor, organization_id, day)


def rebuild(organization_id: int, days: list[date]) -> Iterator[date]:
    """Rebuilds each day and yields it, so that the caller can show progress and remember where it was."""
    for day in days:
        rebuild_day(organization_id, day)
        yield day
