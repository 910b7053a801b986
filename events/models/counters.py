"""The additive counters: one list, carried by the session and by all three roll-ups.

A roll-up holds nothing but sums, so that a delta can be added or, with its sign turned, taken back. `COUNTERS` says how
each is computed from the columns of an event; the ledger's statements, the rebuild and the queries are built from it.
"""

from enum import IntEnum
from typing import Final

from django.db import models

from events.schema import Kind


class Outcome(IntEnum):
    """What became of a suggestion or a test run; stored numbers, never renumber."""

    NONE = 0
    ACCEPTED = 1
    REJECTED = 2
    AUTO_ACCEPTED = 3
    AUTO_REJECTED = 4
    COMPLETION_ACCEPTED = 5
    COMPLETION_REJECTED = 6
    PASSED = 11
    FAILED = 12
    NO_TESTS = 13
    UNKNOWN = 14


class CostBasis(IntEnum):
    """Where an event's cost comes from; stored numbers, never renumber."""

    NONE = 0
    GIVEN = 1
    ESTIMATED = 2
    UNPRICED = 3


def _when(condition: str, column: str = "count") -> str:
    return f"sum({column}) FILTER (WHERE {condition})"


_TOKENS = "input_tokens::bigint + output_tokens + cache_read_tokens + cache_write_tokens"

COUNTERS: Final[dict[str, str]] = {
    "prompts": _when(f"kind = {Kind.PROMPT}"),
    "requests": _when(f"kind = {Kind.RESPONSE}"),
    "input_tokens": "sum(input_tokens)",
    "output_tokens": "sum(output_tokens)",
    "cache_read_tokens": "sum(cache_read_tokens)",
    "cache_write_tokens": "sum(cache_write_tokens)",
    "reasoning_tokens": "sum(reasoning_tokens)",
    "cost_given_micros": _when(f"cost_basis = {CostBasis.GIVEN}", "cost_micros"),
    "cost_estimated_micros": _when(f"cost_basis = {CostBasis.ESTIMATED}", "cost_micros"),
    "unpriced_tokens": _when(f"cost_basis = {CostBasis.UNPRICED}", _TOKENS),
    "accepted": _when(f"outcome = {Outcome.ACCEPTED}"),
    "rejected": _when(f"outcome = {Outcome.REJECTED}"),
    "auto_accepted": _when(f"outcome = {Outcome.AUTO_ACCEPTED}"),
    "auto_rejected": _when(f"outcome = {Outcome.AUTO_REJECTED}"),
    "completions_accepted": _when(f"outcome = {Outcome.COMPLETION_ACCEPTED}"),
    "completions_rejected": _when(f"outcome = {Outcome.COMPLETION_REJECTED}"),
    "modified": _when("is_modified"),
    "lines_added": _when(f"kind = {Kind.ACTIVITY} AND NOT is_human", "lines_added"),
    "lines_removed": _when(f"kind = {Kind.ACTIVITY} AND NOT is_human", "lines_removed"),
    "human_lines_added": _when("is_human", "lines_added"),
    "human_lines_removed": _when("is_human", "lines_removed"),
    "active_ms": "sum(active_ms)",
    "tests_passed": _when(f"outcome = {Outcome.PASSED}"),
    "tests_failed": _when(f"outcome = {Outcome.FAILED}"),
    "tests_none": _when(f"outcome = {Outcome.NO_TESTS}"),
    "tests_unknown": _when(f"outcome = {Outcome.UNKNOWN}"),
    "commits": _when(f"kind = {Kind.GIT}"),
    "pushes": "sum(pushes)",
    "pull_requests": "sum(pull_requests)",
}
"""Name of each counter -> the SQL that sums it over rows of `events_event`. Amounts: tokens, micro-USD, lines, ms."""


def _field() -> "models.BigIntegerField[int, int]":
    return models.BigIntegerField(default=0, db_default=0)


class Counters(models.Model):
    """The columns of `COUNTERS`; a test keeps the two in step."""

    prompts = _field()
    requests = _field()
    input_tokens = _field()
    output_tokens = _field()
    cache_read_tokens = _field()
    cache_write_tokens = _field()
    reasoning_tokens = _field()
    cost_given_micros = _field()
    cost_estimated_micros = _field()
    unpriced_tokens = _field()
    accepted = _field()
    rejected = _field()
    auto_accepted = _field()
    auto_rejected = _field()
    completions_accepted = _field()
    completions_rejected = _field()
    modified = _field()
    lines_added = _field()
    lines_removed = _field()
    human_lines_added = _field()
    human_lines_removed = _field()
    active_ms = _field()
    tests_passed = _field()
    tests_failed = _field()
    tests_none = _field()
    tests_unknown = _field()
    commits = _field()
    pushes = _field()
    pull_requests = _field()

    class Meta:
        abstract = True
