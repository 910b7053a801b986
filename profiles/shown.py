"""What one audience sees of a person. Page, card, badges, picture and JSON are made of this and of nothing else, so
that none can tell more than another. Pure.

A section that the audience may not see, or that the person has no data for, is None, or empty.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from codecard.lib.reading import Reading


@dataclass(frozen=True, slots=True)
class About:
    bio: str
    links: Sequence[tuple[str, str]]
    """Label and address, http or https."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the days of the graph."""

    active_days: int
    accepted: int
    """Suggestions accepted, by the person or by a rule of theirs."""
    sessions: int
    pull_requests: int
    """Integrated, AI-assisted, written by the person."""


@dataclass(frozen=True, slots=True)
class Activity:
    """53 whole weeks, Monday first, the running week the last, or a calendar year; days after today are left out.

    `days`: each local day and the suggestions accepted on it, oldest first. A streak counts active days; days of rest
    neither break it nor count, unless they were active; today breaks nothing before it is over."""

    days: Sequence[tuple[date, int]]
    current_streak: int
    longest_streak: int
    rest_days: Sequence[int]
    zone: str

    @property
    def active_days(self) -> int:
        return sum(count > 0 for _, count in self.days)

    @property
    def accepted(self) -> int:
        return sum(count for _, count in self.days)


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the person's own values in the last 91 days, in whole weeks. `label` in a few words for a card."""

    slug: str
    label: str
    short: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class ModelUse:
    """`share` of all accepted lines, None where no lines are known. `colour`: 1 to 6, as in charts."""

    name: str
    share: float | None
    tokens: int
    acceptance: Reading
    rewrite: Reading
    tokens_per_line: Reading
    colour: int


@dataclass(frozen=True, slots=True)
class MonthOfTokens:
    month_on: date
    output: int
    input: int
    cached: int
    """Read from the cache and written to it."""


@dataclass(frozen=True, slots=True)
class TaskUse:
    task: str
    label: str
    share: float


@dataclass(frozen=True, slots=True)
class ShownBadge:
    slug: str
    label: str
    criterion: str
    evidence: str
    earned_on: date
    icon: str


@dataclass(frozen=True, slots=True)
class PinnedRepository:
    full_name: str
    href: str
    language: str
    pull_requests: int
    median_seconds: float | None
    is_private: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """`handle` and `name` are always told: they are the address."""

    handle: str
    name: str
    as_of: date
    about: About | None = None
    totals: Totals | None = None
    activity: Activity | None = None
    measures: Sequence[Measure] = ()
    models: Sequence[ModelUse] = ()
    months: Sequence[MonthOfTokens] = ()
    tasks: Sequence[TaskUse] = ()
    badges: Sequence[ShownBadge] = ()
    repositories: Sequence[PinnedRepository] = ()

    def only(self, sections: Collection[str]) -> "Shown":
        """The same with nothing of other sections. By the names that are stored of them."""
        gone = {field: none for section, (field, none) in _FIELDS.items() if section not in sections}
        return replace(self, **gone)

    @property
    def is_empty(self) -> bool:
        """Nothing but the name."""
        told = (self.about, self.totals, self.activity)
        lists = (self.measures, self.models, self.months, self.tasks, self.badges, self.repositories)
        return not any(told) and not any(lists)


_FIELDS: Final[dict[str, tuple[str, Any]]] = {
    "about": ("about", None), "totals": ("totals", None), "activity": ("activity", None), "measures": ("measures", ()),
    "models": ("models", ()), "tokens": ("months", ()), "tasks": ("tasks", ()), "badges": ("badges", ()),
    "repositories": ("repositories", ()),
}  # fmt: skip
"""By section: where it stands, and what stands there of those that aren't shown."""
