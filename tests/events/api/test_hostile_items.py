"""One hostile item in a batch: it alone is rejected, with a reason that quotes nothing of it; the others are stored."""

import json
import logging
from typing import Any

import pytest

from teams.models import Organization
from tests import factories
from tests.events.api.sending import (
    AT_NS,
    EVENTS,
    JSON,
    LINES,
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

pytestmark = pytest.mark.django_db
PLACE = b'"HERE"'
SECRET = "hunter2"

# Values that no field takes, as bytes of JSON.
VALUES: dict[str, bytes] = {
    "a huge integer": b"9" * 400,
    "an integer of many digits": b"7" * 100_000,
    "a huge negative integer": b"-" + b"9" * 30,
    "a huge float": b"1e999",
    "not a number": b"NaN",
    "infinity": b"Infinity",
    "minus infinity": b"-Infinity",
    "a NUL character": b'"hunter2\\u0000"',
    "a raw NUL character": b'"hunter2\x00"',
    "a control character": b'"hunter2\\u001b[31m"',
    "a line break": b'"hunter2\\nhunter2"',
    "a lone surrogate": b'"hunter2\\ud800"',
    "a lone low surrogate": b'"\\udc00hunter2"',
    "invalid UTF-8": b'"hunter2\xff\xfe"',
    "overlong UTF-8": b'"hunter2\xc0\xaf"',
    "a list": b'["hunter2"]',
    "an object": b'{"hunter2": "hunter2"}',
    "deep lists": b"[" * 500 + b"]" * 500,
    "very deep lists": b"[" * 100_000 + b"]" * 100_000,
    "very deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a long text": b'"' + b"hunter2" * 1_500_000 + b'"',
}


@pytest.fixture
def key(acme: Organization) -> str:
    return factories.make_key(acme).secret


def between(hostile: dict[str, Any], value: bytes) -> bytes:
    """Three events, of which the second has the value, as it is."""
    return json.dumps([event("a"), hostile, event("b")]).encode().replace(PLACE, value)


@pytest.mark.parametrize("field", ["model", "input_tokens"])
@pytest.mark.parametrize("name", VALUES)
def test_an_event_with_a_value_that_no_field_takes(acme: Organization, key: str, name: str, field: str) -> None:
    answer = post(EVENTS, between(event("bad", **{field: "HERE"}), VALUES[name]), key)
    assert_only_the_second_is_rejected(answer, acme)


@pytest.mark.parametrize("field", ["id", "tool", "session", "at", "path", "email", "path_hash"])
@pytest.mark.parametrize("name", ["a huge integer", "not a number", "a NUL character", "a lone surrogate", "a list"])
def test_an_event_with_a_hostile_value_in_any_field(acme: Organization, key: str, name: str, field: str) -> None:
    assert_only_the_second_is_rejected(post(EVENTS, between(event("bad", **{field: "HERE"}), VALUES[name]), key), acme)


@pytest.mark.parametrize(
    "fields",
    [
        {"at": "1970-01-01T00:00:00Z"},
        {"at": "2200-01-01T00:00:00Z"},
        {"at": "9999-12-31T23:59:59-23:59"},
        {"at": "0001-01-01T00:00:00+23:59"},
        {"at": "2026-06-01T12:00:00"},
        {"at": "yesterday hunter2"},
        {"at": 5},
        {"input_tokens": -1},
        {"input_tokens": True},
        {"input_tokens": 1.5},
        {"input_tokens": "10"},
        {"input_tokens": 2_000_000_001},
        {"cost_usd": -0.01},
        {"cost_usd": False},
        {"cost_usd": 1e300},
        {"kind": "hunter2"},
        {"kind": 5},
        {"kind": None},
        {"hunter2": "hunter2"},
        {"prompt": "hunter2"},
        {"id": ""},
        {"id": None},
        {"tool": ""},
        {"tool": "   "},
        {"model": "hunter2" * 50},
        {"path_class": "hunter2"},
        {"path_hash": 2**63},
        {"session": 5},
    ],
    ids=str,
)
def test_an_event_that_is_not_as_the_schema_says(acme: Organization, key: str, fields: dict[str, Any]) -> None:
    assert_only_the_second_is_rejected(post(EVENTS, [event("a"), event("bad") | fields, event("b")], key), acme)


def assert_only_the_second_is_rejected(answer: Any, acme: Organization) -> None:
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["accepted"], [item["index"] for item in told["rejected"]]) == (2, [1])
    [reason] = reasons(answer)
    assert 5 < len(reason) < 200
    assert reason.isprintable()
    if "unknown field" not in reason:
        assert SECRET not in reason
    assert total(acme, "requests") == 2


