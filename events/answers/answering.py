"""Answers: a metric's cases, opened week by week by the privacy floor, put together into readings."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from codecard.lib.clusters import Moments
from codecard.lib.lattice import WITHHELD, Cell, Opening
from codecard.lib.periods import Days
from codecard.lib.reading import Band, Reading
from events.answers.asking import Question, Scope
from events.metrics._base import SEVERAL, UNKNOWN, By, Case, Metric
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


class _Cases:
    """The cases of one metric by week, and what of them may be shown."""

    def __init__(self, metric: Metric, facts: Facts, scope: Scope) -> None:
        self.metric, self.scope = metric, scope
        self.by_week: defaultdict[date, list[Case]] = defaultdict(list)
        for case in metric.cases(facts):
            self.by_week[case.week_on].append(case)
        self.clusters = metric.clusters(facts) if metric.clusters else {}
        self._opened: dict[date, Opening] = {}

    def opening(self, week_on: date) -> Opening:
        if week_on not in self._opened:
            self._opened[week_on] = self._open(self.by_week[week_on])
        return self._opened[week_on]

    def _open(self, cases: Sequence[Case]) -> Opening:
        width = len(self.metric.dimensions)
        if self.metric.is_work or not cases:
            return Opening(is_open=True, closed=(frozenset(),) * width)
        return self.scope.opening([Cell(case.parts, case.people) for case in cases])

    def effect(self, days: Days) -> float:
        """The design effect of the open weeks."""
        told = [self.clusters[w] for w in weeks_of(days) if w in self.clusters and self.opening(w).is_open]
        return sum(told, Moments()).design_effect if told else 1.0

    def open_cases(self, days: Collection[date], filters: Mapping[By, str]) -> list[tuple[Case, Opening]]:
        found = []
        places = [(self.metric.dimensions.index(by), value) for by, value in filters.items()]
        for week_on in days:
            opening = self.opening(week_on)
            if opening.is_open and not places:
                found += [(case, opening) for case in self.by_week[week_on]]
            elif opening.is_open:
                found += [
                    (case, opening)
                    for case in self.by_week[week_on]
                    if all(opening.part(place, case.parts[place]) == value for place, value in places)
                ]
        return found

    def withheld_weeks(self, days: Days) -> int:
        return sum(not self.opening(week_on).is_open for week_on in weeks_of(days))


@dataclass
class Answers:
    """Answers of one scope, from facts that are read once. Everything asked must lie in the weeks of the facts."""

    scope: Scope
    facts: Facts
    band_of: BandOf

    @cached_property
    def _known(self) -> dict[tuple[str, bool], _Cases]:
        return {}

    def _cases(self, metric: Metric, *, is_whole: bool) -> _Cases:
        """`is_whole`: nothing by a dimension is asked."""
        is_whole = is_whole and not metric.is_work
        known = metric.slug, is_whole
        if known not in self._known:
            self._known[known] = _Cases(metric, self.facts.whole if is_whole else self.facts, self.scope)
        return self._known[known]

    def answer(self, question: Question) -> Answer:
        metric = question.metric
        cases = self._cases(metric, is_whole=question.by is None and not question.filters)
        now = cases.open_cases(weeks_of(question.shown), question.filters)
        before = cases.open_cases(weeks_of(question.before), question.filters) if question.before else None
        effects = cases.effect(question.shown), cases.effect(question.before) if question.before else 1.0
        withheld = cases.withheld_weeks(question.shown)
        task = question.filters.get(By.TASK, "")
        total = _reading(metric, now, before, effects, self.band_of(metric, task))
        if total.value is None and withheld:
            total = Reading(value=None, unit=metric.unit, noun=metric.noun, is_withheld=True, domain=metric.domain)
        rows = self._rows(question, now, before, effects) if question.by else []
        return Answer(question, total, rows, withheld)

    def _rows(
        self, question: Question, now: "_Open", before: "_Open | None", effects: tuple[float, float]
    ) -> list[Row]:
        metric, by = question.metric, question.by
        assert by is not None
        place = metric.dimensions.index(by)
        parts, parts_before = _by_part(now, place), _by_part(before or [], place)
        rows = []
        for key in parts.keys() | parts_before.keys():
            task = key if by is By.TASK else question.filters.get(By.TASK, "")
            band = self.band_of(metric, task if task not in LAST else "")
            earlier = None if before is None else parts_before.get(key, [])
            reading = _reading(metric, parts.get(key, []), earlier, effects, band)
            rows.append(Row(key, reading))
        shown = [row for row in rows if row.reading.n or row.reading.coverage is not None]
        return sorted(shown, key=lambda row: (LAST.get(row.key, 0), -row.reading.n, row.key))

    def parts(self, metric: Metric, days: Days, by: By) -> list[str]:
        """What of a dimension may be told, the most frequent first."""
        place = metric.dimensions.index(by)
        counts: Counter[str] = Counter()
        for case, opening in self._cases(metric, is_whole=False).open_cases(weeks_of(days), {}):
            counts[opening.part(place, case.parts[place])] += case.sample.n  # type: ignore[assignment]
        return sorted((key for key in counts if key not in LAST), key=lambda key: (-counts[key], key))

    def weeks(self, metric: Metric, days: Days, filters: Mapping[By, str]) -> list[Week]:
        """One reading a week, oldest first; each interval with the design effect of all of them."""
        cases = self._cases(metric, is_whole=not filters)
        effect = cases.effect(days)
        band = self.band_of(metric, filters.get(By.TASK, ""))
        return [Week(week_on, self._week(cases, week_on, filters, effect, band)) for week_on in weeks_of(days)]

    def _week(
        self, cases: _Cases, week_on: date, filters: Mapping[By, str], effect: float, band: Band | None
    ) -> Reading:
        metric = cases.metric
        if not cases.opening(week_on).is_open:
            return Reading(value=None, unit=metric.unit, noun=metric.noun, is_withheld=True, domain=metric.domain)
        return _reading(metric, cases.open_cases([week_on], filters), None, (effect, 1.0), band)


_Open = list[tuple[Case, Opening]]


def weeks_of(days: Days) -> list[date]:
    return [week.start_on for week in days.weeks()]


def _by_part(cases: _Open, place: int) -> dict[str, _Open]:
    found: defaultdict[str, _Open] = defaultdict(list)
    for case, opening in cases:
        found[opening.part(place, case.parts[place])].append((case, opening))
    return found


def _reading(
    metric: Metric, now: _Open, before: _Open | None, effects: tuple[float, float], band: Band | None
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


def _together(metric: Metric, cases: _Open) -> Sample:
    return type(metric.example.sample).of(case.sample for case, _ in cases)


def _coverage(cases: Iterable[tuple[Case, Opening]], n: float) -> float | None:
    told = [case.population for case, _ in cases if case.population is not None]
    whole = sum(told)
    return n / whole if whole else None
