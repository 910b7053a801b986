"""Facts of many teams from what is read once for all of them: sums by week without a further dimension, and pull
requests by who opened them. What is asked of them is the same as of one team's own facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from codecard.lib.clusters import Moments
from events.queries.cells import DETAIL_SUMS, Has
from events.queries.facts import UNKNOWN, Detail, Given
from events.queries.people import NOBODY, People
from events.queries.pull_facts import Pull
from events.queries.team import Measure, Weeks, decisions_of

_MEASURES = {
    Has.DECISIONS: Measure.DECISIONS,
    Has.RULINGS: Measure.RULINGS,
    Has.TOKENS: Measure.TOKENS,
    Has.COST: Measure.COST,
    Has.LINES: Measure.LINES,
}


@dataclass(frozen=True)
class Totals(Given):
    """`weeks`: of all teams. `by_author`: pull requests of everybody. Answers nothing by a dimension."""

    weeks: Weeks = field(default_factory=dict)
    by_author: Mapping[int, Sequence[Pull]] = field(default_factory=dict)

    @cached_property
    def details(self) -> list[Detail]:
        return [self._total(week_on) for week_on in self._mondays]

    @cached_property
    def decisions(self) -> dict[date, Moments]:
        return decisions_of(self.weeks[self.group.id])

    @cached_property
    def pulls(self) -> list[Pull]:
        return [pull for person in sorted(self.group.people) for pull in self.by_author.get(person, ())]

    @cached_property
    def _mondays(self) -> list[date]:
        return sorted({week_on for group in self.settled for week_on in self.weeks[group.id]})

    def _total(self, week_on: date) -> Detail:
        sums = self.weeks[self.group.id][week_on].sums
        people = {has: self._people(week_on, measure) for has, measure in _MEASURES.items()}
        names = (UNKNOWN,) * 5
        return Detail(week_on, *names, people=people, sums={name: sums[name] for name in DETAIL_SUMS})

    def _people(self, week_on: date, measure: Measure) -> People:
        return NOBODY.union(*(self.weeks[group.id][week_on].with_data_of(measure) for group in self.settled))
