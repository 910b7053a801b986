"""The weeks of one metric as they may be told: opened by the privacy floor, and summed by part.

Of behaviour a week is put together from thousands of cells, and once it is over hardly anything changes it: so it is
remembered, without whose it was, for as long as the rows that it was made of are the same (ADR 17).
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, Protocol

from codecard.lib.clusters import Moments
from codecard.lib.lattice import Cell, Opening
from codecard.lib.periods import Days
from codecard.lib.remembering import Memory
from events.answers.asking import Scope
from events.metrics._base import By, Case, Told
from events.metrics._samples import Sample
from events.queries.facts import Facts
from events.queries.stamps import Source

Filters = Mapping[By, str]
_MOST_ASKED: Final = 500


class Sum(NamedTuple):
    """Cases put together. `population`: as that of `Case`."""

    sample: Sample
    population: float | None


class Weeks(Protocol):
    """`place`: of a dimension among those of the metric."""

    def is_open(self, week_on: date) -> bool: ...

    def sums(self, days: Collection[date], filters: Filters) -> list[Sum]: ...

    def by_part(self, days: Collection[date], filters: Filters, place: int) -> dict[str, list[Sum]]: ...

    def effect(self, days: Collection[date]) -> float:
        """The design effect of the open weeks."""
        ...


def weeks_of(metric: Told, facts: Facts, scope: Scope) -> Weeks:
    if metric.is_work:
        return facts.of_pulls((metric.slug, metric.version), lambda: WorkWeeks(metric, facts))
    return BehaviourWeeks(metric, facts, scope)


class WorkWeeks:
    """Of pull requests, which no floor is under: any filters together. What was asked once is known."""

    def __init__(self, metric: Told, facts: Facts) -> None:
        self.metric = metric
        self.by_week: defaultdict[date, list[Case]] = defaultdict(list)
        for case in metric.cases(facts):
            self.by_week[case.week_on].append(case)
        self._sums: dict[Hashable, list[Sum]] = {}
        self._by_part: dict[Hashable, dict[str, list[Sum]]] = {}

    def is_open(self, week_on: date) -> bool:
        return True

    def sums(self, days: Collection[date], filters: Filters) -> list[Sum]:
        key = tuple(days), frozenset(filters.items())
        if key not in self._sums:
            _make_room(self._sums)
            cases = self._cases(days, filters)
            self._sums[key] = [together(cases)] if cases else []
        return self._sums[key]

    def by_part(self, days: Collection[date], filters: Filters, place: int) -> dict[str, list[Sum]]:
        key = tuple(days), frozenset(filters.items()), place
        if key not in self._by_part:
            _make_room(self._by_part)
            found: defaultdict[str, list[Case]] = defaultdict(list)
            for case in self._cases(days, filters):
                found[case.parts[place]].append(case)
            self._by_part[key] = {part: [together(cases)] for part, cases in found.items()}
        return self._by_part[key]

    def _cases(self, days: Collection[date], filters: Filters) -> list[Case]:
        places = [(self.metric.dimensions.index(by), value) for by, value in filters.items()]
        found = [case for week_on in days for case in self.by_week.get(week_on, ())]
        for place, value in places:
            found = [case for case in found if case.parts[place] == value]
        return found

    def effect(self, days: Collection[date]) -> float:
        return 1.0


def _make_room(known: dict[Hashable, Any]) -> None:
    """Filters are asked for by whoever types an address."""
    if len(known) >= _MOST_ASKED:
        known.clear()


@dataclass(frozen=True, slots=True)
class ToldWeek:
    """`parts` by dimension, under the names by which they may be told. `whole` None: nothing, or nothing to be told."""

    is_open: bool
    whole: Sum | None = None
    parts: tuple[Mapping[str, Sum], ...] = ()

    @property
    def weight(self) -> int:
        return 1 + sum(one.sample.weight for part in self.parts for one in part.values())


_NOTHING: Final = ToldWeek(is_open=True)
MEMORY: Final = Memory[ToldWeek](most=400_000)
"""Of numbers; about a hundred bytes each."""


class BehaviourWeeks:
    """Of what people did: at most one dimension at a time, which `Question` sees to."""

    def __init__(self, metric: Told, facts: Facts, scope: Scope) -> None:
        self.metric = metric
        self.told = _told_weeks(metric, facts, scope)
        self.clusters = metric.clusters(facts) if metric.clusters else {}

    def is_open(self, week_on: date) -> bool:
        return self.told.get(week_on, _NOTHING).is_open

    def sums(self, days: Collection[date], filters: Filters) -> list[Sum]:
        told = [self.told[week_on] for week_on in days if week_on in self.told]
        if not filters:
            return [week.whole for week in told if week.whole is not None]
        [(by, value)] = filters.items()
        place = self.metric.dimensions.index(by)
        return [week.parts[place][value] for week in told if week.parts and value in week.parts[place]]

    def by_part(self, days: Collection[date], filters: Filters, place: int) -> dict[str, list[Sum]]:
        found: defaultdict[str, list[Sum]] = defaultdict(list)
        for week_on in days:
            week = self.told.get(week_on, _NOTHING)
            for part, one in week.parts[place].items() if week.parts else ():
                found[part].append(one)
        return found

    def effect(self, days: Collection[date]) -> float:
        told = [self.clusters[week_on] for week_on in days if week_on in self.clusters and self.is_open(week_on)]
        return sum(told, Moments()).design_effect if told else 1.0


def _told_weeks(metric: Told, facts: Facts, scope: Scope) -> dict[date, ToldWeek]:
    if metric.reads == (Source.PULLS,):
        key = scope.key, metric.slug, metric.version, facts.has_parts
        return facts.of_pulls(key, lambda: _tell(metric, facts, scope))
    stamps = facts.stamps(metric.reads)
    return _tell(metric, facts, scope) if stamps is None else _remembered(metric, facts, scope, stamps)


def _remembered(metric: Told, facts: Facts, scope: Scope, stamps: Mapping[date, Hashable]) -> dict[date, ToldWeek]:
    who = scope.key, facts.names_key, metric.slug, metric.version
    keys = {week_on: (*who, week_on, stamp) for week_on, stamp in stamps.items()}
    told = {week_on: week for week_on, key in keys.items() if (week := MEMORY.get(key)) is not None}
    missing = [week_on for week_on in keys if week_on not in told]
    if missing:
        anew = _tell(metric, facts.only(missing), scope)
        for week_on in missing:
            told[week_on] = week = anew.get(week_on, _NOTHING)
            MEMORY.keep(keys[week_on], week, week.weight)
    return told


def _tell(metric: Told, facts: Facts, scope: Scope) -> dict[date, ToldWeek]:
    by_week: defaultdict[date, list[Case]] = defaultdict(list)
    for case in metric.cases(facts):
        by_week[case.week_on].append(case)
    places = range(len(metric.dimensions)) if facts.has_parts else ()
    return {week_on: _told(cases, scope, places) for week_on, cases in by_week.items()}


def _told(cases: Sequence[Case], scope: Scope, places: Iterable[int]) -> ToldWeek:
    opening = scope.opening([Cell(case.parts, case.people) for case in cases])
    if not opening.is_open:
        return ToldWeek(is_open=False)
    parts = tuple(_by_part(cases, opening, place) for place in places)
    return ToldWeek(is_open=True, whole=together(cases), parts=parts)


def _by_part(cases: Iterable[Case], opening: Opening, place: int) -> dict[str, Sum]:
    found: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        found[opening.part(place, case.parts[place])].append(case)
    return {part: together(some) for part, some in found.items()}


def together(some: Sequence[Case | Sum]) -> Sum:
    """Of one case or more."""
    told = [one.population for one in some if one.population is not None]
    return Sum(type(some[0].sample).of(one.sample for one in some), sum(told) if told else None)


def mondays(days: Days) -> list[date]:
    return [week.start_on for week in days.weeks()]
