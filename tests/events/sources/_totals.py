"""What fixtures tell, summed as the ledger would: per channel, with cumulative series taken as their increases."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from events.schema import CounterName, Event, Fact, Point
from events.sources._base import Context, Parsed, Signal
from events.sources._otlp import parse

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTEXT = Context(path_key=b"a key of an organization, 32 long")
COUNTERS = (*get_args(CounterName), "pushes")

Totals = dict[str, Counter[tuple[str, str | None, str]]]


def read(name: str, signal: Signal) -> Parsed:
    return parse(signal, (FIXTURES / f"{name}.{signal}.json").read_bytes(), "json", CONTEXT)


def events(parsed: Parsed, kind: type[Fact]) -> list[Event]:
    return [event for event in parsed.events() if isinstance(event, kind)]


def totals(*bodies: Parsed) -> Totals:
    """By channel, then by kind, model and counter; counters of 0 are left out."""
    found: Totals = defaultdict(Counter)
    for body in bodies:
        for group, told in body.groups.items():
            for event in told:
                _add(found[group.channel.name], event, {name: getattr(event, name, 0) or 0 for name in COUNTERS})
    for channel, points in _points(bodies).items():
        for event, counter, increase in increases(points):
            _add(found[channel], event, {counter: increase})
    return found


def increases(points: Iterable[Point]) -> Iterable[tuple[Event, str, float]]:
    series: dict[tuple[str, int], list[Point]] = defaultdict(list)
    for point in points:
        series[point.series, point.start_ns].append(point)
    for told in series.values():
        before = 0.0
        for point in sorted(told, key=lambda point: point.at):
            assert point.value >= before
            yield point.event, point.counter, point.value - before
            before = point.value


def _points(bodies: Iterable[Parsed]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = defaultdict(list)
    for body in bodies:
        for group, points in body.points.items():
            found[group.channel.name] += points
    return found


def _add(found: Counter[tuple[str, str | None, str]], event: Event, counts: dict[str, float]) -> None:
    for counter, count in counts.items():
        if count:
            found[type(event).__name__, event.model, counter] += round(count)
