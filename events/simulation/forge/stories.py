"""What the forge knows and the product has to find out: of each pull request, what it was; of each bug, whose it is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from events.simulation.forge.git import Commit
from events.simulation.forge.state import Pull
from events.simulation.forge.tasks import Session
from events.simulation.people import Person

Sort = Literal["task", "human", "bot", "fix", "revert", "backport", "stacked", "vendored"]
Ending = Literal["squash", "rebase", "merge", "queue", "by_hand", "closed", "open"]
BugKind = Literal["named", "traced", "mixed", "ghost", "revert", "old_issue", "tests_only"]
Tier = Literal["confirmed", "probable", "possible"]


class Reported(NamedTuple):
    """A commit that a tool told of, as it was in the clone at the time."""

    session: str
    commit: Commit
    branch: str
    at: datetime


@dataclass
class Story:
    """`marks`: what else happened to it (rewritten, forced, reverted_inside, reopened, conflict …)."""

    repository: str
    sort: Sort
    person: Person | None
    branch: str
    sessions: tuple[Session, ...] = ()
    pull: Pull | None = None
    ending: Ending = "open"
    integrated_at: datetime | None = None
    integrated: tuple[str, ...] = ()
    """The commits of the default branch that brought it."""
    pushed: dict[str, Commit] = field(default_factory=dict)
    """Every commit that was ever a part of it on the forge, the rewritten ones among them."""
    marks: set[str] = field(default_factory=set)


@dataclass
class Bug:
    """`tier`: as what the product should find it; None where it should find nothing, which then is the trap.
    `touched`: lines that the fix took away, by the pull request that brought them, None for those older than all."""

    repository: str
    kind: BugKind
    origin: int
    detected_at: datetime
    tier: Tier | None
    issue: int | None = None
    fix: int | None = None
    commit: str | None = None
    """Of the fix or revert on the default branch."""
    touched: dict[int | None, int] = field(default_factory=dict)
    lag_days: float = 0.0
    form: str = ""
    """Of a revert: by the button, by SHA in a pull request, pushed, or with the title alone."""
    taken_back_at: datetime | None = None

    def is_cancelled(self) -> bool:
        """A revert that was taken back within a day: nothing escaped."""
        return self.taken_back_at is not None and self.taken_back_at - self.detected_at <= timedelta(days=1)

    def horizon(self) -> int | None:
        """The first of the windows of 7, 30 and 90 days that sees it."""
        return next((days for days in (7, 30, 90) if self.lag_days <= days), None)
