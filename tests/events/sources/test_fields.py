import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources import _fields
from events.sources._base import Invalid
from events.sources._tolerant import Bad

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers()),
    st.just(Bad("bad")),
)  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), [(5, 5), ("5", 5), (5.0, 5), ("+7", 7), (None, 0), (0, 0)])
def test_a_count_is_a_number_or_text(value: Any, expected: int) -> None:
    assert _fields.count({"n": value}, "n") == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        -1,
        "-1",
        1.5,
        "1.5",
        "five",
        "",
        "9" * 5000,
        10**30,
        float("nan"),
        float("inf"),
        [],
        {},
        b"5",
        "\u0665",
        Bad("x"),
    ],
)
def test_anything_else_is_no_count(value: Any) -> None:
    with pytest.raises(Invalid):
        _fields.count({"n": value}, "n")


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0.5), ("0.5", 0.5), (1, 1.0), ("1e-3", 0.001), (None, None)])
def test_dollars_are_a_number_or_text(value: Any, expected: float | None) -> None:
    assert _fields.dollars({"n": value}, "n") == expected


@pytest.mark.parametrize(
    "value", [True, -0.1, "NaN", "Infinity", float("nan"), float("inf"), 2e6, 10**400, "1e999", "x", []]
)
def test_anything_else_is_no_amount(value: Any) -> None:
    with pytest.raises(Invalid):
        _fields.dollars({"n": value}, "n")


@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "\x7f", "\ud800", "x" * 201, 5, True, [], Bad("x")])
def test_text_is_one_printable_line(value: Any) -> None:
    with pytest.raises(Invalid):
        _fields.text({"t": value}, "t")


def test_text_of_any_script_is_text() -> None:
    assert _fields.text({"t": "Zoë 山田\u00a0太郎"}, "t") == "Zoë 山田\u00a0太郎"
    assert _fields.text({"t": ""}, "t") is None
    assert _fields.text({}, "t") is None


def test_a_required_text_must_be_there() -> None:
    with pytest.raises(Invalid, match="t is missing"):
        _fields.required({}, "t")


def test_a_word_is_compared_without_case_and_stays_within_its_limit() -> None:
    assert _fields.word({"w": "Accept"}, "w") == "accept"
    assert len(_fields.word({"w": "İ" * 200}, "w") or "") == 200


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("true", True), ("False", False), (None, None)])
def test_a_flag_may_be_text(value: Any, expected: bool | None) -> None:
    assert _fields.flag({"f": value}, "f") is expected


@pytest.mark.parametrize("value", ["yes", 1, 0, [], Bad("x")])
def test_anything_else_is_no_flag(value: Any) -> None:
    with pytest.raises(Invalid):
        _fields.flag({"f": value}, "f")


def test_a_moment_is_in_utc_and_exact_to_the_microsecond() -> None:
    assert _fields.moment_ns(1795391199621000999) == datetime(2026, 11, 22, 23, 46, 39, 621000, tzinfo=UTC)
    assert _fields.moment_iso("2026-11-23T00:46:39.621+01:00") == datetime(2026, 11, 22, 23, 46, 39, 621000, tzinfo=UTC)
    assert _fields.moment_iso("2026-11-22T23:46:39.621Z").tzinfo is UTC


@pytest.mark.parametrize(
    "value", ["", "now", "2026-11-22", "2026-11-22T10:00:00", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+10:00"]
)
def test_a_time_without_a_zone_or_out_of_range_is_refused(value: str) -> None:
    with pytest.raises(Invalid):
        _fields.moment_iso(value)


def test_the_tools_own_time_comes_first() -> None:
    told = {"event.timestamp": "2026-11-22T23:46:39Z"}
    assert _fields.moment(told, 10**18, 2 * 10**18).year == 2026
    assert _fields.moment({}, 10**18, 2 * 10**18).year == 2001
    assert _fields.moment({}, 0, 2 * 10**18).year == 2033
    with pytest.raises(Invalid, match="the time is missing"):
        _fields.moment({}, 0, 0)


def test_a_series_is_the_same_in_any_order_and_another_for_other_attributes() -> None:
    one = _fields.series({"a": 1, "b": 2}, "s", "m", {"x": "1", "y": 2})
    assert one == _fields.series({"b": 2, "a": 1}, "s", "m", {"y": 2, "x": "1"})
    assert one != _fields.series({"a": 1, "b": 2}, "s", "m", {"x": 1, "y": 2})


READERS = (
    _fields.text, _fields.word, _fields.count, _fields.dollars, _fields.milliseconds, _fields.flag, _fields.required,
)  # fmt: skip


@given(JUNK, st.sampled_from(READERS))
def test_no_value_makes_a_reader_fail_otherwise(value: Any, read: Callable[..., Any]) -> None:
    with contextlib.suppress(Invalid):
        assert read({"k": value}, "k") is None or value is not None or read is _fields.count
