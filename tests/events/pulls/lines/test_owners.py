"""Owners of lines against a file kept as a plain list, line by line, and against git blame."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.lines.changes import FileChange, Group, State, Status
from events.pulls.lines.owners import OPEN, UNKNOWN, Removal, Runs, apply, edited, unseen

MODIFIED, ADDED, DELETED, RENAMED = Status.MODIFIED, Status.ADDED, Status.DELETED, Status.RENAMED


def _change(status: Status, old: str | None, new: str | None, *groups: tuple[int, int, int]) -> FileChange:
    return FileChange(status, old, new, tuple(Group(*group) for group in groups))


def _flat(runs: Runs) -> list[int]:
    return [owner for length, owner in zip(*runs, strict=True) for _ in range(length)]


@st.composite
def _edits(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Lines with their owners, and groups in order that lie within them."""
    lines = draw(st.lists(st.integers(0, 4), max_size=30))
    groups, at = [], 0
    while at <= len(lines) and draw(st.booleans()):
        kept = draw(st.integers(0, len(lines) - at))
        old_len = draw(st.integers(0, len(lines) - at - kept))
        first = at + kept
        groups.append((first + 1 if old_len else first, old_len, draw(st.integers(0 if old_len else 1, 5))))
        at = first + old_len + 1
    return lines, groups


def _by_hand(lines: list[int], groups: list[tuple[int, int, int]], owner: int) -> list[int]:
    after, at = [], 0
    for start, old_len, new_len in groups:
        first = start - 1 if old_len else start
        after += lines[at:first] + [owner] * new_len
        at = first + old_len
    return after + lines[at:]


def _runs(lines: list[int]) -> Runs:
    whole = [Group(at, 0, 1) for at in range(len(lines))]
    runs = Runs([], [])
    for at, owner in enumerate(lines):
        runs = edited(runs, [whole[0]._replace(old_start=at)], owner)[0] or runs
    return runs


@given(_edits())
def test_edits_runs_as_one_edits_lines(told: tuple[list[int], list[tuple[int, int, int]]]) -> None:
    lines, groups = told
    runs = _runs(lines)
    after, cut = edited(runs, [Group(*group) for group in groups], 9)
    assert after is not None
    assert _flat(after) == _by_hand(lines, groups, 9)
    assert all(one != next_ for one, next_ in zip(after.owners, after.owners[1:], strict=False))
    gone = [(start + i, lines[start - 1 + i]) for start, old_len, _ in groups for i in range(old_len)]
    assert [(r.line + i, r.owner) for r in cut for i in range(r.length)] == gone
    assert runs == _runs(lines), "the runs that it was given stay as they were"


@given(_edits())
def test_history_that_begins_in_the_middle_is_unknown_and_never_wrong(
    told: tuple[list[int], list[tuple[int, int, int]]],
) -> None:
    lines, groups = told
    seen, _ = edited(unseen(), [Group(*group) for group in groups], 9)
    assert seen is not None
    truth = _by_hand(lines, groups, 9)
    assert all(owner in (UNKNOWN, true) for owner, true in zip(seen.owners_of(range(1, 99)), truth, strict=False))
    assert seen.owners[-1] == UNKNOWN
    assert seen.lengths[-1] == OPEN


def test_asks_for_the_owner_of_a_line() -> None:
    runs = Runs([2, 3], [7, 8])
    assert [runs.owner_of(line) for line in (-1, 0, 1, 2, 3, 5, 6)] == [0, 0, 7, 7, 8, 8, 0]
    assert runs.owners_of([0, 1, 3, 6]) == [0, 7, 8, 0]


def test_files_that_swap_their_names_keep_their_own_lines() -> None:
    before = {"a.py": Runs([3], [1]), "b.py": Runs([5], [2])}
    swap = [_change(RENAMED, "a.py", "b.py", (2, 1, 2)), _change(RENAMED, "b.py", "a.py")]
    done = apply(swap, 3, before)
    assert done.written == {"b.py": Runs([1, 2, 1], [1, 3, 1]), "a.py": Runs([5], [2])}
    assert done.gone == []
    assert done.removed == [Removal("a.py", 2, 1, 1)]


