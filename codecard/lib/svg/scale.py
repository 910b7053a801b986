"""Scales, ticks and labels that all pictures share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


def number(value: float) -> str:
    """Two decimals at most, no trailing zeros, never "-0"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
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
