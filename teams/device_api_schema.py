"""How signing a machine in stands in the OpenAPI schema."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

Decorator = Callable[[Any], Any]
_TEXT = {"type": "string"}
_SHOWN = {"type": "string", "pattern": "[!-~]"}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_CODE = "kZ3…"


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def _document(name: str, summary: str, body: dict[str, Any], answer: dict[str, Any], *examples: Any) -> Decorator:
    told, given = examples
    problems = {
        400: "What is wrong with the body; or, in `error`, `authorization_pending`, `slow_down`, `access_denied` or"
        " `expired_token`, as in RFC 8628.",
        415: "The body must be JSON.",
        429: "Too often: come back after Retry-After seconds.",
        503: "Overloaded or without its database.",
    }
    responses: dict[Any, Any] = {(200, "application/json"): OpenApiResponse(answer, "So it is.")}
    for status, words in problems.items():
        responses[status, "application/problem+json"] = OpenApiResponse(_PROBLEM, words)
    return extend_schema(
        operation_id=name,
        summary=summary,
        request={"application/json": body},
        responses=responses,
        examples=[
            OpenApiExample("asked", told, request_only=True),
            OpenApiExample("answered", given, response_only=True, status_codes=["200"]),
        ],
    )


def _of_post(decorate: Decorator) -> Decorator:
    def decorated(view: Any) -> Any:
        view.post = decorate(view.post)
        return view

    return decorated


document_device_code = _of_post(
    _document(
        "device_code",
        "Ask for keys of a machine",
        _object({"host": _SHOWN, "client_version": _SHOWN, "may_read": {"type": "boolean"}}, "may_read"),
        _object(
            {
                "device_code": _TEXT,
                "user_code": {"type": "string", "pattern": "^[A-Z]{4}-[A-Z]{4}$"},
                "verification_uri": {"type": "string", "format": "uri"},
                "verification_uri_complete": {"type": "string", "format": "uri"},
                "expires_in": {"type": "integer", "minimum": 1},
                "interval": {"type": "integer", "minimum": 1},
            }
        ),
        {"host": "milans-laptop", "client_version": "0.1.0", "may_read": True},
        {
            "device_code": _CODE,
            "user_code": "WDJB-MJHT",
            "verification_uri": "https://code-card.example.com/device/",
            "verification_uri_complete": "https://code-card.example.com/device/?code=WDJB-MJHT",
            "expires_in": 600,
            "interval": 2,
        },
    )
)
document_device_token = _of_post(
    _document(
        "device_token",
        "Fetch the keys of a machine, once somebody approved",
        _object({"device_code": {"type": "string", "pattern": "^[0-9A-Za-z]{43}$"}}),
        _object(
            {
                "ingest_key": _TEXT,
                "key_id": {"type": "integer"},
                "api_token": _TEXT,
                "organization": _object({"slug": _TEXT, "name": _TEXT}),
            },
            "api_token",
        ),
        {"device_code": _CODE},
        {
            "ingest_key": "cci_…",
            "key_id": 7,
            "api_token": "cca_…",
            "organization": {"slug": "northwind", "name": "Northwind Labs"},
        },
    )
)
