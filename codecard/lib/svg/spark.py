"""A line the size of a word, the healthy range behind it, a dot at its end. Decoration: the number stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codecard.lib.reading import Band
from codecard.lib.svg.path import runs
from codecard.lib.svg.scale import Scale, number

WIDTH, HEIGHT, PAD, END = 92, 30, 3, 5


@dataclass(frozen=True, slots=True)
class Spark:
    width: int
    height: int
    line: str
    band: tuple[str, str] | None  # y, height
    end: tuple[str, str] | None


def spark(values: Sequence[float | None], band: Band | None = None) -> Spark | None:
    """None for fewer than two values: there is no course to show."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    scale = _scale(known, band)
    spots = [None if v is None else (_x(i, len(values)), _y(v, scale)) for i, v in enumerate(values)]
    traces = (
        "M" + "L".join(f"{number(x)} {number(y)}" for x, y in filter(None, (spots[i] for i in run)))
        for run in runs(spots)
    )
    end = next(spot for spot in reversed(spots) if spot)
    return Spark(WIDTH, HEIGHT, "".join(traces), _band(band, scale), (number(end[0]), number(end[1])))


def _x(index: int, n: int) -> float:
    return PAD + index * (WIDTH - PAD - END) / (n - 1)


def _y(value: float, scale: Scale) -> float:
    return HEIGHT - PAD - scale.ratio(value) * (HEIGHT - 2 * PAD)


def _scale(known: Sequence[float], band: Band | None) -> Scale:
    """Around the data with a third of its height as air; a flat course stays in the middle, without invented drama."""
    low, high = min(known), max(known)
    air = (high - low) / 3 or abs(high) / 2 or 1.0
    if band:
        low = min(low, band.low) if band.low is not None else low
        high = max(high, band.high) if band.high is not None else high
    return Scale(low - air, high + air)


def _band(band: Band | None, scale: Scale) -> tuple[str, str] | None:
    if band is None:
        return None
    top = _y(scale.high if band.high is None else band.high, scale)
    return number(top), number(_y(scale.low if band.low is None else band.low, scale) - top)
