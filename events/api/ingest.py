"""Where facts come in: OTLP over HTTP and the product's own events. Answered after the commit, never before."""

from collections import Counter
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from events.api.body import UnreadableBody, UnsupportedBody, read_body
from events.api.schema import document_events, document_otlp
from events.api.throttle import IngestThrottle
from events.ledger import Receipt, admit, record
from events.sources import code_card
from events.sources._base import Context, Parsed, Signal, Unreadable
from events.sources._otlp import ContentType, parse
from events.task_types.known import type_of
from teams.api import KeyAuthentication, MayIngest, access_of
from teams.key_cache import Access

_OTLP_TYPES: dict[str, ContentType] = {
    "application/json": "json",
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
}
_EVENT_TYPES = {"application/json", "application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain", ""}
_MOST_REASONS = 5


class IngestView(APIView):
    """What both wires share. The body is read raw: it is decoded once, straight into the product's own structs."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [MayIngest]
    throttle_classes = [IngestThrottle]
    parser_classes = []
    http_method_names = ["post", "options"]

    def body(self, request: Request) -> tuple[bytes, str]:
        """The decoded body and its media type without parameters."""
        media_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        return read_body(request._request), media_type  # DRF would parse it


def context_of(access: Access) -> Context:
    return Context(path_key(access.organization_id), type_of(access.organization_id))


@lru_cache(maxsize=1024)
def path_key(organization_id: int) -> bytes:
    """The organization's key for hashing paths: equal paths are equal within one organization, and nowhere else."""
    return salted_hmac("codecard.path", str(organization_id), algorithm="sha256").digest()[:32]


@document_otlp
class OtlpView(IngestView):
    """`/otlp/v1/{logs,metrics,traces}`, with the key in a header or in the path."""

    signal: Signal = "logs"

    def post(self, request: Request, path_key: str | None = None) -> HttpResponse:
        access = access_of(request)
        body, media_type = self.body(request)
        content_type = _OTLP_TYPES.get(media_type)
        if content_type is None:
            raise UnsupportedBody("Content-Type must be application/json or application/x-protobuf.")
        try:
            parsed = parse(self.signal, body, content_type, context_of(access))
        except Unreadable as error:
            raise UnreadableBody(f"The body can't be read as OTLP: {error}.") from None
        receipt = record(parsed, access, now=timezone.now(), source="otlp")
        return _otlp_answer(self.signal, content_type, parsed, receipt)


_PROTOBUF_ANSWERS: dict[str, tuple[Any, str, str]] = {
    "logs": (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints"),
    "traces": (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
}


def _otlp_answer(signal: Signal, content_type: ContentType, parsed: Parsed, receipt: Receipt) -> HttpResponse:
    """OTLP's success, partial where items were rejected: their count, and the reasons in words."""
    message_class, field, json_field = _PROTOBUF_ANSWERS[signal]
    reasons = Counter([item.reason for item in parsed.rejected] + [item.reason for item in receipt.refused])
    rejected, told = reasons.total(), _told(reasons)
    if content_type == "json":
        partial = {"partialSuccess": {json_field: str(rejected), "errorMessage": told}} if rejected else {}
        return JsonResponse(partial)
    answer = message_class()
    if rejected:
        setattr(answer.partial_success, field, rejected)
        answer.partial_success.error_message = told
    return HttpResponse(answer.SerializeToString(), content_type="application/x-protobuf")


def _told(reasons: Counter[str]) -> str:
    told = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common(_MOST_REASONS))
    return f"{told}; …" if len(reasons) > _MOST_REASONS else told


@document_events
class EventsView(IngestView):
    """`POST /api/v1/events`: an array of events, one event, or one event per line."""

    def post(self, request: Request, path_key: str | None = None) -> HttpResponse:
        access = access_of(request)
        body, media_type = self.body(request)
        if media_type not in _EVENT_TYPES:
            raise UnsupportedBody("Content-Type must be application/json or application/x-ndjson.")
        try:
            parsed = code_card.parse(body, media_type, context_of(access))
        except Unreadable as error:
            raise UnreadableBody(f"The body can't be read: {error}.") from None
        is_dry = request.query_params.get("dry_run", "").lower() in {"1", "true", "yes"}
        now = timezone.now()
        receipt = admit(parsed, access, now=now) if is_dry else record(parsed, access, now=now, source=code_card.NAME)
        return JsonResponse(_events_answer(parsed, receipt, is_dry), status=HTTPStatus.OK)


def _events_answer(parsed: Parsed, receipt: Receipt, is_dry: bool) -> dict[str, Any]:
    """Counts, and each rejected item by its place in the body. What isn't listed is stored or was so already."""
    unreadable = {item.index: item.reason for item in parsed.rejected}
    others = unreadable.keys() | set(parsed.commit_places)
    readable = [index for index in range(parsed.items) if index not in others] if receipt.refused else []
    refused = {readable[refusal.position]: refusal.reason for refusal in receipt.refused}
    late = {parsed.commit_places[position]: reason for position, reason in receipt.refused_commits}
    rejected = sorted((unreadable | refused | late).items())
    return {
        "accepted": receipt.stored,
        "duplicates": receipt.duplicates,
        "superseded": receipt.superseded,
        "rejected": [{"index": index, "reason": reason} for index, reason in rejected],
        "dry_run": is_dry,
    }
