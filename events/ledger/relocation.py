"""When names turn out to be somebody else's: everything that came by them becomes the other's.

Who is told by a name changes at once, in the transaction of whoever decided it. The facts that came before follow in
steps, each a transaction of its own that moves some thousands of them together with their sums, so that at any moment
sums and facts agree and nobody else waits. The steps share the organization's lock with ingestion; only the last one,
which takes exporters' processes apart or together, has the organization for itself for a moment.
"""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from codecard.lib.tenant import tenant
from events.ledger import edits
from events.ledger.instances import move_instances
from events.ledger.locks import lock_organization
from events.ledger.statements import CONTRIBUTOR_KEYS, DETAIL_KEYS, EDIT_KEYS, MOVE, SUMS, upsert
from events.models import Fate, Relocation

FACTS, SESSIONS, SPAN = 4_000, 2_000, timedelta(days=7)
"""The most of one step, and the most time that it looks through: some hundredths of a second each."""
AT_ONCE = 20_000
"""Organizations with fewer facts than this don't wait for a worker."""

# Primary keys of events_event and events_intake_day: organization first.
_SPAN = "SELECT min(occurred_at), max(occurred_at) FROM events_event WHERE organization_id = %(org)s"
_STORED = f"""
    SELECT coalesce(sum(items), 0) FROM events_intake_day WHERE organization_id = %(org)s AND fate = {Fate.ACCEPTED}
"""
_THEIRS = "organization_id = %(org)s AND contributor_id = %(giver)s AND (%(whole)s OR identity_id = ANY(%(names)s))"
_UNTIL = f"""
    SELECT occurred_at FROM events_event WHERE {_THEIRS} AND occurred_at >= %(from)s AND occurred_at < %(until)s
    ORDER BY occurred_at, id OFFSET {FACTS} LIMIT 1
"""
_MORE_SESSIONS = f"SELECT true FROM events_session WHERE {_THEIRS} AND NOT is_instance OFFSET %(most)s LIMIT 1"
# Rows in the order in which ingestion locks them.
_SESSIONS = f"""
    UPDATE events_session SET contributor_id = %(taker)s WHERE organization_id = %(org)s AND id IN (
        SELECT id FROM events_session WHERE {_THEIRS} AND NOT is_instance ORDER BY tool_id, key
        LIMIT %(most)s FOR UPDATE)
"""
_COMMITS = f"UPDATE events_clientcommit SET contributor_id = %(taker)s WHERE {_THEIRS}"
_OF_PEOPLE = {"events_detail_day": DETAIL_KEYS, "events_contributor_day": CONTRIBUTOR_KEYS, edits.TABLE: EDIT_KEYS}
_PRUNE = [
    f"""DELETE FROM {table} WHERE organization_id = %(org)s AND day BETWEEN %(first)s AND %(last)s
        AND contributor_id = %(giver)s AND {" AND ".join(f"{name} = 0" for name in SUMS[table])}"""
    for table in _OF_PEOPLE
]


def _move_sums(table: str, keys: tuple[str, ...]) -> str:
    """What is left of the giver's sums once its facts have gone: of days whose facts are kept no longer."""
    others = ", ".join(key for key in keys if key != "contributor_id")
    kept = upsert(table, keys, "moved", SUMS[table])
    return f"""
        WITH gone AS (DELETE FROM {table} WHERE organization_id = %(org)s AND contributor_id = %(giver)s RETURNING *),
        moved AS (SELECT %(taker)s::bigint AS contributor_id, {others}, {", ".join(SUMS[table])} FROM gone)
        {kept}
    """


_SUMS = [_move_sums(table, keys) for table, keys in _OF_PEOPLE.items()]


