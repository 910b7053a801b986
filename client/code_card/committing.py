"""What git's hook makes of a commit: facts about accepted edits, and the commit itself. Numbers and ids, no text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from . import git, pending
from .kept import Added, Kept, Written, added_lines, hashes, judge, ranges, still_own
from .places import Places

OLDEST = timedelta(days=14)
"""An edit that nobody committed in this time was dropped, or goes a way that isn't seen here."""


def facts(places: Places, folder: Path, now: datetime | None = None) -> list[dict[str, Any]]:
    """Events for the server, of the commit that is checked out. What they are of is pending no more."""
    root = git.root_of(folder)
    if not pending.has_any(places, root):
        return []
    now = now or datetime.now(timezone.utc)
    with pending.taken(places, root) as edits:
        own = [edit for edit in still_own(edits) if now - datetime.fromisoformat(edit.at) < OLDEST]
        commit = _commit(root)
        kept = _judged(root, own, commit["branch"], pending.salt(places))
        edits[:] = _left(own, kept)
    told = [one for found in kept.values() for one in found.kept if one.judged]
    return [*(_edit(one, commit) for one in told), *_of_commit(root, commit, kept)] if told else []


class _File:
    def __init__(self, added: Added, kept: list[Kept]) -> None:
        self.added, self.kept = added, kept


def _commit(root: Path) -> dict[str, Any]:
    told = git.ask(root, "show", "-s", "--format=%H%n%cI%n%aI%n%P%n%T", "HEAD").decode().split("\n")
    return {
        "sha": told[0], "at": told[1], "authored_at": told[2], "parents": told[3].split(), "tree_sha": told[4],
        "repository": git.remote_of(root), "branch": git.branch_of(root),
    }  # fmt: skip


def _diff(root: Path, *paths: str) -> bytes:
    plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/")
    return git.ask(root, "diff-tree", "-p", "-r", "--root", "-M", "--no-commit-id", *plain, *paths, "HEAD")


def _judged(root: Path, edits: list[Written], branch: str, salt: bytes) -> dict[str, _File]:
    """By path, of those that the commit touches."""
    diff = _diff(root, "-U0").decode("utf-8", "replace")
    by_path: dict[str, list[Written]] = defaultdict(list)
    for edit in edits:
        by_path[edit.path].append(edit)
    found = {}
    for path, added in added_lines(diff, salt).items():
        if path in by_path:
            found[path] = _File(added, judge(by_path[path], added, _uncommitted(root, path, salt), branch))
    return found


def _uncommitted(root: Path, path: str, salt: bytes) -> list[str]:
    """Lines that the work tree has and the commit has not: of those somebody committed only a part."""
    try:
        there = hashes((root / path).read_text("utf-8", "replace").splitlines(), salt)
    except OSError:
        return []
    committed = git.ask(root, "show", f"HEAD:{path}").decode("utf-8", "replace")
    return list((Counter(there) - Counter(hashes(committed.splitlines(), salt))).elements())


def _left(edits: list[Written], kept: dict[str, _File]) -> list[Written]:
    """What stays pending: edits to other files, and lines that were left for a later commit."""
    later = {id(one.edit): one.later for file in kept.values() for one in file.kept}
    for edit in edits:
        if edit.path in kept:
            edit.lines = later.get(id(edit), [])
        edit.removed, edit.replaces_all = [], False
    return [edit for edit in edits if edit.lines]


def _told(**fields: Any) -> dict[str, Any]:
    """Without what is not known."""
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _edit(one: Kept, commit: dict[str, Any]) -> dict[str, Any]:
    """The path is on its way only: the server makes language, kind of file and a keyed hash of it, and drops it."""
    return _told(
        kind="edit", id=f"commit:{commit['sha']}:{one.edit.id}"[:300], at=commit["at"], tool=one.edit.tool,
        session=one.edit.session[:300], repository=commit["repository"][:200], branch=commit["branch"][:200],
        path=one.edit.path, horizon="commit", distance=round(one.distance, 6), lines=one.judged,
        lines_kept=len(one.numbers),
    )  # fmt: skip


def _of_commit(root: Path, commit: dict[str, Any], kept: dict[str, _File]) -> Iterable[dict[str, Any]]:
    """The commit, as the session's of which most stands in it; nothing, where nothing of any stands in it."""
    lines: Counter[tuple[str, str]] = Counter()
    for file in kept.values():
        for one in file.kept:
            lines[one.edit.tool, one.edit.session] += len(one.numbers)
    if not sum(lines.values()):
        return
    (tool, session), _ = lines.most_common(1)[0]
    told = {name: commit[name] for name in ("sha", "at", "authored_at", "parents", "tree_sha")}
    yield _told(
        kind="commit", tool=tool, session=session[:300], repository=commit["repository"][:200],
        branch=commit["branch"][:200], patch_id=_patch_id(root),
        files=[_file(path, file) for path, file in sorted(kept.items())][:3000], **told,
    )  # fmt: skip


def _file(path: str, file: _File) -> dict[str, Any]:
    numbers = {number for one in file.kept for number in one.numbers}
    return {"path": path, "ai_ranges": ranges(numbers), "human_lines": len(set(file.added.numbers) - numbers)}


def _patch_id(root: Path) -> str:
    try:
        told = git.ask(root, "patch-id", "--stable", stdin=_diff(root))
    except git.NoRepositoryError:
        return ""
    return told.decode().partition(" ")[0].strip()
