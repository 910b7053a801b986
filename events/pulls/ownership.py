"""Brings the line owners of a repository's files up to its newest default-branch commit, one batch a transaction.

It depends on the order along first parents alone, never on the order of arrival: a commit is applied when all before it
are, and waits while its diff isn't there. Where history was rewritten, all is made anew from the stored numbers: what a
commit took away can't be given back without the states in between, and from the first commit on it costs a second per
some thousand commits, so that there is no second way that has to be right as well.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from codecard.lib.tenant import tenant
from events.models import DefaultCommit, DiffState, FileOwners, LineRemoval, Repository
from events.pulls import chores
from events.pulls.booking import Book, Entry
from events.pulls.chores import ChoreKind
from events.pulls.defects import judge_commits
from events.pulls.lines.changes import FileChange, State, Status
from events.pulls.lines.commits import unpack_changes
from events.pulls.lines.owners import Runs
from events.pulls.lines.packing import pack_runs, unpack_runs
from events.pulls.paths import is_generated

COMMITS_AT_A_TIME = 500
BATCHES_AT_A_TIME = 20
"""Then others have their turn."""
LONGEST_PATH = 600


def handle(organization_id: int, key: int, *, now: datetime) -> None:
    """REPLAY of the repository `key`: as far as the diffs are known. What it could not finish it leaves as a chore."""
    with tenant(organization_id):
        repository = Repository.objects.filter(organization_id=organization_id, id=key).first()
        if repository is None:
            return
        judge_commits(repository, now=now)
    for _ in range(BATCHES_AT_A_TIME):
        with tenant(organization_id):
            if not replay_batch(organization_id, key, now=now):
                return
    with tenant(organization_id):
        chores.leave(organization_id, ChoreKind.REPLAY, [key], not_before=now)


def replay_batch(organization_id: int, repository_id: int, *, now: datetime) -> bool:
    """Applies the next commits and leaves their pull requests to be judged. False where there is none to apply.

    Inside the tenant. The repository's row is locked: a second worker waits, and finds the batch applied.
    """
    found = Repository.objects.select_for_update(no_key=True).filter(organization_id=organization_id, id=repository_id)
    repository = found.first()
    if repository is None:
        return False
    if is_rewritten(repository):
        _forget(repository)
    ready = _next_commits(repository)
    if ready:
        commits = [commit for commit in ready if not commit.is_gone]
        _apply(repository, commits)
        repository.replayed_to = ready[-1].seq or 0
        repository.save(update_fields=["replayed_to"])
        pull_requests = [commit.pull_request_id for commit in commits if commit.pull_request_id]
        chores.leave(organization_id, ChoreKind.DEFECT, pull_requests, not_before=now)
    return bool(ready)


def is_rewritten(repository: Repository) -> bool:
    """Whether owners know a commit by a place that it hasn't any more. Index default_commit_misplaced."""
    misplaced = Q(is_gone=True) | Q(seq__isnull=True) | ~Q(seq=F("applied_seq"))
    return _commits_of(repository).filter(misplaced, applied_seq__isnull=False).exists()


def _forget(repository: Repository) -> None:
    mine = {"organization_id": repository.organization_id, "repository": repository}
    FileOwners.objects.filter(**mine).delete()
    LineRemoval.objects.filter(**mine).delete()
    applied = _commits_of(repository).filter(applied_seq__isnull=False)
    applied.update(applied_seq=None, lines_added=0, blamed=None)
    repository.replayed_to = 0
    repository.save(update_fields=["replayed_to"])


def _next_commits(repository: Repository) -> list[DefaultCommit]:
    """In order and without a gap, up to the first whose diff isn't there. Numbers of gone commits are no gap."""
    start = repository.replayed_to + 1
    ahead = _commits_of(repository).filter(seq__gte=start).order_by("seq")
    told = ahead.only("id", "seq", "sha", "diff_state", "changes", "pull_request_id", "is_gone")[:COMMITS_AT_A_TIME]
    ready: list[DefaultCommit] = []
    for place, commit in enumerate(told):
        if commit.seq != start + place or (commit.diff_state == DiffState.MISSING and not commit.is_gone):
            break
        ready.append(commit)
    return ready


def _commits_of(repository: Repository) -> QuerySet[DefaultCommit]:
    return DefaultCommit.objects.filter(organization_id=repository.organization_id, repository=repository)


