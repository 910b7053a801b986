"""OTLP in JSON: typed structs to items. The tolerant path makes its items here too, from structs it made one by one."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from events.sources._base import Attributes, DataPoint, Invalid, Record, Signal, Span
from events.sources._fields import UINT64, finite, nanoseconds, whole
from events.sources._otlp_block import NO_VALUE, Block, Item, Shape, is_cumulative, is_error
from events.sources._otlp_wire import NOTHING, Data, Log, Logs, Metric, Metrics, Number, Pair, Trace, Traces, Value
from events.sources._tolerant import DEPTH, is_deeper

_LONGEST_INTEGER = 20  # digits and sign of 64 bits


class Refused(ValueError):
    """The fast decoder can't read the body; the tolerant one may. The text says where it stopped."""


def blocks(signal: Signal, body: bytes) -> Iterator[Block]:
    """:raises Refused: before the first block."""
    decoder, read = _READERS[signal]
    try:
        tree = decoder.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(str(error)) from None
    return read(tree)


def _logs(tree: Logs) -> Iterator[Block]:
    for group in tree.resource_logs:
        resource = resource_attributes(group.resource.attributes)
        for part in group.scope_logs:
            yield Block(resource, map(partial(record, resource, part.scope.name), part.log_records))


def _metrics(tree: Metrics) -> Iterator[Block]:
    for group in tree.resource_metrics:
        resource = resource_attributes(group.resource.attributes)
        for part in group.scope_metrics:
            yield Block(resource, _points(resource, part.scope.name, part.metrics))


def _traces(tree: Traces) -> Iterator[Block]:
    for group in tree.resource_spans:
        resource = resource_attributes(group.resource.attributes)
        for part in group.scope_spans:
            yield Block(resource, map(partial(span, resource, part.scope.name), part.spans))


_READERS: dict[str, tuple[Decoder[Any], Callable[[Any], Iterator[Block]]]] = {
    "logs": (Decoder(Logs), _logs),
    "metrics": (Decoder(Metrics), _metrics),
    "traces": (Decoder(Traces), _traces),
}


def record(resource: Attributes, scope: str, log: Log) -> Item:
    try:
        _refuse_deep(log.body)
        pairs = attributes(log.attributes)
        name = pairs.get("event.name")
        return Record(
            resource,
            scope,
            name if isinstance(name, str) else log.event_name,
            nanoseconds(log.time_unix_nano, "timeUnixNano"),
            nanoseconds(log.observed_time_unix_nano, "observedTimeUnixNano"),
            pairs,
        )
    except Invalid as error:
        return error


def span(resource: Attributes, scope: str, trace: Trace) -> Item:
    try:
        return Span(
            resource,
            scope,
            trace.name,
            trace.span_id,
            nanoseconds(trace.start_time_unix_nano, "startTimeUnixNano"),
            nanoseconds(trace.end_time_unix_nano, "endTimeUnixNano"),
            is_error(trace.status.code),
            attributes(trace.attributes),
        )
    except Invalid as error:
        return error


def _points(resource: Attributes, scope: str, metrics: Iterable[Metric]) -> Iterator[Item]:
    for metric in metrics:
        for shape, data in shapes(metric):
            yield from map(partial(point, resource, scope, metric.name, shape, data), data.data_points)


def shapes(metric: Metric) -> Iterator[tuple[Shape, Data]]:
    """The data of a metric: one in what real senders send. A summary has no field: nothing can be made of it."""
    if metric.sum:
        yield "sum", metric.sum
    if metric.gauge:
        yield "gauge", metric.gauge
    for data in (metric.histogram, metric.exponential_histogram):
        if data:
            yield "histogram", data


def point(resource: Attributes, scope: str, name: str, shape: Shape, data: Data, number: Number) -> Item:
    try:
        if whole(number.flags, "flags", UINT64 - 1) & NO_VALUE:
            return None
        return DataPoint(
            resource,
            scope,
            name,
            shape,
            is_cumulative(shape, data.aggregation_temporality),
            nanoseconds(number.start_time_unix_nano, "startTimeUnixNano"),
            nanoseconds(number.time_unix_nano, "timeUnixNano"),
            _value(shape, number),
            whole(number.count, "count", UINT64 - 1),
            attributes(number.attributes),
        )
    except Invalid as error:
        return error


def _value(shape: Shape, number: Number) -> float:
    if shape == "histogram":
        return 0.0 if number.sum is None else finite(number.sum, "sum")
    value = number.as_double if number.as_int is None else number.as_int
    if value is None:
        raise Invalid("the data point has no value")
    return finite(value, "value")


def attributes(pairs: Iterable[Pair]) -> dict[str, Any]:
    """:raises Invalid: if a value nests too deeply."""
    return {
        pair.key: value.string_value if (value := pair.value).string_value is not None else _scalar(value)
        for pair in pairs
    }


def resource_attributes(pairs: Iterable[Pair]) -> dict[str, Any]:
    """Of a resource only the attributes that can't be used are left out: its items may well be good."""
    found: dict[str, Any] = {}
    for pair in pairs:
        try:
            found[pair.key] = attributes([pair])[pair.key]
        except Invalid:
            continue
    return found


def _scalar(value: Value) -> Any:
    """An int, float or bool; None for a list, a map, bytes, or nothing. An int that isn't one stays text."""
    whole_number = value.int_value
    if whole_number is not None:
        return _integer(whole_number) if isinstance(whole_number, str) else whole_number
    if value.double_value is not None:
        return value.double_value
    if value.bool_value is not None:
        return value.bool_value
    _refuse_deep(value.array_value)
    _refuse_deep(value.kvlist_value)
    return None


def _integer(digits: str) -> int | str:
    is_integer = len(digits) <= _LONGEST_INTEGER and digits.isascii() and digits.removeprefix("-").isdigit()
    return int(digits) if is_integer else digits


def _refuse_deep(raw: Raw) -> None:
    if raw is not NOTHING and is_deeper(bytes(raw), DEPTH):
        raise Invalid(f"nested more than {DEPTH} levels deep")
