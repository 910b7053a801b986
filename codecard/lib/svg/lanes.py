"""Swim lanes: what happened when, one lane per kind of thing, over a time axis whose long silences are folded.

Three days with forty prompts stay readable by two means. Gaps in which nothing happens anywhere (nights, weekends) take
a fixed small width, whatever their length. And marks of a lane that would overlap become one mark with a count, so that
no two overlap at the width of `NARROWEST` pixels or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from codecard.lib.formats import counted, duration
from codecard.lib.svg.scale import number, percent
from codecard.lib.svg.time_axis import RIGHT, Piece, Tick, TimeAxis, ticks_of, time_axis

NARROWEST: Final = 640
"""Pixels of the picture; narrower windows scroll it."""
LANE: Final = 34
TOP: Final = 38
"""Pixels for the texts of flags, and below them of folds."""
RIGHT_BEFORE_AFTER: Final = 0.815
"""Where time ends if something is drawn that came later."""
AFTER: Final = (0.86, 0.14)
LONGEST_STRETCH_WORDS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing at one time. `kind` decides its look; `href` is where it is told in full."""

    lane: int
    at: datetime
    kind: str
    words: str
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Something that lasted from `start` to `end`. `text` is written into it where there is room."""

    lane: int
    start: datetime
    end: datetime
    kind: str
    words: str
    text: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A line through all lanes: opened, merged."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What came after all of it, at the right: a defect. `path`: the moments that it is traced back along, the first
    one first."""

    lag: str
    text: str
    words: str
    href: str = ""
    path: Sequence[tuple[int, datetime]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChart:
    slug: str
    title: str
    description: str
    lanes: Sequence[str]
    zone: ZoneInfo
    moments: Sequence[Moment] = ()
    stretches: Sequence[Stretch] = ()
    flags: Sequence[Flag] = ()
    late: Sequence[Late] = ()

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of the table twin: everything in the picture, by time."""
        told = [(one.at, one.lane, one.words) for one in self.moments]
        told += [(one.start, one.lane, one.words) for one in self.stretches]
        rows = [
            [f"{at.astimezone(self.zone):%a %d %b %H:%M}", self.lanes[lane], words] for at, lane, words in sorted(told)
        ]
        return ["When", "Lane", "What"], rows + [[one.lag, "Defect", one.words] for one in self.late]


# --- marks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of a lane, of one moment or of several that would overlap. `half`: half its width, as a share."""

    lane: int
    x: float
    half: float
    kind: str
    count: int
    words: str
    href: str
    holds: tuple[Moment, ...]

    @property
    def cx(self) -> str:
        return percent(self.x)

    @property
    def y(self) -> int:
        return middle_of(self.lane)

    @property
    def width(self) -> float:
        """Pixels of a mark with a count."""
        return self.half * 2 * NARROWEST

    @property
    def left(self) -> str:
        return number(-self.width / 2)


def middle_of(lane: int) -> int:
    return TOP + LANE * lane + LANE // 2


def merged(moments: Sequence[Moment], axis: TimeAxis, zone: ZoneInfo) -> list[Mark]:
    """The marks of one lane, from left to right; none overlaps the next at `NARROWEST` pixels."""
    heaps: list[list[Moment]] = []
    for moment in sorted(moments, key=lambda one: one.at):
        heaps.append([moment])
        # One that grew may reach the one before it in turn.
        while len(heaps) > 1 and _overlap(heaps[-2], heaps[-1], axis):
            last = heaps.pop()
            heaps[-1] += last
    return [_mark(heap, axis, zone) for heap in heaps]


def _overlap(one: Sequence[Moment], other: Sequence[Moment], axis: TimeAxis) -> bool:
    return _middle(one, axis) + _half(one) > _middle(other, axis) - _half(other)


def _middle(heap: Sequence[Moment], axis: TimeAxis) -> float:
    return (axis.place(heap[0].at) + axis.place(heap[-1].at)) / 2


def _half(heap: Sequence[Moment]) -> float:
    """A dot of 12 pixels, or a pill as wide as its number; one pixel of air on both sides."""
    pixels = 14 if len(heap) == 1 else 15 + 7 * len(str(len(heap)))
    return pixels / 2 / NARROWEST


def _mark(heap: Sequence[Moment], axis: TimeAxis, zone: ZoneInfo) -> Mark:
    first, last = heap[0], heap[-1]
    kinds = {one.kind for one in heap}
    kind = first.kind if len(kinds) == 1 else "mixed"
    words = first.words if len(heap) == 1 else f"{_tally(heap)}, {_clock(first.at, zone)} to {_clock(last.at, zone)}"
    return Mark(first.lane, _middle(heap, axis), _half(heap), kind, len(heap), words, first.href, tuple(heap))


def _tally(heap: Sequence[Moment]) -> str:
    """Things are counted, outcomes follow their number. The number that the picture prints stands first."""
    counts: dict[str, int] = {}
    for one in heap:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    told = [counted(n, k) if k in ("prompt", "commit") else f"{n} {k.replace('_', ' ')}" for k, n in counts.items()]
    return f"{len(heap)} together: {', '.join(told)}" if len(told) > 1 else told[0]


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


# --- the picture -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    width: str
    y: int
    css: str
    words: str
    text: str
    middle: str
    href: str


@dataclass(frozen=True, slots=True)
class Fold:
    x: str
    left: str
    width: str
    text: str


@dataclass(frozen=True, slots=True)
class FlagMark:
    x: str
    text: str
    is_late: bool
    """Its text stands to the left of it."""


@dataclass(frozen=True, slots=True)
class LateMark:
    x: str
    y: int
    lag: str
    text: str
    words: str
    href: str
    path: str
    """In a viewBox of 1000 by the height."""


@dataclass(frozen=True, slots=True)
class LanePlot:
    height: int
    bottom: int
    end: str
    """Where the lanes end."""
    names: tuple[tuple[int, str], ...]
    lines: tuple[int, ...]
    marks: tuple[tuple[Mark, ...], ...]
    """By lane."""
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    folds: tuple[Fold, ...]
    flags: tuple[FlagMark, ...]
    late: tuple[LateMark, ...]
    after: tuple[str, str] | None


def lane_plot(chart: LaneChart) -> LanePlot | None:
    """None where nothing has a time."""
    times = [*(one.at for one in chart.moments), *(one.at for one in chart.flags)]
    times += [at for one in chart.stretches for at in (one.start, one.end)]
    if not times:
        return None
    axis = time_axis(times, right=RIGHT_BEFORE_AFTER if chart.late else RIGHT)
    bottom = TOP + LANE * len(chart.lanes)
    return LanePlot(
        height=bottom + 36,
        bottom=bottom,
        end=percent(0.845 if chart.late else 1),
        names=tuple((middle_of(lane) + 4, name) for lane, name in enumerate(chart.lanes)),
        lines=tuple(TOP + LANE * (lane + 1) for lane in range(len(chart.lanes))),
        marks=tuple(
            tuple(merged([one for one in chart.moments if one.lane == lane], axis, chart.zone))
            for lane in range(len(chart.lanes))
        ),
        bars=tuple(_bars(chart, axis)),
        ticks=tuple(ticks_of(axis, chart.zone)),
        folds=tuple(
            Fold(percent((one.left + one.right) / 2), percent(one.left), percent(one.right - one.left), _gap(one))
            for one in axis.pieces
            if one.is_folded
        ),
        flags=tuple(_flags(chart.flags, axis)),
        late=tuple(_late(chart.late, axis)),
        after=(percent(AFTER[0]), percent(AFTER[1])) if chart.late else None,
    )


def _gap(piece: Piece) -> str:
    seconds = (piece.end - piece.start).total_seconds()
    return duration(round(seconds / 3600) * 3600 if seconds >= 3600 else round(seconds / 60) * 60)


def _bars(chart: LaneChart, axis: TimeAxis) -> list[Bar]:
    """Stretches of a lane that would overlap become one."""
    found: list[Bar] = []
    for lane in range(len(chart.lanes)):
        heaps: list[tuple[float, float, list[Stretch]]] = []
        for one in sorted((s for s in chart.stretches if s.lane == lane), key=lambda one: one.start):
            left = axis.place(one.start)
            right = max(axis.place(one.end), left + 6 / NARROWEST)
            if heaps and heaps[-1][1] > left + 1e-9 and heaps[-1][2][0].kind == one.kind:
                heaps[-1] = (heaps[-1][0], max(heaps[-1][1], right), [*heaps[-1][2], one])
            else:
                heaps.append((max(left, heaps[-1][1]) if heaps else left, right, [one]))
        found += [_bar(lane, left, max(right, left), heap) for left, right, heap in heaps]
    return found


def _bar(lane: int, left: float, right: float, heap: list[Stretch]) -> Bar:
    words = "; ".join(one.words for one in heap[:LONGEST_STRETCH_WORDS])
    if len(heap) > LONGEST_STRETCH_WORDS:
        words += f"; and {len(heap) - LONGEST_STRETCH_WORDS} more"
    text = heap[0].text if len(heap) == 1 and (right - left) * NARROWEST > 7 * len(heap[0].text) else ""
    return Bar(
        percent(left), percent(right - left), middle_of(lane) - 7, f"sp-{heap[0].kind}", words, text,
        percent((left + right) / 2), heap[0].href,
    )  # fmt: skip


def _flags(flags: Sequence[Flag], axis: TimeAxis) -> list[FlagMark]:
    """Texts of flags that are close are joined; at the right end they stand to the left."""
    placed: list[tuple[float, str]] = []
    for flag in sorted(flags, key=lambda one: one.at):
        x = axis.place(flag.at)
        if placed and x - placed[-1][0] < 0.012:
            placed[-1] = (placed[-1][0], f"{placed[-1][1]}, {flag.text}")
        else:
            placed.append((x, flag.text))
    marks = []
    for index, (x, text) in enumerate(placed):
        following = placed[index + 1][0] if index + 1 < len(placed) else 1.0
        has_room = following - x > (len(text) * 6.4 + 12) / NARROWEST
        marks.append(FlagMark(percent(x), text, is_late=not has_room or x > 0.7))
    return marks


def _late(late: Sequence[Late], axis: TimeAxis) -> list[LateMark]:
    x, found = AFTER[0] + AFTER[1] / 2, []
    step = LANE * 2
    for index, one in enumerate(late):
        y = TOP + 40 + step * index if len(late) > 1 else TOP + 102
        points = [(axis.place(at), middle_of(lane)) for lane, at in one.path]
        path = _curve([*points, (x - 0.022, y)]) if points else ""
        found.append(LateMark(percent(x), y, one.lag, one.text, one.words, one.href, path))
    return found


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Through all points, leaving and reaching each one levelly."""
    start = points[0]
    path = f"M{number(start[0] * 1000)} {number(start[1])}"
    for (x0, y0), (x1, y1) in pairwise(points):
        half = (x0 + x1) / 2
        path += (
            f"C{number(half * 1000)} {number(y0)} {number(half * 1000)} {number(y1)} {number(x1 * 1000)} {number(y1)}"
        )
    return path