def _apply(repository: Repository, commits: Sequence[DefaultCommit]) -> None:
    diffs = [list(_counted(commit, repository.generated_paths)) for commit in commits]
    touched = {path for diff in diffs for change in diff for path in (change.old_path, change.new_path) if path}
    book = Book(_runs_of(repository, touched))
    entries = [book.enter(diff, commit.seq or 0) for commit, diff in zip(commits, diffs, strict=True)]
    _write_files(repository, book)
    _write_removals(repository, book)
    _write_commits(repository, commits, entries)


def _counted(commit: DefaultCommit, generated_paths: Sequence[str]) -> Iterator[FileChange]:
    """What a commit did to files that people write. A file that becomes a generated one is gone, where to nobody
    knows; the other way round it begins unknown."""
    for change in unpack_changes(bytes(commit.changes)) if commit.changes is not None else ():
        old, new = (_kept(path, generated_paths) for path in (change.old_path, change.new_path))
        if new is not None and old is None and change.old_path is not None:
            yield FileChange(Status.ADDED, None, new, state=State.OPAQUE)
        elif new is None and old is not None and change.new_path is not None:
            yield FileChange(Status.DELETED, old, None, state=State.OPAQUE)
        elif new is not None or old is not None:
            yield change


def _kept(path: str | None, generated_paths: Sequence[str]) -> str | None:
    return None if path is None or len(path) > LONGEST_PATH or is_generated(path, generated_paths) else path


def _runs_of(repository: Repository, paths: set[str]) -> dict[str, Runs]:
    mine = FileOwners.objects.filter(organization_id=repository.organization_id, repository=repository)
    return {path: unpack_runs(bytes(runs)) for path, runs in mine.filter(path__in=paths).values_list("path", "runs")}


# Each by its unique constraint, which leads with the organization and the repository. Rows in the order of the keys.
_UPSERT_FILES = """
    INSERT INTO events_fileowners (organization_id, repository_id, path, runs)
    SELECT %(org)s, %(repository)s, path, runs FROM unnest(%(paths)s::text[], %(runs)s::bytea[]) AS t (path, runs)
    ON CONFLICT (organization_id, repository_id, path) DO UPDATE SET runs = excluded.runs
"""
_ADD_REMOVALS = """
    INSERT INTO events_lineremoval (organization_id, repository_id, owner_seq, by_seq, lines, lost)
    SELECT %(org)s, %(repository)s, * FROM unnest(%(owners)s::int[], %(by)s::int[], %(lines)s::int[], %(lost)s::int[])
"""
_UPDATE_COMMITS = """
    UPDATE events_defaultcommit c SET applied_seq = c.seq, lines_added = t.added, blamed = t.blamed::jsonb
    FROM unnest(%(ids)s::bigint[], %(added)s::int[], %(blamed)s::text[]) AS t (id, added, blamed)
    WHERE c.organization_id = %(org)s AND c.id = t.id
"""


def _write_files(repository: Repository, book: Book) -> None:
    """A file of which nothing is known has no row."""
    known = sorted((path, pack_runs(runs)) for path, runs in book.known())
    if known:
        _execute(_UPSERT_FILES, repository, paths=[path for path, _ in known], runs=[runs for _, runs in known])
    unknown = sorted(book.unknown())
    mine = FileOwners.objects.filter(organization_id=repository.organization_id, repository=repository)
    mine.filter(path__in=unknown).delete()


def _write_removals(repository: Repository, book: Book) -> None:
    rows = sorted((owner, by, book.removed[owner, by], book.lost[owner, by]) for owner, by in book.pairs())
    if rows:
        owners, by, lines, lost = (list(column) for column in zip(*rows, strict=True))
        _execute(_ADD_REMOVALS, repository, owners=owners, by=by, lines=lines, lost=lost)


def _write_commits(repository: Repository, commits: Sequence[DefaultCommit], entries: Sequence[Entry]) -> None:
    _execute(
        _UPDATE_COMMITS,
        repository,
        ids=[commit.id for commit in commits],
        added=[entry.lines_added for entry in entries],
        blamed=[entry.blamed_json() for entry in entries],
    )


def _execute(statement: str, repository: Repository, **parameters: int | list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"org": repository.organization_id, "repository": repository.id, **parameters})
