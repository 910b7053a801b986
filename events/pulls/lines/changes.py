"""What one commit did to one file, as numbers. No text of the file is in it."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    ADDED = "A"
    MODIFIED = "M"
    RENAMED = "R"
    DELETED = "D"
    COPIED = "C"


class State(StrEnum):
    """Whether the numbers tell everything that happened to the file's lines."""

    COMPLETE = "complete"
    OPAQUE = "opaque"


class Group(NamedTuple):
    """A maximal run of changed lines. Where `old_len` is 0 the new lines come AFTER line `old_start` (git diff -U0)."""

    old_start: int
    old_len: int
    new_len: int


class Deleted(NamedTuple):
    """A line of the old file that is gone. `real`: what it said is not said again among the file's added lines."""

    line: int
    kind: str
    real: bool


class Anchor(NamedTuple):
    """A line of the old file right above or below a group that only inserts: the nearest that isn't blank."""

    line: int
    kind: str


class FileChange(NamedTuple):
    """`old_path` is None for an added file, `new_path` for a deleted one. An opaque change has no groups."""

    status: Status
    old_path: str | None
    new_path: str | None
    groups: tuple[Group, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    state: State = State.COMPLETE

    @property
    def path(self) -> str:
        return self.new_path or self.old_path or ""

    @property
    def added(self) -> int:
        return sum(group.new_len for group in self.groups)

    @property
    def removed(self) -> int:
        return sum(group.old_len for group in self.groups)
