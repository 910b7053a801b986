"""Histories made up at random, with owners of every line kept the plain way: a list per file, spliced."""

import random
from collections import Counter
from collections.abc import Sequence

from events.models import DefaultCommit, DiffState, FileOwners, LineRemoval, Repository
from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, State, Status
from events.pulls.lines.commits import pack_changes
from events.pulls.lines.packing import unpack_runs
from tests.pull_requests import make_default_commit

Files = dict[str, list[int]]
Diff = list[FileChange]


class History:
    """Commits from number 1 on, and the owners after the last. An opaque file's lines are no more known: it is left
    out of `files`, and what is done to it later stays unknown."""

    def __init__(self, seed: int, commits: int, *, opaque: bool = True) -> None:
        self.chance = random.Random(seed)
        self.files: Files = {}
        self.diffs: list[Diff] = []
        self._is_opaque = opaque
        for seq in range(1, commits + 1):
            self.diffs.append(self._commit(seq))

    def _commit(self, seq: int) -> Diff:
        paths = self.chance.sample(sorted(self.files), min(len(self.files), self.chance.randint(0, 3)))
        if len(paths) >= 2 and self.chance.random() < 0.1:
            return self._swap(paths[0], paths[1])
        diff = [self._change(path, seq) for path in paths]
        if not paths or self.chance.random() < 0.3:
            path, lines = f"src/file{seq}.py", self.chance.randint(1, 30)
            self.files[path] = [seq] * lines
            diff.append(FileChange(Status.ADDED, None, path, (Group(0, 0, lines),)))
        return diff

    def _change(self, path: str, seq: int) -> FileChange:
        kind = self.chance.random()
        if kind < 0.05 and self._is_opaque:
            del self.files[path]
            return FileChange(Status.MODIFIED, path, path, state=State.OPAQUE)
        if kind < 0.12:
            lines = self.files.pop(path)
            deleted = tuple(Deleted(at, "k", True) for at in range(1, len(lines) + 1))
            return FileChange(Status.DELETED, path, None, (Group(1, len(lines), 0),) if lines else (), deleted)
        change = self._edit(path, seq)
        if kind < 0.25:
            new = f"{path[:-3]}_{seq}.py"
            self.files[new] = self.files.pop(path)
            change = change._replace(status=Status.RENAMED, new_path=new)
        return change

    def _edit(self, path: str, seq: int) -> FileChange:
        old = self.files[path]
        new: list[int] = []
        groups: list[Group] = []
        deleted: list[Deleted] = []
        anchors: list[Anchor] = []
        at = 0
        while at <= len(old):
            gone = self.chance.choice([0, 0, 0, 1, 2]) if at < len(old) else 0
            gone = min(gone, len(old) - at)
            come = self.chance.choice([0, 0, 1, 3])
            if self.chance.random() < 0.2 and (gone or come):
                groups.append(Group(at + 1 if gone else at, gone, come))
                deleted += [Deleted(at + 1 + i, self.chance.choice("kcb"), True) for i in range(gone)]
                anchors += [Anchor(at, "k")] if not gone and at else []
                new += [seq] * come
                at += gone
            # A line between two groups, or they were one.
            new += old[at : at + 1]
            at += 1
        self.files[path] = new
        return FileChange(Status.MODIFIED, path, path, tuple(groups), tuple(deleted), tuple(anchors))

    def _swap(self, one: str, other: str) -> Diff:
        self.files[one], self.files[other] = self.files[other], self.files[one]
        return [FileChange(Status.RENAMED, one, other), FileChange(Status.RENAMED, other, one)]


def store(
    repository: Repository, diffs: Sequence[Diff], *, first: int = 1, is_known: bool = True, name: str = "main"
) -> list[DefaultCommit]:
    """One commit a diff, numbered from `first` on."""
    return [
        make_default_commit(
            repository, seq, sha=f"{name}-{seq}", diff_state=DiffState.COMPLETE if is_known else DiffState.MISSING,
            changes=pack_changes(diff) if is_known else None,
        )
        for seq, diff in enumerate(diffs, first)
    ]  # fmt: skip


def tell(commit: DefaultCommit, diff: Diff) -> None:
    """The diff of a commit becomes known."""
    DefaultCommit.objects.filter(organization_id=commit.organization_id, id=commit.id).update(
        diff_state=DiffState.COMPLETE, changes=pack_changes(diff)
    )


def owners_of(repository: Repository) -> Files:
    """Line by line, where all lines are known."""
    found = {}
    for row in FileOwners.objects.filter(organization_id=repository.organization_id, repository=repository):
        lengths, owners = unpack_runs(bytes(row.runs))
        found[row.path] = [owner for length, owner in zip(lengths, owners, strict=True) for _ in range(length)]
    return found


def tables_of(repository: Repository) -> list[object]:
    """Everything that replay writes, without the numbers of rows."""
    mine = {"organization_id": repository.organization_id, "repository": repository}
    commits = DefaultCommit.objects.filter(**mine, is_gone=False).order_by("seq")
    return [
        sorted((path, bytes(runs)) for path, runs in FileOwners.objects.filter(**mine).values_list("path", "runs")),
        sorted(LineRemoval.objects.filter(**mine).values_list("owner_seq", "by_seq", "lines", "lost")),
        list(commits.values_list("seq", "applied_seq", "lines_added", "blamed")),
        Repository.objects.get(organization_id=repository.organization_id, id=repository.id).replayed_to,
    ]


def lines_by_owner(files: Files) -> Counter[int]:
    return Counter(owner for lines in files.values() for owner in lines)
