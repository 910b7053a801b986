"""Git's objects as far as a forge needs them: blobs, trees, commits with Git's own names, differences, merges, blame.
Everything is in memory; the same content has the same SHA as in any repository."""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from events.simulation.forge import diffs
from events.simulation.forge.diffs import Lines

Status = Literal["added", "modified", "removed", "renamed"]
_LIKE_ENOUGH = 0.5


class Signature(NamedTuple):
    name: str
    email: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    lines: Lines
    sha: str

    @classmethod
    def of(cls, lines: Lines) -> "Blob":
        return cls(lines, _name("blob", "".join(f"{line}\n" for line in lines).encode()))


Tree = Mapping[str, Blob]


class Change(NamedTuple):
    """What became of a file. `old` and `new` are what it was and is; `previous` its old path where it was renamed."""

    status: Status
    path: str
    previous: str | None
    old: Blob | None
    new: Blob | None

    @property
    def lines(self) -> tuple[Lines, Lines]:
        return self.old.lines if self.old else (), self.new.lines if self.new else ()


@dataclass(frozen=True, eq=False)
class Commit:
    """`parents`: the first is the line that blame and replay follow."""

    parents: tuple["Commit", ...]
    tree: Tree = field(repr=False)
    author: Signature
    committer: Signature
    message: str

    @cached_property
    def tree_sha(self) -> str:
        return _tree_name(self.tree, _layout(tuple(self.tree)))

    @cached_property
    def sha(self) -> str:
        parents = "".join(f"parent {parent.sha}\n" for parent in self.parents)
        text = f"tree {self.tree_sha}\n{parents}author {self.author}\ncommitter {self.committer}\n\n{self.message}"
        return _name("commit", text.encode())

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def changes(self) -> list[Change]:
        """Against the first parent."""
        return differences(self.parents[0].tree if self.parents else {}, self.tree)

    @property
    def patch_id(self) -> str:
        return patch_id(self.changes)


