"""Which lines a pull request touched, on both sides: in the tree that it left, and in the one that it found. Pure.

Ranges are [first, last], both included. Where lines only went, or only came, the other side has an empty range between
two lines: its last is the one before, its first the one after, so that what encloses both is met by it.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from events.pulls.lines.changes import FileChange, Group, State
from events.pulls.paths import is_generated

Range = tuple[int, int]
Ranges = Mapping[str, Sequence[Range] | None]
"""By path; None: the whole file."""


class Touched(NamedTuple):
    """`after` by the paths of the tree after the change, `before` by those of the tree before it."""

    is_by_line: bool
    after: Ranges
    before: Ranges
    lines_added: int


def touched_lines(changes: Sequence[FileChange], generated: Sequence[str]) -> Touched:
    """Of one landed commit. Files whose lines nobody knows (binary ones, mostly) are left out."""
    told = [one for one in changes if one.state is State.COMPLETE and not is_generated(one.path, generated)]
    after = {one.new_path: _after(one.groups) for one in told if one.new_path}
    before = {one.old_path: [_before(group) for group in one.groups] for one in told if one.old_path}
    return Touched(True, after, before, sum(one.added for one in told))


def touched_files(files: Sequence[Mapping[str, Any]], generated: Sequence[str]) -> Touched:
    """Where the landed lines are not known. `files`: as of the pull request."""
    told = [one for one in files if not is_generated(one["path"], generated)]
    after = {one["path"]: None for one in told if one.get("status") != "removed"}
    before = {one.get("old_path") or one["path"]: None for one in told if one.get("status") != "added"}
    return Touched(False, after, before, sum(one.get("added") or 0 for one in told))


def is_met(first: int, last: int, ranges: Sequence[Range] | None) -> bool:
    return ranges is None or any(start <= last and end >= first for start, end in ranges)


def _before(group: Group) -> Range:
    first = group.old_start if group.old_len else group.old_start + 1
    return first, first + group.old_len - 1


def _after(groups: Sequence[Group]) -> list[Range]:
    shifts = accumulate((group.new_len - group.old_len for group in groups), initial=0)
    firsts = [_before(group)[0] + shift for group, shift in zip(groups, shifts, strict=False)]
    return [(first, first + group.new_len - 1) for first, group in zip(firsts, groups, strict=True)]
