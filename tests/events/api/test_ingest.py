"""Who may send, what is answered, and that an answer of success comes after the commit."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from pytest_django import Settings

from codecard.lib.tenant import tenant
from events.models import Fate, IntakeDay
from teams import actions
from teams.keys import new_secret
from teams.models import KeyKind, Organization
from tests import factories
from tests.events.api.sending import (
    EMPTY,
    EVENTS,
    INGEST_PATHS,
    LINES,
    OTLP_PATHS,
    PROTOBUF,
    as_protobuf,
    event,
    logs,
    metrics,
    partial,
    point,
    post,
    reasons,
    record,
)
from tests.events.ledger.books import total
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(acme: Organization) -> str:
    return factories.make_key(acme).secret


def test_every_address_answers_with_and_without_a_slash_and_with_the_key_in_the_path(key: str) -> None:
    for path in INGEST_PATHS:
        for form in (path, f"{path}/"):
            assert post(form, EMPTY[path], key).status_code == 200
    for path in OTLP_PATHS:
        for form in (f"/otlp/k/{key}{path.removeprefix('/otlp')}", f"/otlp/k/{key}{path.removeprefix('/otlp')}/"):
            assert post(form, EMPTY[path]).status_code == 200


@pytest.mark.parametrize("path", INGEST_PATHS)
def test_the_key_is_taken_from_wherever_a_tool_can_put_it(path: str, key: str) -> None:
    def basic(text: str) -> str:
        return f"Basic {base64.b64encode(text.encode()).decode()}"

    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"X-API-Key": key},
        {"Authorization": basic(f"{key}:")},
        {"Authorization": basic(f"who:{key}")},
        {"Authorization": basic(key)},
    ):
        assert post(path, EMPTY[path], **headers).status_code == 200


@pytest.mark.parametrize("path", [*INGEST_PATHS, "/otlp/k/{key}/v1/logs"])
def test_without_a_known_key_it_is_a_401_and_nothing_is_read(path: str) -> None:
    unknown = new_secret(KeyKind.INGEST)
    for answer in (
        post(path.format(key=unknown), b"\xff not even JSON", unknown),
        post(path.format(key="what"), b"{}", **{"Authorization": "Bearer what"}),
        post(path.format(key="%00"), b"{}"),
    ):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"
        assert unknown not in answer.content.decode()


@pytest.mark.parametrize("path", INGEST_PATHS)
def test_an_api_token_can_not_send(acme: Organization, path: str) -> None:
    answer = post(path, EMPTY[path], factories.make_token(acme).secret)
    assert answer.status_code == 403
    assert "ingest key" in answer.json()["detail"]


@pytest.mark.parametrize("path", INGEST_PATHS)
def test_a_revoked_key_is_a_403_within_thirty_seconds(
    acme: Organization, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    made = factories.make_key(acme)
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    assert post(path, EMPTY[path], made.secret).status_code == 200
    actions.revoke_key(key=made.key, by=None, now=NOW)
    clock[0] += 29
    answer = post(path, EMPTY[path], made.secret)
    assert answer.status_code == 403
    assert "revoked" in answer.json()["detail"]


@pytest.mark.parametrize("path", INGEST_PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_a_405_that_says_what_is_allowed(key: str, path: str, method: str) -> None:
    answer = Client().generic(method, path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 405
    assert {"POST", "OPTIONS"} == set(answer["Allow"].split(", "))
    assert Client().generic("OPTIONS", path, headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize("path", OTLP_PATHS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/grpc", "json", "\x00"])
def test_another_content_type_is_a_415(key: str, path: str, content_type: str) -> None:
    answer = post(path, EMPTY[path], key, content_type)
    assert answer.status_code == 415
    assert "application/x-protobuf" in answer.json()["detail"]


def test_a_content_type_may_have_parameters_and_any_case(key: str) -> None:
    for content_type in ("application/json; charset=utf-8", "Application/JSON", " application/json ;x"):
        for path in INGEST_PATHS:
            assert post(path, EMPTY[path], key, content_type).status_code == 200
    for content_type in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "image/png"):
        assert post(EVENTS, b"[]", key, content_type).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[1, 2",
        b"\xff\xfe\xfd",
        b"null",
        b"5",
        b'"text"',
        b"[]",
        b"\x00",
        b"{} {}",
        b"NaN",
        b"[" * 100,
    ],
)
@pytest.mark.parametrize("path", OTLP_PATHS)
def test_what_is_no_otlp_json_is_a_400_with_the_reason(key: str, path: str, body: bytes) -> None:
    answer = post(path, body, key)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body can't be read as OTLP: ")


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{}", b"\x0a\x05\x0a", b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 500])
@pytest.mark.parametrize("path", OTLP_PATHS)
def test_what_is_no_protobuf_is_a_400_with_the_reason(key: str, path: str, body: bytes) -> None:
    answer = post(path, body, key, PROTOBUF)
    assert answer.status_code == 400
    assert "protobuf" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"   ", b"{", b"nonsense", b"[1, 2", b"[{}] [{}]", b"[" * 100_000])
def test_what_is_no_json_is_a_400_with_the_reason(key: str, body: bytes) -> None:
    answer = post(EVENTS, body, key)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body can't be read: ")


def test_one_event_an_array_and_lines_are_all_understood(acme: Organization, key: str) -> None:
    lines = b"\n".join(json.dumps(event(name)).encode() for name in ("c", "d"))
    assert post(EVENTS, event("a"), key).json()["accepted"] == 1
    assert post(EVENTS, [event("b")], key).json()["accepted"] == 1
    assert post(EVENTS, lines, key, LINES).json()["accepted"] == 2
    assert post(EVENTS, lines.replace(b"\n", b"\r\n\r\n"), key, LINES).json()["duplicates"] == 2
    assert total(acme, "requests") == 4


def test_the_answer_tells_each_rejected_item_by_its_place(acme: Organization, key: str) -> None:
    body = [event("a"), {"kind": "response"}, event("b", at="1970-01-01T00:00:00Z"), event("c"), 5, event("a")]
    told = post(EVENTS, body, key).json()
    assert (told["accepted"], told["duplicates"], told["superseded"]) == (2, 1, 0)
    assert [rejected["index"] for rejected in told["rejected"]] == [1, 2, 4]
    assert all(rejected["reason"] for rejected in told["rejected"])
    assert total(acme, "requests") == 2


def test_a_dry_run_judges_and_stores_nothing(acme: Organization, key: str) -> None:
    told = post(f"{EVENTS}?dry_run=1", [event("a"), event("b", input_tokens=-1), event("c")], key).json()
    assert (told["dry_run"], told["accepted"], len(told["rejected"])) == (True, 2, 1)
    assert total(acme, "requests") == 0
    with tenant(acme.pk):
        assert not IntakeDay.objects.exists()
    assert post(f"{EVENTS}?dry_run=no", [event("a")], key).json()["accepted"] == 1


def test_otlp_tells_how_many_items_it_rejected_and_why(acme: Organization, key: str) -> None:
    bad = record("bad", input_tokens=-3)
    answer = post("/otlp/v1/logs", logs(record("a"), bad, bad, record("b")), key)
    assert answer["Content-Type"] == "application/json"
    assert partial(answer) == (2, "2 x input_tokens is negative")
    assert post("/otlp/v1/logs", logs(record("a")), key).json() == {}
    late = point() | {"timeUnixNano": "0"}
    answer = post("/otlp/v1/metrics", metrics(point(), late), key)
    assert partial(answer)[0] == 1
    assert total(acme, "requests") == 2


def test_otlp_in_protobuf_is_answered_in_protobuf(key: str) -> None:
    body = as_protobuf("logs", logs(record("a"), record("b", input_tokens=-3)))
    answer = post("/otlp/v1/logs", body, key, PROTOBUF)
    assert answer["Content-Type"] == PROTOBUF
    told = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert (told.rejected_log_records, told.error_message) == (1, "1 x input_tokens is negative")
    answer = post("/otlp/v1/metrics", as_protobuf("metrics", metrics(point(), point(-5))), key, PROTOBUF)
    assert ExportMetricsServiceResponse.FromString(answer.content).partial_success.rejected_data_points == 1
    assert post("/otlp/v1/traces", b"", key, PROTOBUF).content == b""


def test_a_message_of_many_reasons_stays_short(key: str) -> None:
    hostile = [record(f"r{number}", **{f"input_{'x' * 500}": "", "input_tokens": -1}) for number in range(3)]
    hostile += [record("c", cost_usd=-1.0), record("d", output_tokens=-1), record("e", duration_ms="x")]
    hostile += [record("f", input_tokens=2**40), record("g", model="m" * 300), record("h", cost_usd="x")]
    count, message = partial(post("/otlp/v1/logs", logs(*hostile), key))
    assert count == 9
    assert message.endswith("…")
    assert len(message) < 500


def test_unknown_senders_are_counted_and_not_stored(acme: Organization, key: str) -> None:
    assert post("/otlp/v1/logs", logs(record(), service="checkout"), key).json() == {}
    with tenant(acme.pk):
        [row] = IntakeDay.objects.values_list("source", "fate", "name", "items")
    assert row == ("checkout", Fate.UNKNOWN, "logs: api_request", 1)
    assert total(acme, "requests") == 0


def test_too_many_requests_are_a_429_that_says_when_to_come_back(
    acme: Organization, key: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INGEST_REQUESTS_PER_MINUTE = 3
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    statuses = [post(path, EMPTY[path], key).status_code for path in INGEST_PATHS]
    assert statuses == [200, 200, 200, 429]
    clock[0] += 20
    answer = post(EVENTS, b"[]", key)
    assert (answer.status_code, answer["Retry-After"]) == (429, "40")
    assert answer["Content-Type"] == "application/problem+json"
    assert post(EVENTS, b"[]", factories.make_key(acme).secret).status_code == 200
    clock[0] += 41
    assert post(EVENTS, b"[]", key).status_code == 200


AWAY = [
    OperationalError("connection refused"),
    OperationalError("server closed the connection unexpectedly"),
    InterfaceError("connection already closed"),
    psycopg.OperationalError("consuming input failed"),
    psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
    psycopg.errors.DiskFull("no space left on device"),
    psycopg.errors.TooManyConnections("too many clients"),
    psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
    psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
    psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
    psycopg.InterfaceError("the connection is closed"),
    psycopg.errors.DeadlockDetected("deadlock detected"),
    psycopg.errors.SerializationFailure("could not serialize access"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: f"{type(error).__module__}.{type(error).__name__}")
def test_a_database_under_pressure_is_a_503_that_asks_to_come_back(
    key: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whoever raises it: Django's own errors, or psycopg's, whose cursor the ledger uses."""

    def away(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("events.api.ingest.record", away)
    for path in INGEST_PATHS:
        answer = post(path, EMPTY[path], key)
        assert answer.status_code == 503
        assert 1 <= int(answer["Retry-After"]) <= 5
        assert str(error) not in answer.content.decode()


def test_a_database_that_is_away_while_the_key_is_looked_up_is_a_503(key: str) -> None:
    def away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("the database system is starting up")

    with connection.execute_wrapper(away):
        assert post(EVENTS, [event()], key).status_code == 503


@pytest.mark.django_db(transaction=True)
def test_success_is_told_after_the_commit(acme: Organization, key: str) -> None:
    """Another connection sees the facts of every answered request, and nothing is left open."""
    bodies: list[tuple[str, Any, str]] = [
        (EVENTS, [event("a")], "application/json"),
        ("/otlp/v1/logs", logs(record("b")), "application/json"),
        ("/otlp/v1/logs", as_protobuf("logs", logs(record("c"))), PROTOBUF),
    ]
    with psycopg.connect(_owner_url(), autocommit=True, options="-c role=codecard_owner") as outside:
        for number, (path, body, content_type) in enumerate(bodies, start=1):
            assert post(path, body, key, content_type).status_code == 200
            assert outside.execute("SELECT count(*) FROM events_event").fetchone() == (number,)
            assert not connection.in_atomic_block
        before = outside.execute("SELECT count(*) FROM events_event").fetchone()
        assert post(EVENTS, [event("d")], factories.make_token(acme).secret).status_code == 403
        assert outside.execute("SELECT count(*) FROM events_event").fetchone() == before


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_is_no_success(acme: Organization, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    post(EVENTS, [event("a")], key)

    def fail(self: Any) -> None:
        self.connection.rollback()
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr(BaseDatabaseWrapper, "_commit", fail)
        assert post(EVENTS, [event("b")], key).status_code == 503
    connection.close()
    assert total(acme, "requests") == 1
    assert post(EVENTS, [event("b")], key).json()["accepted"] == 1


def _owner_url() -> str:
    settings: Callable[..., Any] = connection.get_connection_params
    parameters = settings()
    return psycopg.conninfo.make_conninfo(
        dbname=parameters["dbname"],
        user=parameters.get("user"),
        host=parameters.get("host"),
        port=parameters.get("port"),
    )


def test_another_organizations_facts_are_another_organizations(acme: Organization, globex: Organization) -> None:
    """The same bodies by the keys of two organizations: each has its own, and neither changes the other's."""
    ours, theirs = factories.make_key(acme).secret, factories.make_key(globex).secret
    assert post(EVENTS, [event("a"), event("b")], ours).json()["accepted"] == 2
    assert post(EVENTS, [event("a")], theirs).json()["accepted"] == 1
    assert post("/otlp/v1/logs", logs(record("c")), theirs).json() == {}
    assert (total(acme, "requests"), total(globex, "requests")) == (2, 2)


@pytest.mark.parametrize("path", [*INGEST_PATHS, "/api/v1/usage/"])
def test_a_session_of_the_browser_is_no_key(owner_client: Client, path: str) -> None:
    """Whoever is signed in sends nothing and reads nothing here, so that another site can't either."""
    assert owner_client.generic("POST" if path in INGEST_PATHS else "GET", path).status_code == 401


def test_an_expired_key_is_a_403(acme: Organization) -> None:
    expired = factories.make_key(acme, expires_at=NOW - timedelta(days=1)).secret
    assert post(EVENTS, [event()], expired).status_code == 403


def test_reasons_are_listed_for_every_rejected_item(key: str) -> None:
    answer = post(EVENTS, [event(f"e{n}", input_tokens="many") for n in range(50)], key)
    assert len(list(reasons(answer))) == 50
    assert not transaction.get_connection().needs_rollback
