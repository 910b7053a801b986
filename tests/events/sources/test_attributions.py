"""git-ai notes and agent-trace records: which lines, of whom, and nothing else of them."""

import json
from typing import Any

import pytest

from events.schema import AttributedLines
from events.sources._attributions import MOST_ITEMS, parse
from events.sources._base import Unreadable

SHA = "8a1c1b1f0c5e4f6d9b7a3c2d1e0f9a8b7c6d5e4f"
NOTE = """src/cart.py
  s_0123456789abcd::t_aaaaaaaaaaaaaa 1-3,7
  s_0123456789abcd::t_bbbbbbbbbbbbbb 3-4
  h_0123456789abcd 10-11
  fedcba9876543210 20
"src/with blank.py"
  s_ffffffffffffff 5
---
{"schema_version": "authorship/3.0.0", "base_commit_sha": "x",
 "prompts": {"fedcba9876543210": {"agent_id": {"tool": "cursor", "id": "c-1", "model": "gpt-5.1"},
   "human_author": "Ada Secret <ada@example.com>", "messages_url": "https://example.com/secret"}},
 "sessions": {"s_0123456789abcd": {"agent_id": {"tool": "claude", "id": "session-1", "model": "claude-sonnet-4-5"},
   "custom_attributes": {"note": "secret"}}},
 "humans": {"h_0123456789abcd": {"author": "Ada Secret <ada@example.com>"}}}"""
TRACE = {
    "version": "0.1.0", "id": "11111111-2222-3333-4444-555555555555", "timestamp": "2026-01-25T10:00:00Z",
    "vcs": {"type": "git", "revision": SHA.upper()}, "tool": {"name": "Cursor", "version": "2.4"},
    "files": [{"path": "src/cart.py", "conversations": [
        {"url": "https://api.cursor.com/v1/conversations/c-9?secret=1",
         "contributor": {"type": "ai", "model_id": "anthropic/claude-opus-4-5"},
         "ranges": [{"start_line": 1, "end_line": 10, "content_hash": "murmur3:secret"},
                    {"start_line": 12, "end_line": 13, "contributor": {"type": "human"}}]},
        {"contributor": {"type": "unknown"}, "ranges": [{"start_line": 40, "end_line": 50}]}]}],
    "metadata": {"secret": "secret"},
}  # fmt: skip


def lines_of(item: Any, media_type: str = "application/json") -> list[AttributedLines]:
    parsed = parse(json.dumps(item).encode(), media_type)
    assert parsed.rejected == []
    return [one for item in parsed.items for one in item.lines]


def shown(lines: list[AttributedLines]) -> list[tuple[Any, ...]]:
    return [(o.path, o.tool, o.model, o.session, o.ai_lines, o.human_lines, o.ranges) for o in lines]


NOTED = [
    ("src/cart.py", "claude-code", "claude-sonnet-4-5", "session-1", 5, 2, ((1, 4), (7, 7))),
    ("src/cart.py", "cursor", "gpt-5.1", "c-1", 1, 2, ((20, 20),)),
    ("src/with blank.py", "git-ai", "", "", 1, 0, ((5, 5),)),
]


def test_reads_a_note_as_text() -> None:
    note = {"repository": "git@github.com:Acme/Shop.git", "commit": SHA.upper(), "note": NOTE}
    lines = lines_of(note)
    assert shown(lines) == NOTED
    assert {(one.source, one.repository, one.sha) for one in lines} == {("git_ai", "github.com/acme/shop", SHA)}
    by_address = parse(NOTE.encode(), "text/plain", "github.com/acme/shop", SHA)
    assert [item.lines for item in by_address.items] == [lines]


