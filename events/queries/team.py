"""What groups of people did by week, from roll-ups and sessions: never from events, never by person.

Cost follows the days asked for and the people in the groups, not the history.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from codecard.lib.clusters import Moments
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
    # As float8, which is exact below 2^53: a sum of bigint is numeric, twice as slow to make and to group by.
    return ", ".join(f"sum({name}::float8) AS {name}" for name in names)


def _summed(names: Sequence[str]) -> str:
    return ", ".join(f"sum({name})::bigint" for name in names)


# All stretches of days in one statement, each a range of the index.
_STRETCHES = "unnest(%(starts)s::date[], %(ends)s::date[]) AS stretch (start_on, end_on)"
_MEMBERS = """
    JOIN unnest(%(groups)s::bigint[], %(people)s::bigint[]) AS member (group_id, person_id)
      ON person_id = contributor_id
"""
# 2000-01-03 is a Monday.
_WEEK = "{day} - (({day} - date '2000-01-03') %% 7)"


def _people_with(measures: Sequence[Measure]) -> str:
    """Of the whole alone: who of a group has data follows from who is in it, without reading them once a group."""
    return ", ".join(
        f"array_agg(contributor_id) FILTER (WHERE group_id = %(whole)s AND {_HAS[measure]} > 0)" for measure in measures
    )


@dataclass(slots=True)
class Week:
    """One group in one week. `people` with data of each measure: for the privacy floor, never to be shown."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*SUMS, "sessions"), 0))
    people: dict[Measure, People] = field(default_factory=dict)
    decisions: Moments = field(default_factory=Moments)
    """By session."""
    newest_at: datetime | None = None

    def with_data_of(self, measure: Measure) -> People:
        return self.people.get(measure, NOBODY)


Weeks = dict[int, defaultdict[date, Week]]
"""Group id -> Monday -> week. A week without data is an empty one."""

# Primary key of events_contributor_day (organization_id, day, contributor_id).
_WEEKS = f"""
    WITH by_person AS (
        SELECT contributor_id, {_WEEK.format(day="day")} AS week_on, {_by_person(SUMS)},
               sum(({_OTHERS})::float8) AS others
        FROM {_STRETCHES} JOIN events_contributor_day ON day >= start_on AND day < end_on
        WHERE organization_id = %(org)s AND contributor_id = ANY(%(everybody)s)
        GROUP BY 1, 2)
    SELECT group_id, week_on, {_people_with(list(_HAS))}, {_summed(SUMS)}
    FROM by_person
    {_MEMBERS}
    GROUP BY 1, 2
"""
# Index session_by_day (organization_id, started_on, contributor_id).
_SESSIONS = f"""
    WITH by_person AS (
        SELECT contributor_id, {_WEEK.format(day="started_on")} AS week_on,
               count(*) FILTER (WHERE NOT is_instance)::float8 AS sessions,
               count(*) FILTER (WHERE n > 0)::float8 AS deciding, sum(n) AS n, sum(a) AS a, sum(n * n) AS nn,
               sum(a * n) AS an, sum(a * a) AS aa, max(ended_at) AS newest_at
        FROM (SELECT contributor_id, started_on, is_instance, ended_at, (accepted + rejected)::float8 AS n,
                     accepted::float8 AS a
              FROM {_STRETCHES} JOIN events_session ON started_on >= start_on AND started_on < end_on
              WHERE organization_id = %(org)s AND contributor_id = ANY(%(everybody)s)) s
        GROUP BY 1, 2)
    SELECT group_id, week_on, array_agg(contributor_id) FILTER (WHERE group_id = %(whole)s AND sessions > 0),
           sum(sessions)::bigint, max(newest_at),
           {_summed(("deciding", "n", "a", "nn", "an", "aa"))}
    FROM by_person
    {_MEMBERS}
    GROUP BY 1, 2
"""


