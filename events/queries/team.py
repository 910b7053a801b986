"""What groups of people did by week, from roll-ups and sessions: never from events, never by person.

Cost follows the days asked for and the people in the groups, not the history.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from codecard.lib.periods import Days
from events.models import DimensionKind
from events.queries.people import NOBODY, Group, People
from events.queries.reading import rows


class Measure(StrEnum):
    """What people can have data of. The privacy floor is asked for each by itself: of ten active people, one alone may
    have decided on suggestions."""

    ANYTHING = "anything"
    PROMPTS = "prompts"
    TOKENS = "tokens"
    COST = "cost"
    COST_GIVEN = "cost_given"
    COST_ESTIMATED = "cost_estimated"
    UNPRICED = "unpriced"
    DECISIONS = "decisions"
    """Made by a person on an edit."""
    RULINGS = "rulings"
    """Made by a person or a rule."""
    LINES = "lines"
    SESSIONS = "sessions"


SUMS = (
    "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cost_given_micros", "cost_estimated_micros", "unpriced_tokens", "accepted", "rejected", "auto_accepted",
    "auto_rejected", "lines_added", "lines_removed",
)  # fmt: skip
_TOKENS = "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"
_HAS = {
    Measure.ANYTHING: " + ".join(SUMS) + " + others",
    Measure.PROMPTS: "prompts",
    Measure.TOKENS: _TOKENS,
    Measure.COST: "cost_given_micros + cost_estimated_micros + unpriced_tokens",
    Measure.COST_GIVEN: "cost_given_micros",
    Measure.COST_ESTIMATED: "cost_estimated_micros",
    Measure.UNPRICED: "unpriced_tokens",
    Measure.DECISIONS: "accepted + rejected",
    Measure.RULINGS: "accepted + rejected + auto_accepted + auto_rejected",
    Measure.LINES: "lines_added + lines_removed",
}
_OTHERS = (
    "completions_accepted + completions_rejected + human_lines_added + active_ms + commits + pushes + pull_requests"
)


def _by_person(names: Sequence[str]) -> str:
    # Without the cast a sum of bigint is numeric, and all that follows three times slower.
    return ", ".join(f"sum({name})::bigint AS {name}" for name in names)


def _summed(names: Sequence[str]) -> str:
    return ", ".join(f"sum({name})::bigint" for name in names)


_MEMBERS = """
    JOIN unnest(%(groups)s::bigint[], %(people)s::bigint[]) AS member (group_id, person_id)
      ON person_id = contributor_id
"""
# 2000-01-03 is a Monday.
_WEEK = "{day} - (({day} - date '2000-01-03') %% 7)"


def _people_with(measures: Sequence[Measure]) -> str:
    return ", ".join(f"array_agg(contributor_id) FILTER (WHERE {_HAS[measure]} > 0)" for measure in measures)


@dataclass(slots=True)
class Clusters:
    """Moments of decisions by session: n decisions of which a were accepted."""

    sessions: int = 0
    n: int = 0
    a: int = 0
    nn: int = 0
    an: int = 0
    aa: int = 0

    def __add__(self, other: "Clusters") -> "Clusters":
        return Clusters(*(getattr(self, name) + getattr(other, name) for name in Clusters.__slots__))

    @property
    def design_effect(self) -> float:
        """By how much decisions of one session being alike widens the interval; at least 1.

        The variance of a share as a ratio of cluster totals against that of independent decisions (Kish, Survey
        Sampling, 1965, 6.3 and 8.2). Where it can't be estimated (a single session, or all decided alike) sessions
        are taken as alike through and through.
        """
        if not self.n:
            return 1.0
        share = self.a / self.n
        if self.sessions < 2 or share in (0, 1):
            return max(1.0, self.nn / self.n)
        between = self.aa - 2 * share * self.an + share * share * self.nn
        variance = self.sessions / (self.sessions - 1) * between / self.n**2
        return max(1.0, variance * self.n / (share * (1 - share)))


@dataclass(slots=True)
class Week:
    """One group in one week. `people` with data of each measure: for the privacy floor, never to be shown."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*SUMS, "sessions"), 0))
    people: dict[Measure, People] = field(default_factory=dict)
    clusters: Clusters = field(default_factory=Clusters)
    newest_at: datetime | None = None

    def with_data_of(self, measure: Measure) -> People:
        return self.people.get(measure, NOBODY)


