"""Scales, ticks and labels that all pictures share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from codecard.lib.formats import DAY, HOUR, MINUTE, Unit, duration, tick

DURATION_TICKS = (MINUTE, 10 * MINUTE, HOUR, 8 * HOUR, 2 * DAY, 14 * DAY, 90 * DAY)
"""Round for a reader, and about as far apart on a logarithmic scale."""


def number(value: float) -> str:
    """One decimal at most, which is a tenth of a pixel or one at a thousand; no trailing zero, never "-0"."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def percent(ratio: float) -> str:
    return number(ratio * 100) + "%"


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from [low, high] to [0, 1]; values outside are drawn at its ends."""

    low: float
    high: float

    def ratio(self, value: float) -> float:
        size = self.high - self.low
        return min(1.0, max(0.0, (value - self.low) / size)) if size > 0 else 0.5


@dataclass(frozen=True, slots=True)
class LogScale:
    """The same for what differs by factors: minutes and days side by side. `low` lies above 0."""

    low: float
    high: float

    def ratio(self, value: float) -> float:
        return Scale(math.log(self.low), math.log(self.high)).ratio(math.log(max(self.low, value)))


class AnyScale(Protocol):
    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...

    def ratio(self, value: float) -> float: ...


def scale_of(unit: Unit, low: float, high: float) -> AnyScale:
    """Durations are drawn on a logarithmic scale, from a minute on at least."""
    return LogScale(max(low, MINUTE), max(high, 10 * MINUTE)) if unit is Unit.DURATION else Scale(low, high)


def ticks_of(unit: Unit, low: float, high: float, target: int = 5) -> list[float]:
    """Round values that cover [low, high]."""
    if unit is not Unit.DURATION:
        return nice_ticks(low, high, target)
    first = max((one for one in DURATION_TICKS if one <= low), default=MINUTE)
    last = next((one for one in DURATION_TICKS if one > first and one >= high), DURATION_TICKS[-1])
    return [float(one) for one in DURATION_TICKS if first <= one <= last]


def tick_text(value: float, unit: Unit) -> str:
    """1 h, not 1 h 0 m."""
    return duration(value).split("\u00a00")[0] if unit is Unit.DURATION else tick(value, unit)


@dataclass(frozen=True, slots=True)
class Label:
    """A text under the axis; a minor one is left out on phones."""

    x: str
    text: str
    anchor: str = "middle"
    is_minor: bool = False


def nice_ticks(low: float, high: float, target: int = 5) -> list[float]:
    """Round steps of 1, 2 or 5 that cover [low, high]; at least two ticks."""
    # What differs by a millionth is one value to the eye, and its ticks would be one number.
    span = next((size for size in (high - low, abs(high)) if size > max(1e-12, abs(high) * 1e-6)), 1.0)
    rough = span / target
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{i * step:.15g}") for i in range(first, max(last, first + 1) + 1)]


def axis_labels(texts: Sequence[str], xs: Sequence[float], most: int) -> tuple[Label, ...]:
    """Evenly thinned labels that include the first and the last one, with room kept before the last."""
    last = len(texts) - 1
    if last < 0:
        return ()
    every = max(1, math.ceil(last / (most - 1)))
    picked = [i for i in range(0, last, every) if last - i >= every * 0.75] + [last]
    return tuple(
        Label(percent(xs[i]), texts[i], _anchor(i, last), is_minor=order % 2 == 1 and i != last)
        for order, i in enumerate(picked)
    )


def _anchor(index: int, last: int) -> str:
    if last == 0 or 0 < index < last:
        return "middle"
    return "start" if index == 0 else "end"
