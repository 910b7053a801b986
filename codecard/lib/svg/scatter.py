"""One mark for each of many durations, on a logarithmic scale, with bars that some of them should stay under."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from codecard.lib.formats import DAY, MINUTE, Unit, day, duration
from codecard.lib.svg.scale import DURATION_TICKS, Label, Scale, axis_labels, number, percent, tick_text

TOP, BOTTOM = 14, 24
LEFT, RIGHT = 0.012, 0.988


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`at`: seconds since the beginning of the axis. `kind`: place in the kinds of the chart. `href` may be empty."""

    at: float
    seconds: float
    kind: int
    name: str
    when: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a shape stands for. `limit`: the bar, in seconds, that it should stay under; None without one."""

    name: str
    limit: float | None = None
    limit_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterChart:
    """`days`: of the axis, from the first on; `marks` in the order of time."""

    slug: str
    title: str
    description: str
    kinds: Sequence[Kind]
    marks: Sequence[Mark]
    days: Sequence[date]
    height: int = 276


@dataclass(frozen=True, slots=True)
class Spot:
    x: str
    y: str
    kind: int
    href: str


@dataclass(frozen=True, slots=True)
class ScatterPlot:
    height: int
    top: int
    bottom: int
    ticks: tuple[tuple[str, str], ...]
    bars: tuple[tuple[str, str, str, int], ...]
    """y, the bar in words, whose it is, and its kind."""
    spots: tuple[Spot, ...]
    labels: tuple[Label, ...]
    xs: str


def scatter_plot(chart: ScatterChart) -> ScatterPlot:
    scale = _scale(chart)
    bottom = chart.height - BOTTOM

    def y(seconds: float) -> str:
        return number(bottom - scale.ratio(_log(seconds)) * (bottom - TOP))

    span = len(chart.days) * DAY
    spots = tuple(Spot(percent(_x(mark.at / span)), y(mark.seconds), mark.kind, mark.href) for mark in chart.marks)
    bars = [
        (y(kind.limit), duration(kind.limit), kind.limit_name, i) for i, kind in enumerate(chart.kinds) if kind.limit
    ]
    ends = [_x((i + 0.5) / len(chart.days)) for i in range(len(chart.days))]
    return ScatterPlot(
        height=chart.height,
        top=TOP,
        bottom=bottom,
        ticks=tuple(
            (y(tick), tick_text(tick, Unit.DURATION))
            for tick in DURATION_TICKS
            if scale.low <= _log(tick) <= scale.high
        ),
        bars=tuple(bars),
        spots=spots,
        labels=axis_labels([day(one) for one in chart.days], ends, 5),
        xs=" ".join(spot.x.removesuffix("%") for spot in spots),
    )


def _x(ratio: float) -> float:
    return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, ratio))


def _log(seconds: float) -> float:
    return math.log(max(1.0, seconds))


def _scale(chart: ScatterChart) -> Scale:
    """From a minute to two days, farther where a mark lies beyond."""
    longest = max((mark.seconds for mark in chart.marks), default=0.0)
    high = next((tick for tick in DURATION_TICKS if tick >= max(longest, 2 * DAY)), longest)
    return Scale(_log(MINUTE), _log(high))
