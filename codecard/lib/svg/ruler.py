"""The one glyph: track, healthy range with edge ticks, 95 % interval, the period before (tick), this period (dot)."""

from __future__ import annotations

from dataclasses import dataclass

from codecard.lib.reading import Band, Reading
from codecard.lib.svg.scale import AnyScale, Label, percent, scale_of, tick_text, ticks_of


@dataclass(frozen=True, slots=True)
class Segment:
    """A horizontal stretch, in percent."""

    x: str
    width: str

    @classmethod
    def between(cls, start: float, end: float) -> Segment:
        return cls(percent(start), percent(max(0.0, end - start)))


@dataclass(frozen=True, slots=True)
class Ruler:
    band: Segment | None
    edges: tuple[str, ...]
    interval: Segment | None
    previous: str
    tail: tuple[str, str] | None
    now: str
    mark: str  # class of the dot: "" | warn | few
    ticks: tuple[Label, ...]


def ruler(reading: Reading) -> Ruler:
    """An empty reading gives the empty state: the range, and no dot."""
    scale = scale_of(reading.unit, *reading.domain)
    now = None if reading.value is None else scale.ratio(reading.value)
    before = None if reading.previous is None or now is None else scale.ratio(reading.previous)
    return Ruler(
        band=_band(reading.band, scale),
        edges=_edges(reading.band, scale),
        interval=None if now is None else _interval(reading.interval, scale),
        previous="" if before is None else percent(before),
        tail=None if before is None or now is None else (percent(before), percent(now)),
        now="" if now is None else percent(now),
        mark=_mark(reading),
        ticks=_ticks(reading, scale),
    )


def _ticks(reading: Reading, scale: AnyScale) -> tuple[Label, ...]:
    """Those that fit between the ends, every other one for phones."""
    values = [one for one in ticks_of(reading.unit, *reading.domain) if scale.low <= one <= scale.high]
    return tuple(_tick(one, scale, reading, is_minor=i % 2 == 1) for i, one in enumerate(values))


def _tick(value: float, scale: AnyScale, reading: Reading, *, is_minor: bool) -> Label:
    at = scale.ratio(value)
    anchor = "start" if at < 0.02 else "end" if at > 0.98 else "middle"
    return Label(percent(at), tick_text(value, reading.unit), anchor, is_minor)


def _mark(reading: Reading) -> str:
    if reading.is_few:
        return "few"
    return "warn" if reading.verdict.kind == "warn" else ""


def _interval(interval: tuple[float, float] | None, scale: AnyScale) -> Segment | None:
    return Segment.between(scale.ratio(interval[0]), scale.ratio(interval[1])) if interval else None


def _band(band: Band | None, scale: AnyScale) -> Segment | None:
    if band is None:
        return None
    low = 0.0 if band.low is None else scale.ratio(band.low)
    return Segment.between(low, 1.0 if band.high is None else scale.ratio(band.high))


def _edges(band: Band | None, scale: AnyScale) -> tuple[str, ...]:
    ends = (band.low, band.high) if band else ()
    return tuple(percent(scale.ratio(end)) for end in ends if end is not None)
