"""A time axis whose long silences are folded: gaps in which nothing happens anywhere (nights, weekends) take a fixed
small width, whatever their length. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from codecard.lib.svg.scale import percent

LEFT: Final = 0.02
RIGHT: Final = 0.975
FOLD: Final = 0.035
MOST_FOLDS: Final = 12
SHORTEST_FOLDED: Final = timedelta(minutes=45)
SILENCE: Final = 0.22
"""A gap that takes more than this share of what is left of the time is folded."""
CLOSEST_LABELS: Final = 0.085
_STEPS: Final = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the axis: from time to time, drawn from place to place (0 to 1)."""

    start: datetime
    end: datetime
    left: float
    right: float
    is_folded: bool

    def place(self, at: datetime) -> float:
        span = (self.end - self.start).total_seconds()
        share = (at - self.start).total_seconds() / span if span > 0 else 0.0
        return self.left + (self.right - self.left) * share


@dataclass(frozen=True, slots=True)
class TimeAxis:
    pieces: tuple[Piece, ...]

    def place(self, at: datetime) -> float:
        """Times outside are drawn at the ends."""
        first, last = self.pieces[0], self.pieces[-1]
        at = min(max(at, first.start), last.end)
        return next(piece for piece in self.pieces if at <= piece.end).place(at)


def time_axis(times: Sequence[datetime], *, left: float = LEFT, right: float = RIGHT) -> TimeAxis:
    """The axis on which these times lie. Strictly rising: of two times the later one is never further left.

    :raises ValueError: without a time.
    """
    moments = sorted(set(times))
    if not moments:
        raise ValueError("an axis needs a time")
    if len(moments) == 1:
        moments = [moments[0] - timedelta(minutes=1), moments[0] + timedelta(minutes=1)]
    folded = _folded(moments)
    seconds = sum((end - start).total_seconds() for start, end in pairwise(moments) if (start, end) not in folded)
    room = right - left - FOLD * len(folded)
    pieces: list[Piece] = []
    at = left
    for start, end in _runs(moments, folded):
        is_folded = (start, end) in folded
        wide = FOLD if is_folded else room * (end - start).total_seconds() / seconds if seconds else room
        pieces.append(Piece(start, end, at, at + wide, is_folded))
        at += wide
    return TimeAxis(tuple(pieces))


def _folded(moments: Sequence[datetime]) -> set[tuple[datetime, datetime]]:
    """The longest gaps, one after the other, as long as each is long beside what would be left."""
    gaps = sorted(pairwise(moments), key=lambda gap: gap[0] - gap[1])
    left, found = moments[-1] - moments[0], set[tuple[datetime, datetime]]()
    for gap in gaps[:MOST_FOLDS]:
        size = gap[1] - gap[0]
        # One gap must stay, or there is nothing to draw by scale.
        if size < SHORTEST_FOLDED or size < left * SILENCE or len(found) == len(gaps) - 1:
            break
        found.add(gap)
        left -= size
    return found


def _runs(moments: Sequence[datetime], folded: set[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Folded gaps, and what lies between them as one."""
    runs: list[tuple[datetime, datetime]] = []
    is_open = False
    for gap in pairwise(moments):
        if gap in folded or not is_open:
            runs.append(gap)
        else:
            runs[-1] = (runs[-1][0], gap[1])
        is_open = gap not in folded
    return runs


@dataclass(frozen=True, slots=True)
class Tick:
    text_x: str
    line_x: str
    text: str
    day: str
    """Where another day begins."""
    anchor: str


class _Label(NamedTuple):
    x: float
    text: str
    day: str


def ticks_of(axis: TimeAxis, zone: ZoneInfo) -> list[Tick]:
    """The time at which each piece begins, round times in between, and the day wherever another one begins."""
    open_pieces = [piece for piece in axis.pieces if not piece.is_folded]
    labels = [_label(piece.left, piece.start, zone) for piece in open_pieces]
    end = axis.pieces[-1].right - 0.02
    for at in (at for piece in open_pieces for at in _round_times(piece, zone)):
        x = axis.place(at)
        if x <= end and all(abs(x - one.x) >= CLOSEST_LABELS for one in labels):
            labels.append(_label(x, at, zone))
    return _spaced(sorted(labels))


def _label(x: float, at: datetime, zone: ZoneInfo) -> _Label:
    local = at.astimezone(zone)
    return _Label(x, f"{local:%H:%M}", f"{local:%a} {local.day} {local:%b}")


def _spaced(labels: list[_Label]) -> list[Tick]:
    kept: list[Tick] = []
    day, last_text, last_day = "", -1.0, -1.0
    for label in labels:
        is_new_day, text = label.day != day, label.text
        shown_day = label.day if is_new_day and label.x - last_day >= CLOSEST_LABELS * 1.1 else ""
        if label.x - last_text < CLOSEST_LABELS * 0.7:
            text = ""
        if text:
            last_text = label.x
        if shown_day:
            day, last_day = label.day, label.x
        anchor = "start" if label.x < CLOSEST_LABELS / 2 else "middle"
        kept.append(Tick(percent(0 if anchor == "start" else label.x), percent(label.x), text, shown_day, anchor))
    return kept


def _round_times(piece: Piece, zone: ZoneInfo) -> list[datetime]:
    """At most one per `CLOSEST_LABELS`: quarter hours, full hours, whatever fits."""
    span, room = piece.end - piece.start, (piece.right - piece.left) / CLOSEST_LABELS
    step = next((one for one in _STEPS if span / one <= max(room, 1)), _STEPS[-1])
    local = piece.start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (local.replace(tzinfo=None) - midnight.replace(tzinfo=None)) // step + 1
    first = (midnight.replace(tzinfo=None) + passed * step).replace(tzinfo=zone)
    return [at for i in range(60) if (at := (first.replace(tzinfo=None) + i * step).replace(tzinfo=zone)) < piece.end]
