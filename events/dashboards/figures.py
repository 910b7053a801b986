"""From weeks to figures: sums and shares over the open weeks of a period, with their intervals and comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from codecard.lib.formats import Unit
from codecard.lib.intervals import newcombe, wilson
from codecard.lib.reading import Amount, Band, Reading
from events.queries.people import Group, floor_for, is_open, overlapping
from events.queries.team import Clusters, Measure, Week, Weeks

ACCEPTANCE_BAND = Band(0.25, 0.60)
FEWEST_DECISIONS = 100
"""Under this an acceptance rate is not judged."""
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


def open_weeks(
    group: Group, groups: Iterable[Group], weeks: Weeks, mondays: Sequence[date], *, floor: int, viewer: int | None
) -> list[OpenWeek]:
    """The weeks of a group with what of them may be shown, oldest first. `weeks` hold the overlapping groups too."""
    others = overlapping(group, groups)
    lowest = floor_for(group, floor, viewer)
    return [
        OpenWeek(monday, weeks[group.id][monday], _open_measures(weeks, group, others, monday, lowest))
        for monday in mondays
    ]


def _open_measures(weeks: Weeks, group: Group, others: list[Group], monday: date, floor: int) -> frozenset[Measure]:
    def shown(measure: Measure) -> bool:
        seen_as_well = [weeks[other.id][monday].with_data_of(measure) for other in others]
        return is_open(weeks[group.id][monday].with_data_of(measure), seen_as_well, floor)

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


class Share(NamedTuple):
    """k of n, and the design effect of the sample."""

    k: int
    n: int
    design_effect: float


def acceptance(span: Span) -> Reading:
    """Accepted among the decisions that a person made."""
    names = ("accepted",), ("accepted", "rejected")
    return _compared(span, Measure.DECISIONS, *names, band=ACCEPTANCE_BAND)


def approved_by_rule(span: Span) -> Reading:
    """Decisions that a rule made, among all."""
    by_rule = ("auto_accepted", "auto_rejected")
    return _compared(span, Measure.RULINGS, by_rule, ("accepted", "rejected", *by_rule), band=None)


def _compared(span: Span, measure: Measure, k: tuple[str, ...], n: tuple[str, ...], *, band: Band | None) -> Reading:
    now = _share(span.now, measure, k, n)
    before = None if span.before is None else _share(span.before, measure, k, n)
    is_withheld = now.n == 0 and any(measure not in week.open for week in span.now)
    return share_reading(now, before, band=band, is_withheld=is_withheld)


def _share(weeks: Sequence[OpenWeek], measure: Measure, k: tuple[str, ...], n: tuple[str, ...]) -> Share:
    return Share(total(weeks, measure, *k) or 0, total(weeks, measure, *n) or 0, design_effect(weeks))


def design_effect(weeks: Iterable[OpenWeek]) -> float:
    clusters = (week.week.clusters for week in weeks if Measure.DECISIONS in week.open)
    return sum(clusters, Clusters()).design_effect


def share_reading(
    now: Share, before: Share | None, *, band: Band | None = ACCEPTANCE_BAND, is_withheld: bool = False
) -> Reading:
    """A share with its 95 % interval; compared only where both samples are honest."""
    if not now.n or is_withheld:
        return Reading(value=None, band=band, is_withheld=is_withheld)
    is_few = now.n < FEWEST_DECISIONS
    previous, change = None, None
    if before and before.n >= FEWEST_DECISIONS and not is_few:
        previous = before.k / before.n
        effects = (now.design_effect, before.design_effect)
        change = newcombe(now.k, now.n, before.k, before.n, design_effects=effects)
    return Reading(
        value=now.k / now.n,
        n=now.n,
        interval=wilson(now.k, now.n, design_effect=now.design_effect),
        band=band,
        previous=previous,
        is_few=is_few,
        is_real_change=None if change is None else change.leaves_out(0),
    )


def note(reading: Reading) -> str:
    """The size of the sample, and what may be said of the change."""
    words = {None: "", True: "probably a real change", False: "no clear change"}[reading.is_real_change]
    return ", ".join(filter(None, (reading.sample, words)))