def test_reads_a_note_as_json() -> None:
    above, below = NOTE.split("\n---\n")
    entries = [
        {"hash": "s_0123456789abcd::t_aaaaaaaaaaaaaa", "line_ranges": [{"Range": [1, 3]}, {"Single": 7}]},
        {"hash": "s_0123456789abcd::t_bbbbbbbbbbbbbb", "line_ranges": [[3, 4]]},
        {"hash": "h_0123456789abcd", "line_ranges": ["10-11"]},
        {"hash": "fedcba9876543210", "line_ranges": [20]},
    ]
    files = [
        {"file_path": "src/cart.py", "entries": entries},
        {"file_path": "src/with blank.py", "entries": [{"hash": "s_ffffffffffffff", "line_ranges": "5"}]},
    ]
    note = {"attestations": files, "metadata": json.loads(below)}
    assert above.startswith("src/cart.py")
    assert shown(lines_of({"repository": "acme/shop", "commit": SHA, "note": note})) == NOTED


@pytest.mark.parametrize("item", [{"repository": "acme/shop", "trace": TRACE}, {"repository": "acme/shop", **TRACE}])
def test_reads_a_trace(item: dict[str, Any]) -> None:
    lines = lines_of(item)
    assert shown(lines) == [("src/cart.py", "cursor", "claude-opus-4-5", "c-9", 10, 2, ((1, 10),))]
    assert (lines[0].source, lines[0].sha) == ("agent_trace", SHA)


def test_keeps_nothing_of_texts_people_and_hashes() -> None:
    items = [{"repository": "acme/shop", "commit": SHA, "note": NOTE}, {"repository": "acme/shop", **TRACE}]
    kept = repr(lines_of(items)).lower()
    for secret in ("secret", "ada", "murmur3", "https", "t_aaaa"):
        assert secret not in kept


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (7, "not an object"),
        ({}, "repository: is missing"),
        ({"repository": "/home/ada/shop", "note": NOTE}, "repository: not host/owner/name, nor an address of one"),
        ({"repository": "a/b", "note": NOTE}, "commit: is missing"),
        ({"repository": "a/b", "commit": "8a1c1b1", "note": NOTE}, "commit: not a full SHA"),
        ({"repository": "a/b", "commit": SHA}, "neither a note nor a trace"),
        ({"repository": "a/b", "commit": SHA, "note": "src/a.py\n  s_0123456789abcd 1"},
         "note: no line of three dashes between attestations and metadata"),
        ({"repository": "a/b", "commit": SHA, "note": "---\n{"}, "note: the metadata are no JSON"),
        ({"repository": "a/b", "commit": SHA, "note": "  s_0123456789abcd 1\n---\n{}"},
         "note: line ranges before any path"),
        ({"repository": "a/b", "commit": SHA, "note": "a\n  s_0123456789abcd 3-1\n---\n{}"},
         "line ranges: not first and last line, from 1"),
        ({"repository": "a/b", "commit": SHA, "note": "a\n  s_0123456789abcd 0\n---\n{}"},
         "line ranges: not first and last line, from 1"),
        ({"repository": "a/b", "commit": SHA, "note": [1]}, "note: not an object"),
        ({"repository": "a/b", "commit": SHA, "note": {"attestations": 1}}, "attestations: not an array"),
        ({"repository": "a/b", "files": []}, "vcs: no git revision, and no commit beside the record"),
        ({"repository": "a/b", "commit": SHA, "files": [{"path": "a"}]}, "files: without conversations"),
        ({"repository": "a/b", "commit": SHA, "note": f"{'p' * 1001}\n  s_0123456789abcd 1\n---\n{{}}"},
         "path: longer than 1000 characters"),
        ({"repository": "a/b", "commit": SHA, "note": "a\x07b\n  s_0123456789abcd 1\n---\n{}"},
         "path: has a control character"),
    ],
)  # fmt: skip
def test_an_item_that_cannot_be_used_costs_itself(item: Any, reason: str) -> None:
    good = {"repository": "acme/shop", "commit": SHA, "note": NOTE}
    parsed = parse(json.dumps([item, good]).encode(), "application/json")
    assert [(one.index, one.reason) for one in parsed.rejected] == [(0, reason)]
    assert [one.index for one in parsed.items] == [1]
    by_line = parse(f"{json.dumps(item)}\n\n{json.dumps(good)}\n{{".encode(), "application/x-ndjson")
    assert [one.index for one in by_line.rejected] == [0, 2]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"nothing", json.dumps([1] * (MOST_ITEMS + 1)).encode()])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body, "application/json")
