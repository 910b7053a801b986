"""Bodies to send: a believable mix of the product's own events, and Claude Code's OTLP as it was captured in shape."""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

_MODELS = ["claude-sonnet-4-5", "claude-opus-4-1", "gpt-5.1", "gemini-2.5-pro"]
_REPOSITORIES = [f"github.com/bench/service-{number}" for number in range(12)]
_LANGUAGES = ["Python", "TypeScript", "Go", "SQL", None]
_CLASSES = ["test", "view", "model", "template", "config", None]


def own_events(
    count: int, *, seed: int, people: int = 40, days: int = 28, until: datetime | None = None
) -> list[dict[str, Any]]:
    """Events as an organization's day brings them: sessions of one person, mostly model calls and decisions.

    Every event has an id and a session of its own seed, so that different seeds never collide.
    """
    draw = random.Random(seed)
    end = until or datetime.now(UTC).replace(microsecond=0)
    events: list[dict[str, Any]] = []
    while len(events) < count:
        person, session = draw.randrange(people), f"s-{seed}-{len(events)}"
        at = end - timedelta(days=draw.randrange(days), seconds=draw.randrange(36_000))
        common = {
            "tool": draw.choice(["claude-code", "codex", "my-assistant"]), "tool_version": "1.0", "session": session,
            "repository": draw.choice(_REPOSITORIES), "branch": "main", "email": f"person{person}@bench.test",
        }  # fmt: skip
        model, language, classes = draw.choice(_MODELS), draw.choice(_LANGUAGES), draw.sample(_CLASSES, 2)
        for step in range(draw.randrange(20, 120)):
            at += timedelta(seconds=draw.randrange(2, 60), milliseconds=draw.randrange(1000))
            name = {"id": f"{seed}-{len(events)}", "at": at.isoformat().replace("+00:00", "Z"), **common}
            events.append(_event(draw, step, name, model, language, draw.choice(classes)))
            if len(events) == count:
                break
    return events


def _event(
    draw: random.Random, step: int, name: dict[str, Any], model: str, language: str | None, path_class: str | None
) -> dict[str, Any]:
    if step == 0:
        return {"kind": "prompt", **name}
    if step % 3 == 1:
        return {
            "kind": "suggestion", **name, "model": model, "outcome": draw.choice(["accepted", "accepted", "rejected"]),
            "decided_by": draw.choice(["person", "rule"]), "language": language,
            "path_class": path_class, "lines_added": draw.randrange(40), "lines_removed": draw.randrange(9),
        }  # fmt: skip
    return {
        "kind": "response", **name, "model": model, "input_tokens": draw.randrange(2000),
        "output_tokens": draw.randrange(1500), "cache_read_tokens": draw.randrange(60_000),
        "cache_write_tokens": draw.randrange(4000), "duration_ms": draw.randrange(9000),
    }  # fmt: skip


def own_bodies(batches: int, size: int, *, seed: int, **options: Any) -> Iterator[bytes]:
    """Gzipped JSON arrays of `size` events."""
    for number in range(batches):
        events = own_events(size, seed=seed + number, **options)
        yield gzip.compress(json.dumps(events).encode(), 1)


_DAY = Path(__file__).resolve().parent.parent / "tests/fixtures/claude-code/working-day.logs.json"


def otlp_bodies(batches: int, records: int, *, seed: str, is_json: bool) -> Iterator[bytes]:
    """Gzipped log exports of `records` records: the day of Claude Code in the tests' fixtures, over and over, with
    ids and sessions of their own so that no record is a duplicate."""
    day = json.loads(_DAY.read_text())
    scope = day["resourceLogs"][0]["scopeLogs"][0]
    originals = [json.dumps(record) for r in day["resourceLogs"] for s in r["scopeLogs"] for record in s["logRecords"]]
    for number in range(batches):
        copies = []
        for index in range(records):
            mark = f"{seed}-{number}-{index // len(originals)}"
            text = originals[index % len(originals)]
            for prefix in ("req_", "toolu_"):
                text = text.replace(f'"{prefix}', f'"{prefix}{mark}-')
            copies.append(_as_another(json.loads(text), mark))
        body = {"resourceLogs": [{**day["resourceLogs"][0], "scopeLogs": [{**scope, "logRecords": copies}]}]}
        yield gzip.compress(json.dumps(body).encode() if is_json else _protobuf(body), 1)


def _as_another(record: dict[str, Any], mark: str) -> dict[str, Any]:
    for attribute in record["attributes"]:
        if attribute["key"] in {"session.id", "prompt.id"}:
            attribute["value"]["stringValue"] += mark
    return record


def _protobuf(body: dict[str, Any]) -> bytes:
    return bytes(ParseDict(body, ExportLogsServiceRequest(), ignore_unknown_fields=True).SerializeToString())
