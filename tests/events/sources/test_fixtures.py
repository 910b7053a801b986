"""Real payloads of real clients, and what must be made of them: `<name>.<signal>.json|bin` and `<name>.expected.json`.

Expected are, by signal and channel, the sums of whole counters by kind and model. The fixtures keep a client's envelope
and attributes; long texts are filler of the same length.
"""

import json
from pathlib import Path
from typing import cast

import msgspec
import pytest

from events.schema import Event
from events.sources._base import Parsed, Signal
from events.sources._otlp import parse
from tests.events.sources._totals import CONTEXT, FIXTURES, totals

SIGNALS = ("logs", "metrics", "traces")
EXPECTED = sorted(FIXTURES.glob("*/*.expected.json"))
BODIES = sorted(path for path in FIXTURES.glob("*/*.*") if path.suffixes[0].removeprefix(".") in SIGNALS)
FRACTIONS = ("cost_usd", "active_seconds")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name.partition('.')[0]}"


def signal_of(path: Path) -> Signal:
    return cast("Signal", path.suffixes[0].removeprefix("."))


def read(path: Path) -> Parsed:
    return parse(signal_of(path), path.read_bytes(), "json" if path.suffix == ".json" else "protobuf", CONTEXT)


def made_of(body: Path) -> dict[str, dict[str, int]]:
    return {
        channel: {
            " ".join(filter(None, key)): count for key, count in counts.items() if count and key[-1] not in FRACTIONS
        }
        for channel, counts in totals(read(body)).items()
    }


@pytest.mark.parametrize("expected", EXPECTED, ids=name_of)
def test_a_fixture_tells_what_is_expected_of_it(expected: Path) -> None:
    bodies = [path for path in BODIES if name_of(path) == name_of(expected)]
    assert {signal_of(body): made_of(body) for body in bodies} == json.loads(expected.read_text())


def test_each_body_has_an_expectation() -> None:
    assert {name_of(path) for path in BODIES} == {name_of(path) for path in EXPECTED}


@pytest.mark.parametrize("body", BODIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_fixture_is_known_to_the_last_item(body: Path) -> None:
    """What arrives is used, or known and ignored."""
    parsed = read(body)
    assert parsed.items > 0
    assert (parsed.rejected, dict(parsed.unknown)) == ([], {})


@pytest.mark.parametrize("body", BODIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_a_fixture_tells_is_within_the_schema_and_without_paths(body: Path) -> None:
    for event in read(body).events():
        assert msgspec.convert(msgspec.to_builtins(event), Event) == event
        assert event.path is None