Weeks = dict[int, defaultdict[date, Week]]
"""Group id -> Monday -> week. A week without data is an empty one."""

# Primary key of events_contributor_day (organization_id, day, contributor_id).
_WEEKS = f"""
    WITH by_person AS (
        SELECT contributor_id, {_WEEK.format(day="day")} AS week_on, {_by_person(SUMS)}, sum({_OTHERS}) AS others
        FROM events_contributor_day
        WHERE organization_id = %(org)s AND day >= %(start)s AND day < %(end)s AND contributor_id = ANY(%(everybody)s)
        GROUP BY 1, 2)
    SELECT member.group_id, week_on, {_summed(SUMS)}, {_people_with(list(_HAS))}
    FROM by_person
    {_MEMBERS}
    GROUP BY 1, 2
"""
# Index session_by_day (organization_id, started_on, contributor_id).
_SESSIONS = f"""
    WITH by_person AS (
        SELECT contributor_id, {_WEEK.format(day="started_on")} AS week_on,
               count(*) FILTER (WHERE NOT is_instance) AS sessions,
               count(*) FILTER (WHERE n > 0) AS deciding, sum(n) AS n, sum(accepted) AS a, sum(n * n) AS nn,
               sum(accepted * n) AS an, sum(accepted * accepted) AS aa, max(ended_at) AS newest_at
        FROM (SELECT *, accepted + rejected AS n FROM events_session
              WHERE organization_id = %(org)s AND started_on >= %(start)s AND started_on < %(end)s
                AND contributor_id = ANY(%(everybody)s)) s
        GROUP BY 1, 2)
    SELECT member.group_id, week_on, sum(sessions)::bigint, array_agg(contributor_id) FILTER (WHERE sessions > 0),
           max(newest_at), sum(deciding)::bigint, sum(n)::bigint, sum(a)::bigint, sum(nn)::bigint, sum(an)::bigint,
           sum(aa)::bigint
    FROM by_person
    {_MEMBERS}
    GROUP BY 1, 2
"""


def weeks_of(organization_id: int, groups: Sequence[Group], *stretches: Days) -> Weeks:
    """What each group did in each week of the stretches, which are of whole weeks."""
    found: Weeks = {group.id: defaultdict(Week) for group in groups}
    for days in stretches:
        parameters = _membership(organization_id, groups, days)
        for group_id, week_on, *rest in rows(_WEEKS, parameters):
            _take_sums(found[group_id][week_on], rest)
        for group_id, week_on, *rest in rows(_SESSIONS, parameters):
            _take_sessions(found[group_id][week_on], *rest)
    return found


def _take_sums(week: Week, columns: Sequence[Any]) -> None:
    week.sums.update(zip(SUMS, columns[: len(SUMS)], strict=True))
    week.people.update(_people(list(_HAS), columns[len(SUMS) :]))


def _take_sessions(week: Week, sessions: int, people: list[int] | None, newest_at: datetime, *moments: int) -> None:
    week.sums["sessions"] = sessions
    week.people[Measure.SESSIONS] = frozenset(people or ())
    week.people[Measure.ANYTHING] = week.with_data_of(Measure.ANYTHING) | week.people[Measure.SESSIONS]
    week.newest_at, week.clusters = newest_at, Clusters(*moments)


@dataclass(slots=True)
class Cell:
    """One week of a group by one further dimension: its number, 0 for unknown."""

    week_on: date
    dimension_id: int
    sums: dict[str, int]
    people: dict[Measure, People]


CELL_SUMS = tuple(name for name in SUMS if not name.startswith("auto_") and name not in ("prompts", "requests"))
BROKEN_DOWN = (Measure.TOKENS, Measure.COST, Measure.DECISIONS, Measure.LINES)


