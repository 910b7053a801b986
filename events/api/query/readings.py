"""Readings as JSON and as rows of a table. Counts add up over rows; values, intervals and coverage don't."""

from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

from codecard.lib.periods import Days
from codecard.lib.reading import ABOVE, BELOW, IN_RANGE, NO_DATA, NO_RANGE, PARTIAL, TOO_FEW, WITHHELD, Band, Reading
from events.answers.answering import LAST
from events.metrics._base import By, Metric
from events.models import SizeStratum
from events.task_types import TaskType

VERDICTS: Final = {
    IN_RANGE: "in_range", BELOW: "below_range", ABOVE: "above_range", TOO_FEW: "too_few", PARTIAL: "partial",
    WITHHELD: "withheld", NO_RANGE: "no_range", NO_DATA: "no_data",
}  # fmt: skip
ADDS_UP: Final = ("n", "numerator", "denominator")
COLUMNS: Final = (
    "value", "n", "numerator", "denominator", "interval_low", "interval_high", "coverage", "range_low", "range_high",
    "previous_value", "previous_n", "change_low", "change_high", "verdict", "change",
)  # fmt: skip


def _source(metric: Metric, band: Band) -> str:
    return metric.band_source if band == metric.band else "Set by the organization, or one of its teams."


def reading_json(reading: Reading, metric: Metric) -> dict[str, Any]:
    band = reading.band
    return {
        "value": finite(reading.value),
        "n": reading.n,
        "numerator": finite(reading.numerator),
        "denominator": finite(reading.denominator),
        "interval": _pair(reading.interval),
        "coverage": finite(reading.coverage),
        "range": {"low": finite(band.low), "high": finite(band.high), "source": _source(metric, band)}
        if band
        else None,
        "previous": previous_json(reading),
        "verdict": VERDICTS[reading.verdict],
        "change": change_word(reading),
    }


def previous_json(reading: Reading) -> dict[str, Any] | None:
    """None where nothing is compared: no comparison asked, or too few on one of the sides."""
    if reading.previous is None:
        return None
    return {"value": finite(reading.previous), "n": reading.previous_n, "change_interval": _pair(reading.change)}


def change_word(reading: Reading) -> str | None:
    if reading.is_real_change is None:
        return None
    return "probably_real" if reading.is_real_change else "no_clear_change"


def reading_cells(reading: Reading) -> list[object]:
    """By COLUMNS."""
    interval, change = reading.interval or (None, None), reading.change or (None, None)
    band = reading.band
    is_compared = reading.previous is not None
    return [
        finite(reading.value), reading.n, finite(reading.numerator), finite(reading.denominator),
        *map(finite, interval), finite(reading.coverage), finite(band.low) if band else None,
        finite(band.high) if band else None, finite(reading.previous), reading.previous_n if is_compared else None,
        *map(finite, change), VERDICTS[reading.verdict], change_word(reading),
    ]  # fmt: skip


def finite(value: float | None) -> float | None:
    """JSON knows neither infinity nor what is no number."""
    return None if value is None or not isfinite(value) else value


def _pair(ends: Sequence[float] | None) -> list[float | None] | None:
    return None if ends is None else [finite(end) for end in ends]


def label_of(by: By, key: str) -> str:
    if key in LAST:
        return key.capitalize()
    if by is By.TASK and key in set(TaskType):
        return TaskType(key).label
    if by is By.SIZE and key.isdigit() and int(key) in SizeStratum.values:
        return str(SizeStratum(int(key)).label)
    return key


def days_json(days: Days | None) -> dict[str, str] | None:
    return None if days is None else {"from": days.start_on.isoformat(), "to": days.end_on.isoformat()}


def metric_json(metric: Metric) -> dict[str, Any]:
    """All that the number means."""
    low, high = metric.domain
    band = metric.band
    return {
        "slug": metric.slug,
        "label": metric.label,
        "short": metric.short,
        "is_headline": metric.is_headline,
        "unit": str(metric.unit),
        "noun": metric.noun,
        "direction": str(metric.direction),
        "definition": metric.definition,
        "formula": metric.formula,
        "population": metric.population,
        "care": metric.care,
        "minimum": metric.minimum,
        "range": {"low": finite(band.low), "high": finite(band.high), "source": metric.band_source} if band else None,
        "domain": [finite(low), finite(high)],
        "is_behaviour": not metric.is_work,
        "dimensions": [str(by) for by in metric.dimensions],
        "version": metric.version,
        "example": {"words": metric.example.words, "value": finite(metric.example.value)},
    }
