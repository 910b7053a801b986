"""Patch ids against git's own."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from events.pulls.patch_ids import PatchId, patch_id

STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed"}


def _git(where: Path, *args: str, stdin: str | None = None) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"]
    done = subprocess.run(["git", *identity, *args], cwd=where, check=True, capture_output=True, input=stdin, text=True)
    return done.stdout


def _entries(where: Path) -> list[dict[str, Any]]:
    """The newest commit's files, as GitHub gives them."""
    entries = []
    for row in _git(where, "diff", "--name-status", "-M", "HEAD~", "HEAD").splitlines():
        letter, *names = row.split("\t")
        diff = _git(where, "diff", "-M", "HEAD~", "HEAD", "--", *names)
        at = re.search(r"^@@ ", diff, re.MULTILINE)
        entry = {"status": STATUS[letter[0]], "filename": names[-1], "additions": 0, "deletions": 0, "sha": "0" * 40}
        if at:
            entry["patch"] = diff[at.start() :].removesuffix("\n")
        if len(names) > 1:
            entry["previous_filename"] = names[0]
        entries.append(entry)
    return entries


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-q")
    for name, text in {
        "a.py": "x = 1\n" * 9,
        "b.py": "y\n" * 30,
        "gone.py": "z\n",
        "deep/c d.md": "é\t \n1\n2",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return _commit(tmp_path)


def _commit(where: Path) -> Path:
    _git(where, "add", "-A")
    _git(where, "commit", "-qm", "x")
    return where


def _gits(where: Path, *options: str) -> str:
    return _git(where, "patch-id", "--stable", stdin=_git(where, "diff", *options, "HEAD~", "HEAD")).split()[0]


def test_equals_that_of_git(shop: Path) -> None:
    (shop / "a.py").write_text("x = 1\n" * 4 + "x  =\t2\n\n" + "x = 1\n" * 4 + "y = 3")
    (shop / "b.py").write_text("first\n" + "y\n" * 12 + "\x0cmiddle\r\n" + "y\n" * 18)
    (shop / "deep/c d.md").write_text("é\t\n1\n2\n")
    (shop / "new.py").write_text("new\n")
    (shop / "gone.py").unlink()
    entries = _entries(_commit(shop))
    assert len(entries) == 5
    assert patch_id(entries) == PatchId(_gits(shop), is_gits=True)
    assert patch_id(entries[::-1]) == patch_id(entries)


def test_one_file_changed_says_the_same_wherever_its_lines_are(shop: Path) -> None:
    (shop / "b.py").write_text("y\n" * 15 + "here\n" + "y\n" * 15)
    one = patch_id(_entries(_commit(shop)))
    (shop / "b.py").write_text("y\n" * 9 + "!\n" + "y\n" * 30)
    _commit(shop)
    (shop / "b.py").write_text("y\n" * 9 + "!\n" + "y\n" * 15 + "here\n" + "y\n" * 15)
    assert patch_id(_entries(_commit(shop))) == one


def test_a_rename_is_the_same_on_both_sides_though_not_gits(shop: Path) -> None:
    (shop / "b.py").rename(shop / "moved.py")
    (shop / "moved.py").write_text("y\n" * 29 + "z\n")
    entries = _entries(_commit(shop))
    told = patch_id(entries)
    assert told is not None
    assert not told.is_gits
    assert told.hex != _gits(shop, "-M")
    assert patch_id([entries[0] | {"previous_filename": "other.py"}]) != told


def test_is_none_where_the_patch_is_not_whole(shop: Path) -> None:
    (shop / "a.py").write_text("x = 2\n" * 9)
    (entry,) = _entries(_commit(shop))
    assert patch_id([]) is None
    assert patch_id([entry | {"patch": entry["patch"][:-8]}]) is None
    assert patch_id([entry | {"patch": None, "additions": 9}]) is None
    assert patch_id([entry | {"patch": "rubbish"}]) is None


def test_binary_files_differ_by_their_blobs() -> None:
    entry = {"status": "modified", "filename": "logo.png", "additions": 0, "deletions": 0, "sha": "a" * 40}
    one, other = patch_id([entry]), patch_id([entry | {"sha": "b" * 40}])
    assert one is not None
    assert not one.is_gits
    assert one != other
