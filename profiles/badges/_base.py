"""What a badge is: a criterion worth meeting, judged from facts alone. Pure.

None counts tokens, lines or hours: what is rewarded is what others would want more of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from events.schema import TaskType

QUARTER: Final = timedelta(days=91)
Evidence = Mapping[str, int | str]
"""Numbers, and days as YYYY-MM-DD: never a name of anything."""


class Merged(NamedTuple):
    """One AI-assisted pull request of the person on the default branch. `first_run`: passed, failed, empty; None where
    nothing was told. `escape`: state of its window of 30 days, None where it isn't judged; `judged_on`: when that is
    over. `is_small`: under 20 changed lines outside of tests and generated files."""

    on: date
    first_run: str | None
    escape: str | None
    judged_on: date
    changes_tests: bool
    is_reviewed: bool
    is_small: bool


@dataclass(frozen=True, slots=True)
class Record:
    """What a person did in the organizations that count, all that is kept of it. `merged`: oldest first. `tools` and
    `tasks`: the first day on which a suggestion of each was accepted."""

    active: frozenset[date]
    rest_days: frozenset[int]
    today: date
    tools: Mapping[str, date]
    tasks: Mapping[TaskType, date]
    merged: Sequence[Merged]


class Earned(NamedTuple):
    on: date
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """`judge` None: not earned. `words`: the evidence in a sentence. `icon`: of codecard.lib.icons."""

    slug: str
    label: str
    criterion: str
    icon: str
    judge: Callable[[Record], Earned | None]
    words: Callable[[Evidence], str]


def quarters(merged: Sequence[Merged], fewest: int) -> Iterator[Sequence[Merged]]:
    """For each pull request those of the 91 days that end with it, where there are enough."""
    start = 0
    for end, last in enumerate(merged, 1):
        while last.on - merged[start].on >= QUARTER:
            start += 1
        if end - start >= fewest:
            yield merged[start:end]
