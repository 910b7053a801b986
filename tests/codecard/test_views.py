import json
from typing import NoReturn

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from codecard import views


def _readiness(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["checks"]


def test_the_process_is_up_whatever_else_is(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_once_database_migrations_and_broker_are(client: Client) -> None:
    assert _readiness(client) == (200, {"database": "ok", "migrations": "ok", "broker": "ok"})


@pytest.mark.django_db
def test_not_ready_without_the_broker(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert _readiness(client) == (503, {"database": "ok", "migrations": "ok", "broker": "ConnectionError"})


@pytest.mark.django_db
def test_not_ready_before_all_migrations_are_applied_and_ready_after(client: Client, settings: Settings) -> None:
    views._count_of_missing_migrations.cache_clear()
    settings.MIGRATION_MODULES = {"profiles": "tests.fixtures.migrations_to_come"}
    assert _readiness(client) == (503, {"database": "ok", "migrations": "1 not applied", "broker": "ok"})
    settings.MIGRATION_MODULES = {}
    assert _readiness(client)[0] == 200


@pytest.mark.django_db
def test_not_ready_without_the_database(client: Client) -> None:
    views._count_of_missing_migrations.cache_clear()
    with connection.execute_wrapper(_refuse):
        status, checks = _readiness(client)
    assert (status, checks["database"], checks["migrations"]) == (503, "OperationalError", "OperationalError")


def _refuse(*_: object) -> NoReturn:
    raise OperationalError("connection to secret-host failed")


@pytest.mark.django_db
def test_what_is_wrong_is_told_without_addresses(client: Client) -> None:
    with connection.execute_wrapper(_refuse):
        assert "secret-host" not in client.get("/readyz").text


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic right-token", "right-token-and-more"])
def test_figures_need_the_token(client: Client, settings: Settings, header: str) -> None:
    settings.METRICS_TOKEN = "right-token"
    answer = client.get("/-/metrics", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "codecard" not in answer.text.lower()


def test_figures_are_given_for_the_token(client: Client, settings: Settings, django_db_setup: None) -> None:
    settings.METRICS_TOKEN = "right-token"
    answer = client.get("/-/metrics", headers={"Authorization": "Bearer right-token"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE codecard_http_requests_total counter" in answer.text


@pytest.mark.parametrize(
    ("is_local", "address", "status"),
    [
        (True, "127.0.0.1", 200),
        (True, "::1", 200),
        (True, "192.0.2.7", 404),
        (True, "", 404),
        (False, "127.0.0.1", 404),
    ],
)
def test_without_a_token_figures_are_for_ones_own_machine(
    client: Client, settings: Settings, django_db_setup: None, is_local: bool, address: str, status: int
) -> None:
    settings.METRICS_TOKEN, settings.IS_LOCAL = "", is_local
    assert client.get("/-/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.parametrize(
    ("asked", "kept"), [("light", "light"), ("dark", "dark"), ("system", "auto"), ("", "auto"), ("\r\nA: b", "auto")]
)
def test_the_theme_is_kept_in_a_cookie(client: Client, asked: str, kept: str) -> None:
    answer = client.post("/theme/", {"theme": asked, "next": "/start/?p=7d"})
    assert (answer.status_code, answer["Location"]) == (302, "/start/?p=7d")
    cookie = answer.cookies["theme"]
    assert (cookie.value, cookie["samesite"], bool(cookie["httponly"])) == (kept, "Lax", True)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil", ""])
def test_the_theme_leads_nobody_away(client: Client, target: str) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": target})["Location"] == "/"


def test_the_theme_is_changed_by_forms_of_ours_only() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.text
    assert client.get("/theme/").status_code == 405


@pytest.mark.parametrize(("address", "is_json"), [("/no-such-page/", False), ("/api/none", True), ("/otlp/v2/x", True)])
def test_what_is_not_there_is_told_to_people_and_to_programs(client: Client, address: str, is_json: bool) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer["Content-Type"] == ("application/problem+json" if is_json else "text/html; charset=utf-8")
    if is_json:
        assert json.loads(answer.content)["status"] == 404


def test_an_unknown_host_is_a_400(client: Client) -> None:
    answer = client.get("/healthz/../no", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_error_pages_ask_nothing_of_the_database(client: Client) -> None:
    client.cookies["sessionid"] = "x" * 32
    with connection.execute_wrapper(_refuse):
        assert client.get("/no-such-page/").status_code == 404