def begin_relocation(
    organization_id: int, giver_id: int, taker_id: int, identity_ids: list[int], *, is_whole: bool
) -> Relocation:
    """In the transaction that moves the identities. Waits for requests that still look at them as they were; later
    ones see the new epoch. A small organization's facts have all moved when this returns, a larger one's are left to
    `relocate_step`."""
    with connection.cursor() as cursor:
        lock_organization(cursor, organization_id, exclusive=True)
        cursor.execute(_SPAN, {"org": organization_id})
        first_at, last_at = cursor.fetchone()
        is_alone = not Relocation.objects.filter(organization_id=organization_id, finished_at=None).exists()
        relocation = Relocation.objects.create(
            organization_id=organization_id, giver_id=giver_id, taker_id=taker_id, identity_ids=identity_ids,
            is_whole=is_whole, first_at=first_at, last_at=last_at, done_until=first_at,
        )  # fmt: skip
        cursor.execute(_STORED, {"org": organization_id})
        if is_alone and cursor.fetchone()[0] <= AT_ONCE:
            while relocation.finished_at is None:
                _step(cursor, relocation, span=timedelta(days=10_000))
    return relocation


def relocate_step(organization_id: int) -> bool:
    """One step of the oldest relocation; whether there was anything to do. Nothing while another process is at it."""
    with tenant(organization_id), connection.cursor() as cursor:
        unfinished = Relocation.objects.filter(organization_id=organization_id, finished_at=None)
        oldest = unfinished.order_by("id").first()
        if oldest is None:
            return False
        relocation = unfinished.select_for_update(skip_locked=True).filter(id=oldest.id).first()
        if relocation is None:
            return False
        _step(cursor, relocation)
    return True


def _step(cursor: CursorWrapper, relocation: Relocation, span: timedelta = SPAN) -> None:
    parameters: dict[str, Any] = {
        "org": relocation.organization_id, "giver": relocation.giver_id, "taker": relocation.taker_id,
        "names": relocation.identity_ids, "whole": relocation.is_whole, "most": SESSIONS,
    }  # fmt: skip
    cursor.execute("SET LOCAL enable_seqscan = off")
    if relocation.has_facts_left:
        _move_facts(cursor, relocation, parameters, span)
    elif _has_many_sessions(cursor, parameters):
        lock_organization(cursor, relocation.organization_id, exclusive=False)
        cursor.execute(_SESSIONS, parameters)
    else:
        _finish(cursor, relocation, parameters)


def _move_facts(cursor: CursorWrapper, relocation: Relocation, parameters: dict[str, Any], span: timedelta) -> None:
    """The next few thousand, and their sums with them. Looked for before the lock is taken."""
    start = relocation.done_until
    assert start is not None
    cursor.execute(_UNTIL, {**parameters, "from": start, "until": start + span})
    row = cursor.fetchone()
    # As many facts at one moment as fill a step go together.
    until = max(row[0], start + timedelta(microseconds=1)) if row else start + span
    lock_organization(cursor, relocation.organization_id, exclusive=False)
    cursor.execute(MOVE, {**parameters, "from": start, "until": until})
    moved, first, last = cursor.fetchone()
    if moved:
        for statement in _PRUNE:
            cursor.execute(statement, {**parameters, "first": first, "last": last})
    relocation.moved += moved
    relocation.done_until = until
    relocation.save(update_fields=["moved", "done_until"])


def _has_many_sessions(cursor: CursorWrapper, parameters: dict[str, Any]) -> bool:
    cursor.execute(_MORE_SESSIONS, parameters)
    return cursor.fetchone() is not None


def _finish(cursor: CursorWrapper, relocation: Relocation, parameters: dict[str, Any]) -> None:
    lock_organization(cursor, relocation.organization_id, exclusive=True)
    cursor.execute(_SESSIONS, parameters)
    cursor.execute(_COMMITS, parameters)
    names = None if relocation.is_whole else relocation.identity_ids
    move_instances(cursor, relocation.organization_id, relocation.giver_id, relocation.taker_id, names)
    if relocation.is_whole:
        for statement in _SUMS:
            cursor.execute(statement, parameters)
    cursor.execute("SELECT now()")
    (relocation.finished_at,) = cursor.fetchone()
    relocation.save(update_fields=["finished_at"])
