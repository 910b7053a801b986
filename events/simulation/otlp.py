"""Writing OTLP: one description of records, points or spans, said in JSON or in protobuf."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint

Attributes = Mapping[str, str | int | float | bool]
JSON, PROTOBUF = "application/json", "application/x-protobuf"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode


class Body(NamedTuple):
    """One request: where to, in which form, and with whose key. With `headers` it proves itself, and needs none."""

    path: str
    content_type: str
    data: bytes
    sender: str
    headers: tuple[tuple[str, str], ...] = ()


class Log(NamedTuple):
    at_ns: int
    text: str
    attributes: Attributes


class Point(NamedTuple):
    name: str
    start_ns: int
    at_ns: int
    value: float
    attributes: Attributes


class Span(NamedTuple):
    name: str
    span_id: str
    start_ns: int
    end_ns: int
    attributes: Attributes


class Batch(NamedTuple):
    """What one exporter sends: items of one resource and scope."""

    resource: Attributes
    scope: str
    items: Sequence[Any]


def nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def text(value: Mapping[str, Any]) -> str:
    """JSON within an attribute, as several tools tell details."""
    return _encode(value).decode()


def logs(batches: Sequence[Batch], sender: str, is_binary: bool = False) -> Body:
    if is_binary:
        return Body("/otlp/v1/logs", PROTOBUF, _binary_logs(batches), sender)
    groups = [
        {
            "resource": {"attributes": _pairs(batch.resource)},
            "scopeLogs": [{"scope": {"name": batch.scope}, "logRecords": [_log(item) for item in batch.items]}],
        }
        for batch in batches
    ]
    return Body("/otlp/v1/logs", JSON, _encode({"resourceLogs": groups}), sender)


def metrics(
    batches: Sequence[Batch], sender: str, temporality: Literal["delta", "cumulative"], is_binary: bool = False
) -> Body:
    kind = 1 if temporality == "delta" else 2
    if is_binary:
        return Body("/otlp/v1/metrics", PROTOBUF, _binary_metrics(batches, kind), sender)
    groups = [
        {
            "resource": {"attributes": _pairs(batch.resource)},
            "scopeMetrics": [{"scope": {"name": batch.scope}, "metrics": _metrics(batch.items, kind)}],
        }
        for batch in batches
    ]
    return Body("/otlp/v1/metrics", JSON, _encode({"resourceMetrics": groups}), sender)


def traces(batches: Sequence[Batch], sender: str) -> Body:
    groups = [
        {
            "resource": {"attributes": _pairs(batch.resource)},
            "scopeSpans": [{"scope": {"name": batch.scope}, "spans": [_span(item) for item in batch.items]}],
        }
        for batch in batches
    ]
    return Body("/otlp/v1/traces", JSON, _encode({"resourceSpans": groups}), sender)


_VALUES = {str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}


def _pairs(attributes: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": {_VALUES[type(value)]: value}} for key, value in attributes.items()]


def _log(log: Log) -> dict[str, Any]:
    at = str(log.at_ns)
    return {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "body": {"stringValue": log.text},
        "attributes": _pairs(log.attributes),
    }


def _by_name(points: Sequence[Point]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.name, []).append(point)
    return found


def _metrics(points: Sequence[Point], temporality: int) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "sum": {
                "aggregationTemporality": temporality,
                "isMonotonic": True,
                "dataPoints": [
                    {
                        "attributes": _pairs(point.attributes),
                        "startTimeUnixNano": str(point.start_ns),
                        "timeUnixNano": str(point.at_ns),
                        "asDouble": point.value,
                    }
                    for point in named
                ],
            },
        }
        for name, named in _by_name(points).items()
    ]


def _span(span: Span) -> dict[str, Any]:
    return {
        "name": span.name,
        "spanId": span.span_id,
        "kind": 3,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _pairs(span.attributes),
        "status": {},
    }


# --- protobuf --------------------------------------------------------------------------------------------------------


def _binary_pairs(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: str | int | float | bool) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(double_value=value)


def _binary_logs(batches: Sequence[Batch]) -> bytes:
    request = ExportLogsServiceRequest()
    for batch in batches:
        group = request.resource_logs.add()
        group.resource.attributes.extend(_binary_pairs(batch.resource))
        scope = group.scope_logs.add()
        scope.scope.name = batch.scope
        scope.log_records.extend(
            LogRecord(
                time_unix_nano=log.at_ns,
                observed_time_unix_nano=log.at_ns,
                body=AnyValue(string_value=log.text),
                attributes=_binary_pairs(log.attributes),
            )
            for log in batch.items
        )
    return request.SerializeToString()


def _binary_metrics(batches: Sequence[Batch], temporality: int) -> bytes:
    request = ExportMetricsServiceRequest()
    for batch in batches:
        group = request.resource_metrics.add()
        group.resource.attributes.extend(_binary_pairs(batch.resource))
        scope = group.scope_metrics.add()
        scope.scope.name = batch.scope
        for name, named in _by_name(batch.items).items():
            metric = scope.metrics.add()
            metric.name = name
            metric.sum.is_monotonic = True
            metric.sum.aggregation_temporality = temporality  # type: ignore[assignment]
            metric.sum.data_points.extend(
                NumberDataPoint(
                    start_time_unix_nano=point.start_ns,
                    time_unix_nano=point.at_ns,
                    as_double=point.value,
                    attributes=_binary_pairs(point.attributes),
                )
                for point in named
            )
    return request.SerializeToString()
