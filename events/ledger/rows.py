"""A normalised event as a row of the stage: plain numbers in the order of `STAGE_COLUMNS`."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from msgspec.json import encode

from events.ledger.pricing import estimate_micros
from events.models import CostBasis, Outcome
from events.schema import Activity, Edit, Fact, Git, Prompt, Quality, Response, Suggestion, TestRun

_SUGGESTED = {
    ("edit", "accepted", "person"): Outcome.ACCEPTED,
    ("edit", "rejected", "person"): Outcome.REJECTED,
    ("edit", "accepted", "rule"): Outcome.AUTO_ACCEPTED,
    ("edit", "rejected", "rule"): Outcome.AUTO_REJECTED,
    ("completion", "accepted", "person"): Outcome.COMPLETION_ACCEPTED,
    ("completion", "rejected", "person"): Outcome.COMPLETION_REJECTED,
    # A completion that a rule took is nobody's decision on a completion either.
    ("completion", "accepted", "rule"): Outcome.AUTO_ACCEPTED,
    ("completion", "rejected", "rule"): Outcome.AUTO_REJECTED,
}
_TESTED = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "none": Outcome.NO_TESTS,
    "unknown": Outcome.UNKNOWN,
}


def fact_id(channel: int, kind: int, tool: str, key: str) -> int:
    """The stored id: 64 bits of the natural key. It only has to tell facts of one organization and one microsecond
    apart, since the time stands beside it in the primary key."""
    digest = blake2b(_prefix(channel, kind, tool) + key.encode("utf-8", "replace"), digest_size=8).digest()
    return _from_bytes(digest, "big", signed=True)


_from_bytes = int.from_bytes


@lru_cache(maxsize=4096)
def _prefix(channel: int, kind: int, tool: str) -> bytes:
    return f"{channel}|{kind}|{tool}|".encode("utf-8", "replace")


# Plain numbers of enumerations: an IntEnum costs COPY a slow path for each value.
_SUGGESTED_NUMBERS = {key: int(outcome) for key, outcome in _SUGGESTED.items()}
GIVEN, ESTIMATED, UNPRICED = int(CostBasis.GIVEN), int(CostBasis.ESTIMATED), int(CostBasis.UNPRICED)
_NOTHING = (0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, False, None, None, None, None, None)


def _prompt(event: Prompt) -> tuple[Any, ...]:
    return _NOTHING


def _response(event: Response) -> tuple[Any, ...]:
    cost, basis = _cost(event)
    return (
        cost, event.requests, event.input_tokens, event.output_tokens, event.cache_read_tokens,
        event.cache_write_tokens, event.reasoning_tokens, 0, 0, 0, basis, False, False,
        event.duration_ms, None, None, None, None,
    )  # fmt: skip


def _cost(event: Response) -> tuple[int, int]:
    if event.cost_usd is not None:
        return round(event.cost_usd * 1_000_000), GIVEN
    if not (event.input_tokens or event.output_tokens or event.cache_read_tokens or event.cache_write_tokens):
        return 0, 0
    estimate = estimate_micros(event)
    return (0, UNPRICED) if estimate is None else (estimate, ESTIMATED)


def _suggestion(event: Suggestion) -> tuple[Any, ...]:
    outcome = _SUGGESTED_NUMBERS[event.form, event.outcome, event.decided_by]
    return (
        0, event.count, 0, 0, 0, 0, 0, event.lines_added, event.lines_removed, outcome, 0, event.modified, False,
        None, None, None, None, None,
    )  # fmt: skip


def _edit(event: Edit) -> tuple[Any, ...]:
    detail = encode({"horizon": event.horizon, "distance": event.distance, "lines_kept": event.lines_kept}).decode()
    return (0, 1, 0, 0, 0, 0, 0, event.lines, 0, 0, 0, False, False, None, None, None, None, detail)


def _test_run(event: TestRun) -> tuple[Any, ...]:
    detail = encode({"place": event.place, "runner": event.runner if event.runner.isprintable() else "other"}).decode()
    return (
        0, 1, 0, 0, 0, 0, 0, 0, 0, int(_TESTED[event.outcome]), 0, False, False, event.duration_ms,
        None, None, None, detail,
    )  # fmt: skip


def _quality(event: Quality) -> tuple[Any, ...]:
    detail = encode({"violations": event.violations, "complexity": event.complexity}).decode()
    return (0, 1, 0, 0, 0, 0, 0, event.lines, 0, 0, 0, False, False, None, None, None, None, detail)


def _activity(event: Activity) -> tuple[Any, ...]:
    return (
        0, 1, 0, 0, 0, 0, 0, event.lines_added, event.lines_removed, 0, 0, False, event.origin == "human",
        None, round(event.active_seconds * 1000), None, None, None,
    )  # fmt: skip


def _git(event: Git) -> tuple[Any, ...]:
    return (
        0, event.commits, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, False,
        None, None, event.pushes or None, event.pull_requests or None, None,
    )  # fmt: skip


Amounts = tuple[Any, ...]
"""The columns that depend on the kind: cost_micros, count, input, output, cache read, cache write, reasoning, lines
added, lines removed, outcome, cost basis, is modified, is human, duration_ms, active_ms, pushes, pull requests,
detail."""

KINDS: dict[type[Fact], tuple[int, Callable[[Any], Amounts]]] = {
    struct: (int(struct.number), amounts)
    for struct, amounts in (
        (Prompt, _prompt), (Response, _response), (Suggestion, _suggestion), (Edit, _edit),
        (TestRun, _test_run), (Quality, _quality), (Activity, _activity), (Git, _git),
    )
}  # fmt: skip
"""Struct -> its stored number, and what computes the columns that depend on it."""
