"""The ledger: the one place that writes events, what is summed over them, and the sessions they are about.

One transaction an organization and request: lock the touched series and sessions in key order, stage the rows, then one
statement that stores what is new and adds exactly that to the sessions and roll-ups. An answer after its commit is
durable; sending the same again changes nothing.
"""

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from django.db import connection
from psycopg import Cursor, errors

from codecard.lib.tenant import tenant
from events.ledger.batch import Batch, NotLookedUp, Refusal, commits_in_time, within_time
from events.ledger.channels import poorer_channels
from events.ledger.commits import keep_commits
from events.ledger.first_runs import find_first_runs
from events.ledger.intake import Intake, keep_intake
from events.ledger.locks import locking
from events.ledger.lookups import Lookups, forget, is_current, lookups_of, number_of, prepare
from events.ledger.pricing import PRICES
from events.ledger.series import Increases, take_increases, told_by, unusable
from events.ledger.sessions import Touch, Vanished, lock_sessions, sessions_parameter
from events.ledger.statements import (
    COPY_STAGE,
    CREATE_STAGE,
    PRUNE,
    REMOVE,
    STAGE_COLUMNS,
    STORE,
    STORE_WITH_EDITS,
    SUPERSEDE,
)
from events.ledger.tombstones import Refusing
from events.models import DimensionKind, Fate
from events.schema import Commit, Event, Kind, Point
from events.sources._base import Group, Parsed
from teams.key_cache import Access

__all__ = ["Receipt", "admit", "record"]

_ATTEMPTS = 5
_REPLANNED_AT = {8**power for power in range(1, 7)}
"""Batches of a process after which its plans are made anew: what was planned while the tables were small, or empty,
finds rows by the wrong index once they are large. Later on the server's own statistics see to it."""
_batches = itertools.count()
_EPOCH = "SELECT identity_epoch FROM teams_organization WHERE id ="
_SOON = timedelta(minutes=1)
"""Further ahead of the server's clock than this, a sender's clock is called skewed."""


class _NeedsExclusive(Exception):
    """The batch takes facts back: it must have the organization for itself."""


class _Outdated(Exception):
    """People were merged or split, or facts deleted by age, since this process looked."""


@dataclass
class Receipt:
    """What became of the events of a body. `refused` and the body's own rejections are not in the counts."""

    stored: int = 0
    superseded: int = 0
    duplicates: int = 0
    refused: list[Refusal] = field(default_factory=list)
    refused_commits: list[tuple[int, str]] = field(default_factory=list)
    """Place among the body's commits, and the reason."""


@dataclass
class _Work:
    """A body reduced to what can be stored."""

    groups: dict[Group, list[Event]]
    points: list[tuple[Group, Point]]
    commits: list[Commit]
    receipt: Receipt
    refusing: Refusing | None

    def is_refused(self, event: Event) -> bool:
        return self.refusing is not None and self.refusing.refuses(event)

    def witnesses(self) -> Iterator[tuple[Group, Point]]:
        """Points that may tell of a session and its person."""
        return ((group, point) for group, point in self.points if not self.is_refused(told_by(point)))


def record(parsed: Parsed, access: Access, *, now: datetime, source: str) -> Receipt:
    """Stores what a body holds; returns after the commit.

    `source` names the wire in data health for what couldn't be told apart by sender. Safe to repeat. Not for the inside
    of a transaction: the names that it made would be remembered by this process though a rollback takes them.
    :raises django.db.OperationalError: the database is away; nothing of this body was stored.
    """
    known, exclusive = lookups_of(access.organization_id), False
    work = _admit(parsed, access, now, known)
    for attempt in range(_ATTEMPTS):
        try:
            return _record(work, parsed, known, access, now, source, exclusive)
        except NotLookedUp:
            if not is_current(known):
                # Before a name is made of somebody who has just deleted all of theirs.
                forget(access.organization_id)
                known = lookups_of(access.organization_id)
                work = _admit(parsed, access, now, known)
            # At last also whose points are refused: later ones of their series may have changed by them.
            _look_up(known, work, access, list(work.witnesses()) if attempt == 0 else work.points)
        except _NeedsExclusive:
            exclusive = True
        except (_Outdated, Vanished):
            forget(access.organization_id)
            known = lookups_of(access.organization_id)
            work = _admit(parsed, access, now, known)
        except Exception as error:
            if not isinstance(error.__cause__, errors.DeadlockDetected) and not isinstance(
                error, errors.DeadlockDetected
            ):
                raise
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0.005, 0.05) * (attempt + 1))  # noqa: S311 - jitter, not a secret
    return _record(work, parsed, known, access, now, source, exclusive=True)


