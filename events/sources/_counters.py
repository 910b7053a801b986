"""Data points of counters as facts: a delta is one, of a cumulative series the ledger makes them."""

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from events.schema import Activity, CounterName, Event, Git, Point, Response, Suggestion
from events.sources import _fields
from events.sources._base import Attributes, DataPoint, Group, Invalid, Parsed

Counted = Response | Suggestion | Activity | Git

_LARGEST = 10.0**15
"""Of a running total: beyond it a float no longer holds every whole number."""
_END_OF_TIME_NS = 2**63
"""OTLP's times go twice as far as any integer that a series could be stored under."""
_MOST: dict[CounterName, int] = {
    "requests": _fields.COUNT, "count": _fields.COUNT, "commits": _fields.COUNT, "pull_requests": _fields.COUNT,
    "lines_added": _fields.LINES, "lines_removed": _fields.LINES,
    "active_seconds": _fields.SECONDS, "cost_usd": _fields.DOLLARS,
}  # fmt: skip
_FRACTIONS = frozenset({"active_seconds", "cost_usd"})


def id_of(point: DataPoint, counter: CounterName) -> str:
    """The natural key of what a point tells about a counter."""
    return _fields.digest(_series(point, counter), point.start_ns, point.time_ns)


def tell(parsed: Parsed, group: Group, point: DataPoint, event: Counted, counter: CounterName) -> None:
    """Add the point's value, as `counter` of `event`, which has its counters at zero. A delta of 0 tells nothing."""
    _put(parsed, group, point, event, counter)


def _put(
    parsed: Parsed, group: Group, point: DataPoint, event: Counted, counter: CounterName
) -> list[Point] | list[Event] | None:
    """The list to whose end the fact was put, if there was one."""
    if point.is_cumulative:
        value = _fields.amount(point.value, point.name, _LARGEST)
        if point.start_ns >= _END_OF_TIME_NS:
            raise Invalid("the start time is out of range")
        series = _series(point, counter)
        told = Point(series=series, start_ns=point.start_ns, at=event.at, value=value, counter=counter, event=event)
        parsed.points[group].append(told)
        return parsed.points[group]
    value = _fields.amount(point.value, point.name, _MOST.get(counter, _fields.TOKENS))
    if not value:
        return None
    setattr(event, counter, value if counter in _FRACTIONS else round(value))
    parsed.groups[group].append(event)
    return parsed.groups[group]


@dataclass
class _Net:
    """An increase told in two halves: a sum, and what of it counts elsewhere. `whole` is where the sum was put."""

    less: float = 0.0
    whole: list[Any] | None = None
    index: int = 0


@dataclass
class _Seen:
    """How often a body has told a series: the second telling of one half goes with the second of the other."""

    halves: dict[str, int] = field(default_factory=dict)

    def next(self, half: str) -> int:
        self.halves[half] = self.halves.get(half, -1) + 1
        return self.halves[half]


def tell_whole(parsed: Parsed, group: Group, point: DataPoint, event: Response, without: str) -> None:
    """Add input tokens of a tool that counts those from cache among them; `tell_part` takes these away again.

    Both halves come in one body, in any order, and differ in metric and in attribute `without` only.
    """
    net = _net(parsed, point, without, "")
    net.whole = _put(parsed, group, point, event, "input_tokens")
    net.index = len(net.whole or ()) - 1
    _take(net, net.less)


def tell_part(parsed: Parsed, point: DataPoint, half: str, without: str) -> None:
    """Take the point's value away from the input tokens of the same series."""
    value = _fields.amount(point.value, point.name, _LARGEST)
    net = _net(parsed, point, without, half)
    net.less += value
    _take(net, value)


def _take(net: _Net, value: float) -> None:
    if net.whole is None:
        return
    told = net.whole[net.index]
    if isinstance(told, Point):
        net.whole[net.index] = replace(told, value=max(0.0, told.value - value))
    else:
        told.input_tokens = max(0, told.input_tokens - round(value))


def _net(parsed: Parsed, point: DataPoint, without: str, half: str) -> _Net:
    key = ("net", _fields.series(point.resource, point.scope, "", _leave_out(point.attributes, without)))
    seen: _Seen = parsed.halves.setdefault(key, _Seen())
    net: _Net = parsed.halves.setdefault((*key, seen.next(half)), _Net())
    return net


def _leave_out(attributes: Attributes, key: str) -> Attributes:
    return {name: value for name, value in attributes.items() if name != key}


def _series(point: DataPoint, counter: CounterName) -> str:
    return _fields.digest(_fields.series(point.resource, point.scope, point.name, point.attributes), counter)