def _name(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


_Layout = tuple[tuple[bytes, "str | _Layout"], ...]
"""A folder: the words before each entry's SHA, and the file's path or the folder within."""


def _tree_name(tree: Tree, layout: _Layout) -> str:
    rows = []
    for words, what in layout:
        rows += [words, bytes.fromhex(tree[what].sha if isinstance(what, str) else _tree_name(tree, what))]
    return _name("tree", b"".join(rows))


@lru_cache(maxsize=512)
def _layout(paths: tuple[str, ...], above: str = "") -> _Layout:
    """Few commits add or remove a file, so that most have the layout of the one before."""
    rows: list[tuple[str, bytes, str | _Layout]] = []
    folders: dict[str, list[str]] = {}
    for path in paths:
        name, slash, _ = path.removeprefix(above).partition("/")
        if slash:
            folders.setdefault(name, []).append(path)
        else:
            rows.append((name, f"100644 {name}\0".encode(), path))
    # Git sorts a folder as if its name ended with a slash.
    rows += [
        (f"{name}/", f"40000 {name}\0".encode(), _layout(tuple(inner), f"{above}{name}/"))
        for name, inner in folders.items()
    ]
    return tuple((words, what) for _, words, what in sorted(rows, key=lambda row: row[0]))


def differences(old: Tree, new: Tree) -> list[Change]:
    """By path; a file that went and one that came with mostly the same lines are a rename."""
    gone = {path: blob for path, blob in old.items() if path not in new}
    come = {path: blob for path, blob in new.items() if path not in old}
    found = [
        Change("modified", path, None, old[path], blob)
        for path, blob in new.items()
        if path in old and old[path] is not blob and old[path].sha != blob.sha
    ]
    for path, blob in come.items():
        source = max(gone, key=lambda name: _likeness(gone[name], blob), default=None)
        if source is not None and _likeness(gone[source], blob) >= _LIKE_ENOUGH:
            found.append(Change("renamed", path, source, gone.pop(source), blob))
        else:
            found.append(Change("added", path, None, None, blob))
    found += [Change("removed", path, None, blob, None) for path, blob in gone.items()]
    return sorted(found, key=lambda change: change.path)


def _likeness(one: Blob, other: Blob) -> float:
    if one.sha == other.sha:
        return 1.0
    common = len(set(one.lines) & set(other.lines))
    return common / max(len(set(one.lines)), len(set(other.lines)), 1)


def patch_id(changes: Sequence[Change]) -> str:
    """Renames are told as what they are made of, as `git diff-tree -p` does."""
    files = []
    for change in changes:
        old, new = change.lines
        if change.status == "renamed":
            files += [(change.previous, None, old, ()), (None, change.path, (), new)]
        else:
            files.append(
                (None if change.old is None else change.path, None if change.new is None else change.path, old, new)
            )
    return diffs.patch_id(files)


class MergedTree(NamedTuple):
    tree: dict[str, Blob]
    is_clean: bool


def merge(base: Tree, ours: Tree, theirs: Tree) -> MergedTree:
    """Their changes of `base` made to ours."""
    tree, is_clean = dict(ours), True
    for change in differences(base, theirs):
        source = change.previous or change.path
        if change.status != "added" and source not in tree:
            is_clean = False
        current = tree.pop(source, None) if change.previous else tree.get(source)
        if change.new is None:
            tree.pop(change.path, None)
        elif current is None or change.old is None or current is change.old:
            tree[change.path] = change.new
        else:
            merged = diffs.merge(change.old.lines, current.lines, change.new.lines)
            tree[change.path] = Blob.of(merged.lines)
            is_clean = is_clean and merged.is_clean
    return MergedTree(tree, is_clean)


def first_parents(head: Commit) -> Iterator[Commit]:
    """The newest first."""
    at: Commit | None = head
    while at is not None:
        yield at
        at = at.parents[0] if at.parents else None


def ancestors(head: Commit, known: Container[str] = ()) -> list[Commit]:
    """All that are reachable without going through known ones, each once; parents before their children."""
    found: dict[str, Commit] = {}
    waiting = [head]
    while waiting:
        commit = waiting.pop()
        if commit.sha not in found and commit.sha not in known:
            found[commit.sha] = commit
            waiting.extend(commit.parents)
    # The older of two that were made at once is the one that was reached later.
    return sorted(reversed(found.values()), key=lambda commit: commit.committer.at)  # noqa: C414


def blame(head: Commit, path: str, *, first_parent: bool = False, since: datetime | None = None) -> list[str]:
    """The SHA of the commit that each line of a file came with; like `git blame`, with or without `--first-parent`.
    Nothing for lines that are older than `since`."""
    lines = head.tree[path].lines
    owners = [""] * len(lines)
    waiting = [(head, path, {index: index for index in range(len(lines))})]
    while waiting:
        commit, name, left = waiting.pop()
        # Most commits don't touch the file, and a history is deeper than Python's stack.
        while commit.parents and commit.parents[0].tree.get(name) is commit.tree[name]:
            commit = commit.parents[0]
        if since and commit.committer.at < since:
            continue
        for parent in commit.parents[:1] if first_parent else commit.parents:
            kept, source = _passed(commit, parent, name, left)
            if kept:
                waiting.append((parent, source, kept))
                passed = set(kept.values())
                left = {number: index for number, index in left.items() if index not in passed}
            if not left:
                break
        for index in left.values():
            owners[index] = commit.sha
    return owners


def _passed(commit: Commit, parent: Commit, path: str, left: dict[int, int]) -> tuple[dict[int, int], str]:
    """Of lines by their number in a commit, those that the parent had already, by their number there, and its path."""
    before, now = parent.tree.get(path), commit.tree[path]
    if before is now:
        return left, path
    if before is None:
        renamed = [change for change in differences(parent.tree, commit.tree) if change.path == path]
        if not renamed or renamed[0].previous is None or renamed[0].old is None:
            return {}, path
        path, before = renamed[0].previous, renamed[0].old
    same, at, old_at = {}, 0, 0
    for edit in [*diffs.edits(before.lines, now.lines), None]:
        until = edit.new_start if edit else len(now.lines)
        for number in range(at, until):
            if number in left:
                same[old_at + number - at] = left[number]
        if edit:
            at, old_at = edit.new_end, edit.old_end
    return same, path