def admit(parsed: Parsed, access: Access, *, now: datetime) -> Receipt:
    """What `record` would refuse, without storing anything; `stored` is what would be new or known already."""
    receipt = _admit(parsed, access, now, lookups_of(access.organization_id)).receipt
    told = sum(map(len, parsed.groups.values())) + len(parsed.commits)
    receipt.stored = told - len(receipt.refused) - len(receipt.refused_commits)
    return receipt


def _admit(parsed: Parsed, access: Access, now: datetime, known: Lookups) -> _Work:
    work = _Work({}, [], [], Receipt(), known.tombstones.refusing(access))
    refuses = work.refusing.refuses if work.refusing else None
    work.commits, work.receipt.refused_commits = commits_in_time(parsed.commits, now, refuses)
    for group, events in parsed.groups.items():
        work.groups[group], refused = within_time(group, events, now, known.kept_since, refuses)
        work.receipt.refused += refused
    for group, points in parsed.points.items():
        # Not by tombstones: a point has to be known for the increase of the next one.
        kept, refused = within_time(group, points, now, known.kept_since)
        reasons = [(position, unusable(point)) for position, point in enumerate(kept)]
        refused += [Refusal(group, position, reason) for position, reason in reasons if reason]
        work.points += [(group, point) for point, (_, reason) in zip(kept, reasons, strict=True) if not reason]
        work.receipt.refused += refused
    return work


def _look_up(known: Lookups, work: _Work, access: Access, points: list[tuple[Group, Point]]) -> None:
    events = [*chain.from_iterable(work.groups.values()), *(point.event for _, point in points)]
    prepare(known, events, work.commits, access.key_id, access.contributor_id)
    if PRICES not in known.dimensions[DimensionKind.PRICES]:
        number_of(known, DimensionKind.PRICES, {PRICES})


def _record(
    work: _Work, parsed: Parsed, known: Lookups, access: Access, now: datetime, source: str, exclusive: bool
) -> Receipt:
    batch = Batch(known, access.key_id, access.contributor_id)
    for group, events in work.groups.items():
        batch.place(group, events)
    with tenant(known.organization_id):
        # Not Django's cursor, which binds on the client: the statement is too long to be planned for each request.
        cursor = Cursor(connection.connection)
        _lock_organization(cursor, known, exclusive)
        refused = work.is_refused if work.refusing else None
        increases = take_increases(cursor, known.organization_id, work.points, refused)
        for group, event in increases.facts:
            batch.place(group, [event])
        for group, point in work.witnesses():
            batch.witness(group, point)
        for commit in work.commits:
            batch.witness_commit(commit)
        lock_sessions(cursor, known, batch.touches)
        intake = Intake()
        _take_back(cursor, batch, increases, intake, exclusive)
        receipt = _store(cursor, batch, work, intake, now)
        if work.commits:
            new = keep_commits(cursor, batch, work.commits)
            if parsed.commit_places:
                receipt.stored, receipt.duplicates = receipt.stored + new, receipt.duplicates + len(work.commits) - new
        intake.count_parsed(parsed, source)
        for refusal in work.receipt.refused:
            intake.count(refusal.group.source, Fate.REJECTED, 1, refusal.reason)
        keep_intake(cursor, known.organization_id, intake, now)
    known.remember_sessions(((touch.tool_id, touch.key), touch.id) for touch in batch.touches.values())
    return receipt