def weeks_of(organization_id: int, groups: Sequence[Group], *stretches: Days, others: Sequence[Group] = ()) -> Weeks:
    """What each group did in each week of the stretches, which are of whole weeks. Of `others` only who has data."""
    asked = _Asked(organization_id, [*groups, *others], groups, stretches)
    found: Weeks = {group.id: defaultdict(Week) for group in (*groups, *others)}
    people, sums = asked.read(_WEEKS, 1, list(_HAS))
    for group, key, columns in sums:
        week = found[group.id][key[0]]
        week.sums.update(zip(SUMS, columns, strict=True))
        week.people.update(asked.within(group, people[key]))
    in_sessions, moments = asked.read(_SESSIONS, 1, [Measure.SESSIONS])
    for group, key, columns in moments:
        week = found[group.id][key[0]]
        week.sums["sessions"], week.newest_at, *decisions = columns
        week.decisions = Moments(*decisions)
        _meet(week, asked.within(group, in_sessions[key]))
    for other in others:
        for key, some in people.items():
            found[other.id][key[0]].people.update(asked.within(other, some))
        for key, some in in_sessions.items():
            _meet(found[other.id][key[0]], asked.within(other, some))
    return found


def decisions_of(weeks: Mapping[date, Week]) -> dict[date, Moments]:
    """Of the weeks in which anything was decided."""
    return {week_on: week.decisions for week_on, week in weeks.items() if week.decisions.n}


def _meet(week: Week, people: dict[Measure, People]) -> None:
    """A session is data as well."""
    week.people |= people
    week.people[Measure.ANYTHING] = week.with_data_of(Measure.ANYTHING) | people[Measure.SESSIONS]


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


_Key = tuple[Any, ...]


class _Asked:
    """A question about the people of some groups, of whom `summed` are to be summed up, over stretches of days.

    The people with data are told once of the whole, which is everybody together: one of the groups if it has them all.
    """

    def __init__(
        self, organization_id: int, groups: Sequence[Group], summed: Sequence[Group], stretches: Sequence[Days]
    ) -> None:
        everybody = NOBODY.union(*(group.people for group in groups))
        self.whole = next((one for one in summed if one.people == everybody), Group(0, "", "", everybody))
        self.summed = {group.id: group for group in summed}
        # Who has data of one measure often is who has data of another.
        self._met: defaultdict[int, dict[People, People]] = defaultdict(dict)
        pairs = [
            (group.id, one) for group in {**self.summed, self.whole.id: self.whole}.values() for one in group.people
        ]
        self.parameters = {
            "org": organization_id,
            "starts": [days.start_on for days in stretches],
            "ends": [days.end_on for days in stretches],
            "everybody": list(everybody),
            "whole": self.whole.id,
            "groups": [group_id for group_id, _ in pairs],
            "people": [person for _, person in pairs],
        }

    def read(
        self, statement: str, width: int, measures: Sequence[Measure]
    ) -> tuple[dict[_Key, dict[Measure, People]], list[tuple[Group, _Key, Sequence[Any]]]]:
        """Who of the whole has data, by key, and the sums of each group and key.

        Rows are a group's id, a key of `width`, people with data of each measure, and sums.
        """
        people: dict[_Key, dict[Measure, People]] = {}
        sums: list[tuple[Group, _Key, Sequence[Any]]] = []
        start, end = 1 + width, 1 + width + len(measures)
        for row in rows(statement, self.parameters):
            key, group = row[1:start], self.summed.get(row[0])
            if row[0] == self.whole.id:
                people[key] = {m: frozenset(some or ()) for m, some in zip(measures, row[start:end], strict=True)}
            if group:
                sums.append((group, key, row[end:]))
        return people, sums

    def within(self, group: Group, people: dict[Measure, People]) -> dict[Measure, People]:
        """Who of the people with data are in a group."""
        if len(group.people) == len(self.whole.people):
            return dict(people)
        members, met = group.people, self._met[group.id]
        for some in people.values():
            if some not in met:
                met[some] = some & members
        return {measure: met[some] for measure, some in people.items()}
