import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources._base import Unreadable
from events.sources._tolerant import Bad, is_deeper, load


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN is not a number"),
        ("-Infinity", "-Infinity is not a number"),
        ("1e999", "a number is too large"),
        ("9" * 5000, "a number is too large"),
        ('"\\udfff"', "text is not valid Unicode"),
        ('"\\ud800x"', "text is not valid Unicode"),
    ],
)
def test_a_value_that_cannot_be_used_is_marked_and_its_neighbours_are_not(text: str, reason: str) -> None:
    before, bad, after = load(f'["a", {text}, NaN]'.encode())
    assert before == "a"
    assert isinstance(bad, Bad)
    assert bad.reason == reason
    assert isinstance(after, Bad)


def test_bytes_that_are_not_utf_8_mark_their_own_text_only() -> None:
    bad, good = load(b'["\xff", "gut \xc3\xa4"]')
    assert isinstance(bad, Bad)
    assert good == "gut ä"


def test_a_key_that_is_no_text_stays_a_key_that_can_be_shown() -> None:
    assert load(b'{"a\\ud800": 1}') == {"a?": 1}


def test_control_characters_are_left_to_whoever_reads_the_field() -> None:
    assert load(b'["a\x00b", "\\u0000"]') == ["a\x00b", "\x00"]


@pytest.mark.parametrize("body", [b"", b"[", b"[1] 2", b"{1: 2}", b"\x00", b"'a'"])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        load(body)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_is_bounded_before_anything_is_decoded(opening: bytes) -> None:
    assert load(b"[" * 64 + b"]" * 64)
    for depth in (65, 1000, 1_000_000):
        with pytest.raises(Unreadable, match="64 levels"):
            load(opening * depth)


def test_brackets_in_text_are_no_nesting() -> None:
    for text in ("[" * 100, '\\"[' * 100, "\\\\" + "[" * 100, '"' + "{" * 100):
        assert load(json.dumps([text]).encode()) == [text]


def test_looking_for_depth_takes_linear_time() -> None:
    start = time.perf_counter()
    is_deeper(b"[" * 1_000_000 + b"]" * 1_000_000, 64)
    assert time.perf_counter() - start < 2


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(value=VALUES, is_ascii=st.booleans())
def test_good_json_reads_as_it_is_also_beside_bad(value: object, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert load(text.encode()) == value
    assert load(f"[{text}, NaN]".encode())[0] == value


@given(value=VALUES)
def test_depth_is_found_as_a_walk_would_find_it(value: object) -> None:
    def depth(value: object) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    text = json.dumps(value).encode()
    assert not is_deeper(text, depth(value))
    assert depth(value) == 0 or is_deeper(text, depth(value) - 1)
