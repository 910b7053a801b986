"""How the cells of behaviour are read: statements over roll-ups and sessions, grouped so that no row is one person's.

People of a row are told for the privacy floor alone: those of the group (`own`) and of the groups settled with it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from events.models import DimensionKind, Outcome


class Has(StrEnum):
    """What a row's people can have data of; the floor is asked for each by itself."""

    DECISIONS = "decisions"
    RULINGS = "rulings"
    TOKENS = "tokens"
    COST = "cost"
    LINES = "lines"


HAS = {
    Has.DECISIONS: "accepted + rejected",
    Has.RULINGS: "accepted + rejected + auto_accepted + auto_rejected",
    Has.TOKENS: "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens",
    Has.COST: "cost_given_micros + cost_estimated_micros + unpriced_tokens",
    Has.LINES: "lines_added + lines_removed",
}
DETAIL_SUMS: Final = (
    "accepted", "rejected", "auto_accepted", "auto_rejected", "requests", "input_tokens", "output_tokens",
    "cache_read_tokens", "cache_write_tokens", "cost_given_micros", "cost_estimated_micros", "unpriced_tokens",
    "lines_added", "lines_removed",
)  # fmt: skip


# 2000-01-03 is a Monday.
_WEEK = "{day} - (({day} - date '2000-01-03') %% 7)"
_STRETCHES = "unnest(%(starts)s::date[], %(ends)s::date[]) AS stretch (start_on, end_on)"
_FINE = "tool_id, model_id, repository_id, language_id, path_class"
_KEYS = f"week_on, {_FINE}"
_WHOLE = ", ".join(f"0 AS {name}" for name in _FINE.split(", "))
"""In place of the dimensions, where only weeks are asked for."""
_OWN = "contributor_id = ANY(%(own)s)"
_MOMENTS = ("n", "a", "n * n", "a * n", "a * a")


# Primary key of events_detail_day (organization_id, day, contributor_id, …). As float8, which is exact below 2^53: a
# sum of bigint is numeric, twice as slow.
def _details_of(has: Iterable[Has], sums: Iterable[str], told: str = "true") -> str:
    return f"""
    WITH by_person AS (
        SELECT contributor_id, {_WEEK.format(day="day")} AS week_on, {_FINE},
               {", ".join(f"sum({name}::float8) AS {name}" for name in sums)}
        FROM {_STRETCHES} JOIN events_detail_day ON day >= start_on AND day < end_on
        WHERE organization_id = %(org)s AND contributor_id = ANY(%(everybody)s) AND {told}
        GROUP BY 1, 2, 3, 4, 5, 6, 7)
    SELECT {_KEYS},
           {", ".join(f"array_agg(contributor_id) FILTER (WHERE {HAS[one]} > 0)" for one in has)},
           {", ".join(f"coalesce(sum({name}) FILTER (WHERE {_OWN}), 0)::bigint" for name in sums)}
    FROM by_person GROUP BY {_KEYS}
    """


DECIDED_HAS, DECIDED_SUMS = (Has.DECISIONS, Has.RULINGS), DETAIL_SUMS[:4]
DETAILS = _details_of(HAS, DETAIL_SUMS)
DECIDED = _details_of(DECIDED_HAS, DECIDED_SUMS, f"{HAS[Has.RULINGS]} > 0")
# Index session_by_day (organization_id, started_on, contributor_id). Moments of decisions by session.
DECISIONS = f"""
    SELECT {_WEEK.format(day="started_on")}, count(*), sum(n), sum(a), sum(n * n), sum(a * n), sum(a * a)
    FROM (SELECT started_on, (accepted + rejected)::float8 AS n, accepted::float8 AS a
          FROM {_STRETCHES} JOIN events_session ON started_on >= start_on AND started_on < end_on
          WHERE organization_id = %(org)s AND {_OWN} AND accepted + rejected > 0) s
    GROUP BY 1
"""
# Index session_by_day (organization_id, started_on, contributor_id).
FIRST_RUNS = f"""
    SELECT {_WEEK.format(day="started_on")}, tool_id, repository_id, array_agg(DISTINCT contributor_id),
           count(*) FILTER (WHERE {_OWN} AND first_run_outcome = {Outcome.PASSED}),
           count(*) FILTER (WHERE {_OWN} AND first_run_outcome = {Outcome.FAILED}),
           count(*) FILTER (WHERE {_OWN} AND first_run_outcome = {Outcome.NO_TESTS})
    FROM {_STRETCHES} JOIN events_session ON started_on >= start_on AND started_on < end_on
    WHERE organization_id = %(org)s AND contributor_id = ANY(%(everybody)s)
      AND first_run_outcome IN ({Outcome.PASSED}, {Outcome.FAILED}, {Outcome.NO_TESTS})
    GROUP BY 1, 2, 3
"""
# Primary key of events_edit_day (organization_id, day, contributor_id, …).
DISTANCES = f"""
    WITH buckets AS (
        SELECT contributor_id, {_WEEK.format(day="day")} AS week_on, {_FINE}, horizon, bucket,
               sum(count)::float8 AS count, sum(lines)::float8 AS lines
        FROM {_STRETCHES} JOIN events_edit_day ON day >= start_on AND day < end_on
        WHERE organization_id = %(org)s AND contributor_id = ANY(%(everybody)s)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9),
    by_person AS (
        SELECT contributor_id, {_KEYS}, horizon, sum(count) AS count, sum(lines) AS n, sum(lines * bucket) / 100 AS a,
               json_object_agg(bucket, lines) AS lines
        FROM buckets GROUP BY contributor_id, {_KEYS}, horizon)
    SELECT {_KEYS}, horizon, array_agg(contributor_id), coalesce(sum(count) FILTER (WHERE {_OWN}), 0),
           json_agg(lines) FILTER (WHERE {_OWN}), count(*) FILTER (WHERE {_OWN}),
           {", ".join(f"coalesce(sum({sql}) FILTER (WHERE {_OWN}), 0)" for sql in _MOMENTS)}
    FROM by_person GROUP BY {_KEYS}, horizon
"""
DECIDED_OF_WEEKS, DISTANCES_OF_WEEKS = (one.replace(_FINE, _WHOLE, 1) for one in (DECIDED, DISTANCES))
# Unique index dimension_value (organization_id, kind, value); a repository by its present name, whichever was told.
NAMES = """
    SELECT d.id, coalesce(present.value, d.value) FROM events_dimension d
    LEFT JOIN events_repositoryname n ON n.organization_id = d.organization_id AND n.dimension_id = d.id
    LEFT JOIN events_repository r ON r.organization_id = n.organization_id AND r.id = n.repository_id
    LEFT JOIN events_dimension present ON present.organization_id = r.organization_id AND present.id = r.dimension_id
    WHERE d.organization_id = %(org)s AND d.kind = ANY(%(kinds)s) ORDER BY d.id
"""
NAMED = [DimensionKind.TOOL, DimensionKind.MODEL, DimensionKind.REPOSITORY, DimensionKind.LANGUAGE]
