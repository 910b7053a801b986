"""Sessions of a batch: found or made, locked in key order, and the channels that are compared within them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from msgspec.json import decode, encode
from psycopg import Cursor

from events.ledger.lookups import Lookups
from events.schema import Kind
from teams.identities import Owner

NO_RANK = 0
_WORST = 32_767
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_ZERO = date(2000, 1, 1)
_RANKS = max(Kind) + 1

SessionKey = tuple[int, str]


class Vanished(Exception):
    """A remembered session is no longer there: start over without the memory."""


class Locked(NamedTuple):
    """A session's row as it stands, under lock."""

    id: int
    contributor_id: int
    identity_id: int
    repository_id: int
    repository_at: datetime | None
    branch_id: int
    branch_at: datetime | None
    started_at: datetime
    ended_at: datetime
    ranks: list[int]
    has_accepted: bool
    has_run: bool
    first_run_at: datetime | None
    parts: str | None
    told_repository_id: int | None
    corrected_task: int | None

    @property
    def as_told(self) -> int:
        return self.repository_id if self.told_repository_id is None else self.told_repository_id

    @property
    def corrected_repository_id(self) -> int | None:
        """What its person says; None where it is as told."""
        return None if self.told_repository_id is None else self.repository_id


@dataclass(slots=True)
class Part:
    """What one identity told within an exporter's process: so that the process can be two again once its names turn
    out to be two people's. Times in microseconds, `ranks` by kind as in `Session.ranks`."""

    first_us: int
    last_us: int
    ranks: list[int]

    def see(self, at_us: int, kind: int, rank: int) -> None:
        if at_us < self.first_us:
            self.first_us = at_us
        if at_us > self.last_us:
            self.last_us = at_us
        if kind and (self.ranks[kind] == NO_RANK or rank < self.ranks[kind]):
            self.ranks[kind] = rank

    def add(self, other: "Part") -> None:
        self.see(other.first_us, 0, NO_RANK)
        self.see(other.last_us, 0, NO_RANK)
        for kind, rank in enumerate(other.ranks):
            if rank != NO_RANK:
                self.see(other.last_us, kind, rank)


def part_of(first_us: int, last_us: int, ranks: Iterable[int] = ()) -> Part:
    """A part of its own, whatever kinds were known when the ranks were written down."""
    told = list(ranks)
    return Part(first_us, last_us, told + [NO_RANK] * (_RANKS - len(told)))


@dataclass(slots=True)
class Touch:
    """What a batch tells about one session. Times in microseconds. Who and where follow from the earliest event that
    tells them, not from the first to arrive."""

    tool_id: int
    key: str
    is_instance: bool
    first_us: int
    last_us: int
    owner: Owner
    repository_id: int = 0
    repository_us: int = 0
    branch_id: int = 0
    branch_us: int = 0
    ranks: dict[int, int] = field(default_factory=dict)
    parts: dict[int, Part] = field(default_factory=dict)
    id: int = 0
    best: list[int] = field(default_factory=list)
    locked: Locked | None = None
    is_changed: bool = False

    def see(
        self, at_us: int, owner: Owner, repository_id: int, branch_id: int, kind: int = 0, rank: int = NO_RANK
    ) -> None:
        """`kind` and `rank` of the fact; without, it was a sign of life only."""
        if at_us < self.first_us:
            self.first_us, self.owner = at_us, owner
        elif at_us > self.last_us:
            self.last_us = at_us
        if repository_id and (not self.repository_id or at_us < self.repository_us):
            self.repository_id, self.repository_us = repository_id, at_us
        if branch_id and (not self.branch_id or at_us < self.branch_us):
            self.branch_id, self.branch_us = branch_id, at_us
        if kind and rank < self.ranks.get(kind, _WORST):
            self.ranks[kind] = rank
        if self.is_instance:
            self._part(owner.identity_id, at_us).see(at_us, kind, rank)

    def _part(self, identity_id: int, at_us: int) -> Part:
        part = self.parts.get(identity_id)
        if part is None:
            part = self.parts[identity_id] = part_of(at_us, at_us)
        return part

    def improved(self) -> list[tuple[int, int]]:
        """(kind, rank) where this batch brings a better channel than rows already stored came by."""
        had = self.locked.ranks if self.locked else []
        return [(kind, rank) for kind, rank in self.ranks.items() if kind < len(had) and had[kind] > rank]

    def settle(self) -> None:
        """Merges the locked row into what the batch tells; afterwards `best` holds the rank to beat by kind."""
        row = self.locked
        if row is None:
            raise RuntimeError("a session is settled before it is locked")
        self.id = row.id
        self.best = [*row.ranks, *[NO_RANK] * (_RANKS - len(row.ranks))]
        for kind, rank in self.ranks.items():
            if self.best[kind] == NO_RANK or rank < self.best[kind]:
                self.best[kind] = rank
        before = (row.started_at, row.ended_at, row.repository_at, row.branch_at, row.ranks)
        if micros(row.started_at) <= self.first_us:
            self.first_us, self.owner = micros(row.started_at), Owner(row.contributor_id, row.identity_id)
        self.last_us = max(self.last_us, micros(row.ended_at))
        if row.repository_at and (not self.repository_id or micros(row.repository_at) <= self.repository_us):
            self.repository_id, self.repository_us = row.as_told, micros(row.repository_at)
        if row.branch_at and (not self.branch_id or micros(row.branch_at) <= self.branch_us):
            self.branch_id, self.branch_us = row.branch_id, micros(row.branch_at)
        self.is_changed = before != (*self._times(), self.best)
        if self.is_instance:
            told = parts_of(row)
            for identity_id, part in told.items():
                self._part(identity_id, part.first_us).add(part)
            self.is_changed = self.is_changed or told != self.parts

    def _times(self) -> tuple[datetime, datetime, datetime | None, datetime | None]:
        return moment(self.first_us), moment(self.last_us), self.repository_at, self.branch_at

    @property
    def correction(self) -> tuple[int | None, int | None] | None:
        """Repository and task type, each None where it is as told; None where nothing is corrected."""
        row = self.locked
        if row is None or (row.told_repository_id is None and row.corrected_task is None):
            return None
        return row.corrected_repository_id, row.corrected_task

    def name(self) -> dict[str, Any]:
        return {"tool_id": self.tool_id, "key": self.key}

    def values(self, known: Lookups) -> dict[str, Any]:
        corrected = self.locked.corrected_repository_id if self.locked else None
        return {
            "is_instance": self.is_instance,
            "contributor_id": self.owner.contributor_id,
            "identity_id": self.owner.identity_id,
            "parts": as_stored(self.parts) if self.is_instance else None,
            "repository_id": self.repository_id if corrected is None else corrected,
            "told_repository_id": None if corrected is None else self.repository_id,
            "repository_at": self.repository_at,
            "branch_id": self.branch_id,
            "branch_at": self.branch_at,
            "started_at": moment(self.first_us),
            "ended_at": moment(self.last_us),
            "started_on": _DAY_ZERO + timedelta(days=known.day(self.owner.contributor_id, self.first_us)),
        }

    @property
    def repository_at(self) -> datetime | None:
        return moment(self.repository_us) if self.repository_id else None

    @property
    def branch_at(self) -> datetime | None:
        return moment(self.branch_us) if self.branch_id else None


