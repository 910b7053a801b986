"""From weeks to figures: sums over the open weeks of a period, with their comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from codecard.lib.formats import Unit
from codecard.lib.lattice import Cell
from codecard.lib.reading import Amount, Reading
from events.answers import Scope
from events.queries.people import NOBODY, People
from events.queries.team import Measure, Week, Weeks

TOKEN_KINDS = (
    ("input_tokens", "Input"),
    ("output_tokens", "Output"),
    ("cache_read_tokens", "Cache read"),
    ("cache_write_tokens", "Cache write"),
)
TOKENS = tuple(name for name, _ in TOKEN_KINDS)
COST = ("cost_given_micros", "cost_estimated_micros")


@dataclass(frozen=True, slots=True)
class OpenWeek:
    """One group's week as it may be shown."""

    week_on: date
    week: Week
    open: frozenset[Measure]

    @property
    def has_data(self) -> bool:
        return bool(self.week.with_data_of(Measure.ANYTHING))

    @property
    def is_withheld(self) -> bool:
        return Measure.ANYTHING not in self.open

    def amount(self, measure: Measure, *names: str) -> int | None:
        """None where it is withheld, which is never 0."""
        return sum(self.week.sums[name] for name in names) if measure in self.open else None


def open_weeks(scope: Scope, weeks: Weeks, mondays: Sequence[date]) -> list[OpenWeek]:
    """The weeks of a group with what of them may be shown, oldest first. `weeks` hold all settled groups."""
    return [OpenWeek(monday, weeks[scope.group.id][monday], _open_measures(scope, weeks, monday)) for monday in mondays]


def _open_measures(scope: Scope, weeks: Weeks, monday: date) -> frozenset[Measure]:
    # Who has data of one measure often is who has data of another.
    known: dict[People, bool] = {}

    def shown(measure: Measure) -> bool:
        people = NOBODY.union(*(weeks[group.id][monday].with_data_of(measure) for group in scope.settled))
        if people not in known:
            known[people] = scope.opening([Cell((), people)]).is_open
        return known[people]

    # What nobody may know the people of, nobody may know the amounts of.
    return frozenset(filter(shown, Measure)) if shown(Measure.ANYTHING) else frozenset()


class Span(NamedTuple):
    """The weeks that are counted, and those that they are compared with (None: no comparison)."""

    now: list[OpenWeek]
    before: list[OpenWeek] | None

    def is_comparable(self, measure: Measure) -> bool:
        """Sums are compared only where the same number of weeks stands behind both."""
        if self.before is None or not any(week.has_data for week in self.before):
            return False
        return all(measure in week.open for week in (*self.now, *self.before))


def total(weeks: Iterable[OpenWeek], measure: Measure, *names: str) -> int | None:
    """The sum over the open weeks. None where no week with data is open."""
    known = [week for week in weeks if measure in week.open]
    if not any(week.has_data for week in known):
        return None
    return sum(week.amount(measure, *names) or 0 for week in known)


def amount(span: Span, spark: Sequence[OpenWeek], measure: Measure, *names: str, unit: Unit = Unit.COUNT) -> Amount:
    value = total(span.now, measure, *names)
    previous = total(span.before or (), measure, *names) if span.is_comparable(measure) else None
    course = tuple(week.amount(measure, *names) if week.has_data else None for week in spark)
    return Amount(value=value, unit=unit, previous=previous, is_withheld=value is None, spark=course)


def active(span: Span, members: int) -> Reading:
    """People with data in the open weeks, among all members."""
    if not members or not any(week.has_data and not week.is_withheld for week in span.now):
        return Reading(value=None, n=members, noun="members", is_withheld=any(week.has_data for week in span.now))
    has_before = span.is_comparable(Measure.ANYTHING)
    previous = len(people_of(span.before or ())) / members if has_before else None
    return Reading(value=len(people_of(span.now)) / members, n=members, noun="members", previous=previous)


def people_of(weeks: Iterable[OpenWeek]) -> frozenset[int]:
    return frozenset[int]().union(*(week.week.with_data_of(Measure.ANYTHING) for week in weeks if not week.is_withheld))
