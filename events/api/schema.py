"""How ingestion and usage stand in the OpenAPI schema, with every status and the result of each item."""

from collections.abc import Callable
from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from events.queries import Breakdown
from events.schema import KINDS, Commit, Event

_REF = "#/components/schemas/{name}"
_ITEMS: dict[str, type[Any]] = {**KINDS, "commit": Commit}
Decorator = Callable[[Any], Any]


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: the structs that decode the wire are its schema."""
    _, components = msgspec.json.schema_components([Event, Commit], ref_template=_REF)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    schemas["Event"] = {
        "oneOf": [{"$ref": _REF.format(name=struct.__name__)} for struct in _ITEMS.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: _REF.format(name=struct.__name__) for kind, struct in _ITEMS.items()},
        },
    }
    schemas["Problem"] = _PROBLEM
    return result


_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "errors": {"type": "object"},
    },
}


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"type": "object", "description": description, "required": list(properties), "properties": properties}


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(response={"$ref": _REF.format(name="Problem")}, description=description)


_COUNT = {"type": "integer", "minimum": 0}
_ERRORS: dict[Any, OpenApiResponse] = {
    (400, "application/problem+json"): _problem("The body as a whole can't be read; nothing was stored."),
    (401, "application/problem+json"): _problem("No key, or one that is not known."),
    (403, "application/problem+json"): _problem("The key was revoked, has expired, or is of the wrong kind."),
    (413, "application/problem+json"): _problem("More than the size limit after decoding; nothing was stored."),
    (415, "application/problem+json"): _problem("Unknown Content-Type or Content-Encoding."),
    (429, "application/problem+json"): _problem("Too many requests of this key: come back after Retry-After seconds."),
    (503, "application/problem+json"): _problem(
        "Overloaded or without its database; nothing was stored. Send the same again after Retry-After seconds."
    ),
}
_EVENTS_RESULT = _object(
    {
        "accepted": {**_COUNT, "description": "Stored now."},
        "duplicates": {**_COUNT, "description": "Known already; nothing was counted again."},
        "superseded": {
            **_COUNT,
            "description": "Of the accepted, those that a better channel tells too: kept, not counted.",
        },
        "rejected": {
            "type": "array",
            "items": _object(
                {"index": {**_COUNT, "description": "Place in the body, from 0."}, "reason": {"type": "string"}}
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
        "oneOf": [{"type": "array", "items": {"$ref": _REF.format(name="Event")}}, {"$ref": _REF.format(name="Event")}]
    }
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            operation_id="send_events",
            summary="Send events",
            description=(
                "A JSON array, one object, or one object per line (NDJSON); gzip and deflate are fine. Each item is "
                "judged by itself. The same `id` and `at` sent again change nothing."
            ),
            request={"application/json": body, "application/x-ndjson": {"type": "string"}},
            parameters=[OpenApiParameter("dry_run", bool, description="Judge the items without storing any.")],
            responses={(200, "application/json"): OpenApiResponse(_EVENTS_RESULT, "Durable."), **_ERRORS},
            examples=[OpenApiExample("Two events", value=_EXAMPLE, request_only=True)],
        )
    )
    return decorate(view)


_ATTRIBUTIONS_RESULT = _object(
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
                "application/x-ndjson": {"type": "string"},
                "text/plain": {"type": "string"},
            },
            parameters=[
                OpenApiParameter("repository", str, description="For items that don't name theirs."),
                OpenApiParameter("commit", str, description="For items that don't name theirs."),
                OpenApiParameter("dry_run", bool, description="Judge the items without storing any."),
            ],
            responses={(200, "application/json"): OpenApiResponse(_ATTRIBUTIONS_RESULT, "Durable."), **_ERRORS},
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
                **_ERRORS,
            },
        )
    )
    return decorate(view)


_AMOUNTS: dict[str, Any] = {
    "requests": _COUNT,
    "tokens": _object(dict.fromkeys(("input", "output", "cache_read", "cache_write", "reasoning"), _COUNT)),
    "cost_usd": {
        "type": ["number", "null"],
        "description": "Given by the tool or estimated; null where there is no price.",
    },
    "cost_given_usd": {"type": "number"},
    "cost_estimated_usd": {"type": "number"},
    "unpriced_tokens": _COUNT,
    "lines_added": _COUNT,
    "lines_removed": _COUNT,
    "suggestions": _object(
        dict.fromkeys(("accepted", "rejected", "auto", "auto_rejected"), _COUNT),
        "Decided by a person (accepted, rejected) or by a rule (auto; auto_rejected is the refused part of it).",
    ),
    **dict.fromkeys(("sessions", "prompts", "commits", "pull_requests"), _COUNT),
}


def document_usage(view: Any) -> Any:
    row = {
        "type": "object",
        "required": list(_AMOUNTS),
        "properties": {**{name: {"type": ["string", "null"]} for name in map(str, Breakdown)}, **_AMOUNTS},
    }
    result = _object({"rows": {"type": "array", "items": row}, "total": _object(_AMOUNTS)})
    decorate: Decorator = extend_schema_view(
        get=extend_schema(
            operation_id="usage",
            summary="Usage of the organization",
            parameters=[
                OpenApiParameter("from", OpenApiTypes.DATE, description="First day; since the beginning if left out."),
                OpenApiParameter("to", OpenApiTypes.DATE, description="Day after the last."),
                OpenApiParameter("by", str, description=f"Comma-separated: {', '.join(map(str, Breakdown))}."),
            ],
            responses={
                (200, "application/json"): OpenApiResponse(result, "Rows add up to the total."),
                **{key: value for key, value in _ERRORS.items() if key[0] in {400, 401, 403, 503}},
            },
        )
    )
    return decorate(view)


_INCIDENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "opened_at", "repository"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 200,
            "description": "Yours: telling it again changes it.",
        },
        "opened_at": {"type": "string", "format": "date-time", "description": "With a zone."},
        "repository": {"type": "string", "minLength": 3, "maxLength": 300, "description": "`owner/name`, or its URL."},
        "url": {"type": "string", "maxLength": 500, "description": "Where people read of it: http or https."},
        "fix": {"type": ["integer", "null"], "minimum": 1, "description": "Number of the pull request that fixed it."},
        "cause_number": {"type": ["integer", "null"], "minimum": 1, "description": "The pull request that caused it."},
        "cause_sha": {
            "type": ["string", "null"],
            "pattern": "^[0-9a-fA-F]{7,64}$",
            "description": "The commit that caused it, or the beginning of its SHA.",
        },
    },
}


def document_incidents(view: Any) -> Any:
    result = _object(
        {"stored": _COUNT, "new": {**_COUNT, "description": "Of them, those that were not known."}},
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
            responses={(200, "application/json"): OpenApiResponse(result, "Durable, and traced."), **_ERRORS},
        )
    )
    return decorate(view)
