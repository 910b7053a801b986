"""The API for people: a page made of the OpenAPI schema, without a script and without anything from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

_SKIPPED: Final = frozenset({"/api/schema/"})
_PARAMETERS_SHOWN: Final = {"from": "2026-10-26", "to": "2026-11-23", "by": "tool"}
"""Values for the line to copy, where an operation takes them."""
_WORDS: Final = {"api": "Events, numbers, pull requests", "otlp": "OpenTelemetry"}


class Parameter(NamedTuple):
    name: str
    place: str
    kind: str
    is_required: bool
    description: str


class Operation(NamedTuple):
    """`curl`: a line to copy. `sent`, `answered`: examples as JSON, "" without one."""

    key: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Parameter]
    bodies: list[str]
    statuses: list[tuple[str, str]]
    curl: str
    sent: str
    answered: str


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    base = request.build_absolute_uri("/").rstrip("/")
    return render(request, "events/api_docs.html", {"groups": groups(base)})


@cache
def groups(base: str) -> list[tuple[str, list[Operation]]]:
    """By tag, as they stand in the schema, which doesn't change while the server runs."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found: dict[str, list[Operation]] = {}
    for path, operations in schema["paths"].items():
        if path in _SKIPPED:
            continue
        for method, told in operations.items():
            words = _WORDS[told["tags"][0]]
            found.setdefault(words, []).append(_operation(path, method.upper(), told, base))
    return list(found.items())


def _operation(path: str, method: str, told: Mapping[str, Any], base: str) -> Operation:
    bodies = told.get("requestBody", {}).get("content", {})
    answers = told["responses"]["200"].get("content", {})
    sent = _example(bodies)
    return Operation(
        key=told["operationId"],
        method=method,
        path=path,
        summary=told.get("summary", ""),
        description=told.get("description", ""),
        parameters=[_parameter(one) for one in told.get("parameters", [])],
        bodies=list(bodies),
        statuses=[(status, answer.get("description", "")) for status, answer in told["responses"].items()],
        curl=_curl(path, method, told, base, next(iter(bodies), "")),
        sent=sent,
        answered=_example(answers),
    )


def _parameter(told: Mapping[str, Any]) -> Parameter:
    schema = told.get("schema", {})
    kind = ", ".join(map(str, schema["enum"])) if "enum" in schema else schema.get("format") or schema.get("type", "")
    return Parameter(told["name"], told["in"], kind, bool(told.get("required")), told.get("description", ""))


def _example(content: Mapping[str, Any]) -> str:
    examples = content.get("application/json", {}).get("examples", {})
    first: Mapping[str, Any] = next(iter(examples.values()), {})
    return json.dumps(first["value"], indent=2, ensure_ascii=False) if "value" in first else ""


def _curl(path: str, method: str, told: Mapping[str, Any], base: str, media_type: str) -> str:
    for one in told.get("parameters", []):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", _placeholder(one))
    query = urlencode(dict(_asked(told)))
    address = f"{base}{path}?{query}" if query else f"{base}{path}"
    key = "INGEST_KEY" if method == "POST" else "API_TOKEN"
    parts = [f"curl '{address}'", f'--header "Authorization: Bearer ${key}"']
    if method == "POST":
        parts += [f"--header 'Content-Type: {media_type}'", "--data-binary @body"]
    return " \\\n  ".join(parts)


def _placeholder(told: Mapping[str, Any]) -> str:
    values = told.get("schema", {}).get("enum")
    return str(values[0]) if values else told["name"].upper()


def _asked(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in told.get("parameters", []):
        if one["in"] == "query" and one["name"] in _PARAMETERS_SHOWN:
            yield one["name"], _PARAMETERS_SHOWN[one["name"]]
