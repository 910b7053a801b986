"""From one file of a GitHub diff (`DiffEntry`) to numbers. The patch's text is read here and nowhere else.

Nothing a vendor, or whoever plays one, sends makes this raise: what can't be read in full is opaque, and its file's
owners become unknown. GitHub leaves a patch out for binary and for large files, and past some 20,000 lines in one
answer it says `additions: 0, deletions: 0` of changed files as well, without a word (PULLS.md 2.4).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, State, Status
from events.pulls.lines.kinds import BLANK, kinds

_STATUS = {
    "added": Status.ADDED,
    "removed": Status.DELETED,
    "renamed": Status.RENAMED,
    "copied": Status.COPIED,
}
_HEADER = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@", re.ASCII)
_SPACE = re.compile(r"\s+")
_MOST_LINES = 10_000_000


class Hunk(NamedTuple):
    """`lines` keep their sign; a line ends at a line feed only, so that a carriage return is part of it."""

    old_start: int
    old_len: int
    new_start: int
    new_len: int
    lines: list[str]


class _Place(NamedTuple):
    """A line of a hunk, and the number of the old file's line at (or next to) it."""

    sign: str
    text: str
    old_line: int
    kind: str


def read(entry: Mapping[str, Any], *, is_whole: bool) -> FileChange:
    """What a `DiffEntry` tells. `is_whole`: the sums over all files were seen to equal the diff's own totals.

    Without that, a file with no changes and no patch may be one of the zeroed rows, and is opaque.
    """
    status, old_path, new_path = _names(entry)
    nothing = FileChange(status, old_path, new_path)
    patch = entry.get("patch")
    additions, deletions = _number(entry.get("additions")), _number(entry.get("deletions"))
    if not isinstance(patch, str) or not patch:
        return _without_a_patch(nothing, additions, deletions, is_whole)
    found = hunks(patch)
    change = nothing if found is None else numbers(nothing, found)
    if found is None or (change.added, change.removed) != (additions, deletions):
        return nothing._replace(state=State.OPAQUE)
    return change


def is_zeroed(entry: Mapping[str, Any]) -> bool:
    """Whether the row may be one that GitHub emptied: ask again with a smaller page."""
    is_kept = entry.get("status") in ("modified", "renamed", "changed")
    return is_kept and not entry.get("changes") and not entry.get("patch")


def hunks(patch: str) -> list[Hunk] | None:
    """The hunks of a file's patch, None where it isn't one or ends too early."""
    lines = patch.split("\n")
    found: list[Hunk] = []
    at = next((i for i, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    while at < len(lines):
        header = _HEADER.match(lines[at])
        if header is None:
            return found if found and not any(lines[at:]) else None
        hunk, at = _hunk(header, lines, at + 1)
        if hunk is None or (found and hunk.old_start < found[-1].old_start + found[-1].old_len):
            return None
        found.append(hunk)
    return found or None


def numbers(change: FileChange, found: list[Hunk]) -> FileChange:
    """The change with the groups, deleted lines and anchors of its hunks."""
    again = {_bare(line[1:]) for hunk in found for line in hunk.lines if line[0] == "+"}
    groups: list[Group] = []
    deleted: list[Deleted] = []
    anchors: list[Anchor] = []
    for hunk in found:
        places = list(_places(change.path, hunk))
        above, below = _nearest(places), _nearest(places[::-1])[::-1]
        deleted += [Deleted(p.old_line, p.kind, _bare(p.text) not in again) for p in places if p.sign == "-"]
        for first, end in _runs(places):
            groups.append(_group(places[first:end]))
            if not groups[-1].old_len:
                anchors += filter(None, (above[first], below[end - 1]))
    return change._replace(groups=tuple(groups), deleted=tuple(deleted), anchors=tuple(anchors))


def _names(entry: Mapping[str, Any]) -> tuple[Status, str | None, str | None]:
    status = _STATUS.get(str(entry.get("status")), Status.MODIFIED)
    name = str(entry.get("filename") or "")
    before = entry.get("previous_filename")
    old = before if status in (Status.RENAMED, Status.COPIED) and isinstance(before, str) else name
    return status, (None if status is Status.ADDED else old), (None if status is Status.DELETED else name)


def _without_a_patch(nothing: FileChange, additions: int, deletions: int, is_whole: bool) -> FileChange:
    """Of an added file the number of lines says everything, and of a deleted one too: all lines are gone."""
    if nothing.status is Status.ADDED and additions > 0 == deletions:
        return nothing._replace(groups=(Group(0, 0, additions),))
    if nothing.status is Status.DELETED and deletions > 0 == additions:
        return nothing._replace(groups=(Group(1, deletions, 0),))
    is_empty = is_whole and not additions and not deletions
    return nothing if is_empty else nothing._replace(state=State.OPAQUE)


def _hunk(header: re.Match[str], lines: list[str], at: int) -> tuple[Hunk | None, int]:
    """The hunk whose lines begin at `at`, and where they end; None where there are fewer than the header says."""
    old_start, old_len, new_start, new_len = (1 if n is None else int(n) for n in header.groups())
    old, new, first = old_len, new_len, at
    while at < len(lines) and (old or new or lines[at].startswith("\\")):
        sign = lines[at][:1] or " "
        if sign not in " +-\\":
            return None, at
        old -= sign in " -"
        new -= sign in " +"
        if old < 0 or new < 0:
            return None, at
        at += 1
    if old or new:
        return None, at
    body = [line or " " for line in lines[first:at] if not line.startswith("\\")]
    return Hunk(old_start, old_len, new_start, new_len, body), at


def _places(path: str, hunk: Hunk) -> Iterator[_Place]:
    of_old = kinds(path, (line[1:] for line in hunk.lines if line[0] != "+"))
    old_line = hunk.old_start if hunk.old_len else hunk.old_start + 1
    for line in hunk.lines:
        sign = line[0]
        yield _Place(sign, line[1:], old_line, "" if sign == "+" else next(of_old))
        old_line += sign != "+"


def _runs(places: list[_Place]) -> Iterator[tuple[int, int]]:
    """Where each maximal run of changed lines begins, and where it ends (after its last line)."""
    first = None
    for i, place in enumerate(places):
        if place.sign == " " and first is not None:
            yield first, i
            first = None
        elif place.sign != " " and first is None:
            first = i
    if first is not None:
        yield first, len(places)


def _group(places: list[_Place]) -> Group:
    old_len = sum(place.sign == "-" for place in places)
    start = places[0].old_line
    return Group(start if old_len else start - 1, old_len, len(places) - old_len)


def _nearest(places: list[_Place]) -> list[Anchor | None]:
    """For each place the last unchanged line before it that isn't blank."""
    found: list[Anchor | None] = []
    last: Anchor | None = None
    for place in places:
        found.append(last)
        if place.sign == " " and place.kind != BLANK:
            last = Anchor(place.old_line, place.kind)
    return found


def _bare(text: str) -> str:
    return _SPACE.sub("", text)


def _number(value: object) -> int:
    """-1, which no sum equals, where it is no number of lines."""
    return value if type(value) is int and 0 <= value <= _MOST_LINES else -1
