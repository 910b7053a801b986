"""What a lead should know first, in words: only what the intervals allow to be said."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from codecard.lib.formats import NBSP, Unit, duration, points, quantity
from codecard.lib.periods import Days
from codecard.lib.reading import Reading
from events.answers.answering import LAST, Answer, Answers
from events.answers.asking import Question
from events.metrics._base import By, Direction, Metric

MOST = 3


class Kind(StrEnum):
    """In the order of their weight."""

    OUT_OF_RANGE = "out_of_range"
    WORSE = "worse"
    BACK_IN_RANGE = "back_in_range"
    BETTER = "better"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Finding:
    """`filters`: what its link narrows the metric's page to."""

    kind: Kind
    metric: Metric
    reading: Reading
    title: str
    text: str

    @property
    def is_good(self) -> bool:
        return self.kind in (Kind.BACK_IN_RANGE, Kind.BETTER)


def findings(answers: Iterable[Answer]) -> list[Finding]:
    """At most three of the totals, the weightiest first, each metric once."""
    found = [finding for answer in answers if (finding := _finding(answer.question.metric, answer.total)) is not None]
    order = list(Kind)
    return sorted(found, key=lambda one: (order.index(one.kind), one.metric.rank))[:MOST]


def _finding(metric: Metric, reading: Reading) -> Finding | None:
    if not reading.is_judged:
        return None
    kind = _kind(metric, reading)
    return None if kind is None else Finding(kind, metric, reading, _title(kind, metric, reading), _text(reading))


def _kind(metric: Metric, reading: Reading) -> Kind | None:
    value, before = reading.value, reading.previous
    if reading.is_striking and value is not None and before is not None:
        if reading.band and reading.band.holds(value) and not reading.band.holds(before):
            return Kind.BACK_IN_RANGE
        if not reading.is_out_of_range:
            return _turn(metric.direction, is_up=value > before)
    return Kind.OUT_OF_RANGE if reading.is_out_of_range else None


def _turn(direction: Direction, *, is_up: bool) -> Kind:
    if direction is Direction.NEITHER:
        return Kind.CHANGED
    return Kind.BETTER if is_up == (direction is Direction.HIGHER) else Kind.WORSE


def _title(kind: Kind, metric: Metric, reading: Reading) -> str:
    match kind:
        case Kind.OUT_OF_RANGE:
            return f"{metric.short} is {reading.verdict.word.lower()}: {reading.text}"
        case Kind.BACK_IN_RANGE:
            return f"{metric.short} is back in its healthy range"
        case _:
            verb = "rose" if (reading.value or 0) > (reading.previous or 0) else "fell"
            return f"{metric.short} {verb} to {reading.text}"


def _text(reading: Reading) -> str:
    parts = [f"{reading.sample.capitalize()}."]
    if reading.band:
        parts.append(f"Healthy: {reading.band_text}.")
    if reading.previous is not None and reading.change is not None and reading.is_real_change:
        before = quantity(reading.previous, reading.unit)
        parts.append(f"Before: {before}. The change is probably real: {change_text(reading)}.")
    return " ".join(parts)


def change_text(reading: Reading) -> str:
    """The interval of the change: +0.3 to +10.5 pts."""
    if reading.change is None:
        return ""
    low, high = reading.change
    return f"{_signed(low, reading.unit)} to {_signed(high, reading.unit)}"


def _signed(value: float, unit: Unit) -> str:
    sign = "+" if value >= 0 else "−"
    if unit is Unit.SHARE:
        return f"{sign}{points(value)}"
    size = duration(abs(value)) if unit is Unit.DURATION else quantity(abs(value), unit)
    return f"{sign}{size}".replace(" ", NBSP)


@dataclass(frozen=True, slots=True)
class CriticalCell:
    """A kind of work in one repository, whose number lies out of range with its whole interval."""

    metric: Metric
    task: str
    repository: str
    reading: Reading


def critical_cells(answers: Answers, metrics: Iterable[Metric], days: Days) -> list[CriticalCell]:
    """Of work metrics alone: task type x repository. The farthest from their range first."""
    found = []
    for metric in metrics:
        for task in answers.answer(Question(metric=metric, shown=days, by=By.TASK)).rows:
            if task.is_part and task.reading.n >= metric.minimum:
                found += _of_task(answers, metric, task.key, days)
    return sorted(found, key=lambda cell: (-_distance(cell.reading), cell.metric.rank, cell.task, cell.repository))


def _of_task(answers: Answers, metric: Metric, task: str, days: Days) -> list[CriticalCell]:
    question = Question(metric=metric, shown=days, by=By.REPOSITORY, filters={By.TASK: task})
    return [
        CriticalCell(metric, task, row.key, row.reading)
        for row in answers.answer(question).rows
        if row.key not in LAST and row.reading.is_out_of_range
    ]


def _distance(reading: Reading) -> float:
    """From the edge of the range, in widths of the ruler."""
    value, band, (low, high) = reading.value or 0.0, reading.band, reading.domain
    if band is None:
        return 0.0
    edge = band.low if band.low is not None and value < band.low else band.high
    return abs(value - (edge if edge is not None else value)) / (high - low)