def _cells_by(column: str) -> str:
    return f"""
        SELECT member.group_id, '{column}', week_on, {column}, {_summed(CELL_SUMS)}, {_people_with(BROKEN_DOWN)}
        FROM (SELECT contributor_id, week_on, {column}, {_by_person(CELL_SUMS)} FROM base GROUP BY 1, 2, 3) by_person
        {_MEMBERS}
        GROUP BY 1, 3, 4
    """


# Primary key of events_detail_day (organization_id, day, contributor_id, …).
_CELLS = f"""
    WITH base AS MATERIALIZED (
        SELECT contributor_id, {_WEEK.format(day="day")} AS week_on, tool_id, model_id, {_by_person(CELL_SUMS)}
        FROM events_detail_day
        WHERE organization_id = %(org)s AND day >= %(start)s AND day < %(end)s AND contributor_id = ANY(%(everybody)s)
        GROUP BY 1, 2, 3, 4)
    {_cells_by("model_id")} UNION ALL {_cells_by("tool_id")}
"""


@dataclass(slots=True)
class Cells:
    models: list[Cell] = field(default_factory=list)
    tools: list[Cell] = field(default_factory=list)


def cells_of(organization_id: int, groups: Sequence[Group], *stretches: Days) -> dict[int, Cells]:
    """What each group did in each week by model, and by tool."""
    found = {group.id: Cells() for group in groups}
    for days in stretches:
        for group_id, column, week_on, number, *rest in rows(_CELLS, _membership(organization_id, groups, days)):
            sums = dict(zip(CELL_SUMS, rest[: len(CELL_SUMS)], strict=True))
            cell = Cell(week_on, number, sums, _people(BROKEN_DOWN, rest[len(CELL_SUMS) :]))
            (found[group_id].models if column == "model_id" else found[group_id].tools).append(cell)
    return found


# Primary key of events_contributor_day, read from its newest end.
_NEWEST = """
    SELECT day FROM events_contributor_day WHERE organization_id = %(org)s AND contributor_id = ANY(%(everybody)s)
    ORDER BY day DESC LIMIT 1
"""


def newest_day_of(organization_id: int, group: Group) -> date | None:
    """The last day with data, None if there never was any. Only asked for where the period shown has none."""
    if not group.people:
        return None
    found = rows(_NEWEST, {"org": organization_id, "everybody": list(group.people)})
    return found[0][0] if found else None


@dataclass(frozen=True, slots=True)
class Names:
    """Names of numbers; `models` and `tools` in the order in which they were first seen, so that colours stay."""

    models: dict[int, str]
    tools: dict[int, str]
    prices: str
    """The newest price list that estimates were made with, "" if none."""


# Unique index dimension_value (organization_id, kind, value).
_NAMES = (
    "SELECT kind, id, value FROM events_dimension WHERE organization_id = %(org)s AND kind = ANY(%(kinds)s) ORDER BY id"
)


def names_of(organization_id: int) -> Names:
    kinds = (DimensionKind.MODEL, DimensionKind.TOOL, DimensionKind.PRICES)
    named: dict[int, dict[int, str]] = {kind: {} for kind in kinds}
    for kind, number, value in rows(_NAMES, {"org": organization_id, "kinds": list(kinds)}):
        named[kind][number] = value
    prices = list(named[DimensionKind.PRICES].values())
    return Names(named[DimensionKind.MODEL], named[DimensionKind.TOOL], prices[-1] if prices else "")


def _membership(organization_id: int, groups: Sequence[Group], days: Days) -> dict[str, Any]:
    pairs = [(group.id, person) for group in groups for person in group.people]
    return {
        "org": organization_id,
        "start": days.start_on,
        "end": days.end_on,
        "everybody": list({person for _, person in pairs}),
        "groups": [group_id for group_id, _ in pairs],
        "people": [person for _, person in pairs],
    }


def _people(measures: Sequence[Measure], columns: Sequence[list[int] | None]) -> dict[Measure, People]:
    return {measure: frozenset(people or ()) for measure, people in zip(measures, columns, strict=True)}
