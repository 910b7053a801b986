"""Keeping book of lines while commits are applied: what each added, took away, and whose lines it changed. Pure.

Lines don't vanish: of every commit, what stands in the files = what it added − what others took away − what was lost.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from events.pulls.lines.changes import Anchor, Deleted, FileChange, State, Status
from events.pulls.lines.owners import UNKNOWN, Applied, Runs, apply, unseen
from events.pulls.paths import is_source

_Line = TypeVar("_Line", Deleted, Anchor)


@dataclass(frozen=True, slots=True)
class Entry:
    """Of one commit. `blamed`: as `DefaultCommit.blamed`."""

    lines_added: int
    blamed: list[Any]

    def blamed_json(self) -> str:
        return json.dumps(self.blamed, separators=(",", ":"))


@dataclass(slots=True)
class Book:
    """`files`: the runs of every file that is known, among those touched. Removals count by (owner, commit)."""

    files: dict[str, Runs]
    removed: Counter[tuple[int, int]] = field(default_factory=Counter)
    lost: Counter[tuple[int, int]] = field(default_factory=Counter)
    _touched: set[str] = field(default_factory=set)

    def enter(self, diff: Sequence[FileChange], seq: int) -> Entry:
        """Applies the next commit."""
        applied = apply(diff, seq, self.files)
        blamed = [_blamed(change, self.files) for change in diff if _is_told(change)]
        for piece in applied.removed:
            self.removed[piece.owner, seq] += piece.length
        added = sum(change.added for change in diff if change.new_path and is_known(applied.written[change.new_path]))
        if any(_may_lose(change, applied.written, self.files) for change in diff):
            self._lose(applied, seq)
        self._put(applied)
        return Entry(added, [one for one in blamed if one[1] or one[2]])

    def known(self) -> Iterator[tuple[str, Runs]]:
        return ((path, self.files[path]) for path in self._touched if path in self.files)

    def unknown(self) -> Iterator[str]:
        return (path for path in self._touched if path not in self.files)

    def pairs(self) -> set[tuple[int, int]]:
        return {pair for pair in (*self.removed, *self.lost) if self.removed[pair] or self.lost[pair]}

    def _put(self, applied: Applied) -> None:
        for path in applied.gone:
            self.files.pop(path, None)
        self.files.update((path, runs) for path, runs in applied.written.items() if is_known(runs))
        for path, runs in applied.written.items():
            if not is_known(runs):
                self.files.pop(path, None)
        self._touched.update(applied.gone, applied.written)

    def _lose(self, applied: Applied, seq: int) -> None:
        """Lines that neither stand in a file any more nor were removed by a line of the diff. Below 0: copied ones."""
        paths = {*applied.gone, *applied.written, *(piece.path for piece in applied.removed)}
        balance = _lines(self.files[path] for path in paths if path in self.files)
        balance.subtract(_lines(runs for runs in applied.written.values() if is_known(runs)))
        for piece in applied.removed:
            balance[piece.owner] -= piece.length
        for owner, lines in balance.items():
            if lines and owner not in (UNKNOWN, seq):
                self.lost[owner, seq] += lines


def is_known(runs: Runs) -> bool:
    """Whether anything is known of the file."""
    return runs != unseen()


def _is_told(change: FileChange) -> bool:
    has_lines = bool(change.deleted or change.anchors)
    return has_lines and change.state is State.COMPLETE and is_source(change.old_path or change.path)


def _blamed(change: FileChange, before: Mapping[str, Runs]) -> list[Any]:
    runs = before.get(change.old_path or "") or unseen()
    gone = Counter((owner, line.kind, int(line.real)) for line, owner in _owned(change.deleted, runs))
    near = Counter((owner, line.kind) for line, owner in _owned(change.anchors, runs))
    return [change.path, [[*key, lines] for key, lines in sorted(gone.items())],
            [[*key, lines] for key, lines in sorted(near.items())]]  # fmt: skip


def _owned(lines: Sequence[_Line], runs: Runs) -> Iterable[tuple[_Line, int]]:
    return zip(lines, runs.owners_of(line.line for line in lines), strict=True) if lines else ()


def _may_lose(change: FileChange, written: Mapping[str, Runs], before: Mapping[str, Runs]) -> bool:
    """Only then lines are counted: all other changes balance by themselves."""
    if change.status in (Status.DELETED, Status.COPIED) or change.state is State.OPAQUE:
        return True
    new = change.new_path or ""
    return not is_known(written[new]) or (new != change.old_path and new in before)


def _lines(files: Iterable[Runs]) -> Counter[int]:
    """How many lines each owner has."""
    found: Counter[int] = Counter()
    for runs in files:
        for length, owner in zip(runs.lengths, runs.owners, strict=True):
            found[owner] += length
    return found
