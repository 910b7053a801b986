import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib import requests
from codecard.lib.logs import JsonFormatter, places, redact

KEY = "cci_9vTq3xYwLkZ0a-bC_dEfGhIjKlMnOpQrStUvWxYz012"


def _line(message: str, *args: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("events.ledger", logging.WARNING, __file__, 1, message, args, more.pop("exc_info", None))
    record.__dict__.update(more)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert isinstance(line, dict)
    return line


def test_a_line_is_one_json_object() -> None:
    line = _line("stored %d of\n%s", 3, '"four"')
    assert line["message"] == 'stored 3 of\n"four"'
    assert (line["level"], line["logger"]) == ("WARNING", "events.ledger")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(line["ts"])).total_seconds()) < 60


def test_lines_carry_the_id_of_their_request() -> None:
    token = requests.request_id.set("0f8fad5b-d9cb")
    try:
        assert _line("anything")["request_id"] == "0f8fad5b-d9cb"
    finally:
        requests.request_id.reset(token)
    assert "request_id" not in _line("anything")


def test_an_exception_is_one_field_of_the_same_line() -> None:
    try:
        raise ValueError(f"bad {KEY}")
    except ValueError:
        line = _line("failed", exc_info=sys.exc_info())
    assert line["exc"].startswith("Traceback")
    assert KEY not in line["exc"]
    assert "ValueError: bad cci_[redacted]" in line["exc"]


def test_fields_of_any_type_can_be_added() -> None:
    assert _line("request", fields={"status": 200, "at": datetime(2026, 1, 1, tzinfo=UTC)})["at"].startswith("2026")


@pytest.mark.parametrize("place", ["{}", "/otlp/k/{}/v1/logs", "Bearer {}", '{{"key": "{}"}}', "a={}&b=1", "<{}>"])
@pytest.mark.parametrize("key", [KEY, KEY.replace("cci_", "cca_")])
def test_keys_are_cut_down_to_their_prefix_wherever_they_stand(place: str, key: str) -> None:
    text = place.format(key)
    line = _line("see %s", text, fields={"inside": text, text: 1})
    assert key[4:] not in json.dumps(line)
    assert key[:4] + "[redacted]" in line["message"]


@given(st.text())
def test_what_holds_no_key_stays_as_it_is(text: str) -> None:
    assert redact(text) == text or "cc" in text


@given(st.text())
def test_any_message_gives_a_line(message: str) -> None:
    assert _line("%s", message)["level"] == "WARNING"


def test_the_places_of_an_error_are_told_without_its_words() -> None:
    def reads() -> None:
        raise ValueError("a title that nobody may read")

    with pytest.raises(ValueError) as caught:
        reads()
    told = places(caught.value)
    assert "reads:" in told
    assert "title" not in told
