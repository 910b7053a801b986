"""Bars: stacked by step, one stacked line of shares, and single horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codecard.lib.formats import Unit, quantity, tick
from codecard.lib.svg.scale import Label, Scale, axis_labels, nice_ticks, number, percent

GAP = 1.2  # pixels between the parts of a column


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of part. ``colour`` is 1–6, fixed per meaning; 0 is neutral grey."""

    name: str
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One step; ``values`` in the order of the series, bottom first. None where nothing is known or may be shown."""

    label: str
    values: Sequence[float] | None
    short: str = ""
    is_running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    slug: str
    title: str
    description: str
    series: Sequence[Series]
    columns: Sequence[Column]
    unit: Unit = Unit.TOKENS
    step_name: str = "Week"
    height: int = 160
    labels: int = 4  # most texts under the axis

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of the table twin; chart.js reads it for the pointer."""
        has_total = len(self.series) > 1
        heads = [self.step_name, *(series.name for series in self.series), *(["Total"] if has_total else [])]
        return heads, [self._row(column, has_total) for column in self.columns]

    def _row(self, column: Column, has_total: bool) -> list[str]:
        label = column.label + (" (running)" if column.is_running else "")
        if column.values is None:
            return [label, *["–"] * (len(self.series) + has_total)]
        values = [*column.values, *([sum(column.values)] if has_total else [])]
        return [label, *(quantity(value, self.unit) for value in values)]


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    css: str


@dataclass(frozen=True, slots=True)
class BarPlot:
    height: int
    top: int
    bottom: int
    ticks: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    xs: str


def bar_plot(chart: BarChart) -> BarPlot:
    columns, top, bottom = chart.columns, 10, chart.height - 26
    most = max((sum(column.values or ()) for column in columns), default=0.0)
    ticks = nice_ticks(0.0, most or 1.0, target=4)
    scale, slot = Scale(ticks[0], ticks[-1]), 1 / max(1, len(columns))
    xs = [(i + 0.5) * slot for i in range(len(columns))]

    def y(value: float) -> float:
        return bottom - scale.ratio(value) * (bottom - top)

    width = min(slot * 0.64, 0.09)
    return BarPlot(
        height=chart.height,
        top=top,
        bottom=bottom,
        ticks=tuple((number(y(value)), tick(value, chart.unit)) for value in ticks),
        bars=tuple(
            Bar(percent(xs[i] - width / 2), y_text, percent(width), height, css)
            for i, column in enumerate(columns)
            for y_text, height, css in _stack(column, chart.series, scale, bottom - top, bottom)
        ),
        labels=_labels([column.short or column.label for column in columns], xs, chart.labels),
        xs=" ".join(number(x * 100) for x in xs),
    )


def _stack(
    column: Column, series: Sequence[Series], scale: Scale, room: int, bottom: int
) -> list[tuple[str, str, str]]:
    parts, at = [], float(bottom)
    for value, kind in zip(column.values or (), series, strict=False):
        height = scale.ratio(value) * room
        if height > 0:
            parts.append((number(at - height), number(max(height - GAP, 0.6)), _css(kind, column)))
        at -= height
    return parts


def _css(kind: Series, column: Column) -> str:
    return f"k{kind.colour} part" if column.is_running else f"k{kind.colour}"


def _labels(texts: Sequence[str], xs: Sequence[float], most: int) -> tuple[Label, ...]:
    """Under a wide column a text has room on both sides; under a thin one at an edge it has to lean inwards."""
    labels = axis_labels(texts, xs, most)
    return labels if len(xs) > 8 else tuple(Label(label.x, label.text, "middle", label.is_minor) for label in labels)


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a whole."""

    name: str
    value: float
    colour: int


@dataclass(frozen=True, slots=True)
class ShareBar:
    bars: tuple[Bar, ...]
    total: float


def share_bar(slices: Sequence[Slice], *, gap: float = 0.0035) -> ShareBar:
    """Parts of a whole side by side over the full width. A part that exists is seen, however small it is."""
    total = sum(part.value for part in slices)
    bars, at = [], 0.0
    for part in slices:
        width = part.value / total if total else 0.0
        if width > 0:
            bars.append(Bar(percent(at), "0", percent(max(width - gap, 0.002)), "10", f"k{part.colour}"))
        at += width
    return ShareBar(tuple(bars), total)
