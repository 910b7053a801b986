"""Answers: a metric's cases, opened week by week by the privacy floor, put together into readings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from codecard.lib.lattice import WITHHELD
from codecard.lib.periods import Days
from codecard.lib.reading import Band, Reading
from events.answers.asking import Question, Scope
from events.answers.weeks import Sum, Weeks, mondays, weeks_of
from events.metrics._base import SEVERAL, UNKNOWN, By, Metric, Told
from events.metrics._samples import Sample
from events.queries.facts import Facts

BandOf = Callable[[Metric, str], Band | None]
"""The healthy range of a metric for a task type ("" for all of them)."""
STRIKING_LEVEL = 0.99
LAST: Mapping[str, int] = {SEVERAL: 1, UNKNOWN: 2, WITHHELD: 3}
"""Parts that are none by themselves stand at the end."""


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a breakdown. `key`: its value in a query string, or one of LAST."""

    key: str
    reading: Reading

    @property
    def is_part(self) -> bool:
        return self.key not in LAST


@dataclass(frozen=True, slots=True)
class Week:
    week_on: date
    reading: Reading


@dataclass(frozen=True, slots=True)
class Answer:
    """`rows` add up to the total in their counts, the largest first. `withheld_weeks`: weeks with data that are in no
    number, since too few people had any."""

    question: Question
    total: Reading
    rows: list[Row] = field(default_factory=list)
    withheld_weeks: int = 0


@dataclass
class Answers:
    """Answers of one scope, from facts that are read once. Everything asked must lie in the weeks of the facts."""

    scope: Scope
    facts: Facts
    band_of: BandOf

    @cached_property
    def _known(self) -> dict[tuple[str, bool], Weeks]:
        return {}

    def told(self, what: Told) -> Weeks:
        """Week by week and by part, for whoever puts them together otherwise than into readings."""
        return self._weeks(what, is_whole=False)

    def _weeks(self, metric: Told, *, is_whole: bool) -> Weeks:
        """`is_whole`: nothing by a dimension is asked."""
        is_whole = is_whole and not metric.is_work
        known = metric.slug, is_whole
        if known not in self._known:
            self._known[known] = weeks_of(metric, self.facts.whole if is_whole else self.facts, self.scope)
        return self._known[known]

    def answer(self, question: Question) -> Answer:
        metric, filters = question.metric, question.filters
        weeks = self._weeks(metric, is_whole=question.by is None and not filters)
        shown, before = mondays(question.shown), mondays(question.before) if question.before else None
        effects = weeks.effect(shown), weeks.effect(before) if before else 1.0
        withheld = sum(not weeks.is_open(week_on) for week_on in shown)
        band = self.band_of(metric, filters.get(By.TASK, ""))
        earlier = None if before is None else weeks.sums(before, filters)
        total = _reading(metric, weeks.sums(shown, filters), earlier, effects, band)
        if total.value is None and withheld:
            total = Reading(value=None, unit=metric.unit, noun=metric.noun, is_withheld=True, domain=metric.domain)
        rows = self._rows(question, weeks, effects) if question.by else []
        return Answer(question, total, rows, withheld)

    def _rows(self, question: Question, weeks: Weeks, effects: tuple[float, float]) -> list[Row]:
        metric, by, filters = question.metric, question.by, question.filters
        assert by is not None
        place = metric.dimensions.index(by)
        parts = weeks.by_part(mondays(question.shown), filters, place)
        parts_before = weeks.by_part(mondays(question.before), filters, place) if question.before else {}
        rows = []
        for key in parts.keys() | parts_before.keys():
            task = key if by is By.TASK else filters.get(By.TASK, "")
            band = self.band_of(metric, task if task not in LAST else "")
            earlier = parts_before.get(key, []) if question.before else None
            rows.append(Row(key, _reading(metric, parts.get(key, []), earlier, effects, band)))
        shown = [row for row in rows if row.reading.n or row.reading.coverage is not None]
        return sorted(shown, key=lambda row: (LAST.get(row.key, 0), -row.reading.n, row.key))

    def parts(self, metric: Metric, days: Days, by: By) -> list[str]:
        """What of a dimension may be told, the most frequent first."""
        found = self._weeks(metric, is_whole=False).by_part(mondays(days), {}, metric.dimensions.index(by))
        counts = {key: sum(one.sample.n for one in some) for key, some in found.items() if key not in LAST}
        return sorted(counts, key=lambda key: (-counts[key], key))

    def weeks(self, metric: Metric, days: Days, filters: Mapping[By, str]) -> list[Week]:
        """One reading a week, oldest first; each interval with the design effect of all of them."""
        weeks = self._weeks(metric, is_whole=not filters)
        effect = weeks.effect(mondays(days))
        band = self.band_of(metric, filters.get(By.TASK, ""))
        return [Week(week_on, _week(metric, weeks, week_on, filters, effect, band)) for week_on in mondays(days)]


def _week(
    metric: Metric, weeks: Weeks, week_on: date, filters: Mapping[By, str], effect: float, band: Band | None
) -> Reading:
    if not weeks.is_open(week_on):
        return Reading(value=None, unit=metric.unit, noun=metric.noun, is_withheld=True, domain=metric.domain)
    return _reading(metric, weeks.sums([week_on], filters), None, (effect, 1.0), band)


def _reading(
    metric: Metric, now: list[Sum], before: list[Sum] | None, effects: tuple[float, float], band: Band | None
) -> Reading:
    """Compared only where both samples are large enough to be judged."""
    sample = _together(metric, now)
    if sample.value is None:
        return Reading(
            value=None, unit=metric.unit, noun=metric.noun, band=band, domain=metric.domain, coverage=_coverage(now, 0)
        )
    earlier = None if before is None else _together(metric, before)
    is_few = sample.n < metric.minimum
    is_compared = earlier is not None and earlier.n >= metric.minimum and not is_few
    change = sample.change(earlier, effects) if is_compared and earlier is not None else None
    surer = sample.change(earlier, effects, STRIKING_LEVEL) if change is not None and earlier is not None else None
    return Reading(
        value=sample.value,
        n=round(sample.n),
        unit=metric.unit,
        noun=metric.noun,
        interval=sample.interval(effects[0]),
        band=band,
        previous=earlier.value if is_compared and earlier is not None else None,
        is_few=is_few,
        is_real_change=None if change is None else change.leaves_out(0),
        is_striking=surer is not None and surer.leaves_out(0),
        domain=metric.domain,
        numerator=sample.numerator,
        denominator=sample.denominator,
        previous_n=round(earlier.n) if earlier is not None else 0,
        change=change,
        coverage=_coverage(now, sample.n),
    )


def _together(metric: Metric, sums: Iterable[Sum]) -> Sample:
    return type(metric.example.sample).of(one.sample for one in sums)


def _coverage(sums: Iterable[Sum], n: float) -> float | None:
    whole = sum(one.population for one in sums if one.population is not None)
    return n / whole if whole else None
