"""Whether what a week's facts are made of is as it was: one stamp for each table and week, from the rows themselves.

Every row bears the number of the transaction that wrote it (xmin). Whoever inserts, changes or deletes one of a week's
rows, by whatever way, changes how many there are or the sum of the hashes of their numbers. Inside the tenant.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.db import connection

from codecard.lib.periods import Days
from events.queries.pull_facts import HORIZON_DAYS, moments_of
from events.queries.reading import rows_by_pages

Stamp = tuple[int, int]
NOTHING: Stamp = (0, 0)


class Source(StrEnum):
    """What facts are read from."""

    DETAILS = "details"
    EDITS = "edits"
    SESSIONS = "sessions"
    """To read them is as cheap as to ask whether they changed: they have no stamp."""
    PULLS = "pulls"
    """Pull requests and all that is judged of them: `pulls_stamp`."""


# The daily sums are written together (`ledger.statements.ROLLUPS`): whatever changes those by all dimensions changes
# those of the person and day as well, which are a tenth as many.
_TABLES = {Source.DETAILS: "events_contributor_day", Source.EDITS: "events_edit_day"}


def _written(table: str) -> str:
    return f"count(*), sum(hashed({table}.xmin))"


# Primary keys of the daily sums: (organization_id, day, contributor_id, …). Weeks from Monday.
def _stamps_of(source: Source, table: str) -> str:
    return f"""
        SELECT '{source}', day - ((day - date '2000-01-03') %% 7), {_written(table)}
        FROM unnest(%(starts)s::date[], %(ends)s::date[]) AS stretch (start_on, end_on)
        JOIN {table} ON day >= start_on AND day < end_on
        WHERE organization_id = %(org)s AND contributor_id = ANY(%(people)s) GROUP BY 2
    """


STAMPED = frozenset(_TABLES)
_STAMPS = {source: _stamps_of(source, table) for source, table in _TABLES.items()}


def stamps_of(
    organization_id: int, people: Iterable[int], stretches: Sequence[Days], sources: Iterable[Source]
) -> dict[Source, dict[date, Stamp]]:
    """By source and week, of the rows of these people, in one statement; a week without rows is left out."""
    asked = {
        "org": organization_id, "people": list(people), "starts": [days.start_on for days in stretches],
        "ends": [days.end_on for days in stretches],
    }  # fmt: skip
    found: dict[Source, dict[date, Stamp]] = {source: {} for source in sources}
    for source, week_on, number, written in _rows(" UNION ALL ".join(_STAMPS[one] for one in found), asked):
        found[Source(source)][week_on] = number, int(written)
    return found


# Indexes: pull_request_by_integrated; latency_once, escape_horizon, pull_tests_once, session_link_once,
# pull_request_commit_sha, defect_link_of_origin, pull_quality_of_tool, which lead with the organization and the pull
# request: those of a window have numbers that lie together. Names of people and repositories are few.
_OF_PULLS = ("events_latency", "events_pulltests", "events_sessionlink", "events_pullquality")
_BESIDE = " ".join(
    f"CROSS JOIN LATERAL (SELECT {_written(table)} FROM {table} WHERE organization_id = %(org)s"
    f" AND pull_request_id BETWEEN span.low AND span.high) AS {table}"
    for table in _OF_PULLS
)
_PULLS_STAMP = f"""
    WITH p AS (
        SELECT id, events_pullrequest.xmin AS written, first_review_at IS NOT NULL AS is_reviewed
        FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS stretch (start_at, end_at)
        JOIN events_pullrequest ON integrated_at >= start_at AND integrated_at < end_at
        WHERE organization_id = %(org)s),
    span AS (
        SELECT coalesce(min(id), 0) AS low, coalesce(max(id), -1) AS high, count(*) AS number,
               sum(hashed(written)) AS written FROM p)
    SELECT span.*, {", ".join(f"{table}.*" for table in _OF_PULLS)}, escapes.*, defects.*, commits.*, names.*,
           repositories.*
    FROM span
    {_BESIDE}
    CROSS JOIN LATERAL (
        SELECT {_written("events_escape")}, count(*) FILTER (WHERE due_at <= %(now)s) FROM events_escape
        WHERE organization_id = %(org)s AND pull_request_id BETWEEN span.low AND span.high
          AND horizon_days = %(horizon)s) AS escapes
    CROSS JOIN LATERAL (
        SELECT {_written("events_defectlink")} FROM events_defectlink
        WHERE organization_id = %(org)s AND origin_id BETWEEN span.low AND span.high) AS defects
    CROSS JOIN (
        SELECT {_written("events_pullrequestcommit")} FROM p JOIN events_pullrequestcommit
          ON organization_id = %(org)s AND pull_request_id = p.id WHERE p.is_reviewed) AS commits
    CROSS JOIN (SELECT {_written("teams_identity")} FROM teams_identity WHERE organization_id = %(org)s) AS names
    CROSS JOIN (
        SELECT {_written("events_repository")} FROM events_repository WHERE organization_id = %(org)s) AS repositories
"""


def pulls_stamp(organization_id: int, stretches: Sequence[Days], zone: str, now: datetime) -> Hashable:
    """As long as it is the same, so are the pull requests integrated in these days, by whomever, and all that is judged
    of them; those that have come due meanwhile included."""
    asked = {"org": organization_id, "now": now, "horizon": HORIZON_DAYS, **moments_of(stretches, zone)}
    [row] = _rows(_PULLS_STAMP, asked)
    return tuple(int(value or 0) for value in row)


def _rows(statement: str, asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return rows_by_pages(_hashing(statement, connection.pg_version), asked)  # type: ignore[attr-defined]


@lru_cache(maxsize=16)
def _hashing(statement: str, version: int) -> str:
    """`hashed(xmin)` as the server can: from PostgreSQL 18 on without its digits, which takes half as long."""
    by = r"hashxidextended(\1, 0)" if version >= 180_000 else r"hashtextextended(\1::text, 0)"
    return re.sub(r"\bhashed\(([\w.]+)\)", by, statement)
