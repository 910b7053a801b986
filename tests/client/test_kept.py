"""How much of what an assistant wrote is committed: the arithmetic, and the hooks in a real repository."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.code_card import committing, hooks, noting, pending
from client.code_card.kept import Added, Written, added_lines, hashes, in_common, judge, ranges, still_own
from client.code_card.places import Places
from events.sources import code_card
from events.sources._base import Context

SALT = b"salt of a test.."
LETTERS = st.lists(st.sampled_from("abcd"), max_size=12)


def _longest(a: list[str], b: list[str]) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(LETTERS, LETTERS)
def test_the_common_subsequence_is_one_and_a_longest(a: list[str], b: list[str]) -> None:
    pairs = in_common(a, b)
    assert len(pairs) == _longest(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))


def test_blanks_around_and_between_lines_dont_count() -> None:
    assert hashes(["  a ", "", "\t", "b"], SALT) == hashes(["a", "b"], SALT)
    assert hashes(["a"], SALT) != hashes(["a"], b"another salt")
    assert ranges([5, 1, 2, 2, 9, 3]) == [[1, 3], [5, 5], [9, 9]]


def test_added_lines_of_a_diff_have_their_numbers() -> None:
    diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,0 +2,3 @@\n+a\n+\n+++ b/trap\n@@ -9 +12 @@ f\n-old\n+b\n"
    found = added_lines(diff, SALT)
    assert list(found) == ["x"]
    assert found["x"].numbers == [2, 4, 12]
    assert found["x"].hashes == hashes(["a", "++ b/trap", "b"], SALT)


def _written(lines: str, *, removed: str = "", branch: str = "main", **more: Any) -> Written:
    common: dict[str, Any] = {"id": "1", "tool": "claude-code", "session": "s", "at": "", "path": "x"}
    return Written(**{**common, "branch": branch, "lines": list(lines), "removed": list(removed), **more})


def test_distance_is_the_share_of_lines_that_are_gone() -> None:
    [one] = judge([_written("abcd")], Added([3, 4, 5], list("axd")), [], "main")
    assert (one.judged, one.numbers, one.distance) == (4, [3, 5], 0.5)


def test_no_line_counts_for_two_edits_and_a_part_waits_for_the_next_commit() -> None:
    first, second = judge([_written("ab"), _written("ab")], Added([1, 2], list("ab")), ["b"], "main")
    assert (second.numbers, second.distance) == ([1, 2], 0)
    assert (first.judged, first.later) == (1, ["b"])


def test_what_was_left_behind_by_switching_branches_tells_nothing() -> None:
    assert judge([_written("ab", branch="other")], Added([1], ["z"]), [], "main") == []
    assert judge([_written("ab")], Added([1], ["z"]), [], "main")[0].distance == 1


def test_what_an_assistant_rewrites_itself_was_not_rewritten_by_a_person() -> None:
    edits = still_own([_written("abc"), _written("x", removed="b"), _written("q", path="y", removed="a")])
    assert [edit.lines for edit in edits] == [list("ac"), ["x"], ["q"]]
    assert [edit.lines for edit in still_own([_written("ab"), _written("c", replaces_all=True)])] == [["c"]]


# --- a repository ----------------------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "home", "linux", {"PATH": os.environ["PATH"]})


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    folder = tmp_path / "clone"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "config", "user.email", "me@example.com")
    _git(folder, "config", "user.name", "Me")
    _git(folder, "remote", "add", "origin", "https://me:secret@github.com/Acme/Shop.git")
    return folder


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _edit(places: Places, clone: Path, name: str, old: str, new: str, number: str = "1", **more: Any) -> None:
    """As Claude Code does it: the file, then the hook."""
    path = clone / name
    path.write_text(path.read_text().replace(old, new) if path.exists() else new)
    told = {"file_path": str(path), "old_string": old, "new_string": new}
    payload = {"session_id": "session-1", "cwd": str(clone), "tool_use_id": f"toolu_{number}", "tool_name": "Edit"}
    assert noting.note(places, {**payload, "tool_input": told, **more})


def _commit(clone: Path) -> str:
    _git(clone, "add", "-A")
    _git(clone, "commit", "-qm", "a secret message")
    return _git(clone, "rev-parse", "HEAD")


def test_an_edit_and_its_commit_become_facts_that_the_server_takes(places: Places, clone: Path) -> None:
    (clone / "shop.py").write_text("import os\n")
    first = _commit(clone)
    _edit(places, clone, "shop.py", "import os\n", "import os\n\ndef price():\n    return secret_number\n    # end\n")
    text = (clone / "shop.py").read_text()
    (clone / "shop.py").write_text(text.replace("# end", "# changed by hand") + "mine = 1\n")
    sha = _commit(clone)
    edit, commit = committing.facts(places, clone)
    assert (edit["distance"], edit["lines"], edit["lines_kept"]) == (round(1 / 3, 6), 3, 2)
    assert (commit["sha"], commit["parents"], commit["session"]) == (sha, [first], "session-1")
    assert commit["tree_sha"] == _git(clone, "rev-parse", "HEAD^{tree}")
    assert commit["files"] == [{"path": "shop.py", "ai_ranges": [[3, 4]], "human_lines": 2}]
    patch = subprocess.run(["git", "diff-tree", "-p", "HEAD"], cwd=clone, capture_output=True, check=True).stdout
    told = subprocess.run(["git", "patch-id", "--stable"], cwd=clone, input=patch, capture_output=True, check=True)
    assert commit["patch_id"] == told.stdout.decode().split()[0]
    body = json.dumps([edit, commit])
    for never in ("secret", "def price", "return", "message", "me:"):
        assert never not in body
    parsed = code_card.parse(body.encode(), "application/json", Context(b"k" * 32))
    assert (parsed.rejected, len(parsed.commits)) == ([], 1)
    [event] = parsed.events()
    assert msgspec.to_builtins(event)["repository"] == "github.com/acme/shop"
    assert committing.facts(places, clone) == []


def test_only_hashes_stay_on_the_machine_until_then(places: Places, clone: Path) -> None:
    _edit(places, clone, "a.py", "", "def price():\n    return secret_number\n")
    kept = b"".join(path.read_bytes() for path in places.state.rglob("*") if path.is_file())
    for never in (b"def", b"price", b"secret"):
        assert never not in kept
    modes = {path.stat().st_mode & 0o777 for path in places.state.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_a_file_that_is_not_committed_yet_waits_and_is_forgotten_in_time(places: Places, clone: Path) -> None:
    _edit(places, clone, "a.py", "", "one\n", "1")
    _edit(places, clone, "b.py", "", "two\n", "2")
    _git(clone, "add", "a.py")
    _git(clone, "commit", "-qm", "x")
    assert [fact["path"] for fact in committing.facts(places, clone) if fact["kind"] == "edit"] == ["a.py"]
    with pending.taken(places, clone.resolve()) as edits:
        assert [edit.path for edit in edits] == ["b.py"]
    _commit(clone)
    assert committing.facts(places, clone, datetime.now(UTC) + timedelta(days=15)) == []
    assert not pending.has_any(places, clone.resolve())


def test_what_claude_really_wrote_counts_and_not_what_it_proposed(places: Places, clone: Path) -> None:
    patch = [{"oldStart": 1, "lines": ["+kept by me", "-gone", " same"]}]
    _edit(places, clone, "a.py", "", "proposed\n", tool_response={"structuredPatch": patch})
    with pending.taken(places, clone.resolve()) as [edit]:
        salt = pending.salt(places)
        assert (edit.lines, edit.removed) == (hashes(["kept by me"], salt), hashes(["gone"], salt))


@pytest.mark.parametrize(
    "payload",
    [
        {}, {"tool_name": "Bash", "tool_input": {"command": "ls"}}, {"tool_name": "Edit", "tool_input": 3},
        {"tool_name": "Edit", "tool_input": {"file_path": "/nowhere/at/all"}},
        {"tool_name": "Write", "tool_input": {"file_path": "x"}, "tool_response": {"success": False}},
    ],
)  # fmt: skip
def test_other_calls_of_tools_are_none_of_its_business(payload: Any, places: Places, tmp_path: Path) -> None:
    assert noting.note(places, {"cwd": str(tmp_path), **payload}) is False
    assert not places.state.exists()


# --- hooks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hooks_path", ["", "our-hooks"])
def test_the_hook_of_git_runs_what_was_there_and_goes_without_a_trace(
    hooks_path: str, places: Places, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hooks_path:
        _git(clone, "config", "core.hooksPath", hooks_path)
    folder = clone / (hooks_path or ".git/hooks")
    folder.mkdir(exist_ok=True)
    before = folder / "post-commit"
    before.write_text('#!/bin/sh\necho ran >> "$(git rev-parse --show-toplevel)/../ran"\nexit 3\n')
    before.chmod(0o755)
    was = before.read_bytes()
    assert hooks.install_git(places, clone) == before.resolve()
    hooks.install_git(places, clone)  # twice is once
    monkeypatch.setenv("HOME", str(places.home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    _edit(places, clone, "a.py", "", "one\n")
    _commit(clone)
    assert (clone.parent / "ran").read_text() == "ran\n"
    [spooled] = (places.state / "spool").iterdir()
    assert b'"lines_kept": 1' in spooled.read_bytes()
    assert hooks.uninstall_git(clone) == before.resolve()
    assert (before.read_bytes(), sorted(path.name for path in folder.glob("post-commit*"))) == (was, ["post-commit"])
    assert hooks.uninstall_git(clone) is None


def test_the_hook_of_claude_code_stands_beside_others_and_goes_alone(places: Places) -> None:
    path = hooks.claude_settings(places)
    path.parent.mkdir(parents=True)
    other = {"matcher": "Bash", "hooks": [{"type": "command", "command": "lint"}]}
    was = json.dumps({"hooks": {"PostToolUse": [other]}, "model": "opus"}, indent=2).encode()
    path.write_bytes(was)
    hooks.install_claude(places)
    hooks.install_claude(places)
    found = json.loads(path.read_bytes())["hooks"]["PostToolUse"]
    assert (found[0], len(found)) == (other, 2)
    assert hooks.has_claude(places)
    hooks.uninstall_claude(places)
    assert json.loads(path.read_bytes()) == json.loads(was)
    path.unlink()
    hooks.install_claude(places)
    hooks.uninstall_claude(places)
    assert not path.exists()


def test_the_command_that_is_installed_works_and_says_nothing(places: Places, clone: Path) -> None:
    hooks.install_claude(places)
    [item] = json.loads(hooks.claude_settings(places).read_bytes())["hooks"]["PostToolUse"]
    (clone / "a.py").write_text("one\n")
    payload = {
        "session_id": "s", "cwd": str(clone), "tool_use_id": "t", "tool_name": "Write",
        "tool_input": {"file_path": "a.py", "content": "one\n"}, "tool_response": {"type": "create"},
    }  # fmt: skip
    for body in (json.dumps(payload).encode(), b"nonsense"):
        done = subprocess.run(
            ["sh", "-c", item["hooks"][0]["command"]], input=body, capture_output=True, check=True,
            env={"HOME": str(places.home), "PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert (done.stdout, done.stderr) == (b"", b"")
    with pending.taken(places, clone.resolve()) as edits:
        assert len(edits) == 1
