"""Which commit last touched each line of a file, replayed from hunks alone: no clone, no source text.

An owner is a small integer that the storage gives a commit of the default branch; 0 is unknown. A file whose beginning
wasn't seen starts as one run of unknown lines without an end; its known lines stay right, and the rest is never a
guess. It equals `git blame --first-parent` (PULLS.md 0.1).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from events.pulls.lines.changes import FileChange, Group, State, Status

UNKNOWN = 0
# The length of a last run of which nobody knows where it ends.
OPEN = 1 << 40
_SURELY_OPEN = OPEN >> 1


class Runs(NamedTuple):
    """A file's lines from the first on: `lengths[i]` lines that `owners[i]` touched last. Never changed in place."""

    lengths: list[int]
    owners: list[int]

    def owner_of(self, line: int) -> int:
        """The owner of a line, counted from 1; unknown outside the file."""
        return self.owners_of([line])[0]

    def owners_of(self, lines: Iterable[int]) -> list[int]:
        ends = list(accumulate(self.lengths))
        places = ((bisect_left(ends, line), line) for line in lines)
        return [self.owners[at] if line > 0 and at < len(ends) else UNKNOWN for at, line in places]


class Removal(NamedTuple):
    """`length` lines from `line` on of the old file at `path`, last touched by `owner`, are gone."""

    path: str
    line: int
    owner: int
    length: int


class Applied(NamedTuple):
    """What a commit leaves: the runs of every file it wrote, the paths that are no more, the lines it removed.

    Of an opaque change nobody knows which lines went: it removes none that can be told.
    """

    written: dict[str, Runs]
    gone: list[str]
    removed: list[Removal]


def unseen() -> Runs:
    """The runs of a file that was there before we looked."""
    return Runs([OPEN], [UNKNOWN])


def apply(changes: Iterable[FileChange], owner: int, before: Mapping[str, Runs]) -> Applied:
    """The files after a commit of `owner`. `before` holds the runs of every old path that is known.

    Two phases, so that two files that swap their names in one commit each keep their own lines: all is computed from
    the files as they were, and only the result says what is written and what is gone.
    """
    written: dict[str, Runs] = {}
    left: list[str] = []
    removed: list[Removal] = []
    for change in changes:
        old = change.old_path
        if change.status in (Status.DELETED, Status.RENAMED) and old is not None:
            left.append(old)
        after = _after(change, owner, before, removed)
        if change.new_path is not None:
            written[change.new_path] = after
    return Applied(written, [path for path in left if path not in written], removed)


def _after(change: FileChange, owner: int, before: Mapping[str, Runs], removed: list[Removal]) -> Runs:
    old = change.old_path
    if change.state is State.OPAQUE:
        return unseen()
    if old is None:
        return edited(Runs([], []), change.groups, owner)[0] or unseen()
    runs = before.get(old) or unseen()
    if not change.groups:
        return runs
    after, cut = edited(runs, change.groups, owner, old)
    if after is None:
        return unseen()
    if change.status is not Status.COPIED:  # what a copy leaves out is still there in its original
        removed += cut
    return after


def edited(runs: Runs, groups: Iterable[Group], owner: int, path: str = "") -> tuple[Runs | None, list[Removal]]:
    """The runs after the groups, and what they cut. None where a group lies outside the file: what we know is wrong.

    The groups are in the file's order. Work is done per group; what lies between two is copied as a slice.
    """
    lengths, owners = runs
    ends = list(accumulate(lengths))
    total = ends[-1] if ends else 0
    new = _Pen()
    cut: list[Removal] = []
    at = 0  # so many old lines are done
    for start, old_len, new_len in groups:
        first = start - 1 if old_len else start
        if first < at or first + old_len > total:
            return None, cut
        new.copy(lengths, owners, ends, at, first)
        at = first + old_len
        if old_len:
            cut += _pieces(path, owners, ends, first, at)
        if new_len:
            new.write(new_len, owner)
    new.copy(lengths, owners, ends, at, total)
    return new.runs(), cut


class _Pen:
    """Writes runs, and joins neighbours of one owner."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.owners: list[int] = []

    def write(self, length: int, owner: int) -> None:
        if self.owners and self.owners[-1] == owner:
            self.lengths[-1] += length
        else:
            self.lengths.append(length)
            self.owners.append(owner)

    def copy(self, lengths: list[int], owners: list[int], ends: list[int], first: int, end: int) -> None:
        """The old lines from `first` to before `end`, counted from 0."""
        if first >= end:
            return
        i, last = bisect_right(ends, first), bisect_left(ends, end)
        self.write(min(ends[i], end) - first, owners[i])
        if last > i:
            self.lengths += lengths[i + 1 : last]
            self.owners += owners[i + 1 : last]
            self.write(end - ends[last - 1], owners[last])

    def runs(self) -> Runs:
        if self.lengths and self.lengths[-1] > _SURELY_OPEN:
            self.lengths[-1] = OPEN
        return Runs(self.lengths, self.owners)


def _pieces(path: str, owners: list[int], ends: list[int], first: int, end: int) -> Iterator[Removal]:
    i = bisect_right(ends, first)
    while first < end:
        until = min(ends[i], end)
        yield Removal(path, first + 1, owners[i], until - first)
        first, i = until, i + 1
