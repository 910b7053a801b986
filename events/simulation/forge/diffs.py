"""Differences of texts as Git tells them: hunks with three lines of context, patch-ids, merges of three versions."""

import hashlib
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

Lines = tuple[str, ...]
CONTEXT = 3
_HEADING_BYTES = 80


class Edit(NamedTuple):
    """Lines `old_start:old_end` became lines `new_start:new_end`: counted from 0, half open; one may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def edits(old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    """The changed places, in order. What both ends have in common is cut off first, as Git does."""
    head, most = 0, min(len(old), len(new))
    while head < most and old[head] == new[head]:
        head += 1
    tail, most = 0, most - head
    while tail < most and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if not old or not new:
        return [Edit(head, head + len(old), head, head + len(new))] if old or new else []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Edit(head + i, head + j, head + k, head + m) for kind, i, j, k, m in codes if kind != "equal"]


def patch(old: Sequence[str], new: Sequence[str]) -> str:
    """The hunks without the headers of the file: what GitHub calls `patch`. Without a newline at the end."""
    return "\n".join(_hunks(old, new))


def counts(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Lines added and deleted."""
    found = edits(old, new)
    return sum(e.new_end - e.new_start for e in found), sum(e.old_end - e.old_start for e in found)


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for group in _groups(edits(old, new)):
        first, last = group[0], group[-1]
        start, end = max(0, first.old_start - CONTEXT), min(len(old), last.old_end + CONTEXT)
        new_start = max(0, first.new_start - CONTEXT)
        new_end = min(len(new), last.new_end + CONTEXT)
        heading = _heading(old, start)
        yield f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@{heading}"
        at = start
        for edit in group:
            yield from (f" {line}" for line in old[at : edit.old_start])
            yield from (f"-{line}" for line in old[edit.old_start : edit.old_end])
            yield from (f"+{line}" for line in new[edit.new_start : edit.new_end])
            at = edit.old_end
        yield from (f" {line}" for line in old[at:end])


def _groups(found: list[Edit]) -> Iterator[list[Edit]]:
    """Edits whose context touches are one hunk."""
    group: list[Edit] = []
    for edit in found:
        if group and edit.old_start - group[-1].old_end > 2 * CONTEXT:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _range(start: int, end: int) -> str:
    if end - start == 1:
        return f"{start + 1}"
    return f"{start + 1 if end > start else start},{end - start}"


def _heading(old: Sequence[str], start: int) -> str:
    """The nearest line before the hunk that begins like a name, by which Git says where one is."""
    for index in range(start - 1, -1, -1):
        line = old[index]
        if line and (line[0].isalpha() or line[0] in "_$"):
            return " " + line.encode()[:_HEADING_BYTES].decode("utf-8", "ignore").rstrip()
    return ""


def patch_id(files: Sequence[tuple[str | None, str | None, Lines, Lines]]) -> str:
    """As `git patch-id --stable` computes it from a diff without renames, of (old path, new path, old, new)."""
    total = 0
    for old_path, new_path, old, new in files:
        text = "".join("".join(line.split()) for line in _diff(old_path, new_path, old, new) if line[:2] != "@@")
        total += int.from_bytes(hashlib.sha1(text.encode(), usedforsecurity=False).digest(), "little")
    return (total % (1 << 160)).to_bytes(20, "little").hex()


def _diff(old_path: str | None, new_path: str | None, old: Lines, new: Lines) -> Iterator[str]:
    yield f"diff --git a/{old_path or new_path} b/{new_path or old_path}"
    if old_path is None:
        yield "new file mode 100644"
    if new_path is None:
        yield "deleted file mode 100644"
    yield f"--- a/{old_path}" if old_path else "--- /dev/null"
    yield f"+++ b/{new_path}" if new_path else "+++ /dev/null"
    yield from _hunks(old, new)


class Merged(NamedTuple):
    lines: Lines
    is_clean: bool


def merge(base: Lines, ours: Lines, theirs: Lines) -> Merged:
    """Both sides' edits of `base`. Where they touch each other it isn't clean, and theirs is taken for the place."""
    if ours in (base, theirs):
        return Merged(theirs, True)
    if theirs == base:
        return Merged(ours, True)
    found: list[str] = []
    at, is_clean = 0, True
    for start, end, sides in _regions(base, ours, theirs):
        found.extend(base[at:start])
        changed = {side: _side(sides[side], start, end, (ours, theirs)[side]) for side in sides if sides[side]}
        is_clean = is_clean and len(set(changed.values())) == 1
        found.extend(changed[max(changed)])
        at = end
    found.extend(base[at:])
    return Merged(tuple(found), is_clean)


def _regions(base: Lines, ours: Lines, theirs: Lines) -> Iterator[tuple[int, int, dict[int, list[Edit]]]]:
    """Places of the base that a side changed, with whose edits; places that touch are one."""
    every = sorted(
        [(edit, 0) for edit in edits(base, ours)] + [(edit, 1) for edit in edits(base, theirs)],
        key=lambda item: (item[0].old_start, item[0].old_end),
    )
    number, end, numbered = -1, -1, []
    for edit, side in every:
        if edit.old_start > end:
            number, end = number + 1, edit.old_end
        end = max(end, edit.old_end)
        numbered.append((number, edit, side))
    for _, items in groupby(numbered, key=lambda item: item[0]):
        group = list(items)
        sides = {side: [edit for _, edit, whose in group if whose == side] for side in (0, 1)}
        yield min(e.old_start for _, e, _ in group), max(e.old_end for _, e, _ in group), sides


def _side(found: list[Edit], start: int, end: int, lines: Lines) -> Lines:
    """What a side made of base lines `start:end`."""
    first, last = found[0], found[-1]
    return lines[first.new_start - (first.old_start - start) : last.new_end + (end - last.old_end)]
