import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.schema import KINDS, Prompt, Response, Suggestion
from events.sources import code_card
from events.sources._base import Parsed, Unreadable, hash_path
from tests.events.sources._totals import CONTEXT, FIXTURES

GOOD = {"kind": "prompt", "id": "p1", "at": "2026-11-22T10:00:00Z", "tool": "cursor"}


def parse(body: bytes | str, content_type: str = "application/json") -> Parsed:
    return code_card.parse(body if isinstance(body, bytes) else body.encode(), content_type, CONTEXT)


def one(**fields: Any) -> Parsed:
    return parse(json.dumps([GOOD | fields]))


def written(text: str) -> str:
    """An event with one more member, written as given."""
    return json.dumps(GOOD)[:-1] + f", {text}}}"


def reasons(parsed: Parsed) -> list[tuple[int, str]]:
    return [(rejected.index, rejected.reason) for rejected in parsed.rejected]


@pytest.mark.parametrize(
    ("file", "content_type"),
    [
        ("all-kinds.events.json", "application/json"),
        ("all-kinds.events.ndjson", "application/x-ndjson"),
        ("all-kinds.events.ndjson", "application/jsonl; charset=utf-8"),
        ("all-kinds.events.ndjson", "application/json"),
        ("all-kinds.events.json", "application/x-ndjson"),
    ],
)
def test_reads_every_kind_in_either_form_whatever_it_is_called(file: str, content_type: str) -> None:
    parsed = parse((FIXTURES / "code-card" / file).read_bytes(), content_type)
    assert not parsed.rejected
    assert parsed.items == 8
    [(group, events)] = parsed.groups.items()
    assert [type(event) for event in events] == list(KINDS.values())
    assert (group.source, group.channel.number, group.channel.rank, group.scope) == ("code-card", 20, 50, None)
    assert {event.repository for event in events} == {"github.com/acme/demo"}
    assert {event.email for event in events} == {"ada@example.com"}


def test_reads_one_event_alone_also_over_several_lines() -> None:
    for indent in (None, 2):
        [event] = parse(json.dumps(GOOD, indent=indent)).events()
        assert event == Prompt(id="p1", at=datetime(2026, 11, 22, 10, tzinfo=UTC), tool="cursor")


def test_names_have_one_spelling() -> None:
    [event] = one(tool=" Cursor ", model="GPT-5.1 ", language="typescriptreact", branch="Feature/X").events()
    assert (event.tool, event.model, event.language, event.branch) == ("cursor", "gpt-5.1", "TypeScript", "Feature/X")


def test_a_name_that_grows_in_lower_case_still_fits() -> None:
    [event] = one(model="\u0130" * 200, language="\u0130" * 200, tool="\u0130" * 200).events()
    assert {len(event.tool), len(event.model or ""), len(event.language or "")} == {200}


def test_a_blank_name_is_none_and_a_blank_tool_is_refused() -> None:
    [event] = one(model="  ", language=" ").events()
    assert (event.model, event.language) == (None, None)
    assert reasons(one(tool="  ")) == [(0, "tool: is blank")]


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        ("https://ada:secret@github.com/Acme/Demo.git", "github.com/acme/demo"),
        ("Acme/Demo", "acme/demo"),
        ("github.com/Acme/Demo", "github.com/acme/demo"),
        ("demo", "demo"),
        ("ftp://ada:secret@example.com/x", None),
        ("some words", None),
        ("  ", None),
    ],
)
def test_a_repository_is_normalised_and_an_odd_one_dropped(told: str, stored: str | None) -> None:
    [event] = one(repository=told).events()
    assert event.repository == stored


def test_a_path_becomes_language_class_and_hash_and_is_gone() -> None:
    [event] = one(path="web/src/Price.tsx").events()
    assert (event.path, event.language, event.path_class) == (None, "TypeScript", "template")
    assert event.path_hash == hash_path("web/src/Price.tsx", CONTEXT.path_key)


def test_what_the_sender_says_of_a_file_beats_what_its_path_suggests() -> None:
    [event] = one(path="web/src/Price.tsx", language="Rust", path_class="view", path_hash=5).events()
    assert (event.language, event.path_class) == ("Rust", "view")
    assert event.path_hash != 5


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ('"session": "a\\u0000b"', "session: has a control character"),
        ('"session": "a\\nb"', "session: has a control character"),
        ('"session": "a\x01b"', "session: has a control character"),
        ('"session": "\\ud800"', "session: text is not valid Unicode"),
        ('"session": 5', "session: expected text, got an integer"),
        ('"session": ""', "session: expected text of length >= 1"),
        (f'"session": "{"x" * 301}"', "session: expected text of length <= 300"),
        ('"session": ' + "[" * 40 + "]" * 40, "session: expected text, got array"),
        ('"at": "2026-11-22T10:00:00"', "at: expected a date with time with a timezone component"),
        ('"at": "yesterday"', "at: Invalid RFC3339 encoded datetime"),
        ('"at": 1795389341', "at: expected a date with time, got an integer"),
        ('"path_class": "hunter2"', "path_class: not one of the values it can have"),
        ('"kind": "hunter2"', "kind: not one of the values it can have"),
        ('"kind": null', "kind: expected text, got null"),
        ('"requests": 1', "unknown field requests"),
        ('"hunter2\\n": 1', "unknown field (unprintable name)"),
        ('"hunter2\\ud800": 1', "unknown field (unprintable name)"),
        ('"path_hash": NaN', "path_hash: NaN is not a number"),
        ('"path_hash": -Infinity', "path_hash: -Infinity is not a number"),
        ('"path_hash": 1e999', "path_hash: a number is too large"),
        (f'"path_hash": {"9" * 5000}', "path_hash: a number is too large"),
        (f'"path_hash": {2**63}', "path_hash: expected an integer <= 9223372036854775807"),
    ],
)
def test_one_bad_item_is_refused_with_its_index_and_reason_and_the_rest_is_kept(member: str, reason: str) -> None:
    bodies = {
        "application/json": f"[{json.dumps(GOOD)}, {written(member)}, {json.dumps(GOOD)}]",
        "application/x-ndjson": f"{json.dumps(GOOD)}\n\n{written(member)}\n{json.dumps(GOOD)}\n",
    }
    for content_type, body in bodies.items():
        parsed = parse(body, content_type)
        assert reasons(parsed) == [(1, reason)]
        assert (parsed.items, len(list(parsed.events()))) == (3, 2)
        assert "hunter2" not in reason


