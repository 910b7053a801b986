"""What a forge keeps: accounts, issues, pull requests and what was said about them; and the log of what it told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from events.simulation.forge.git import Commit

Kind = Literal["squash", "rebase", "merge", "queue", "by_hand"]
ReviewState = Literal["approved", "changes_requested", "commented"]
Conclusion = Literal["success", "failure", "cancelled"]


class Account(NamedTuple):
    login: str
    id: int
    name: str
    email: str
    type: Literal["User", "Bot", "Organization"] = "User"


class Label(NamedTuple):
    id: int
    name: str
    color: str
    description: str


LABELS = {
    label.name: label
    for label in (
        Label(1_001, "bug", "d73a4a", "Something is wrong"), Label(1_002, "enhancement", "a2eeef", "Something new"),
        Label(1_003, "dependencies", "0366d6", "An update"), Label(1_004, "backport", "c5def5", "For a release"),
    )
}  # fmt: skip


@dataclass
class Issue:
    number: int
    title: str
    body: str
    author: Account
    labels: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None


class Review(NamedTuple):
    id: int
    author: Account
    state: ReviewState
    at: datetime
    commit_sha: str


class Run(NamedTuple):
    """A run of the tests on the head of a branch; `attempt` counts from 1 per head."""

    id: int
    head: Commit
    branch: str
    number: int
    conclusion: Conclusion
    attempt: int
    started_at: datetime
    completed_at: datetime


class Moment(NamedTuple):
    """A row of a timeline. `told`: what more its kind says."""

    kind: str
    at: datetime
    actor: Account
    told: dict[str, Any]


@dataclass
class Pull:
    """`fork`: the commit of the base branch that the head goes back to. `commits`: oldest first, without the base's.
    Tuples are replaced and never changed, so that a shallow copy is how it was at a time."""

    number: int
    title: str
    body: str
    author: Account
    head_ref: str
    base_ref: str
    head: Commit
    base: Commit
    fork: Commit
    commits: tuple[Commit, ...]
    created_at: datetime
    updated_at: datetime
    is_draft: bool = False
    labels: tuple[str, ...] = ()
    closes: tuple[int, ...] = ()
    reviews: tuple[Review, ...] = ()
    timeline: tuple[Moment, ...] = ()
    ready_at: datetime | None = None
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit: Commit | None = None
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0

    @property
    def state(self) -> Literal["open", "closed"]:
        return "closed" if self.closed_at else "open"


class Told(NamedTuple):
    """One thing that the forge told its webhook; what it is about as it was then."""

    at: datetime
    event: str
    action: str | None
    repository: str
    sender: Account
    subject: Any
    more: dict[str, Any]


@dataclass
class Log:
    told: list[Told] = field(default_factory=list)

    def tell(self, *told: Told) -> None:
        self.told.extend(told)

    def between(self, start: datetime, end: datetime) -> Sequence[tuple[int, Told]]:
        """With the number that each has for ever; in the order of time, and as told where that is the same."""
        found = [(number, told) for number, told in enumerate(self.told) if start <= told.at < end]
        return sorted(found, key=lambda item: (item[1].at, item[0]))
