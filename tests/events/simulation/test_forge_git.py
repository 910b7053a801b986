"""The forge's Git against Git itself: its history is written into a real repository, which must say the same."""

import subprocess
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import pytest

from events.simulation import Simulation
from events.simulation.forge import Forge, diffs, git, text
from events.simulation.forge.git import Commit
from events.simulation.forge.hosting import Repository

UNTIL = date(2026, 6, 1)


@cache
def forge() -> Forge:
    return Simulation(seed=3, people=12, weeks=4, until=UNTIL).forge


def busiest() -> Repository:
    return max(forge().repositories.values(), key=lambda repository: len(repository.pulls))


def run(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, input=data, capture_output=True, check=True)
    return done.stdout.decode()


def imported(commits: list[Commit], branches: dict[str, Commit]) -> bytes:
    """The words of `git fast-import`."""
    marks = {commit.sha: number for number, commit in enumerate(commits, 1)}
    return b"".join(_commit(commit, marks) for commit in commits) + b"".join(
        f"reset refs/heads/{name}\nfrom :{marks[head.sha]}\n\n".encode() for name, head in branches.items()
    )


def _commit(commit: Commit, marks: dict[str, int]) -> bytes:
    message = commit.message.encode()
    parents = [f":{marks[parent.sha]}" for parent in commit.parents]
    head = [
        "commit refs/heads/x", f"mark :{marks[commit.sha]}", f"author {commit.author}", f"committer {commit.committer}",
        f"data {len(message)}",
    ]  # fmt: skip
    tail = [f"{word} {parent}" for word, parent in zip(("from", "merge"), parents, strict=False)]
    lines = "\n".join([*head, ""]).encode() + message + b"\n" + "".join(f"{line}\n" for line in tail).encode()
    files = b"".join(
        f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
        for path, content in ((path, _content(blob.lines)) for path, blob in commit.tree.items())
    )
    # `reset` keeps a commit without parents from following the one before it.
    return (b"reset refs/heads/x\n" if not parents else b"") + lines + b"deleteall\n" + files + b"\n"


def _content(lines: diffs.Lines) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    run(folder, "init", "-q", "--bare", ".")
    repository = busiest()
    commits = sorted(repository.commits.values(), key=lambda commit: commit.committer.at)
    run(folder, "fast-import", "--quiet", data=imported(_parents_first(commits), repository.branches))
    return folder


def _parents_first(commits: list[Commit]) -> list[Commit]:
    found: dict[str, Commit] = {}
    waiting = list(reversed(commits))
    while waiting:
        commit = waiting[-1]
        missing = [parent for parent in commit.parents if parent.sha not in found]
        if missing:
            waiting += missing
        else:
            found.setdefault(waiting.pop().sha, commit)
    return list(found.values())


def test_commits_have_the_names_that_git_gives_them(clone: Path) -> None:
    for name, head in busiest().branches.items():
        assert run(clone, "rev-parse", f"refs/heads/{name}").strip() == head.sha
    history = run(clone, "log", "--first-parent", "--format=%H %T", "main").split("\n")[:-1]
    assert history == [f"{commit.sha} {commit.tree_sha}" for commit in git.first_parents(busiest().head)]


def test_patches_are_those_that_git_makes(clone: Path) -> None:
    """But for the rare place where the same lines can be matched in two ways."""
    found = []
    for commit in list(git.first_parents(busiest().head))[:60]:
        for change in commit.changes if commit.parents else ():
            paths = [change.previous or change.path, change.path]
            told = run(clone, "diff", "-M", commit.parents[0].sha, commit.sha, "--", *paths)
            found.append(diffs.patch(*change.lines) == "@@".join(["", *told.split("\n@@", 1)[1:]]).rstrip("\n"))
    assert len(found) > 40
    assert found.count(False) <= len(found) // 50


def test_patch_ids_are_those_that_git_computes(clone: Path) -> None:
    found = []
    for commit in [commit for commit in busiest().commits.values() if len(commit.parents) == 1][:80]:
        told = run(clone, "diff-tree", "-p", commit.parents[0].sha, commit.sha)
        ids = run(clone, "patch-id", "--stable", data=told.encode()).split()
        found.append((ids[0] if ids else None) == (commit.patch_id if commit.changes else None))
    assert found.count(False) <= len(found) // 50


@pytest.mark.parametrize("first_parent", [True, False])
def test_blame_is_that_of_git(clone: Path, first_parent: bool) -> None:
    head, wrong, lines = busiest().head, 0, 0
    for path in head.tree:
        options = ["--first-parent"] if first_parent else []
        told = run(clone, "blame", "--porcelain", *options, head.sha, "--", path).split("\n")
        owners = [line[:40] for line in told if len(line.split(" ")) in (3, 4) and len(line.split(" ")[0]) == 40]
        found = git.blame(head, path, first_parent=first_parent)
        assert len(owners) == len(found)
        lines += len(found)
        wrong += sum(one != other for one, other in zip(owners, found, strict=True))
    assert lines > 1_000
    assert wrong <= lines // 1_000


def test_merging_what_touches_is_told_apart_from_what_does_not() -> None:
    base = tuple(f"line {number}" for number in range(20))
    ours, theirs = (*base[:2], "ours", *base[3:]), (*base[:15], "theirs", *base[16:])
    assert diffs.merge(base, ours, theirs) == ((*ours[:15], "theirs", *ours[16:]), True)
    assert diffs.merge(base, ours, (*base[:2], "theirs", *base[3:])) == ((*base[:2], "theirs", *base[3:]), False)
    assert diffs.merge(base, ours, ours).is_clean


def test_differences_can_be_applied() -> None:
    random = Random(5)
    old = text.whole(random, "a/b.py", 80)
    for _ in range(50):
        new = text.edited(random, "a/b.py", old, random.randrange(30), random.randrange(30))
        lines, at = list(old), 0
        for edit in diffs.edits(old, new):
            lines[edit.old_start + at : edit.old_end + at] = new[edit.new_start : edit.new_end]
            at += (edit.new_end - edit.new_start) - (edit.old_end - edit.old_start)
        assert tuple(lines) == new
        old = new
