import json

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import Http404, HttpResponse
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework import exceptions

from codecard.lib import problems, requests


def _body(response: HttpResponse | None) -> dict[str, object]:
    assert response is not None
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert isinstance(body, dict)
    assert body["status"] == response.status_code
    return body


def test_a_problem_has_the_members_of_the_standard_and_more() -> None:
    token = requests.request_id.set("0f8fad5b-d9cb")
    try:
        body = _body(problems.problem(413, "Over 16 MB.", limit_bytes=16_777_216))
    finally:
        requests.request_id.reset(token)
    assert body == {
        "type": "about:blank",
        "title": "Request Entity Too Large",
        "status": 413,
        "detail": "Over 16 MB.",
        "request_id": "0f8fad5b-d9cb",
        "limit_bytes": 16_777_216,
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (exceptions.ParseError("No JSON."), 400),
        (exceptions.NotAuthenticated(), 401),
        (exceptions.PermissionDenied(), 403),
        (PermissionDenied(), 403),
        (Http404("Organization 3"), 404),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (exceptions.UnsupportedMediaType("text/x"), 415),
    ],
)
def test_what_the_framework_raises_becomes_a_problem(error: Exception, status: int) -> None:
    body = _body(problems.handle(error, {}))
    assert body["status"] == status
    assert body["detail"]
    assert "Organization 3" not in str(body)


def test_a_401_says_how_to_authenticate() -> None:
    error = exceptions.NotAuthenticated()
    error.auth_header = "Bearer"  # type: ignore[attr-defined]  # set by the view
    response = problems.handle(error, {})
    assert response is not None
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("wait_seconds", "header"), [(0, "1"), (0.2, "1"), (12.0, "12"), (12.6, "13")])
def test_throttled_clients_learn_when_to_come_back(wait_seconds: float, header: str) -> None:
    response = problems.handle(exceptions.Throttled(wait_seconds), {})
    assert response is not None
    assert response.status_code == 429
    assert response["Retry-After"] == header


def test_faulty_fields_are_listed() -> None:
    body = _body(problems.handle(exceptions.ValidationError({"from": ["Not a date."]}), {}))
    assert body["errors"] == {"from": ["Not a date."]}


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("server closed the connection unexpectedly"),
        InterfaceError("the connection is closed"),
        BrokerError("no broker"),
        RedisConnectionError("no Redis"),
        OperationalError("canceling statement due to statement timeout"),
    ],
)
def test_pressure_is_a_503_that_says_when_to_come_back(error: Exception) -> None:
    response = problems.handle(error, {})
    _body(response)
    assert response is not None
    assert response.status_code == 503
    assert 1 <= int(response["Retry-After"]) <= 5
    assert str(error) not in response.content.decode()


@pytest.mark.parametrize("state", ["08006", "53300", "55P03", "57014", "57P01", "57P03", "40001", "40P01"])
def test_the_driver_reports_pressure_as_an_operational_error(state: str) -> None:
    assert issubclass(psycopg.errors.lookup(state), psycopg.OperationalError)


def test_a_standby_after_a_failover_is_pressure() -> None:
    error = InternalError("cannot execute INSERT in a read-only transaction")
    error.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    assert problems.is_pressure(error)


@pytest.mark.parametrize("error", [ProgrammingError("no such column"), ValueError("x"), InternalError("x"), None])
def test_a_fault_of_ours_is_no_pressure(error: Exception | None) -> None:
    assert not problems.is_pressure(error)
    assert error is None or problems.handle(error, {}) is None
