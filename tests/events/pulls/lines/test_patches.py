"""Patches as GitHub gives them, against git itself and against whoever plays GitHub."""

import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.lines.changes import Anchor, Deleted, Group, State, Status
from events.pulls.lines.patches import hunks, is_zeroed, read

PATCH = """@@ -1,7 +1,8 @@ def area
 import math

-def area(r):
-    # of a circle
-    return 3 * r * r
+def area(radius):
+    return math.pi * radius ** 2
+

 def half(x):
+    x = float(x)
@@ -20,3 +21,2 @@
 one
-}
 two
"""


def _entry(patch: str | None, **more: Any) -> dict[str, Any]:
    lines = (patch or "").split("\n")
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    entry = {"filename": "shapes.py", "status": "modified", "additions": added, "deletions": removed}
    return entry | {"changes": added + removed} | ({} if patch is None else {"patch": patch}) | more


def test_tells_groups_deleted_lines_and_anchors() -> None:
    change = read(_entry(PATCH), is_whole=True)
    assert change.state is State.COMPLETE
    assert (change.status, change.old_path, change.new_path) == (Status.MODIFIED, "shapes.py", "shapes.py")
    assert change.groups == (Group(3, 3, 3), Group(7, 0, 1), Group(21, 1, 0))
    assert change.deleted == (
        Deleted(3, "k", True), Deleted(4, "c", True), Deleted(5, "k", True), Deleted(21, "t", True),
    )  # fmt: skip
    assert change.anchors == (Anchor(7, "k"),)
    assert (change.added, change.removed) == (4, 4)


def test_a_line_that_is_only_moved_or_indented_is_not_really_gone() -> None:
    change = read(_entry("@@ -1,2 +1,3 @@\n-go()\n-stop()\n+if x:\n+    go( )\n+    halt()"), is_whole=True)
    assert [deleted.real for deleted in change.deleted] == [False, True]


@pytest.mark.parametrize(
    ("path", "lines", "told"),
    [
        ("a.py", ["import os", "from a import b", "# why", "", "pass", "else:", "x = 1"], "iicbttk"),
        ("a.py", ['"""Says.', "more", "", 'end."""', "x = '''", 'r"""One."""', "x"], "ddbdkdk"),
        ("a.c", ["#include <a.h>", "/* why", " * more", " */", "}", "} else {", "*x = 1;"], "icccttk"),
        ("a.sql", ["-- why", "select 1", ")"], "ckt"),
        ("a.html", ["<!-- why -->", "{# why #}", "<p>"], "cck"),
        ("a.go", ["package main", "// why", "return x", "return"], "ickt"),
        ("unknown", ["# heading", "words"], "kk"),
    ],
)
def test_tells_what_a_line_is(path: str, lines: list[str], told: str) -> None:
    patch = "\n".join([f"@@ -1,{len(lines)} +0,0 @@", *(f"-{line}" for line in lines)])
    assert "".join(deleted.kind for deleted in read(_entry(patch, filename=path), is_whole=True).deleted) == told


def test_reads_what_editors_leave_behind() -> None:
    """Carriage returns, no line feed at the end, form feeds and separators that only Python takes for line ends."""
    patch = "@@ -1,2 +1,2 @@\n a\x0cb\u2028c\r\n-b\r\n\\ No newline at end of file\n+b\r\n\\ No newline at end of file"
    change = read(_entry(patch), is_whole=True)
    assert (change.state, change.groups, change.deleted) == (
        State.COMPLETE,
        (Group(2, 1, 1),),
        (Deleted(2, "k", False),),
    )


def test_a_context_line_that_lost_its_space_is_context() -> None:
    assert read(_entry("@@ -1,3 +1,3 @@\n a\n\n-b\n+c"), is_whole=True).groups == (Group(3, 1, 1),)


@pytest.mark.parametrize(
    "entry",
    [
        _entry("@@ -1,9 +1,9 @@\n-a\n+b"),  # cut off
        _entry("@@ -1 +1 @@\n-a\n+b\n+c"),  # more than it says
        _entry("@@ -1 +1 @@\n-a\n+b", additions=7),  # GitHub's count says that more was left out
        _entry("@@ -5 +5 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b"),  # backwards
        _entry("@@ -1 +1 @@\n-a\n+b\nrubbish\n@@ -9 +9 @@\n-a\n+b"),
        _entry("@@ -x +y @@\n-a\n+b"),
        _entry("Binary files differ"),
        _entry(None, additions=900, deletions=3, changes=903),  # too large to be shown
        _entry(None, additions=3, deletions=0, changes=3, status="renamed", previous_filename="old.py"),
        {"filename": "x", "status": "modified", "patch": 5, "additions": "many", "deletions": -1},
    ],
)
def test_what_cannot_be_read_in_full_is_opaque(entry: dict[str, Any]) -> None:
    change = read(entry, is_whole=True)
    assert (change.state, change.groups, change.deleted) == (State.OPAQUE, (), ())