def test_a_deleted_file_is_gone_and_a_new_one_in_its_place_is_not() -> None:
    before = {"a.py": Runs([3], [1]), "b.py": Runs([1], [1])}
    done = apply([_change(DELETED, "a.py", None, (1, 3, 0))], 2, before)
    assert (done.written, done.gone, done.removed) == ({}, ["a.py"], [Removal("a.py", 1, 1, 3)])
    done = apply([_change(DELETED, "a.py", None, (1, 3, 0)), _change(RENAMED, "b.py", "a.py")], 2, before)
    assert (done.written, done.gone) == ({"a.py": Runs([1], [1])}, ["b.py"])


def test_a_mode_change_and_an_empty_file_change_no_line() -> None:
    before = {"run.sh": Runs([4], [1])}
    assert apply([_change(MODIFIED, "run.sh", "run.sh")], 2, before).written == before
    empty = apply([_change(ADDED, None, "__init__.py")], 2, {}).written["__init__.py"]
    assert edited(empty, [Group(0, 0, 2)], 3)[0] == Runs([2], [3])


def test_an_opaque_change_leaves_unknown_lines_and_later_ones_are_known() -> None:
    change = _change(MODIFIED, "a.py", "a.py")._replace(state=State.OPAQUE)
    done = apply([change], 2, {"a.py": Runs([3], [1])})
    assert done.written == {"a.py": unseen()}
    assert done.removed == []
    later = apply([_change(MODIFIED, "a.py", "a.py", (1, 1, 1))], 3, done.written).written["a.py"]
    assert later.owners_of([1, 2, 3]) == [3, 0, 0]


def test_a_group_outside_the_file_makes_it_unknown_not_wrong() -> None:
    before = {"a.py": Runs([3], [1])}
    for groups in ([(3, 2, 1)], [(9, 0, 1)], [(2, 2, 1), (1, 1, 1)]):
        done = apply([_change(MODIFIED, "a.py", "a.py", *groups)], 2, before)
        assert (done.written, done.removed) == ({"a.py": unseen()}, [])


def test_a_file_that_was_there_before_we_looked_is_unknown() -> None:
    done = apply([_change(MODIFIED, "old.py", "old.py", (5, 2, 1))], 4, {})
    assert done.written == {"old.py": Runs([4, 1, OPEN], [0, 4, 0])}
    assert done.removed == [Removal("old.py", 5, UNKNOWN, 2)]


def test_a_copy_takes_the_owners_along_and_leaves_the_original() -> None:
    before = {"a.py": Runs([3], [1])}
    done = apply([_change(Status.COPIED, "a.py", "b.py", (1, 1, 0), (3, 0, 1))], 2, before)
    assert (done.written, done.gone, done.removed) == ({"b.py": Runs([2, 1], [1, 2])}, [], [])


HISTORY: dict[str, Any] = json.loads((Path(__file__).parents[3] / "fixtures/pulls/replay.json").read_text())


@pytest.mark.parametrize("start", [0, 30])
def test_equals_git_blame_along_first_parents(start: int) -> None:
    """The first commits of a public project, and whom git blames right before some of them."""
    number = {commit["sha"]: at for at, commit in enumerate(HISTORY["commits"], 1)}
    files: dict[str, Runs] = {}
    told = known = 0
    for commit in HISTORY["commits"][start:]:
        for path, line, length, sha in HISTORY["blame"].get(commit["sha"], []):
            owners = (files.get(path) or unseen()).owners_of(range(line, line + length))
            assert set(owners) <= {number[sha], UNKNOWN}, (commit["sha"], path, line)
            told, known = told + length, known + length - owners.count(UNKNOWN)
        changes = [_change(Status(status), old, new, *groups) for status, old, new, groups in commit["files"]]
        done = apply(changes, number[commit["sha"]], files)
        files = {path: runs for path, runs in files.items() if path not in done.gone} | done.written
    assert told > 200
    assert known == told if start == 0 else 0 < known < told
