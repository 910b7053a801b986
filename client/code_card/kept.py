"""How much of what an assistant wrote stands in a commit. Pure: from a diff and hashes of lines, no text is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_HUNK = re.compile(r"@@ -[0-9,]+ \+(\d+)(?:,(\d+))? @@")


def hashes(lines: Iterable[str], salt: bytes) -> list[str]:
    """Of lines that are not blank, without the blanks around them: indenting anew changes nothing."""
    return [_hash(line.strip(), salt) for line in lines if line.strip()]


def _hash(line: str, salt: bytes) -> str:
    return hashlib.blake2b(line.encode("utf-8", "replace"), digest_size=6, key=salt).hexdigest()


@dataclass
class Added:
    """Lines that a commit added to one file: numbers in the file after it, and hashes of those that are not blank."""

    numbers: list[int] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)


def added_lines(diff: str, salt: bytes) -> dict[str, Added]:
    """By path, from `git diff-tree -p -U0` with `b/` before new names."""
    found: dict[str, Added] = {}
    file, number, left = Added(), 0, 0
    for line in diff.split("\n"):
        if left and line.startswith("+"):
            if line[1:].strip():
                file.numbers.append(number)
                file.hashes.append(_hash(line[1:].strip(), salt))
            number, left = number + 1, left - 1
        elif not left and line.startswith("+++ b/"):
            file = found.setdefault(line[6:].rstrip("\t"), Added())
        elif not left and (match := _HUNK.match(line)):
            number, left = int(match.group(1)), int(match.group(2) or 1)
    return found


def in_common(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """A longest common subsequence, as pairs of places in both. Bit-parallel (Hyyrö 2004): a row of the table is one
    integer."""
    places: dict[str, int] = {}
    for index, value in enumerate(first):
        places[value] = places.get(value, 0) | 1 << index
    row, rows = (1 << len(first)) - 1, []
    for value in second:
        same = row & places.get(value, 0)
        row = ((row + same) | (row - same)) & ((1 << len(first)) - 1)
        rows.append(row)
    pairs, column, at = [], len(first), len(second)
    while column and at:
        if rows[at - 1] >> (column - 1) & 1:
            column -= 1
        elif at > 1 and not rows[at - 2] >> (column - 1) & 1:
            at -= 1
        else:
            column, at = column - 1, at - 1
            pairs.append((column, at))
    return pairs[::-1]


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Line numbers as ranges, both ends included."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


@dataclass
class Written:
    """An accepted edit of an assistant to one file, as hashes of its lines that are not committed yet."""

    id: str
    tool: str
    session: str
    at: str
    branch: str
    path: str
    lines: list[str]
    removed: list[str] = field(default_factory=list)
    """Lines that it took away: what an assistant rewrites itself was not rewritten by a person."""
    replaces_all: bool = False


def still_own(edits: Sequence[Written]) -> list[Written]:
    """Edits of a repository, the oldest first, without the lines that later ones of an assistant took away."""
    for index, edit in enumerate(edits):
        earlier = [one for one in edits[:index] if one.path == edit.path]
        if edit.replaces_all:
            for one in earlier:
                one.lines = []
        for line in edit.removed:
            holder = next((one for one in reversed(earlier) if line in one.lines), None)
            if holder:
                holder.lines.remove(line)
    return [edit for edit in edits if edit.lines]


@dataclass
class Kept:
    """What became of one edit at a commit: how many lines were judged, which of them stand there (numbers), and which
    wait for a later commit, since they are in the work tree only."""

    edit: Written
    judged: int
    numbers: list[int]
    later: list[str]

    @property
    def distance(self) -> float:
        return 1 - len(self.numbers) / self.judged


def judge(edits: Sequence[Written], added: Added, uncommitted: Sequence[str], branch: str) -> list[Kept]:
    """Edits to one file against what a commit added to it, the newest first, so that no line is counted for two.

    `uncommitted`: hashes of lines that the work tree has and the commit has not. An edit of another branch of which
    nothing is there was left behind by switching branches, and tells nothing.
    """
    numbers, left, found = list(added.numbers), list(added.hashes), []
    waiting = list(uncommitted)
    for edit in reversed(edits):
        pairs = in_common(edit.lines, left)
        there = [numbers[place] for _, place in pairs]
        gone = {place for place, _ in pairs}
        rest = [line for place, line in enumerate(edit.lines) if place not in gone]
        later = [line for line in rest if _take(waiting, line)]
        judged = len(edit.lines) - len(later)
        for _, place in reversed(pairs):
            del numbers[place], left[place]
        if judged and (there or edit.branch == branch):
            found.append(Kept(edit, judged, there, later))
        elif later:
            found.append(Kept(edit, 0, [], later))
    return found[::-1]


def _take(lines: list[str], line: str) -> bool:
    if line in lines:
        lines.remove(line)
        return True
    return False
