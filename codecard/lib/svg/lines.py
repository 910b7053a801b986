"""A line over time with its 95 % interval, healthy range, annotations, and the running step dotted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codecard.lib.formats import Unit, quantity
from codecard.lib.reading import Band
from codecard.lib.svg import path
from codecard.lib.svg.scale import AnyScale, Label, axis_labels, number, percent, scale_of, tick_text, ticks_of

LEFT, RIGHT = 0.01, 0.984  # first and last point: room for the dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One step. A ``value`` of None is a gap, never a zero. ``label`` is for the table, ``short`` for the axis."""

    label: str
    value: float | None
    short: str = ""
    n: int | None = None
    interval: tuple[float, float] | None = None
    previous: float | None = None
    is_few: bool = False
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that happened at step ``at``."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """The numbers and the words. ``slug`` is unique on the page: ids of title and description hang on it."""

    slug: str
    title: str
    description: str
    points: Sequence[Point]
    unit: Unit = Unit.SHARE
    band: Band | None = None
    annotations: Sequence[Annotation] = ()
    step_name: str = "Week"
    value_name: str = "Value"
    previous_name: str = ""
    n_name: str = ""
    height: int = 262
    labels: int = 6  # most texts under the axis

    @property
    def has_intervals(self) -> bool:
        return any(point.interval for point in self.points)

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of the table twin; chart.js reads it for the pointer."""
        columns: list[tuple[str, Callable[[Point], str]]] = [
            (self.value_name, lambda p: self._text(p.value) + (" (too few)" if p.is_few else ""))
        ]
        if self.has_intervals:
            columns.append(("95% interval", lambda p: self._range(p.interval)))
        if self.previous_name:
            columns.append((self.previous_name, lambda p: self._text(p.previous)))
        if self.n_name:
            columns.append((self.n_name, lambda p: "–" if p.n is None else f"{p.n:,}"))
        rows = [
            [p.label + (" (running)" if p.is_running else ""), *(cell(p) for _, cell in columns)] for p in self.points
        ]
        return [self.step_name, *(name for name, _ in columns)], rows

    def _text(self, value: float | None) -> str:
        return "–" if value is None else quantity(value, self.unit)

    def _range(self, interval: tuple[float, float] | None) -> str:
        return "–" if interval is None else f"{self._text(interval[0])} to {self._text(interval[1])}"


@dataclass(frozen=True, slots=True)
class Mark:
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Note:
    x: str
    number: int
    text: str
    is_late: bool  # near the right edge: the text stands left of its line


@dataclass(frozen=True, slots=True)
class LinePlot:
    height: int
    top: int
    bottom: int
    ticks: tuple[tuple[str, str], ...]  # y, text
    band: tuple[str, str] | None  # y, height
    band_edges: tuple[str, ...]
    line: str
    interval: str
    previous: str
    running: str
    last: Mark | None
    running_mark: Mark | None
    hollow: tuple[Mark, ...]  # too few
    lone: tuple[Mark, ...]  # a gap on both sides: the line alone would not show them
    labels: tuple[Label, ...]
    notes: tuple[Note, ...]
    xs: str


@dataclass(frozen=True, slots=True)
class _Axes:
    xs: list[float]
    scale: AnyScale
    top: int
    bottom: int

    def y(self, value: float) -> float:
        return self.bottom - self.scale.ratio(value) * (self.bottom - self.top)

    def mark(self, index: int, value: float | None) -> Mark:
        return Mark(percent(self.xs[index]), number(self.y(value or 0.0)))


def line_plot(chart: LineChart) -> LinePlot:
    points, ticks = chart.points, ticks_of(chart.unit, *_extent(chart))
    scale = scale_of(chart.unit, ticks[0], ticks[-1])
    axes = _Axes(_positions(len(points)), scale, 26 if chart.annotations else 10, chart.height - 26)
    done = [None if p.is_running else p.value for p in points]
    last = max((i for i, value in enumerate(done) if value is not None), default=None)
    running = next((i for i, p in enumerate(points) if p.is_running and p.value is not None), None)
    return LinePlot(
        height=chart.height,
        top=axes.top,
        bottom=axes.bottom,
        ticks=tuple((number(axes.y(value)), tick_text(value, chart.unit)) for value in ticks),
        band=_band(chart.band, axes),
        band_edges=_edges(chart.band, axes),
        line=path.line(axes.xs, done, axes.y),
        interval=path.area(axes.xs, [p.interval for p in points], axes.y),
        previous=path.line(axes.xs, [p.previous for p in points], axes.y),
        running=_running(points, last, running, axes),
        last=None if last is None or points[last].is_few else axes.mark(last, done[last]),
        running_mark=None if running is None else axes.mark(running, points[running].value),
        hollow=tuple(axes.mark(i, done[i]) for i, p in enumerate(points) if p.is_few and done[i] is not None),
        lone=tuple(axes.mark(run[0], done[run[0]]) for run in path.runs(done) if len(run) == 1 and run[0] != last),
        labels=axis_labels([p.short or p.label for p in points], axes.xs, chart.labels),
        notes=tuple(_note(i, note, axes) for i, note in enumerate(chart.annotations, 1) if note.at < len(points)),
        xs=" ".join(number(x * 100) for x in axes.xs),
    )


def _positions(n: int) -> list[float]:
    if n == 1:
        return [(LEFT + RIGHT) / 2]
    return [LEFT + i * (RIGHT - LEFT) / (n - 1) for i in range(n)]


def _extent(chart: LineChart) -> tuple[float, float]:
    """What the axis must show. A wide interval of one thin week must not flatten all others, so intervals count only
    where the sample is honest; amounts start at zero or below it, the rest where the data and the range do."""
    points = chart.points
    values = [v for p in points for v in (p.value, p.previous) if v is not None]
    values += [end for p in points if p.interval and not p.is_few for end in p.interval]
    values += [end for end in ((chart.band.low, chart.band.high) if chart.band else ()) if end is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if chart.unit is Unit.DURATION:
        return low, high
    return (max(0.0, low), min(1.0, high)) if chart.unit is Unit.SHARE else (min(0.0, low), high)


def _band(band: Band | None, axes: _Axes) -> tuple[str, str] | None:
    if band is None:
        return None
    top = axes.y(axes.scale.high if band.high is None else band.high)
    return number(top), number(axes.y(axes.scale.low if band.low is None else band.low) - top)


def _edges(band: Band | None, axes: _Axes) -> tuple[str, ...]:
    ends = (band.low, band.high) if band else ()
    return tuple(number(axes.y(end)) for end in ends if end is not None)


def _running(points: Sequence[Point], last: int | None, running: int | None, axes: _Axes) -> str:
    """Dotted from the last full step to the running one."""
    if last is None or running is None:
        return ""
    return path.line([axes.xs[last], axes.xs[running]], [points[last].value, points[running].value], axes.y)


def _note(order: int, note: Annotation, axes: _Axes) -> Note:
    return Note(percent(axes.xs[note.at]), order, note.text, is_late=axes.xs[note.at] > 0.7)
