"""What the tests of ingestion share: bodies as clients write them, sent through all of the product's middleware."""

import base64
import json
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

FIXTURES = Path(__file__).parents[2] / "fixtures"
JSON, PROTOBUF, LINES = "application/json", "application/x-protobuf", "application/x-ndjson"
EVENTS = "/api/v1/events"
OTLP_PATHS = tuple(f"/otlp/v1/{signal}" for signal in ("logs", "metrics", "traces"))
INGEST_PATHS = (EVENTS, *OTLP_PATHS)
MESSAGES: dict[str, Any] = {
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "traces": ExportTraceServiceRequest,
}
EMPTY = {
    "/api/v1/events": b"[]",
    "/otlp/v1/logs": b'{"resourceLogs": []}',
    "/otlp/v1/metrics": b'{"resourceMetrics": []}',
    "/otlp/v1/traces": b'{"resourceSpans": []}',
}
_AT = timezone.now().replace(microsecond=0) - timedelta(hours=2)
AT_ISO = _AT.isoformat()
AT_NS = str(int(_AT.timestamp()) * 1_000_000_000)
_IDS = ("traceId", "spanId", "parentSpanId")


def post(path: str, body: Any, key: str = "", content_type: str = JSON, **headers: str) -> Any:
    """`body`: bytes as they are, anything else as JSON. An exception that no one handles fails the test."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    if key:
        headers = {"Authorization": f"Bearer {key}", **headers}
    if not raw:  # of an empty body the test client tells no type
        headers = {"Content-Type": content_type, **headers}
    return Client().generic("POST", path, raw, content_type=content_type, headers=headers)


def event(name: str = "e1", kind: str = "response", **fields: Any) -> dict[str, Any]:
    common = {"kind": kind, "id": name, "at": AT_ISO, "tool": "my-assistant", "session": "s1"}
    amounts = {"model": "claude-sonnet-4-5", "input_tokens": 10, "output_tokens": 5} if kind == "response" else {}
    return common | amounts | fields


def pair(key: str, value: Any) -> dict[str, Any]:
    names = {str: "stringValue", bool: "boolValue", float: "doubleValue", int: "intValue"}
    return {"key": key, "value": {names[type(value)]: str(value) if type(value) is int else value}}


def record(name: str = "r1", **attributes: Any) -> dict[str, Any]:
    """A model call as Claude Code tells it."""
    told = {"event.name": "api_request", "request_id": name, "session.id": "s1", "model": "claude-sonnet-4-5"}
    told |= {"input_tokens": 10, "output_tokens": 5, "cost_usd": 0.25} | attributes
    return {"timeUnixNano": AT_NS, "attributes": [pair(key, value) for key, value in told.items()]}


def point(value: Any = 10, **attributes: Any) -> dict[str, Any]:
    """Input tokens as Claude Code counts them."""
    told = {"session.id": "s2", "model": "claude-sonnet-4-5", "type": "input", **attributes}
    return {
        "startTimeUnixNano": AT_NS,
        "timeUnixNano": str(int(AT_NS) + 1_000_000_000),
        "asInt": value,
        "attributes": [pair(key, value) for key, value in told.items()],
    }


def logs(*records: Any, service: str = "claude-code") -> dict[str, Any]:
    resource = {"attributes": [pair("service.name", service)]}
    scope = {"scope": {"name": "events"}, "logRecords": list(records)}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}


def metrics(*points: Any, name: str = "claude_code.token.usage", temporality: int = 1) -> dict[str, Any]:
    resource = {"attributes": [pair("service.name", "claude-code")]}
    metric = {"name": name, "sum": {"aggregationTemporality": temporality, "dataPoints": list(points)}}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}


def as_protobuf(signal: str, body: dict[str, Any]) -> bytes:
    """The same in protobuf. Ids are hexadecimal in OTLP's JSON, and base64 in everybody else's."""
    message = json_format.ParseDict(_with_base64_ids(body), MESSAGES[signal](), ignore_unknown_fields=True)
    return bytes(message.SerializeToString())


def as_json(signal: str, body: bytes) -> dict[str, Any]:
    told = json_format.MessageToDict(MESSAGES[signal].FromString(body))
    return dict(_with_hexadecimal_ids(told))


def _with_base64_ids(value: Any) -> Any:
    return _with_ids(value, lambda told: base64.b64encode(bytes.fromhex(told)).decode())


def _with_hexadecimal_ids(value: Any) -> Any:
    return _with_ids(value, lambda told: base64.b64decode(told).hex())


def _with_ids(value: Any, change: Any) -> Any:
    if isinstance(value, list):
        return [_with_ids(item, change) for item in value]
    if isinstance(value, dict):
        return {
            key: change(item) if key in _IDS and isinstance(item, str) else _with_ids(item, change)
            for key, item in value.items()
        }
    return value


@cache
def fixture_bodies(pattern: str = "*/*") -> tuple[tuple[str, str, bytes], ...]:
    """(path, content type, body) of every real payload, in the order of their names."""
    return tuple(_told_of(path) for path in sorted(FIXTURES.glob(pattern)) if _is_body(path))


def _is_body(path: Path) -> bool:
    parts = path.name.split(".")
    return len(parts) == 3 and parts[1] in {*MESSAGES, "events"}


def _told_of(path: Path) -> tuple[str, str, bytes]:
    _, signal, ending = path.name.split(".")
    content_type = {"json": JSON, "bin": PROTOBUF, "ndjson": LINES}[ending]
    return (EVENTS if signal == "events" else f"/otlp/v1/{signal}"), content_type, path.read_bytes()


def reasons(answer: Any) -> Iterable[str]:
    """Of `POST /api/v1/events`, in the order of the items."""
    return [rejected["reason"] for rejected in answer.json()["rejected"]]


def partial(answer: Any) -> tuple[int, str]:
    """Of OTLP in JSON: how many items were rejected, and why."""
    told = answer.json().get("partialSuccess", {})
    count = next((int(value) for name, value in told.items() if name.startswith("rejected")), 0)
    return count, told.get("errorMessage", "")
