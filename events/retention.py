"""Deleting events by age, for good. The sums stay, so that no page changes.

Whole local days go, so that none is left in part: what is kept of a day can always be counted again. How far deletion
went stands in the settings of the organization (`kept_from`), since nothing else tells it once the rows are gone and
the time to keep them was made longer.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from codecard.lib.tenant import tenant
from events.ledger.keeping import KEPT_FROM, kept_from
from events.ledger.locks import lock_organization
from events.models import QualityUpload
from events.pulls.quality import KEPT
from teams.merging import raise_identity_epoch
from teams.models import Organization

_ROWS = 20_000
_SERIES = 200
_DAY = timedelta(days=1)
"""The local day of an event begins up to 14 hours before, and ends up to 12 hours after, that of UTC."""


def organizations() -> list[int]:
    """Those that do not keep their events for ever."""
    rows = Organization.objects.exclude(retention_days=None).order_by("id")
    return list(rows.values_list("id", flat=True))


def apply_retention(*, organization_id: int, now: datetime) -> int:
    """Deletes what is older than the organization keeps, in batches that each commit; how many events went. Safe to
    repeat and to kill."""
    first = _move_on(organization_id, now)
    if first is None:
        return 0
    gone = _delete_events(organization_id, first)
    _delete_points(organization_id, first)
    return gone


def _move_on(organization_id: int, now: datetime) -> date | None:
    """Writes down from which day on events stay, before the first of them goes. Never goes back.

    Waits for requests that were let in by the day before; later ones see the new epoch, and refuse what goes now:
    nothing could tell that it is in the sums already.
    """
    with tenant(organization_id), connection.cursor() as cursor:
        row = Organization.objects.select_for_update(no_key=True).filter(id=organization_id).first()
        if row is None or row.retention_days is None:
            return None
        wanted, before = now.date() - timedelta(days=row.retention_days), kept_from(row)
        if before is not None and before >= wanted:
            return before
        row.settings[KEPT_FROM] = wanted.isoformat()
        row.save(update_fields=["settings"])
        raise_identity_epoch(organization_id)
        lock_organization(cursor, organization_id, exclusive=True)
    return wanted


# Primary key of events_event: (organization_id, occurred_at, id). The day decides, the time finds the rows.
_END_OF_BATCH = """
    SELECT max(occurred_at) FROM (
        SELECT occurred_at FROM events_event WHERE organization_id = %(org)s AND occurred_at >= %(from)s
          AND occurred_at < %(end)s ORDER BY occurred_at LIMIT %(rows)s) AS batch
"""
_DELETE_EVENTS = """
    DELETE FROM events_event WHERE organization_id = %(org)s AND occurred_at >= %(from)s AND occurred_at <= %(to)s
      AND occurred_at < %(end)s AND day < %(day)s
"""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _delete_events(organization_id: int, first: date) -> int:
    """Under the shared lock: ingestion goes on, while whatever takes back, moves or rebuilds waits for a batch."""
    end = datetime.combine(first, time.min, UTC) + _DAY
    gone, start = 0, _LONG_AGO
    while True:
        with tenant(organization_id), connection.cursor() as cursor:
            lock_organization(cursor, organization_id, exclusive=False)
            parameters: dict[str, Any] = {
                "org": organization_id,
                "from": start,
                "end": end,
                "rows": _ROWS,
                "day": first,
            }
            cursor.execute(_END_OF_BATCH, parameters)
            (last,) = cursor.fetchone()
            if last is None:
                return gone
            cursor.execute(_DELETE_EVENTS, {**parameters, "to": last})
            gone += cursor.rowcount
        # Of the last day some stay, because their local day is a later one; they must not be met again.
        start = last + timedelta(microseconds=1)


def forget_reports(*, organization_id: int, now: datetime) -> int:
    """Deletes what analysers reported by file, once nothing is judged by it any more; how many reports went. What was
    found of pull requests stays, and so do counts of tests, which are as old as these. Safe to repeat and to kill."""
    with tenant(organization_id):
        old = QualityUpload.objects.filter(organization=organization_id, received_at__lt=now - KEPT)
        return old.delete()[0]


_NEXT_SERIES = """
    SELECT id FROM events_series WHERE organization_id = %s AND id > %s ORDER BY id LIMIT %s FOR UPDATE
"""
# Primary key (organization_id, series_id, start_ns, at_us). The newest old point of each chain stays: the increase of
# the next one is counted from it, of whichever point comes next by time.
_DELETE_POINTS = """
    DELETE FROM events_series_point p WHERE p.organization_id = %(org)s AND p.series_id = ANY(%(ids)s)
      AND p.at_us < %(end)s AND EXISTS (
        SELECT 1 FROM events_series_point later WHERE later.organization_id = %(org)s
          AND later.series_id = p.series_id AND later.start_ns = p.start_ns
          AND later.at_us > p.at_us AND later.at_us < %(end)s)
"""
_FIRST_ID = -(2**63)


def _delete_points(organization_id: int, first: date) -> None:
    """Of chains, a few at a time, locked in the order in which the ledger locks them."""
    end = datetime.combine(first, time.min, UTC) - _DAY
    end_us, after = int(end.timestamp()) * 1_000_000, _FIRST_ID
    while True:
        with tenant(organization_id), connection.cursor() as cursor:
            lock_organization(cursor, organization_id, exclusive=False)
            cursor.execute(_NEXT_SERIES, [organization_id, after, _SERIES])
            ids = [number for (number,) in cursor.fetchall()]
            if not ids:
                return
            cursor.execute(_DELETE_POINTS, {"org": organization_id, "ids": ids, "end": end_us})
        after = ids[-1]
