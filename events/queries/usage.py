"""What an organization used, from its daily sums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection

from events.models import COUNTERS, PATH_CLASSES, TYPED, DimensionKind

PATH_CLASS_NAMES = {number: name for name, number in PATH_CLASSES.items()}


class Breakdown(StrEnum):
    """What usage can be broken down by. Never by contributor: that would be a number of one person."""

    TOOL = "tool"
    MODEL = "model"
    REPOSITORY = "repository"
    LANGUAGE = "language"
    PATH_CLASS = "path_class"
    DAY = "day"


_COLUMNS = {
    Breakdown.TOOL: "tool_id",
    Breakdown.MODEL: "model_id",
    Breakdown.REPOSITORY: "repository_id",
    Breakdown.LANGUAGE: "language_id",
    Breakdown.PATH_CLASS: f"path_class %% {TYPED}",
    Breakdown.DAY: "day",
}
# A session has a tool, a repository and a day of its own, and may use several of the others: there it is unknown.
_SESSION_COLUMNS = {Breakdown.TOOL: "tool_id", Breakdown.REPOSITORY: "repository_id", Breakdown.DAY: "started_on"}

# Primary key of events_organization_day: (organization_id, day, …).
_USAGE = (
    "SELECT {keys}, {sums} FROM events_organization_day WHERE organization_id = %s AND day >= %s AND day < %s {group}"
)
# Index session_by_day (organization_id, started_on, contributor_id).
_SESSIONS = """
    SELECT {keys}, count(*) FROM events_session
    WHERE organization_id = %s AND started_on >= %s AND started_on < %s AND NOT is_instance {group}
"""


_ALL = tuple(COUNTERS)


def _summed(name: str) -> str:
    # As float8, which is exact below 2^53: a sum of bigint is numeric, and slower.
    return f"coalesce(sum({name}::float8), 0)::bigint"


@dataclass
class UsageRow:
    """Sums of one combination of keys; `keys` as names, None for unknown. `sessions` counts each session once."""

    keys: dict[str, str | None]
    counters: dict[str, int]
    sessions: int = 0


def usage(
    organization_id: int,
    start: date,
    end: date,
    by: Sequence[Breakdown] = (),
    *,
    counters: Sequence[str] = _ALL,
    with_sessions: bool = True,
) -> list[UsageRow]:
    """What the whole organization used on the days [start, end), one row a combination, in the order of their names.

    The rows add up to the total, which is the single row without `by` (there may be none).
    """
    rows: dict[tuple[Any, ...], UsageRow] = {}
    names = _Names(organization_id)
    statement = _USAGE.replace("{sums}", ", ".join(map(_summed, counters)))
    for keys, values in _grouped(statement, [_COLUMNS[b] for b in by], organization_id, start, end):
        rows[keys] = UsageRow(names.of(by, keys), dict(zip(counters, values, strict=True)))
    session_keys = [_SESSION_COLUMNS.get(b, "0") for b in by]
    counted = _grouped(_SESSIONS, session_keys, organization_id, start, end) if with_sessions else []
    for keys, (sessions,) in counted:
        row = rows.setdefault(keys, UsageRow(names.of(by, keys), dict.fromkeys(counters, 0)))
        row.sessions = sessions
    return sorted(rows.values(), key=lambda row: [value or "\uffff" for value in row.keys.values()])


def number_of_sessions(organization_id: int, start: date, end: date) -> int:
    """Sessions that began on the days [start, end)."""
    return next((count for _, (count,) in _grouped(_SESSIONS, [], organization_id, start, end)), 0)


def _grouped(
    statement: str, keys: list[str], organization_id: int, start: date, end: date
) -> Iterable[tuple[tuple[Any, ...], tuple[int, ...]]]:
    listed = ", ".join(keys) or "1"
    group = f"GROUP BY {', '.join(map(str, range(1, len(keys) + 1)))}" if keys else ""
    with connection.cursor() as cursor:
        cursor.execute(statement.format(keys=listed, group=group), [organization_id, start, end])
        width = len(keys) or 1
        return [(row[: len(keys)], row[width:]) for row in cursor.fetchall()]


class _Names:
    """Names of dimension numbers, read once where they are needed."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        self.known: dict[int, str] | None = None

    def of(self, by: Sequence[Breakdown], keys: tuple[Any, ...]) -> dict[str, str | None]:
        return {breakdown.value: self._name(breakdown, key) for breakdown, key in zip(by, keys, strict=True)}

    def _name(self, breakdown: Breakdown, key: Any) -> str | None:
        if breakdown == Breakdown.DAY:
            return key.isoformat() if isinstance(key, date) else None
        if breakdown == Breakdown.PATH_CLASS:
            return PATH_CLASS_NAMES[key]
        if self.known is None:
            self.known = dimension_names(self.organization_id)
        return self.known.get(key)


# Unique index dimension_value (organization_id, kind, value).
_DIMENSIONS = "SELECT id, value FROM events_dimension WHERE organization_id = %s AND kind = ANY(%s)"
_NAMED = [DimensionKind.TOOL, DimensionKind.MODEL, DimensionKind.REPOSITORY, DimensionKind.LANGUAGE]


def dimension_names(organization_id: int, kinds: Iterable[DimensionKind] = _NAMED) -> dict[int, str]:
    """Number -> name of the organization's tools, models, repositories and languages."""
    with connection.cursor() as cursor:
        cursor.execute(_DIMENSIONS, [organization_id, list(kinds)])
        return dict(cursor.fetchall())
