import json
import logging
import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.views import APIView

from codecard.lib import requests
from codecard.lib.logs import JsonFormatter
from codecard.urls import urlpatterns as own_urlpatterns

KEY = "cci_9vTq3xYwLkZ0a-bC_dEfGhIjKlMnOpQrStUvWxYz012"


def _away(request: HttpRequest, **_: str) -> HttpResponse:
    raise OperationalError("the database system is shutting down")


def _broken(request: HttpRequest, **_: str) -> HttpResponse:
    raise RuntimeError(f"wrong with {KEY}")


def _slow(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 20")
        try:
            cursor.execute("SELECT pg_sleep(5)")
        finally:
            cursor.execute("RESET statement_timeout")
    return HttpResponse()


def _killed(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        # As the login, since the application's role may not end what the login began.
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
        cursor.execute("SELECT 1")
    return HttpResponse()


def _tell_role(request: HttpRequest) -> HttpResponse:
    with connections[get_user_model().objects.all().db].cursor() as cursor:
        cursor.execute("SELECT current_user")
        [role] = cursor.fetchone() or [""]
    return HttpResponse(role)


def _known_organization(request: HttpRequest) -> HttpResponse:
    requests.organization_id.set(7)
    return HttpResponse()


class _AwayApi(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> HttpResponse:
        raise OperationalError("too many connections")


urlpatterns = [
    path("otlp/k/<str:key>/v1/logs", _away, name="keyed"),
    path("page/away", _away),
    path("api/away", _AwayApi.as_view()),
    path("broken", _broken),
    path("fails/<str:person>/", _broken),
    path("api/broken", _broken),
    path("slow", _slow),
    path("killed", _killed),
    path("admin/role", _tell_role),
    path("role", _tell_role),
    path("known", _known_organization, name="known"),
    path("", include(own_urlpatterns)),
]
handler500 = "codecard.views.server_error"
handler404 = "codecard.views.page_not_found"


@pytest.fixture(autouse=True)
def _urls(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def browser() -> Client:
    """Gets the page of an error, as people do, instead of the exception."""
    return Client(raise_request_exception=False)


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What is logged, as it leaves the process."""
    written: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Keeping()
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written]
    logging.getLogger().removeHandler(handler)


def test_every_request_writes_one_line_with_its_route(
    browser: Client, lines: Callable[[], list[dict[str, object]]]
) -> None:
    browser.get("/healthz?secret=1", headers={"X-Request-ID": "0f8fad5b-d9cb"})
    [line] = [line for line in lines() if line["logger"] == "codecard.request"]
    assert line["duration_ms"] < 60_000  # type: ignore[operator]
    assert {name: line[name] for name in ("method", "route", "status", "request_id")} == {
        "method": "GET",
        "route": "healthz",
        "status": 200,
        "request_id": "0f8fad5b-d9cb",
    }
    assert "secret" not in json.dumps(line)


def test_a_key_in_the_path_is_in_no_line(browser: Client, lines: Callable[[], list[dict[str, object]]]) -> None:
    browser.post(f"/otlp/k/{KEY}/v1/logs")
    browser.post(f"/otlp/k/{KEY}/v1/no-such-signal")
    browser.get(f"/broken?key={KEY}")
    routes = [line["route"] for line in lines() if line["message"] == "request"]
    assert routes == ["keyed", "unmatched", "broken"]
    assert KEY[4:] not in json.dumps(lines())


def test_a_failed_path_is_in_no_line(browser: Client, lines: Callable[[], list[dict[str, object]]]) -> None:
    browser.get("/fails/for-alice@example.com/")
    assert "Internal Server Error: (path)" in [line["message"] for line in lines()]
    assert "alice@" not in json.dumps(lines())


def test_lines_name_the_organization_once_it_is_known(
    browser: Client, lines: Callable[[], list[dict[str, object]]]
) -> None:
    browser.get("/known")
    browser.get("/healthz")
    organizations = [line.get("organization_id") for line in lines() if line["message"] == "request"]
    assert organizations == [7, None]


def test_answers_carry_the_id_of_the_request(browser: Client) -> None:
    assert browser.get("/healthz", headers={"X-Request-ID": "0f8fad5b-d9cb"})["X-Request-ID"] == "0f8fad5b-d9cb"
    assert len(browser.get("/healthz", headers={"X-Request-ID": "a b"})["X-Request-ID"]) == 32
    assert browser.get("/api/away", headers={"X-Request-ID": "0f8fad5b-d9cb"}).json()["request_id"] == "0f8fad5b-d9cb"
    assert requests.request_id.get() == ""


@pytest.mark.parametrize("address", [f"/otlp/k/{KEY}/v1/logs", "/api/away"])
def test_programs_get_a_503_problem_while_the_database_is_away(browser: Client, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert 1 <= int(answer["Retry-After"]) <= 5


def test_people_get_a_503_page_while_the_database_is_away(browser: Client) -> None:
    answer = browser.get("/page/away")
    assert answer.status_code == 503
    assert 1 <= int(answer["Retry-After"]) <= 5
    assert "<h1>" in answer.text
    assert "shutting down" not in answer.text


def test_an_error_in_other_middleware_is_a_503_too(browser: Client, settings: Settings) -> None:
    """The session's middleware is asked for the user while the database is away."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}._FailingMiddleware"]
    assert browser.get("/healthz").status_code == 503
    assert browser.get("/known").status_code == 503
    assert "<h1>" in browser.get("/known").text


class _FailingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        pass

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raise OperationalError("connection refused")


def test_a_fault_of_ours_is_a_500_for_programs_and_for_people(browser: Client) -> None:
    assert browser.get("/api/broken").json()["status"] == 500
    page = browser.get("/broken")
    assert page.status_code == 500
    assert "<h1>" in page.text
    assert "wrong with" not in page.text


@pytest.mark.django_db(transaction=True)
def test_a_statement_timeout_is_a_503(browser: Client) -> None:
    assert browser.get("/slow").status_code == 503
    assert browser.get("/role").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_after_a_lost_connection_the_next_request_has_a_new_one(browser: Client) -> None:
    assert browser.get("/killed").status_code == 503
    assert browser.get("/role").status_code == 200


@pytest.mark.django_db(transaction=True, databases=["default", "operator"])
def test_only_the_admin_runs_as_the_operator(browser: Client) -> None:
    assert browser.get("/admin/role").text == "codecard_operator"
    assert browser.get("/role").text == "codecard_app"
