"""What metrics are computed from: facts of one group of people, by week, each table read once and only if asked for.

Behaviour comes from roll-ups and sessions, grouped so that no row is one person's: the people of a row are told for the
privacy floor alone. Work facts are pull requests. Never from events. Inside the tenant.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

from codecard.lib.clusters import Moments
from codecard.lib.periods import Days
from events.models import DimensionKind, Outcome
from events.queries.people import NOBODY, Group, People
from events.queries.pull_facts import HORIZON_DAYS, Pull, pulls_of
from events.queries.reading import rows
from events.task_types import task_type_of_suggestion

UNKNOWN: Final = ""
_WAIT = timedelta(days=HORIZON_DAYS)


class Has(StrEnum):
    """What a row's people can have data of; the floor is asked for each by itself."""

    DECISIONS = "decisions"
    RULINGS = "rulings"
    TOKENS = "tokens"
    COST = "cost"
    LINES = "lines"


_HAS = {
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


class Detail(NamedTuple):
    """Sums of the group's own people in one week, alike in all dimensions; `people` also of the groups settled with
    it. Names are "" where they aren't known."""

    week_on: date
    tool: str
    model: str
    repository: str
    language: str
    task: str
    people: Mapping[Has, People]
    sums: Mapping[str, int]


class FirstRun(NamedTuple):
    """Sessions of the group's own people that began in one week, by what their first test run told."""

    week_on: date
    tool: str
    repository: str
    people: People
    passed: int
    failed: int
    none: int


class Distance(NamedTuple):
    """Accepted code of the group's own people in one week, alike in all dimensions, and how far what was kept is from
    it: lines by hundredths changed. `moments` of each person's lines, changed by all."""

    week_on: date
    tool: str
    model: str
    repository: str
    language: str
    task: str
    horizon: int
    people: People
    edits: int
    lines: Mapping[int, int]
    moments: Moments


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
           {", ".join(f"array_agg(contributor_id) FILTER (WHERE {_HAS[one]} > 0)" for one in has)},
           {", ".join(f"coalesce(sum({name}) FILTER (WHERE {_OWN}), 0)::bigint" for name in sums)}
    FROM by_person GROUP BY {_KEYS}
    """


_DECIDED_HAS, _DECIDED_SUMS = (Has.DECISIONS, Has.RULINGS), DETAIL_SUMS[:4]
_DETAILS = _details_of(_HAS, DETAIL_SUMS)
_DECIDED = _details_of(_DECIDED_HAS, _DECIDED_SUMS, f"{_HAS[Has.RULINGS]} > 0")
# Index session_by_day (organization_id, started_on, contributor_id). Moments of decisions by session.
_DECISIONS = f"""
    SELECT {_WEEK.format(day="started_on")}, count(*), sum(n), sum(a), sum(n * n), sum(a * n), sum(a * a)
    FROM (SELECT started_on, (accepted + rejected)::float8 AS n, accepted::float8 AS a
          FROM {_STRETCHES} JOIN events_session ON started_on >= start_on AND started_on < end_on
          WHERE organization_id = %(org)s AND {_OWN} AND accepted + rejected > 0) s
    GROUP BY 1
"""
# Index session_by_day (organization_id, started_on, contributor_id).
_FIRST_RUNS = f"""
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
_DISTANCES = f"""
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
_DECIDED_OF_WEEKS, _DISTANCES_OF_WEEKS = (one.replace(_FINE, _WHOLE, 1) for one in (_DECIDED, _DISTANCES))
# Unique index dimension_value (organization_id, kind, value); a repository by its present name, whichever was told.
_NAMES = """
    SELECT d.id, coalesce(present.value, d.value) FROM events_dimension d
    LEFT JOIN events_repositoryname n ON n.organization_id = d.organization_id AND n.dimension_id = d.id
    LEFT JOIN events_repository r ON r.organization_id = n.organization_id AND r.id = n.repository_id
    LEFT JOIN events_dimension present ON present.organization_id = r.organization_id AND present.id = r.dimension_id
    WHERE d.organization_id = %(org)s AND d.kind = ANY(%(kinds)s) ORDER BY d.id
"""
_NAMED = [DimensionKind.TOOL, DimensionKind.MODEL, DimensionKind.REPOSITORY, DimensionKind.LANGUAGE]


Names = tuple[str, str, str, str, str]
"""Tool, model, repository, language, task type."""


@dataclass(frozen=True)
class Facts:
    """Of the people of `group`, and of those settled before it (`settled`, in order, `group` the last), in the weeks of
    the stretches. `is_everybody`: the whole organization, pull requests of unknown authors included."""

    organization_id: int
    zone: str
    group: Group
    settled: tuple[Group, ...]
    stretches: tuple[Days, ...]
    now: datetime
    is_everybody: bool = False
    fine: tuple[Days, ...] | None = None
    """The stretches in which something is asked by a dimension, where these are fewer."""
    has_usage: bool = True
    """Whether tokens, cost and lines are asked for besides decisions."""

    @cached_property
    def whole(self) -> "Facts":
        """The same without dimensions: far fewer rows. Only where no other group has a say in what is open: what others
        show depends on theirs."""
        if len(self.settled) > 1:
            return self
        return Whole(
            self.organization_id, self.zone, self.group, self.settled, self.stretches, self.now, self.is_everybody,
            full=self,
        )  # fmt: skip

    @property
    def everybody(self) -> People:
        return NOBODY.union(*(group.people for group in self.settled))

    @cached_property
    def names(self) -> dict[int, str]:
        return dict(rows(_NAMES, {"org": self.organization_id, "kinds": list(_NAMED)}))

    @cached_property
    def details(self) -> list[Detail]:
        if self.has_usage:
            return [self._detail(row) for row in rows(_DETAILS, self._asked_fine)]
        return [self._decided(row) for row in rows(_DECIDED, self._asked_fine)]

    @cached_property
    def decisions(self) -> dict[date, Moments]:
        """Of the group's own people, by week: how alike decisions of one session are."""
        return {week_on: Moments(*moments) for week_on, *moments in rows(_DECISIONS, self._asked)}

    @cached_property
    def first_runs(self) -> list[FirstRun]:
        name = self.names.get
        return [
            FirstRun(week_on, name(tool, UNKNOWN), name(repository, UNKNOWN), frozenset(people), *counts)
            for week_on, tool, repository, people, *counts in rows(_FIRST_RUNS, self._asked)
        ]

    @cached_property
    def distances(self) -> list[Distance]:
        return [self._distance(row) for row in rows(_DISTANCES, self._asked_fine)]

    @cached_property
    def pulls(self) -> list[Pull]:
        """Integrated in the stretches, of all settled people; and before them as long as defects are waited for."""
        people = None if self.is_everybody else self.everybody
        reach = joined([Days(days.start_on - _WAIT, days.end_on) for days in self.stretches])
        return pulls_of(self.organization_id, people, reach, self.zone, self.now)

    @cached_property
    def own_pulls(self) -> list[Pull]:
        own = self.group.people
        return self.pulls if self.is_everybody else [pull for pull in self.pulls if pull.author in own]

    @property
    def _asked_fine(self) -> dict[str, Any]:
        days = self.stretches if self.fine is None or len(self.settled) > 1 else self.fine
        return self._asked | {"starts": [one.start_on for one in days], "ends": [one.end_on for one in days]}

    @cached_property
    def _spoken(self) -> dict[tuple[int, ...], Names]:
        return {}

    @property
    def _asked(self) -> dict[str, Any]:
        return {
            "org": self.organization_id,
            "starts": [days.start_on for days in self.stretches],
            "ends": [days.end_on for days in self.stretches],
            "everybody": list(self.everybody),
            "own": list(self.group.people),
        }

    def _detail(self, row: tuple[Any, ...]) -> Detail:
        return self._told(row, tuple(_HAS), DETAIL_SUMS)

    def _decided(self, row: tuple[Any, ...]) -> Detail:
        return self._told(row, _DECIDED_HAS, _DECIDED_SUMS)

    def _told(self, row: tuple[Any, ...], has: Sequence[Has], sums: Sequence[str]) -> Detail:
        people = {one: self._set_of(some) for one, some in zip(has, row[6:], strict=False)}
        counted = dict(zip(sums, row[6 + len(has) :], strict=True))
        return Detail(row[0], *self._named(*row[1:6]), people, counted)

    @cached_property
    def _sets(self) -> dict[tuple[int, ...], People]:
        return {}

    def _set_of(self, people: Sequence[int] | None) -> People:
        """Rows have the same few sets again and again."""
        if not people:
            return NOBODY
        key = tuple(people)
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = frozenset(key)
        return found

    def _distance(self, row: tuple[Any, ...]) -> Distance:
        horizon, people, edits, histograms, *moments = row[6:]
        lines = Counter[int]()
        for histogram in histograms or ():
            lines.update({int(bucket): int(weight) for bucket, weight in histogram.items()})
        return Distance(
            row[0], *self._named(*row[1:6]), horizon, self._set_of(people), int(edits), lines, Moments(*moments)
        )

    def _named(self, *numbers: int) -> Names:
        """In the order of the rows, of which many are alike."""
        found = self._spoken.get(numbers)
        if found is None:
            found = self._spoken[numbers] = self._speak(*numbers)
        return found

    def _speak(self, tool: int, model: int, repository: int, language: int, path_class: int) -> Names:
        name = self.names.get
        spoken = name(language, UNKNOWN)
        task = task_type_of_suggestion(path_class, spoken or None)
        return name(tool, UNKNOWN), name(model, UNKNOWN), name(repository, UNKNOWN), spoken, task or UNKNOWN


@dataclass(frozen=True)
class Whole(Facts):
    """Rows of behaviour by week alone; all else is that of the `full` facts, read once."""

    full: Facts | None = None

    @cached_property
    def details(self) -> list[Detail]:
        return [self._decided(row) for row in rows(_DECIDED_OF_WEEKS, self._asked)]

    @cached_property
    def distances(self) -> list[Distance]:
        return [self._distance(row) for row in rows(_DISTANCES_OF_WEEKS, self._asked)]

    @property
    def decisions(self) -> dict[date, Moments]:  # cached there
        assert self.full
        return self.full.decisions

    @property
    def first_runs(self) -> list[FirstRun]:
        assert self.full
        return self.full.first_runs

    @property
    def pulls(self) -> list[Pull]:
        assert self.full
        return self.full.pulls

    @property
    def own_pulls(self) -> list[Pull]:
        assert self.full
        return self.full.own_pulls


def joined(stretches: Iterable[Days | None]) -> tuple[Days, ...]:
    """One stretch of days where they touch or overlap, oldest first."""
    found: list[Days] = []
    for days in sorted(filter(None, stretches)):
        if found and days.start_on <= found[-1].end_on:
            days = Days(found[-1].start_on, max(found.pop().end_on, days.end_on))
        found.append(days)
    return tuple(found)
