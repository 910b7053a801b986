"""Whatever bytes arrive: an answer, never a failure. An exception that no one handles fails the test by itself."""

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teams.models import Organization
from tests import factories
from tests.events.api.sending import (
    EVENTS,
    INGEST_PATHS,
    JSON,
    LINES,
    PROTOBUF,
    as_protobuf,
    event,
    logs,
    metrics,
    point,
    post,
    record,
)

pytestmark = pytest.mark.django_db
bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
EXPECTED = {200, 400, 413, 415}
TRACES = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "github-copilot"}}]},
            "scopeSpans": [{"spans": [{"name": "chat gpt-5.1", "spanId": "0011223344556677"}]}],
        }
    ]
}
GOOD: dict[str, tuple[dict[str, Any], ...]] = {
    "logs": (logs(record("a"), record("b")),),
    "metrics": (metrics(point(1), point(2)), metrics(point(1), temporality=2)),
    "traces": (TRACES,),
}
TYPES = st.sampled_from([JSON, LINES, PROTOBUF, "", "text/plain"])
ENCODINGS = st.sampled_from(["identity", "gzip", "deflate", "br"])


def bodies_of(path: str) -> list[bytes]:
    if path == EVENTS:
        listed = [event("a"), event("b", kind="prompt")]
        return [json.dumps(listed).encode(), b"\n".join(json.dumps(item).encode() for item in listed)]
    signal = path.rpartition("/")[2]
    found = [json.dumps(good).encode() for good in GOOD[signal]]
    return found + [as_protobuf(signal, good) for good in GOOD[signal]]


@st.composite
def spoilt(draw: st.DrawFn, good: list[bytes]) -> bytes:
    """A good body with some places overwritten, taken out, put in twice, or cut off."""
    body = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 12)))
        piece = draw(
            st.binary(max_size=6) | st.sampled_from([body[start:end] * 2, b"", b'"', b"\\", b"[[", b"1e999", b"null"])
        )
        body = body[:start] + piece + body[end:]
    return body


@pytest.fixture
def key(acme: Organization) -> str:
    return factories.make_key(acme).secret


@pytest.mark.parametrize("path", INGEST_PATHS)
@bounded
@given(body=st.binary(max_size=300), content_type=TYPES, encoding=ENCODINGS)
def test_any_bytes(key: str, path: str, body: bytes, content_type: str, encoding: str) -> None:
    assert post(path, body, key, content_type, **{"Content-Encoding": encoding}).status_code in EXPECTED


@pytest.mark.parametrize("path", INGEST_PATHS)
@bounded
@given(data=st.data())
def test_a_good_body_spoilt(key: str, path: str, data: st.DataObject) -> None:
    body = data.draw(spoilt(bodies_of(path)))
    encoding = data.draw(st.sampled_from(["identity", "gzip", "deflate"]))
    packed = {"identity": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    assert post(path, packed, key, data.draw(TYPES), **{"Content-Encoding": encoding}).status_code in EXPECTED


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("claude-code")
NAMES = st.sampled_from(
    [
        "resourceLogs",
        "resourceMetrics",
        "resourceSpans",
        "scopeLogs",
        "scopeMetrics",
        "scopeSpans",
        "logRecords",
        "metrics",
        "spans",
        "sum",
        "gauge",
        "dataPoints",
        "resource",
        "attributes",
        "key",
        "value",
        "stringValue",
        "kind",
        "id",
        "at",
        "tool",
        "name",
        "scope",
        "body",
        "intValue",
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=25,
)


@pytest.mark.parametrize("path", INGEST_PATHS)
@bounded
@given(tree=TREES)
def test_any_tree_of_json(key: str, path: str, tree: Any) -> None:
    assert post(path, json.dumps(tree).encode(), key).status_code in EXPECTED


FIELDS: dict[str, list[Any]] = {
    "kind": ["prompt", "response", "suggestion", "edit", "test_run", "quality", "activity", "git", "x"],
    "at": [
        "2026-06-01T12:00:00Z",
        "2026-06-01T12:00:00+23:59",
        "9999-12-31T23:59:59Z",
        5,
        "2026-06-01 12:00:00.123456789Z",
    ],
    "outcome": ["accepted", "rejected", "passed", "none"],
    "decided_by": ["person", "rule"],
    "horizon": ["commit", "merge"],
    "origin": ["ai", "human"],
    "path": ["a/b.py", "\\\\x\\y", "C:/", "/" * 50, "\U0001f600" * 9, "İ" * 199],
    "tool": ["İ" * 200, "x", "\u200b", " x "],
    "repository": ["git@github.com:a/b", "https://u:p@h/x/y", "a/b", "İ/" * 99],
    "email": ["a@b.c", "not an address", "İ" * 200, "@"],
    "github": ["ada", "İ" * 200, "a b"],
    "user": ["u", "x" * 200],
    "language": ["py", "İ" * 200],
    "session": ["s", "x" * 300],
    "id": ["i", "x" * 300, "\u2028"],
}
NUMBERS = [
    "count",
    "distance",
    "lines",
    "lines_added",
    "violations",
    "complexity",
    "active_seconds",
    "commits",
    "pushes",
    "pull_requests",
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "duration_ms",
    "path_hash",
]
AMOUNTS = st.integers(-1, 5) | st.sampled_from([2**31 - 1, 2**31, 2**63 - 1, 2**63, 0.5, 1e5, 1_000_000, 2_000_000_000])
EVENT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(FIELDS["kind"]),
        "id": st.text(max_size=4) | st.just("x"),
        "at": st.sampled_from(FIELDS["at"]),
        "tool": st.sampled_from(FIELDS["tool"]),
    },
    optional={
        **{
            name: st.sampled_from(values) | st.text(max_size=4)
            for name, values in FIELDS.items()
            if name not in ("kind", "at", "tool", "id")
        },
        **dict.fromkeys(NUMBERS, AMOUNTS),
        "runner": st.text(max_size=3),
        "analyser": st.just("ruff"),
        "model": st.text(max_size=4),
        "branch": st.text(max_size=4),
        "tool_version": st.text(max_size=4),
        "modified": st.booleans(),
    },
)


@bounded
@given(events=st.lists(EVENT, max_size=4))
def test_events_at_the_edges_of_the_schema(key: str, events: list[dict[str, Any]]) -> None:
    answer = post(EVENTS, events, key)
    assert answer.status_code == 200
    told = answer.json()
    assert told["accepted"] + told["duplicates"] + len(told["rejected"]) == len(events)
    assert post(EVENTS, events, key).json()["accepted"] == 0


@bounded
@given(query=st.text(max_size=20), path_key=st.text(max_size=20))
def test_any_address(key: str, query: str, path_key: str) -> None:
    assert post(f"{EVENTS}?dry_run={query}", b"[]", key).status_code == 200
    assert post(f"/otlp/k/{path_key}/v1/logs", b"{}").status_code in {401, 404}
