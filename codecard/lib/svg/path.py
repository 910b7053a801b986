"""SVG paths through points with gaps, in a viewBox 1000 wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from codecard.lib.svg.scale import number

VIEW_WIDTH = 1000


def runs(values: Sequence[object | None]) -> Iterator[list[int]]:
    """Indexes of each stretch without a gap."""
    for is_there, group in groupby(range(len(values)), key=lambda i: values[i] is not None):
        if is_there:
            yield list(group)


def line(xs: Sequence[float], values: Sequence[float | None], y: Callable[[float], float]) -> str:
    """A broken line: a None is a gap. A lone point leaves no stroke; the caller marks it."""
    return "".join(_trace([(xs[i], y(values[i] or 0.0)) for i in run]) for run in runs(values) if len(run) > 1)


def area(xs: Sequence[float], pairs: Sequence[tuple[float, float] | None], y: Callable[[float], float]) -> str:
    """The surface between the lower and the upper value of each pair, one closed shape per stretch."""
    return "".join(_surface([(xs[i], pairs[i] or (0.0, 0.0)) for i in run], y) for run in runs(pairs) if len(run) > 1)


def _surface(steps: list[tuple[float, tuple[float, float]]], y: Callable[[float], float]) -> str:
    upper = [(x, y(pair[1])) for x, pair in steps]
    lower = [(x, y(pair[0])) for x, pair in reversed(steps)]
    return _trace(upper + lower) + "Z"


def _trace(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(x * VIEW_WIDTH)} {number(y)}" for x, y in points)