@pytest.mark.parametrize(
    "line",
    [b"nonsense hunter2", b"[]", b"5", b"null", b'"hunter2"', b'{"a":', b"\xff\xfe", b"\x00", b"[" * 100_000, b"{}"],
)
def test_a_hostile_line_among_lines(acme: Organization, key: str, line: bytes) -> None:
    lines = [json.dumps(event("a")).encode(), line, json.dumps(event("b")).encode()]
    assert_only_the_second_is_rejected(post(EVENTS, b"\n".join(lines), key, LINES), acme)


ATTRIBUTE_VALUES = {
    name: value
    for name, value in VALUES.items()
    # What attributes may well be: no source reads lists and maps, and a long text is what a prompt is.
    if name
    not in {
        "a list",
        "an object",
        "a line break",
        "a control character",
        "a NUL character",
        "a raw NUL character",
        "a long text",
    }
}


def three_records(hostile: dict[str, Any], value: bytes) -> bytes:
    return json.dumps(logs(record("a"), hostile, record("b"))).encode().replace(PLACE, value)


@pytest.mark.parametrize("name", ATTRIBUTE_VALUES)
def test_a_record_with_a_value_that_no_attribute_takes(acme: Organization, key: str, name: str) -> None:
    """As whatever type it is offered; deep ones as the list of an attribute that no source reads."""
    kind = "arrayValue" if "deep" in name else "stringValue" if VALUES[name].startswith(b'"') else "intValue"
    hostile = record("bad")
    hostile["attributes"].append({"key": "input_tokens", "value": {kind: "HERE"}})
    assert_only_one_record_is_rejected(post("/otlp/v1/logs", three_records(hostile, VALUES[name]), key), acme)


@pytest.mark.parametrize("name", VALUES)
def test_a_record_with_a_hostile_time(acme: Organization, key: str, name: str) -> None:
    hostile = record("bad") | {"timeUnixNano": "HERE"}
    assert_only_one_record_is_rejected(post("/otlp/v1/logs", three_records(hostile, VALUES[name]), key), acme)


@pytest.mark.parametrize(
    "attributes",
    [
        {"input_tokens": -1},
        {"input_tokens": True},
        {"input_tokens": "hunter2"},
        {"input_tokens": 2**62},
        {"output_tokens": 0.5},
        {"cost_usd": -1.0},
        {"duration_ms": "hunter2"},
        {"model": "hunter2\0"},
        {"model": "hunter2" * 100},
        {"session.id": 5},
        {"session.id": "hunter2\n"},
        {"request_id": "hunter2\x1b"},
        {"user.email": "hunter2" * 100},
        {"event.timestamp": "hunter2"},
        {"event.timestamp": "1970-01-01T00:00:00Z"},
        {"event.timestamp": "2200-01-01T00:00:00Z"},
    ],
    ids=str,
)
@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_a_record_that_tells_nonsense(
    acme: Organization, key: str, attributes: dict[str, Any], content_type: str
) -> None:
    body: Any = logs(record("a"), record("bad", **attributes), record("b"))
    if content_type == PROTOBUF:
        assert post("/otlp/v1/logs", as_protobuf("logs", body), key, PROTOBUF).status_code == 200
        assert total(acme, "requests") == 2
    else:
        assert_only_one_record_is_rejected(post("/otlp/v1/logs", body, key), acme)


