"""What part of a session belongs to which pull request, and what happened in it (docs/links.md, "Slices").

With commits c1 < c2 < ... of a session, what happened in (c(i-1), ci] belongs to the pull request of ci; what came
after the last of several pull requests' commits belongs to none yet. A session of one pull request belongs to it whole.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection

from events.models import COUNTERS, Outcome, Session
from events.schema import Kind

_MOMENT = timedelta(microseconds=1)
Span = tuple[datetime, datetime]
"""[start, end)."""


class Mark(NamedTuple):
    """A commit of the session that a pull request holds, at the time at which it was made."""

    at: datetime
    sha: str
    pull_request_id: int


@dataclass(frozen=True, slots=True)
class Ending:
    """When a pull request was merged or closed, None while open; `lines` weigh a session that several share."""

    at: datetime | None
    lines: int


@dataclass(frozen=True, slots=True)
class Slice:
    """`parts` in order. `is_all`: nothing of the session lies outside. `share` of it is the pull request's: below 1
    where nothing tells which prompt was for which, and then no prompt is anybody's first."""

    parts: tuple[Span, ...] = ()
    is_all: bool = False
    share: float = 1.0

    @property
    def start(self) -> datetime | None:
        return self.parts[0][0] if self.parts else None

    @property
    def end(self) -> datetime | None:
        return self.parts[-1][1] if self.parts else None


def slices_of(
    started_at: datetime, ended_at: datetime, marks: Collection[Mark], pull_requests: Mapping[int, Ending]
) -> dict[int, Slice]:
    """Of a session that took from `started_at` to `ended_at`, both included: the slice of each pull request that it
    is linked to or has a commit of."""
    whole = (started_at, max(started_at, ended_at) + _MOMENT)
    wanted = sorted({*pull_requests, *(mark.pull_request_id for mark in marks)})
    committed = {mark.pull_request_id for mark in marks}
    if len(wanted) == 1:
        return {wanted[0]: _until_the_end(whole, pull_requests.get(wanted[0]))}
    if not committed:
        total = sum(pull_requests[one].lines + 1 for one in wanted)
        return {one: Slice((whole,), is_all=True, share=(pull_requests[one].lines + 1) / total) for one in wanted}
    return {one: _between_commits(whole, sorted(marks), one) for one in wanted}


def _until_the_end(whole: Span, ending: Ending | None) -> Slice:
    """What a session does after its pull request is in belongs to something else; unless it began after that, by
    clocks that disagree."""
    start, end = whole
    if ending is None or ending.at is None or not start <= ending.at < end - _MOMENT:
        return Slice((whole,), is_all=True)
    return Slice(((start, ending.at + _MOMENT),))


def _between_commits(whole: Span, marks: Sequence[Mark], pull_request_id: int) -> Slice:
    edges = [min(whole[0], marks[0].at), *(mark.at + _MOMENT for mark in marks)]
    parts: list[Span] = []
    for (since, until), mark in zip(pairwise(edges), marks, strict=True):
        if mark.pull_request_id != pull_request_id or since >= until:
            continue
        if parts and parts[-1][1] == since:
            parts[-1] = (parts[-1][0], until)
        else:
            parts.append((since, until))
    return Slice(tuple(parts))


@dataclass(frozen=True, slots=True)
class Amounts:
    """What happened in a slice: `sums` are the counters that aren't zero."""

    first_prompt_at: datetime | None
    first_accept_at: datetime | None
    sums: dict[str, int]


ACCEPTED = (Outcome.ACCEPTED, Outcome.AUTO_ACCEPTED, Outcome.COMPLETION_ACCEPTED)
# Primary key of events_event (organization_id, occurred_at, id): the span of each part, its session picked out. Of a
# whole session only the first moments are asked for, and its sums are taken from its own row.
_PARTS = (
    "unnest(%(sessions)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS part (id, from_at, to_at)"
)
_IN_PART = """
    FROM events_event WHERE organization_id = %(org)s AND occurred_at >= part.from_at AND occurred_at < part.to_at
      AND session_id = part.id AND NOT is_superseded
"""
_FIRSTS = f"""
    SELECT part.id,
      min((SELECT occurred_at {_IN_PART} AND kind = {int(Kind.PROMPT)} ORDER BY occurred_at LIMIT 1)),
      min((SELECT occurred_at {_IN_PART} AND outcome = ANY(%(accepted)s) ORDER BY occurred_at LIMIT 1))
    FROM {_PARTS} GROUP BY part.id
"""
_SUMS = f"""
    SELECT part.id, {", ".join(f"coalesce(sum(e.{name}), 0)::bigint" for name in COUNTERS)}
    FROM {_PARTS}
    CROSS JOIN LATERAL (SELECT {", ".join(f"{sql} AS {name}" for name, sql in COUNTERS.items())} {_IN_PART}) AS e
    GROUP BY part.id
"""


def amounts_of(organization_id: int, slices: Mapping[Session, Slice]) -> dict[int, Amounts]:
    """By session. A constant number of statements."""
    firsts = _rows(organization_id, _FIRSTS, slices)
    partial = {session: one for session, one in slices.items() if not one.is_all}
    sums = _rows(organization_id, _SUMS, partial)
    found = {}
    for session, one in slices.items():
        prompt, accept = firsts.get(session.id, (None, None))
        counted = sums.get(session.id, ()) if session in partial else [getattr(session, name) for name in COUNTERS]
        told = {name: number for name, number in zip(COUNTERS, counted, strict=False) if number}
        has_own_prompts = one.share == 1.0
        found[session.id] = Amounts(prompt if has_own_prompts else None, accept if has_own_prompts else None, told)
    return found


def _rows(organization_id: int, statement: str, slices: Mapping[Session, Slice]) -> dict[int, Sequence[Any]]:
    parts = [(session.id, *part) for session, one in slices.items() for part in one.parts]
    if not parts:
        return {}
    sessions, starts, ends = (list(column) for column in zip(*parts, strict=True))
    parameters: dict[str, Any] = {
        "org": organization_id, "sessions": sessions, "starts": starts, "ends": ends,
        "accepted": [int(outcome) for outcome in ACCEPTED],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {row[0]: row[1:] for row in cursor.fetchall()}


def lock_sessions(session_ids: Iterable[int]) -> None:
    """Whoever links a session waits for whoever else does, in the order of their numbers; ingestion doesn't. Held until
    the end of the transaction."""
    with connection.cursor() as cursor:
        for session_id in sorted({number % 2**31 for number in session_ids}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [_LINKING_LOCK, session_id])


_LINKING_LOCK = 7002
