"""Errors as RFC 9457 problem details, and which errors are pressure: the client shall come back, nothing is broken."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from random import randint

import psycopg
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework import exceptions

from codecard.lib import requests

CONTENT_TYPE = "application/problem+json"
PRESSURE_DETAIL = "The service is overloaded or its database is away. Nothing was stored; send the same again."
# psycopg's own too: the ledger works on its cursors, around which Django translates no errors.
_PRESSURE = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    BrokerError,
    RedisConnectionError,
    RedisTimeoutError,
)
# Of those that psycopg does not report as an OperationalError: read-only transaction (a standby after a failover), and
# a session that was ended for being idle inside of one.
_PRESSURE_STATES = frozenset({"25006", "25P03"})


def problem(
    status: int,
    detail: str = "",
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> HttpResponse:
    """An answer of `application/problem+json`. `members` are further fields of the problem, such as `errors`."""
    body = {"type": kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body["request_id"] = requests.request_id.get()
    return JsonResponse(body | members, status=status, content_type=CONTENT_TYPE, headers=headers)


def pressure_problem() -> HttpResponse:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, PRESSURE_DETAIL, headers=pressure_headers())


def pressure_headers() -> dict[str, str]:
    """Spread over some seconds, so that all clients don't come back at the same moment."""
    return {"Retry-After": str(randint(1, 5)), "Cache-Control": "no-store"}  # noqa: S311 - no secret


def is_pressure(error: BaseException | None) -> bool:
    """Whether the database or the broker is away, shutting down, full, or gave up waiting.

    PostgreSQL's classes 08, 53, 57, lock and statement timeouts, deadlocks and serialization failures are all
    OperationalError in psycopg; what is wrong with a statement itself never is.
    """
    if error is None or isinstance(error, _PRESSURE):
        return error is not None
    return any(getattr(told, "sqlstate", None) in _PRESSURE_STATES for told in (error, error.__cause__))


def handle(error: Exception, context: Mapping[str, object]) -> HttpResponse | None:
    """The exception handler of Django REST framework. None: not ours, it becomes a 500."""
    if is_pressure(error):
        return pressure_problem()
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    return _api_problem(error)


def _api_problem(error: exceptions.APIException) -> HttpResponse:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait_seconds := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, ceil(wait_seconds)))
    if isinstance(error.detail, list | dict):
        return problem(error.status_code, str(error.default_detail), headers=headers, errors=error.detail)
    return problem(error.status_code, str(error.detail), headers=headers)