def test_no_lines_are_complete_only_where_the_totals_were_seen_to_fit() -> None:
    """A chmod, a binary file and a pure rename look like the rows that GitHub empties."""
    renamed = _entry(None, status="renamed", previous_filename="old.py")
    for entry in (_entry(None), renamed):
        assert is_zeroed(entry)
        assert read(entry, is_whole=True).state is State.COMPLETE
        assert read(entry, is_whole=False).state is State.OPAQUE
    assert (read(renamed, is_whole=True).old_path, read(renamed, is_whole=True).new_path) == ("old.py", "shapes.py")
    assert not is_zeroed(_entry(PATCH))
    assert not is_zeroed(_entry(None, status="added"))


def test_of_added_and_deleted_files_the_number_of_lines_is_enough() -> None:
    added = read(_entry(None, status="added", additions=900), is_whole=False)
    assert (added.state, added.old_path, added.groups) == (State.COMPLETE, None, (Group(0, 0, 900),))
    gone = read(_entry(None, status="removed", deletions=9), is_whole=False)
    assert (gone.state, gone.new_path, gone.groups) == (State.COMPLETE, None, (Group(1, 9, 0),))


@given(
    st.one_of(
        st.text(max_size=200), st.lists(st.sampled_from([*PATCH.split("\n"), "@@ -0,0 +1 @@", "\\"])).map("\n".join)
    ),
    st.sampled_from(["added", "removed", "modified", "renamed", "copied", "changed", "unchanged", None, 7]),
)
def test_nothing_makes_it_raise(patch: str, status: object) -> None:
    assert read(_entry(patch, status=status), is_whole=False).state in State


def _versions(chance: random.Random) -> tuple[str, str]:
    old = [chance.choice(["x = 1", "", "}", "go()", f"y{chance.random():.2f}"]) for _ in range(chance.randrange(60))]
    new = list(old)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(new) + 1)
        new[at : at + chance.randrange(5)] = [f"new {chance.random():.2f}" for _ in range(chance.randrange(4))]
    return "\n".join(old), "\n".join(new) + "\n" * chance.randrange(2)


def _git(where: Path, *args: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"]
    return subprocess.run(["git", *identity, *args], cwd=where, check=True, capture_output=True, text=True).stdout


def test_groups_are_those_of_git_without_context(tmp_path: Path) -> None:
    chance = random.Random(4)
    versions = [_versions(chance) for _ in range(40)]
    _git(tmp_path, "init", "-q")
    for side in (0, 1):
        for i, version in enumerate(versions):
            (tmp_path / f"{i}.py").write_text(version[side])
        _git(tmp_path, "add", ".")
        _git(tmp_path, "commit", "-qm", "x", "--allow-empty")
    found = [diff.split("\n", 1) for diff in _git(tmp_path, "diff", "HEAD~", "HEAD").split("diff --git a/")[1:]]
    bare = {d.split(" ")[0]: d for d in _git(tmp_path, "diff", "-U0", "HEAD~", "HEAD").split("diff --git a/")[1:]}
    assert len(found) > 20
    for name, diff in ((head.split(" ")[0], rest) for head, rest in found):
        patch = diff[diff.index("@@ ") :].removesuffix("\n")
        headers = re.findall(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@", bare[name], re.MULTILINE)
        told = [Group(*(1 if number == "" else int(number) for number in header)) for header in headers]
        change = read(_entry(patch, filename=name), is_whole=True)
        assert (change.state, list(change.groups)) == (State.COMPLETE, told)


def test_hunks_of_nothing_are_none() -> None:
    assert hunks("") is None
    assert hunks("words") is None


def test_a_patch_of_blank_lines_is_read_in_no_time() -> None:
    """Each group looks for a line that isn't blank, and there is none for it nearby."""
    lines = ["+a", " "] * 20_000
    change = read(_entry("\n".join([" x", *lines, " y"]).join(["@@ -1,20002 +1,40002 @@\n", ""])), is_whole=True)
    assert change.state is State.COMPLETE
    assert change.anchors == (Anchor(1, "k"), Anchor(20_002, "k")) * 20_000
