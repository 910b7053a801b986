"""From a diff as GitHub tells it to what is kept of it: numbers, names of files, and what the change is by its patch.
The text of the patches ends here."""

from datetime import datetime
from typing import Any, Final

import msgspec

from events.models import DefaultCommit, DiffState, PullRequest, Repository
from events.pulls import stating
from events.pulls.github.fields import Json, count, text
from events.pulls.github.rest import Diff
from events.pulls.hashing import subject_hash
from events.pulls.lines import patches
from events.pulls.lines.changes import State
from events.pulls.lines.commits import pack_changes
from events.pulls.patch_ids import patch_id
from events.pulls.paths import is_generated, is_test
from events.pulls.records import CommitRecord

_LONGEST_PATH: Final = 1_000


class Lines(msgspec.Struct, frozen=True):
    """`files`: as `PullRequest.files`. `additions` and `deletions` are their sums."""

    changes: bytes
    state: DiffState
    patch_id: str
    files: list[dict[str, Any]]
    additions: int
    deletions: int


def lines_of(diff: Diff, repository: Repository) -> Lines:
    """Pure."""
    changes = [patches.read(entry, is_whole=diff.is_whole) for entry in diff.entries]
    is_partial = any(change.state is State.OPAQUE for change in changes)
    state = DiffState.OPAQUE if diff.is_cut_off else DiffState.PARTIAL if is_partial else DiffState.COMPLETE
    found = patch_id(diff.entries) if diff.is_whole and not diff.is_cut_off else None
    files = [_file(entry, repository) for entry in diff.entries]
    return Lines(
        pack_changes(changes),
        state,
        found.hex if found else "",
        files,
        sum(file["added"] for file in files),
        sum(file["removed"] for file in files),
    )


def _file(entry: Json, repository: Repository) -> dict[str, Any]:
    path = text(entry, "filename", _LONGEST_PATH)
    told: dict[str, Any] = {
        "path": path,
        "status": text(entry, "status", 20),
        "added": count(entry, "additions"),
        "removed": count(entry, "deletions"),
        "is_test": is_test(path, repository.test_paths),
        "is_generated": is_generated(path, repository.generated_paths),
    }
    if former := text(entry, "previous_filename", _LONGEST_PATH):
        told["old_path"] = former
    return told


def keep_of_pull(pull: PullRequest, lines: Lines) -> bool:
    """Whether it changed anything. The row is locked; what is derived of the files is made anew by its handler."""
    before = [_bare(file) for file in pull.files or ()]
    if pull.files is not None and before == lines.files and pull.patch_id == lines.patch_id:
        return False
    pull.files, pull.patch_id = lines.files, lines.patch_id
    pull.save(update_fields=["files", "patch_id"])
    return True


def _bare(file: dict[str, Any]) -> dict[str, Any]:
    """Without what linking adds."""
    return {name: value for name, value in file.items() if name != "ai_added"}


def is_whole_change(pull: PullRequest, lines: Lines) -> bool:
    """Whether a commit of the default branch is all that the pull request changes, and not the last of several."""
    told = (pull.additions, pull.deletions, pull.changed_files)
    return told == (lines.additions, lines.deletions, len(lines.files)) and pull.counted_at is not None


# --- commits of the default branch -----------------------------------------------------------------------------------


def keep_commits(repository: Repository, records: list[CommitRecord]) -> bool:
    """Makes rows of commits that are known to lie on the default branch's first-parent line, or completes those that
    pushes made. Whether anything is new, so that places must be found. The repository is locked."""
    rows = {row.sha: row for row in _rows(repository).filter(sha__in=[one.sha for one in records])}
    landed = dict(
        PullRequest.objects.filter(
            organization_id=repository.organization_id,
            repository=repository,
            merge_sha__in=[one.sha for one in records if one.sha not in rows],
        ).order_by("-number").values_list("merge_sha", "id")
    )  # fmt: skip
    made = [
        DefaultCommit(
            organization_id=repository.organization_id, repository=repository, sha=one.sha,
            pull_request_id=landed.get(one.sha), **_values(repository, one),
        )
        for one in records if one.sha not in rows
    ]  # fmt: skip
    told = {one.sha: _values(repository, one) for one in records if one.sha in rows}
    changed = [row for sha, row in rows.items() if _set(row, told[sha])]
    DefaultCommit.objects.bulk_create(made)
    DefaultCommit.objects.bulk_update(changed, _FIELDS)
    return bool(made or changed)


_FIELDS: Final = ("parents", "tree_sha", "subject_hash", "stated", "authored_at", "committed_at")


def _values(repository: Repository, record: CommitRecord) -> dict[str, Any]:
    at: datetime | None = record.committed_at or record.authored_at
    return {
        "parents": list(record.parents or ()),
        "tree_sha": record.tree_sha,
        "subject_hash": subject_hash(repository.organization_id, record.message),
        "stated": stating.of_commit(repository.organization_id, record, repository.full_name),
        "authored_at": record.authored_at,
        "committed_at": at,
    }


def _set(row: DefaultCommit, values: dict[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def keep_lines(repository: Repository, sha: str, lines: Lines) -> None:
    _rows(repository).filter(sha=sha).update(changes=lines.changes, diff_state=lines.state, patch_id=lines.patch_id)


def _rows(repository: Repository) -> Any:
    return DefaultCommit.objects.filter(organization_id=repository.organization_id, repository=repository)