@pytest.mark.parametrize(
    "hostile", [5, None, "hunter2", [], {"attributes": 5}, {"attributes": [5]}, {"timeUnixNano": {}}], ids=str
)
def test_a_record_that_is_none(acme: Organization, key: str, hostile: Any) -> None:
    assert_only_one_record_is_rejected(post("/otlp/v1/logs", logs(record("a"), hostile, record("b")), key), acme)


def assert_only_one_record_is_rejected(answer: Any, acme: Organization) -> None:
    assert answer.status_code == 200, answer.content
    count, message = partial(answer)
    assert count == 1
    assert 5 < len(message) < 200
    assert SECRET not in message
    assert total(acme, "requests") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"asInt": -5},
        {"asInt": True},
        {"asInt": "hunter2"},
        {"asInt": "9" * 400},
        {"asInt": None},
        {"asInt": None, "asDouble": "NaN"},
        {"asInt": None, "asDouble": float("nan")},
        {"asInt": None, "asDouble": float("inf")},
        {"asInt": None, "asDouble": 1e308},
        {"timeUnixNano": "0"},
        {"timeUnixNano": "1"},
        {"timeUnixNano": str(2**64 - 1)},
        {"timeUnixNano": "9" * 100},
        {"timeUnixNano": "hunter2"},
        {"timeUnixNano": -5},
        {"startTimeUnixNano": "hunter2"},
        {"attributes": "hunter2"},
    ],
    ids=str,
)
@pytest.mark.parametrize("temporality", [1, 2])
def test_a_hostile_data_point(acme: Organization, key: str, change: dict[str, Any], temporality: int) -> None:
    later = str(int(AT_NS) + 2_000_000_000)
    good = [point(10), point(30) | {"timeUnixNano": later}]
    answer = post("/otlp/v1/metrics", metrics(good[0], point() | change, good[1], temporality=temporality), key)
    assert answer.status_code == 200, answer.content
    assert partial(answer)[0] == 1
    assert SECRET not in partial(answer)[1]
    assert total(acme, "input_tokens") == (40 if temporality == 1 else 30)


def test_a_start_of_a_series_that_no_column_holds_costs_its_own_point(acme: Organization, key: str) -> None:
    """OTLP's times are unsigned 64 bits, PostgreSQL's integers are signed."""
    hostile = point(5) | {"startTimeUnixNano": str(2**64 - 1)}
    answer = post("/otlp/v1/metrics", metrics(point(10), hostile, temporality=2), key)
    assert partial(answer) == (1, "1 x the start time is out of range")
    assert total(acme, "input_tokens") == 10


def test_running_totals_of_any_size_are_stored_or_refused(acme: Organization, key: str) -> None:
    """Their sums must fit where they are summed up."""
    for number, value in enumerate([10**12, 3 * 10**14, 10**15, 2**62, 2**63 - 1]):
        hostile = point(str(value), **{"session.id": f"s{number}"})
        answer = post(
            "/otlp/v1/metrics", metrics(hostile, point(10, **{"session.id": f"t{number}"}), temporality=2), key
        )
        assert answer.status_code == 200, value
    assert total(acme, "input_tokens") >= 50


def test_what_is_rejected_is_not_in_the_log(acme: Organization, key: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for value in VALUES.values():
            post(EVENTS, between(event("bad", model="HERE"), value), key)
            post("/otlp/v1/logs", three_records(record("bad") | {"timeUnixNano": "HERE"}, value), key)
    assert SECRET not in caplog.text


def test_more_items_than_a_body_may_have_are_a_400_or_taken_in_one_piece(key: str) -> None:
    many = [event(f"e{number}") for number in range(10_001)]
    answer = post(EVENTS, many, key)
    assert answer.status_code == 400
    assert "10,000" in answer.json()["detail"]
    assert post(EVENTS, many[:10_000], key).json()["accepted"] == 10_000
