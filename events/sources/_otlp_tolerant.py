"""OTLP in JSON, judged item by item: for bodies that the fast decoder refuses.

One hostile value then costs its own item. What nests too deeply is cut out of the bytes before anything is decoded,
and whoever held it is refused for the mark that stands in its place.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from events.sources._base import Attributes, Invalid, Signal, Unreadable
from events.sources._otlp_block import Block, Item
from events.sources._otlp_json import point, record, resource_attributes, shapes, span
from events.sources._otlp_wire import Log, Metric, Number, Pair, Trace
from events.sources._tolerant import CUT, DEPTH, Bad, load, without_depth

_Kind = TypeVar("_Kind")

_UNREAD = frozenset({"body", "arrayValue", "kvlistValue"})
_SHAPES = ("sum", "gauge", "histogram", "exponentialHistogram")


class _Names(NamedTuple):
    groups: str
    parts: str
    items: str


_NAMES = {
    "logs": _Names("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": _Names("resourceMetrics", "scopeMetrics", "metrics"),
    "traces": _Names("resourceSpans", "scopeSpans", "spans"),
}


def blocks(signal: Signal, body: bytes) -> Iterator[Block]:
    """:raises Unreadable: before the first block, if the body isn't a JSON object."""
    tree = load(without_depth(body))
    if not isinstance(tree, dict):
        raise Unreadable("not a JSON object")
    return _blocks(signal, tree)


def _blocks(signal: Signal, tree: dict[str, Any]) -> Iterator[Block]:
    names = _NAMES[signal]
    for group in _children(tree, names.groups):
        resource = _resource(group)
        for part in _children(group, names.parts):
            items = _children(part, names.items)
            yield Block(resource, _items(signal, resource, _scope(part), items))


def _items(signal: Signal, resource: Attributes, scope: str, items: list[Any]) -> Iterator[Item]:
    if signal == "metrics":
        for metric in items:
            yield from _points(resource, scope, metric)
    else:
        make = _record if signal == "logs" else _span
        for item in items:
            try:
                yield make(resource, scope, item)
            except Invalid as error:
                yield error


def _record(resource: Attributes, scope: str, raw: Any) -> Item:
    return record(resource, scope, _read(raw, Log))


def _span(resource: Attributes, scope: str, raw: Any) -> Item:
    return span(resource, scope, _read(raw, Trace))


def _points(resource: Attributes, scope: str, metric: Any) -> Iterator[Item]:
    """A metric whose own fields are wrong costs all its points."""
    raw_points, header = [], metric
    if isinstance(metric, dict):
        header = {key: value for key, value in metric.items() if key not in _SHAPES}
        for key in _SHAPES:
            if isinstance(data := metric.get(key), dict):
                raw_points += _children(data, "dataPoints")
                header[key] = {**data, "dataPoints": []}
    try:
        known = _read(header, Metric)
    except Invalid as error:
        yield from [error] * max(1, len(raw_points))
        return
    for shape, data in shapes(known):
        for raw in raw_points:
            try:
                yield point(resource, scope, known.name, shape, data, _read(raw, Number))
            except Invalid as error:
                yield error


def _children(parent: Any, key: str) -> list[Any]:
    """The members of a list; something else in its place, or instead of its owner, counts as one malformed item."""
    if not isinstance(parent, dict):
        return [parent]
    value = parent.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _resource(group: Any) -> Attributes:
    resource = group.get("resource") if isinstance(group, dict) else None
    pairs = resource.get("attributes") if isinstance(resource, dict) else None
    found = []
    for pair in pairs if isinstance(pairs, list) else []:
        try:
            found.append(_read(pair, Pair))
        except Invalid:
            continue
    return resource_attributes(found)


def _scope(part: Any) -> str:
    scope = part.get("scope") if isinstance(part, dict) else None
    name = scope.get("name") if isinstance(scope, dict) else None
    return name if isinstance(name, str) else ""


def _read(raw: Any, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.convert(_usable(raw), kind)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None  # types and our own field names, nothing of the sender's


def _usable(value: Any) -> Any:
    """The value without nulls (which mean "not set") and without what no source reads.

    :raises Invalid: if anything in it, read or not, can't be used.
    """
    if isinstance(value, Bad):
        raise Invalid(value.reason)
    if value == CUT:
        raise Invalid(f"nested more than {DEPTH} levels deep")
    if isinstance(value, list):
        return [_usable(item) for item in value]
    if isinstance(value, dict):
        used = {key: _usable(item) for key, item in value.items() if item is not None}
        return {key: item for key, item in used.items() if key not in _UNREAD}
    return value