def test_bytes_that_are_not_utf_8_cost_only_their_own_item() -> None:
    body = (
        b"[" + json.dumps(GOOD).encode() + b"," + written('"session": "?"').encode().replace(b"?", b"\xff\xfe") + b"]"
    )
    assert reasons(parse(body)) == [(1, "session: text is not valid Unicode")]


def test_text_that_only_looks_like_an_escape_is_kept() -> None:
    for session in ("a\\nb", "a\\u0000b", "\\\\u0000", "schön ✓"):
        [event] = one(session=session).events()
        assert event.session == session


def test_a_reason_names_the_field_that_is_missing() -> None:
    assert reasons(parse("[{}]")) == [(0, "missing field kind")]
    assert reasons(parse('[{"kind": "prompt", "id": "x"}]')) == [(0, "missing field at")]


@pytest.mark.parametrize(("body", "rejected"), [("[1, null, []]", 3), ("5", 1), ('"x"', 1), ("null", 1)])
def test_what_is_no_object_is_no_event(body: str, rejected: int) -> None:
    assert reasons(parse(body)) == [(index, "not an object") for index in range(rejected)]


def test_a_line_that_is_no_json_is_refused_alone() -> None:
    parsed = parse(f"{json.dumps(GOOD)}\r\n{{\r\n\r\n{json.dumps(GOOD)}", "application/x-ndjson")
    assert reasons(parsed) == [(1, "not JSON")]
    assert len(list(parsed.events())) == 2


def test_an_empty_array_holds_nothing() -> None:
    parsed = parse("[]")
    assert (parsed.items, dict(parsed.groups), parsed.rejected) == (0, {}, [])


@pytest.mark.parametrize("body", ["", " \n", "[", "{", "hello", "[" * 100_000, "[1] 2", '{"a": 1} x', b"\x00", b"\xff"])
def test_a_body_that_is_no_json_is_unreadable(body: bytes | str) -> None:
    with pytest.raises(Unreadable):
        parse(body)


def test_a_byte_order_mark_is_no_harm() -> None:
    assert len(list(parse(b"\xef\xbb\xbf" + json.dumps([GOOD]).encode()).events())) == 1


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("bad", [False, True])
def test_a_body_may_hold_ten_thousand_items_and_not_one_more(content_type: str, bad: bool) -> None:
    line = json.dumps(GOOD if not bad else {})
    for items, is_allowed in ((10_000, True), (10_001, False)):
        body = "\n".join([line] * items) if "nd" in content_type else "[" + ",".join([line] * items) + "]"
        if is_allowed:
            assert parse(body, content_type).items == items
        else:
            with pytest.raises(Unreadable, match="10,000"):
                parse(body, content_type)


def test_counters_arrive_as_they_were_sent() -> None:
    fields = {"kind": "response", "input_tokens": 2_000_000_000, "cost_usd": 3, "requests": 0}
    [event] = one(**fields).events()
    assert isinstance(event, Response)
    assert (event.input_tokens, event.cost_usd, event.requests) == (2_000_000_000, 3.0, 0)
    [event] = one(kind="suggestion", outcome="accepted", decided_by="person").events()
    assert isinstance(event, Suggestion)
    assert event.count == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([name for kind in KINDS.values() for name in (*kind.__struct_fields__, "kind")])


@given(items=st.lists(st.just({}) | st.dictionaries(FIELDS, JSON, max_size=4), max_size=4), by_line=st.booleans())
def test_every_item_is_kept_or_refused_and_nothing_else_happens(items: list[dict[str, Any]], by_line: bool) -> None:
    told = [GOOD | item for item in items]
    body = "\n".join(map(json.dumps, told)) if by_line else json.dumps(told)
    if not told:
        return
    parsed = parse(body, "application/x-ndjson" if by_line else "application/json")
    kept = list(parsed.events())
    assert parsed.items == len(told) == len(kept) + len(parsed.rejected)
    assert len({rejected.index for rejected in parsed.rejected}) == len(parsed.rejected)
    assert all(event.path is None for event in kept)


@given(body=st.binary(max_size=60), by_line=st.booleans())
def test_any_bytes_are_read_or_refused(body: bytes, by_line: bool) -> None:
    try:
        parsed = parse(body, "application/x-ndjson" if by_line else "application/json")
    except Unreadable:
        return
    assert parsed.items >= len(list(parsed.events()))


def test_the_hottest_path_costs_microseconds_per_event() -> None:
    """Ten times what it takes on a slow machine: this catches a lost fast path, not a slow neighbour."""
    events = [GOOD | {"id": f"p{index}", "repository": "github.com/acme/demo"} for index in range(2000)]
    body = json.dumps(events).encode()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        parse(body)
        times.append(time.perf_counter() - start)
    assert min(times) / len(events) < 10e-6
