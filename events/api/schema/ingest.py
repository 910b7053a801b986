"""How ingestion stands in the schema, with every status and the result of each item."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from events.api.schema._parts import COUNT, ERRORS, REF, THIS_CENTURY, Decorator, an_object

_TEXT = {"type": "string", "pattern": r"\S"}
_EVENTS_RESULT = an_object(
    {
        "accepted": {**COUNT, "description": "Stored now."},
        "duplicates": {**COUNT, "description": "Known already; nothing was counted again."},
        "superseded": {
            **COUNT,
            "description": "Of the accepted, those that a better channel tells too: kept, not counted.",
        },
        "rejected": {
            "type": "array",
            "items": an_object(
                {"index": {**COUNT, "description": "Place in the body, from 0."}, "reason": {"type": "string"}}
            ),
        },
        "dry_run": {"type": "boolean"},
    },
    "Every item that is not listed under `rejected` is stored.",
)
_EXAMPLE = [
    {
        "kind": "response", "id": "req_0001", "at": "2026-11-23T09:12:44.120Z", "tool": "my-assistant",
        "session": "s-1", "model": "claude-sonnet-4-5", "repository": "github.com/acme/shop",
        "input_tokens": 412, "output_tokens": 96, "cache_read_tokens": 5200,
    },
    {
        "kind": "suggestion", "id": "edit-7", "at": "2026-11-23T09:12:51Z", "tool": "my-assistant", "session": "s-1",
        "outcome": "accepted", "decided_by": "person", "path": "shop/tests/test_cart.py", "lines_added": 12,
    },
]  # fmt: skip


def document_events(view: Any) -> Any:
    body = {
        "oneOf": [{"type": "array", "items": {"$ref": REF.format(name="Event")}}, {"$ref": REF.format(name="Event")}]
    }
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            operation_id="send_events",
            summary="Send events",
            description=(
                "A JSON array, one object, or one object per line (NDJSON); gzip and deflate are fine. Each item is "
                "judged by itself. The same `id` and `at` sent again change nothing."
            ),
            request={"application/json": body, "application/x-ndjson": _TEXT},
            parameters=[OpenApiParameter("dry_run", bool, description="Judge the items without storing any.")],
            responses={(200, "application/json"): OpenApiResponse(_EVENTS_RESULT, "Durable."), **ERRORS},
            examples=[OpenApiExample("Two events", value=_EXAMPLE, request_only=True)],
        )
    )
    return decorate(view)


_ATTRIBUTIONS_RESULT = an_object(
    {name: rule for name, rule in _EVENTS_RESULT["properties"].items() if name != "superseded"},
    "Every item that is not listed under `rejected` is stored.",
)
_ATTRIBUTION = {
    "type": "object",
    "description": "A git-ai note of a commit, or an agent-trace record (also by itself, without `trace` around it).",
    "properties": {
        "repository": {"type": "string", "description": "`host/owner/name`, or any address of it."},
        "commit": {"type": "string", "description": "Full SHA. A trace may name it itself, as `vcs.revision`."},
        "note": {"type": ["string", "object"], "description": "Git AI standard 3.0.0: the note's text, or its JSON."},
        "trace": {"type": "object", "description": "Agent Trace 0.1.0."},
    },
}
_NOTE_EXAMPLE = {
    "repository": "github.com/acme/shop",
    "commit": "8a1c1b1f0c5e4f6d9b7a3c2d1e0f9a8b7c6d5e4f",
    "note": (
        'shop/cart.py\n  s_0123456789abcd::t_0123456789abcd 12-40,52\n---\n{"schema_version": "authorship/3.0.0",'
        ' "sessions": {"s_0123456789abcd": {"agent_id": {"tool": "claude", "id": "s-1", "model": "claude-opus-4-5"}}}}'
    ),
}


def document_attributions(view: Any) -> Any:
    body = {"oneOf": [{"type": "array", "items": _ATTRIBUTION}, _ATTRIBUTION]}
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            operation_id="send_attributions",
            summary="Send attributions of lines",
            description=(
                "Which lines of a commit a tool wrote. A JSON array, one object, one object per line (NDJSON), or one"
                " note as text. Ranges and counts are kept, nothing else. The same sent again changes nothing; a later"
                " note of a commit takes the place of the one before."
            ),
            request={
                "application/json": body,
                "application/x-ndjson": _TEXT,
                "text/plain": _TEXT,
            },
            parameters=[
                OpenApiParameter("repository", str, description="For items that don't name theirs."),
                OpenApiParameter("commit", str, description="For items that don't name theirs."),
                OpenApiParameter("dry_run", bool, description="Judge the items without storing any."),
            ],
            responses={(200, "application/json"): OpenApiResponse(_ATTRIBUTIONS_RESULT, "Durable."), **ERRORS},
            examples=[OpenApiExample("A note", value=_NOTE_EXAMPLE, request_only=True)],
        )
    )
    return decorate(view)


def document_otlp(view: Any) -> Any:
    partial = {
        "type": "object",
        "properties": {
            "partialSuccess": {
                "type": "object",
                "description": "Only where items were rejected: their count and the reasons in words.",
                "properties": {
                    "rejectedLogRecords": {"type": "string"},
                    "rejectedDataPoints": {"type": "string"},
                    "rejectedSpans": {"type": "string"},
                    "errorMessage": {"type": "string"},
                },
            }
        },
    }
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            summary="Send OpenTelemetry",
            description="OTLP/HTTP, JSON or protobuf, as OpenTelemetry exporters send it. Text is never stored.",
            request={"application/json": {"type": "object"}, "application/x-protobuf": OpenApiTypes.BINARY},
            responses={
                (200, "application/json"): OpenApiResponse(partial, "Durable."),
                (200, "application/x-protobuf"): OpenApiResponse(OpenApiTypes.BINARY, "Durable."),
                **ERRORS,
            },
        )
    )
    return decorate(view)


_NUMBER = {"type": ["integer", "null"], "minimum": 1, "maximum": 2_147_483_647}
_PLAIN = r"^[^\x00-\x1f]+$"
_INCIDENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "opened_at", "repository"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 200,
            "pattern": _PLAIN,
            "description": "Yours: telling it again changes it.",
        },
        "opened_at": {**THIS_CENTURY, "format": "date-time", "description": "With a zone."},
        "repository": {
            "type": "string",
            "minLength": 3,
            "maxLength": 300,
            "pattern": _PLAIN,
            "description": "`owner/name`, or its URL.",
        },
        "url": {
            "type": "string",
            "maxLength": 500,
            "pattern": r"^(https?://[^\s\x00-\x1f]+)?$",
            "description": "Where people read of it: http or https.",
        },
        "fix": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 2_147_483_647,
            "description": "Number of the pull request that fixed it.",
        },
        "cause_number": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 2_147_483_647,
            "description": "The pull request that caused it.",
        },
        "cause_sha": {
            "type": ["string", "null"],
            "pattern": "^[0-9a-fA-F]{7,64}$",
            "description": "The commit that caused it, or the beginning of its SHA.",
        },
    },
}


def document_incidents(view: Any) -> Any:
    result = an_object(
        {"stored": COUNT, "new": {**COUNT, "description": "Of them, those that were not known."}},
        "All of the body was stored.",
    )
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            operation_id="tell_incidents",
            summary="Tell incidents",
            description=(
                "One incident or an array of up to 1,000. All of them are stored, or none. The same `id` told again "
                "changes the incident, and its fix or cause can be told later."
            ),
            request={"application/json": {"oneOf": [_INCIDENT, {"type": "array", "items": _INCIDENT}]}},
            responses={(200, "application/json"): OpenApiResponse(result, "Durable, and traced."), **ERRORS},
        )
    )
    return decorate(view)