def _lock_organization(cursor: Cursor[Any], known: Lookups, exclusive: bool) -> None:
    """:raises _Outdated: the look-ups were made before the last merge, split, claim or change of time zone."""
    if next(_batches) in _REPLANNED_AT:
        cursor.execute("DISCARD PLANS")
    # One round trip; the epoch is a statement of its own, since its snapshot must be younger than the lock.
    lock = locking(known.organization_id, exclusive=exclusive)
    cursor.execute(f"{CREATE_STAGE}; {lock}; {_EPOCH} {known.organization_id}")
    while cursor.nextset():
        pass
    row = cursor.fetchone()
    if row is None or row[0] != known.epoch:
        raise _Outdated


def _take_back(cursor: Cursor[Any], batch: Batch, increases: Increases, intake: Intake, exclusive: bool) -> None:
    """Takes out the facts whose increase has changed, and marks what a better channel now tells.

    :raises _NeedsExclusive: there is something to take back, and others may be writing.
    """
    improved = [(touch, kind, rank) for touch in batch.touches.values() for kind, rank in touch.improved()]
    if not improved and not increases.gone_ids:
        return
    if not exclusive:
        raise _NeedsExclusive
    common = {"org": batch.known.organization_id, "nobody": [], "soon": None}
    days: list[date] = []
    if increases.gone_ids:
        cursor.execute(REMOVE, {**common, "ats": increases.gone_ats, "ids": increases.gone_ids})
        days += [day for row in cursor.fetchall() for day in row[-2:]]
    for touch, kind, rank in improved:
        days += _supersede(cursor, common, touch, Kind(kind), rank, intake)
    if days:
        for statement in PRUNE:
            cursor.execute(statement, {**common, "first": min(days), "last": max(days)})


def _supersede(
    cursor: Cursor[Any], common: dict[str, Any], touch: Touch, kind: Kind, rank: int, intake: Intake
) -> list[date]:
    """Takes back what poorer channels told of one kind in one session; the first and last days it stood on."""
    row, poorer = touch.locked, poorer_channels(kind, rank)
    if row is None:
        return []
    span = {"from": row.started_at, "to": row.ended_at, "session": row.id}
    cursor.execute(SUPERSEDE, {**common, **span, "kind": int(kind), "channels": list(poorer)})
    days = []
    for channel, items, *_, first, last in cursor.fetchall():
        intake.count(poorer[channel], Fate.SUPERSEDED, items)
        days += [first, last]
    return days


def _store(cursor: Cursor[Any], batch: Batch, work: _Work, intake: Intake, now: datetime) -> Receipt:
    receipt = Receipt(refused=work.receipt.refused, refused_commits=work.receipt.refused_commits)
    if not batch.placed and not any(touch.is_changed for touch in batch.touches.values()):
        return receipt
    rows = batch.rows()
    with cursor.copy(COPY_STAGE) as copy:
        copy.set_types(list(STAGE_COLUMNS.values()))
        for row in rows:
            copy.write_row(row)
    parameters = {"org": batch.known.organization_id, "nobody": list(batch.nobody), "soon": now + _SOON}
    statement = STORE_WITH_EDITS if batch.has_edits else STORE
    cursor.execute(statement, {**parameters, **sessions_parameter(batch.known, batch.touches)}, prepare=True)
    stored = {channel: counts for channel, *counts in cursor.fetchall()}
    find_first_runs(cursor, batch)
    for (source, channel), sent in batch.sent.items():
        items, superseded, *rest = stored.get(channel, (0,) * 9)
        _note(intake, source, sent, items, superseded, rest)
        receipt.stored += items
        receipt.superseded += superseded
        receipt.duplicates += sent - items
    return receipt


def _note(intake: Intake, source: str, sent: int, items: int, superseded: int, rest: list[Any]) -> None:
    intake.count(source, Fate.DUPLICATE, sent - items)
    intake.count(source, Fate.SUPERSEDED, superseded)
    if items:
        line = intake.lines[source, Fate.ACCEPTED, ""]
        with_session, with_repository, with_person, skewed, newest, *_ = rest
        line.items += items
        line.with_session += with_session
        line.with_repository += with_repository
        line.with_person += with_person
        line.skewed += skewed
        line.last_event_at = max(newest, line.last_event_at or newest)
