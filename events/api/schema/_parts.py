"""Parts of the schema that several operations share."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiResponse

REF = "#/components/schemas/{name}"
Decorator = Callable[[Any], Any]

PROBLEM = {
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


def an_object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"type": "object", "description": description, "required": list(properties), "properties": properties}


def a_problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(response={"$ref": REF.format(name="Problem")}, description=description)


COUNT = {"type": "integer", "minimum": 0}
THIS_CENTURY = {"type": "string", "pattern": "^2[01][0-9]{2}-"}
"""Of a day or a moment: what is older, or further ahead, is a mistake."""
ERRORS: dict[Any, OpenApiResponse] = {
    (400, "application/problem+json"): a_problem("The body as a whole can't be read; nothing was stored."),
    (401, "application/problem+json"): a_problem("No key, or one that is not known."),
    (403, "application/problem+json"): a_problem("The key was revoked, has expired, or is of the wrong kind."),
    (413, "application/problem+json"): a_problem("More than the size limit after decoding; nothing was stored."),
    (415, "application/problem+json"): a_problem("Unknown Content-Type or Content-Encoding."),
    (429, "application/problem+json"): a_problem("Too many requests of this key: come back after Retry-After seconds."),
    (503, "application/problem+json"): a_problem(
        "Overloaded or without its database; nothing was stored. Send the same again after Retry-After seconds."
    ),
}