class HasParts(Protocol):
    """A row of a process, however it was read."""

    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime: ...
    @property
    def ranks(self) -> list[int]: ...
    @property
    def parts(self) -> str | None: ...


def parts_of(row: HasParts) -> dict[int, Part]:
    """By identity. What was told before identities were kept stands under 0."""
    if row.parts is None:
        return {0: part_of(micros(row.started_at), micros(row.ended_at), row.ranks)}
    return {int(identity_id): part_of(*part) for identity_id, part in decode(row.parts).items()}


def as_stored(parts: dict[int, Part]) -> dict[str, list[Any]]:
    return {str(name): [part.first_us, part.last_us, part.ranks] for name, part in parts.items()}


def micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)


_ROW = """
    tool_id int, key text, is_instance bool, contributor_id bigint, identity_id bigint, parts jsonb, repository_id int,
    repository_at timestamptz, branch_id int, branch_at timestamptz, started_at timestamptz, ended_at timestamptz,
    started_on date
"""
# One JSON document a statement: for a few dozen rows it costs a tenth of as many arrays.
_MAKE = f"""
    INSERT INTO events_session (organization_id, tool_id, key, is_instance, contributor_id, identity_id, parts,
        repository_id, repository_at, branch_id, branch_at, started_at, ended_at, started_on, ranks)
    SELECT %(org)s, t.*, '{{}}'::smallint[] FROM jsonb_to_recordset(%(sessions)s::jsonb) AS t({_ROW})
    ON CONFLICT DO NOTHING
"""
# LATERAL with a limit: one look-up in session_key for each, in the given order, whatever the planner expects.
_LOCK = """
    SELECT t.tool_id, t.key, s.* FROM jsonb_to_recordset(%(sessions)s::jsonb) AS t(tool_id int, key text)
    CROSS JOIN LATERAL (
        SELECT id, contributor_id, identity_id, repository_id, repository_at, branch_id, branch_at, started_at,
               ended_at, ranks, accepted + auto_accepted > 0 AS has_accepted,
               tests_passed + tests_failed + tests_none + tests_unknown > 0 AS has_run, first_run_at, parts::text,
               told_repository_id, corrected_task
        FROM events_session WHERE organization_id = %(org)s AND tool_id = t.tool_id AND key = t.key LIMIT 1 FOR UPDATE
    ) AS s
"""


def lock_sessions(cursor: Cursor[Any], known: Lookups, touches: dict[SessionKey, Touch]) -> None:
    """Makes the missing sessions, then locks all in key order. Two phases in this order can't deadlock: whoever waits
    for a row that another is making holds no lock that the other will ask for.

    :raises Vanished: a session remembered by this process was deleted meanwhile.
    """
    if not touches:
        return
    ordered = [touches[key] for key in sorted(touches)]
    new = [touch for touch in ordered if (touch.tool_id, touch.key) not in known.sessions]
    if new:
        made = encode([{**touch.name(), **touch.values(known)} for touch in new]).decode()
        cursor.execute(_MAKE, {"org": known.organization_id, "sessions": made}, prepare=True)
    names = encode([touch.name() for touch in ordered]).decode()
    cursor.execute(_LOCK, {"org": known.organization_id, "sessions": names}, prepare=True, binary=True)
    for tool_id, key, *row in cursor.fetchall():
        touches[tool_id, key].locked = Locked(*row)
    if any(touch.locked is None for touch in ordered):
        known.sessions.clear()
        raise Vanished
    for touch in ordered:
        touch.settle()


def sessions_parameter(known: Lookups, touches: dict[SessionKey, Touch]) -> dict[str, Any]:
    """The parameters `sessions` and `session_ids` of the STORE statement. What hasn't changed names only its id."""
    rows = [
        {"id": touch.id, "is_changed": True, "ranks": touch.best, **touch.values(known)}
        if touch.is_changed
        else {"id": touch.id, "is_changed": False}
        for touch in touches.values()
    ]
    return {"sessions": encode(rows).decode(), "session_ids": [touch.id for touch in touches.values()]}
