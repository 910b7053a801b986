"""The OpenAPI schema: valid, and complete for ingestion and usage."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from events.schema import KINDS
from teams.models import Organization
from tests import factories
from tests.events.api.sending import EVENTS, INGEST_PATHS, event, post

STATUSES = {"200", "400", "401", "403", "413", "415", "429", "503"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return dict(Client().get("/api/schema/").json())


def test_it_is_valid_and_nothing_is_warned_of() -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1")


def test_every_address_of_ingestion_stands_in_it_with_every_status(schema: dict[str, Any]) -> None:
    by_plain = {path.rstrip("/"): item for path, item in schema["paths"].items()}
    in_path = {path for path in by_plain if path.startswith("/otlp/k/")}
    assert len(in_path) == 3
    for path in (*INGEST_PATHS, *in_path):
        assert set(by_plain[path]) == {"post"}
        assert set(by_plain[path]["post"]["responses"]) == STATUSES


def test_a_key_in_one_place_is_enough(schema: dict[str, Any]) -> None:
    """All but the schema itself, public profiles and how a machine comes by a key ask for one; who is signed in may
    read as well."""
    asked = {
        path: operation.get("security")
        for path, item in schema["paths"].items()
        for operation in item.values()
        if path != "/api/schema/" and not path.startswith(("/api/v1/device/", "/api/v1/profiles/"))
    }
    keys: list[dict[str, list[str]]] = [{"bearerKey": []}, {"headerKey": []}, {"basicKey": []}]
    assert {
        path: [one for one in security or () if one != {"cookieAuth": []}] for path, security in asked.items()
    } == dict.fromkeys(asked, keys)
    assert set(asked) >= {"/api/v1/usage/"}


def test_addresses_are_told_once_and_without_the_marks_of_a_pattern(schema: dict[str, Any]) -> None:
    assert not [path for path in schema["paths"] if set(path) & set("?^$()|\\")]
    plain = [path.rstrip("/") for path in schema["paths"]]
    assert len(set(plain)) == len(plain)
    operations = [operation["operationId"] for item in schema["paths"].values() for operation in item.values()]
    assert len(set(operations)) == len(operations)


def test_errors_are_problem_details(schema: dict[str, Any]) -> None:
    for path, item in schema["paths"].items():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    names = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(_references(schema)) <= names


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else list((value.get("mapping") or {}).values())
        return own + [found for item in value.values() for found in _references(item)]
    return []


def test_every_kind_of_event_stands_in_it_by_its_name(schema: dict[str, Any]) -> None:
    assert set(schema["components"]["schemas"]["Event"]["discriminator"]["mapping"]) == {*KINDS, "commit"}


def checked(schema: dict[str, Any], part: dict[str, Any], value: Any) -> None:
    Draft202012Validator({**part, "components": schema["components"]}).validate(value)


def answer_of(schema: dict[str, Any], path: str, method: str, status: int) -> dict[str, Any]:
    item = next(item for told, item in schema["paths"].items() if told.rstrip("/") == path.rstrip("/"))
    [content] = item[method]["responses"][str(status)]["content"].values()
    return dict(content["schema"])


@pytest.mark.django_db
def test_answers_are_as_it_says(schema: dict[str, Any], acme: Organization) -> None:
    key, token = factories.make_key(acme).secret, factories.make_token(acme).secret
    told = post(EVENTS, [event(), {"kind": "x"}], key)
    checked(schema, answer_of(schema, EVENTS, "post", 200), told.json())
    item = answer_of(schema, EVENTS, "post", 200)["properties"]["rejected"]["items"]
    assert set(item["properties"]) == {"index", "reason"}
    usage = Client().get("/api/v1/usage/?by=tool,model", headers={"Authorization": f"Bearer {token}"})
    checked(schema, answer_of(schema, "/api/v1/usage/", "get", 200), usage.json())
    for status, answer in {
        401: post(EVENTS, b"[]"),
        403: post(EVENTS, b"[]", token),
        400: post(EVENTS, b"{", key),
    }.items():
        assert answer.status_code == status
        checked(schema, answer_of(schema, EVENTS, "post", status), answer.json())


@pytest.mark.django_db
def test_the_example_of_the_schema_is_taken(schema: dict[str, Any], acme: Organization) -> None:
    item = next(item for path, item in schema["paths"].items() if path.rstrip("/") == EVENTS)
    [example] = item["post"]["requestBody"]["content"]["application/json"]["examples"].values()
    checked(schema, item["post"]["requestBody"]["content"]["application/json"]["schema"], example["value"])
    told = post(f"{EVENTS}?dry_run=1", example["value"], factories.make_key(acme).secret).json()
    assert (told["accepted"], told["rejected"]) == (len(example["value"]), [])
