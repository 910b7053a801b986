"""OTLP in protobuf, by the published messages. Field access is what costs, so each field is read once, if at all."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from events.sources._base import Attributes, DataPoint, Invalid, Record, Signal, Span, Unreadable
from events.sources._fields import finite
from events.sources._otlp_block import NO_VALUE, Block, Item, Shape, is_cumulative, is_error

_SHAPES: dict[str, Shape] = {
    "sum": "sum",
    "gauge": "gauge",
    "histogram": "histogram",
    "exponential_histogram": "histogram",
}
_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


def blocks(signal: Signal, body: bytes) -> Iterator[Block]:
    """:raises Unreadable: before the first block."""
    message, read = _READERS[signal]
    try:
        tree = message.FromString(body)
    except (DecodeError, ValueError, RecursionError):
        raise Unreadable(f"not a protobuf {message.DESCRIPTOR.name}") from None
    return read(tree)


def _logs(tree: Any) -> Iterator[Block]:
    for group in tree.resource_logs:
        resource = _attributes(group.resource.attributes)
        for part in group.scope_logs:
            yield Block(resource, map(partial(_record, resource, part.scope.name), part.log_records))


def _metrics(tree: Any) -> Iterator[Block]:
    for group in tree.resource_metrics:
        resource = _attributes(group.resource.attributes)
        for part in group.scope_metrics:
            yield Block(resource, _points(resource, part.scope.name, part.metrics))


def _traces(tree: Any) -> Iterator[Block]:
    for group in tree.resource_spans:
        resource = _attributes(group.resource.attributes)
        for part in group.scope_spans:
            yield Block(resource, map(partial(_span, resource, part.scope.name), part.spans))


_READERS: dict[str, tuple[Any, Callable[[Any], Iterator[Block]]]] = {
    "logs": (ExportLogsServiceRequest, _logs),
    "metrics": (ExportMetricsServiceRequest, _metrics),
    "traces": (ExportTraceServiceRequest, _traces),
}


def _record(resource: Attributes, scope: str, log: Any) -> Item:
    attributes = _attributes(log.attributes)
    name = attributes.get("event.name")
    if not isinstance(name, str):
        name = log.event_name
    return Record(resource, scope, name, log.time_unix_nano, log.observed_time_unix_nano, attributes)


def _span(resource: Attributes, scope: str, span: Any) -> Item:
    return Span(
        resource,
        scope,
        span.name,
        span.span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        is_error(span.status.code),
        _attributes(span.attributes),
    )


def _points(resource: Attributes, scope: str, metrics: Any) -> Iterator[Item]:
    for metric in metrics:
        kind = metric.WhichOneof("data")
        shape = _SHAPES.get(kind)
        if shape is not None:
            data = getattr(metric, kind)
            temporality = 0 if shape == "gauge" else data.aggregation_temporality
            yield from map(partial(_point, resource, scope, metric.name, shape, temporality), data.data_points)


def _point(resource: Attributes, scope: str, name: str, shape: Shape, temporality: int, number: Any) -> Item:
    if number.flags & NO_VALUE:
        return None
    try:
        return DataPoint(
            resource,
            scope,
            name,
            shape,
            is_cumulative(shape, temporality),
            number.start_time_unix_nano,
            number.time_unix_nano,
            _value(shape, number),
            number.count if shape == "histogram" else 0,
            _attributes(number.attributes),
        )
    except Invalid as error:
        return error


def _value(shape: Shape, number: Any) -> float:
    if shape == "histogram":
        return finite(number.sum, "sum")
    kind = number.WhichOneof("value")
    if kind is None:
        raise Invalid("the data point has no value")
    return finite(getattr(number, kind), "value")


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: (value := pair.value).string_value or _scalar(value) for pair in pairs}


def _scalar(value: Any) -> Any:
    """Text, int, float or bool; None for a list, a map, bytes, or nothing."""
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind in _SCALARS else None
