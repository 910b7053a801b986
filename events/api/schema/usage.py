"""How usage stands in the schema."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from events.api.schema._parts import COUNT, ERRORS, Decorator, an_object
from events.queries import Breakdown

_AMOUNTS: dict[str, Any] = {
    "requests": COUNT,
    "tokens": an_object(dict.fromkeys(("input", "output", "cache_read", "cache_write", "reasoning"), COUNT)),
    "cost_usd": {
        "type": ["number", "null"],
        "description": "Given by the tool or estimated; null where there is no price.",
    },
    "cost_given_usd": {"type": "number"},
    "cost_estimated_usd": {"type": "number"},
    "unpriced_tokens": COUNT,
    "lines_added": COUNT,
    "lines_removed": COUNT,
    "suggestions": an_object(
        dict.fromkeys(("accepted", "rejected", "auto", "auto_rejected"), COUNT),
        "Decided by a person (accepted, rejected) or by a rule (auto; auto_rejected is the refused part of it).",
    ),
    **dict.fromkeys(("sessions", "prompts", "commits", "pull_requests"), COUNT),
}


def document_usage(view: Any) -> Any:
    row = {
        "type": "object",
        "required": list(_AMOUNTS),
        "properties": {**{name: {"type": ["string", "null"]} for name in map(str, Breakdown)}, **_AMOUNTS},
    }
    result = an_object({"rows": {"type": "array", "items": row}, "total": an_object(_AMOUNTS)})
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
                **{key: value for key, value in ERRORS.items() if key[0] in {400, 401, 403, 503}},
            },
        )
    )
    return decorate(view)
