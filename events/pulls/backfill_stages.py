"""What a backfill asks at each stage, one page at a time. Each stage is a function that asks (outside of any
transaction) and says what to keep of the answer, and where the next page begins.

A page's cursor never depends on how many rows stand before it: commits are asked for by the next one's SHA, changed
lines by the next place, pull requests by GitHub's own cursor. So a killed backfill repeats its last page and no other.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from codecard.lib.tenant import tenant
from events.models import Backfill, DefaultCommit, DiffState, PullRequest, Repository, Stage
from events.pulls import changed_lines, chores, default_branch, listing, state
from events.pulls.changed_lines import Lines, lines_of
from events.pulls.chores import ChoreKind
from events.pulls.fetching import files_of, keep_patches
from events.pulls.github import graphql, rest
from events.pulls.github.client import Client
from events.pulls.github.errors import GitHubError, Trouble
from events.pulls.github.graphql import PULLS_A_PAGE
from events.pulls.records import CommitRecord, IssueRecord
from teams.models import Organization

Cursor = dict[str, Any]
Keep = Callable[[Repository, datetime], None]
_REPLAY_EVERY: Final = 25


class Step(NamedTuple):
    """`keep` writes, in the transaction that moves the cursor; the repository is locked. `cursor` is None after the
    last page. `done`: how many were brought; `total`: of how many, where that is known."""

    keep: Keep
    cursor: Cursor | None
    done: int = 0
    total: int | None = None
    etag: str | None = None


def _nothing(repository: Repository, now: datetime) -> None:
    pass


def is_again(cursor: Cursor) -> bool:
    """Whether this only looks for what deliveries did not tell."""
    return bool(cursor.get("is_again"))


def _since(cursor: Cursor) -> datetime | None:
    return datetime.fromisoformat(cursor["since"]) if cursor.get("since") else None


# --- pull requests ---------------------------------------------------------------------------------------------------


def pulls(client: Client, repository: Repository, row: Backfill) -> Step:
    """The last updated first, back to `since`. What is updated meanwhile a delivery tells, or the next time."""
    cursor, name, etag = row.cursor, repository.full_name, None
    if is_again(cursor) and not cursor.get("after"):
        is_same, etag = rest.is_unchanged(client, name, row.etag)
        if is_same:
            return Step(_nothing, None)
    after, first = cursor.get("after", ""), cursor.get("first", PULLS_A_PAGE)
    page = graphql.pulls(client, name, id_=repository.external_id, after=after, first=first)
    since = _since(cursor)
    wanted = [one for one in page.told if since is None or one.pull.updated_at >= since]
    told = [_completed(client, name, one) for one in wanted]
    is_last = not page.after or len(wanted) < len(page.told)
    following = None if is_last else {**_without(cursor, "first"), "after": page.after}
    is_first_time = not is_again(cursor)
    total = page.total if is_first_time and since is None else None
    return Step(_keeping_pulls(told, leaves_fetches=is_again(cursor)), following, len(told), total, etag)


def _completed(client: Client, name: str, one: graphql.Told) -> graphql.Told:
    """What was longer than a page, over REST."""
    if one.is_cut_off:
        one = one._replace(commits=tuple(rest.pull_commits(client, name, one.pull.number)))
    if one.has_more_reviews:
        more = rest.reviews(client, name, one.pull.number)
        one = one._replace(happened=tuple(dict.fromkeys([*one.happened, *more])))
    return one


def _keeping_pulls(told: list[graphql.Told], *, leaves_fetches: bool) -> Keep:
    def keep(repository: Repository, now: datetime) -> None:
        organization = Organization.objects.get(id=repository.organization_id)
        change = state.Change()
        for one in sorted(told, key=lambda one: one.pull.number):
            pull = state.apply_pull(organization, repository, one.pull, one.happened, change, now=now)
            if listing.keep(repository, pull, one.commits, is_cut_off=_is_cut_off(one), now=now):
                change.pulls.add(pull.id)
        if not leaves_fetches:
            # The last stage asks for what is missing, in fewer calls.
            change.fetches.clear()
        state.leave_chores(organization.id, change, now)

    return keep


def _is_cut_off(one: graphql.Told) -> bool:
    return one.pull.counts is not None and one.pull.counts.commits > len(one.commits)


def _without(cursor: Cursor, name: str) -> Cursor:
    return {key: value for key, value in cursor.items() if key != name}


# --- issues ----------------------------------------------------------------------------------------------------------


def issues(client: Client, repository: Repository, row: Backfill) -> Step:
    page = row.cursor.get("page", 1)
    found, has_more = rest.issues(client, repository.full_name, page, _since(row.cursor))
    following = {**row.cursor, "page": page + 1} if has_more else None
    return Step(_keeping_issues(found), following, len(found))


def _keeping_issues(found: list[IssueRecord]) -> Keep:
    def keep(repository: Repository, now: datetime) -> None:
        organization = Organization.objects.get(id=repository.organization_id)
        change = state.Change()
        for one in sorted(found, key=lambda one: one.number):
            state.apply_issue(organization, repository, one, change)
        state.leave_chores(organization.id, change, now)

    return keep


# --- commits of the default branch -----------------------------------------------------------------------------------


def commits(client: Client, repository: Repository, row: Backfill) -> Step:
    """Along first parents, the newest first. GitHub lists merged commits too: each page begins at the next one of the
    line, so that nothing depends on how the others are sorted among them."""
    cursor = row.cursor
    start, etag = cursor.get("sha") or repository.default_branch, ""
    is_at_head = not cursor.get("sha")
    since = None if is_again(cursor) else _since(cursor)
    try:
        etag = row.etag if is_at_head and is_again(cursor) else ""
        found, etag = rest.commits(client, repository.full_name, start, since, etag=etag)
    except GitHubError as error:
        if error.trouble != Trouble.EMPTY:
            raise
        found = []
    line = first_parents(found or [])
    following = line[-1].parents[0] if line and line[-1].parents else ""
    if is_again(cursor):
        line, is_seen = _until_seen(repository, line, _since(cursor))
        following = "" if is_seen else following
    if not following:
        return Step(_keeping_commits(line, is_last=True, is_again=is_again(cursor)), None, len(line), None, etag)
    keep = _keeping_commits(line, is_last=False, is_again=is_again(cursor))
    return Step(keep, {**cursor, "sha": following}, len(line), None, etag if is_at_head else None)


def first_parents(found: list[CommitRecord]) -> list[CommitRecord]:
    """Pure. From the first one on, as far as the page holds them."""
    by_sha = {one.sha: one for one in found}
    line: list[CommitRecord] = []
    at = found[0].sha if found else ""
    while at in by_sha:
        line.append(by_sha.pop(at))
        at = (line[-1].parents or ("",))[0]
    return line


def _until_seen(
    repository: Repository, line: list[CommitRecord], since: datetime | None
) -> tuple[list[CommitRecord], bool]:
    """The commits before the first that was there when it was last looked, and whether there is one: what leads to it
    was looked at then. A later one may be known by its delivery, and one before it not."""
    with tenant(repository.organization_id):
        rows = DefaultCommit.objects.filter(organization_id=repository.organization_id, repository=repository)
        known = set(rows.filter(sha__in=[one.sha for one in line]).values_list("sha", flat=True))
    for place, one in enumerate(line):
        if one.sha in known and since and one.committed_at and one.committed_at < since:
            return line[:place], True
    return line, False


def _keeping_commits(line: list[CommitRecord], *, is_last: bool, is_again: bool) -> Keep:
    def keep(repository: Repository, now: datetime) -> None:
        is_new = changed_lines.keep_commits(repository, line)
        if not is_last:
            return
        if not is_again:
            # Older commits come before those that are numbered: all get new numbers, and owners are made anew.
            repository.replayed_to = 0
        if default_branch.place(repository) or is_new:
            chores.leave(repository.organization_id, ChoreKind.REPLAY, [repository.id], not_before=now)

    return keep


# --- changed lines ---------------------------------------------------------------------------------------------------


def details(client: Client, repository: Repository, row: Backfill) -> Step:
    """The changed lines of one default-branch commit, the oldest first, for owners wait for it; then the files of the
    pull requests that are not one such commit."""
    left = _left(repository, row)
    if left.commit is not None:
        lines = _lines_of_commit(client, repository, left.commit.sha)
        following = {**row.cursor, "seq": left.commit.seq}
        return Step(_keeping_lines(left.commit, lines, row.done), following, 1, max(left.total, row.done + 1))
    if left.pull is not None:
        files = _files_of_pull(client, repository, left.pull)
        following = {**row.cursor, "pull": left.pull.id}
        return Step(_keeping_files(left.pull, files), following, 1, max(left.total, row.done + 1))
    return Step(_replaying, None, 0, row.done)


class _Left(NamedTuple):
    """The next to ask for, and how many there are in all, as far as can be told beforehand."""

    commit: DefaultCommit | None
    pull: PullRequest | None
    total: int


def _left(repository: Repository, row: Backfill) -> _Left:
    with tenant(repository.organization_id):
        replayed_to = Repository.objects.values_list("replayed_to", flat=True).get(
            organization_id=repository.organization_id, id=repository.id
        )
        missing = _missing(repository, replayed_to)
        unread = PullRequest.objects.filter(
            organization_id=repository.organization_id, repository=repository, files__isnull=True
        )
        total = row.total
        if total is None:
            total = missing.count() + unread.filter(merge_sha="").count()
        commit = missing.filter(seq__gt=row.cursor.get("seq", 0)).order_by("seq").first()
        pull = None if commit else unread.filter(id__gt=row.cursor.get("pull", 0)).order_by("id").first()
        return _Left(commit, pull, total)


def _missing(repository: Repository, replayed_to: int) -> QuerySet[DefaultCommit]:
    """Only beyond what is replayed: nothing before can be missing. By its unique constraint."""
    rows = DefaultCommit.objects.filter(organization_id=repository.organization_id, repository=repository)
    return rows.filter(seq__gt=replayed_to, diff_state=DiffState.MISSING, is_gone=False)


def _lines_of_commit(client: Client, repository: Repository, sha: str) -> Lines | None:
    """None for a commit that GitHub doesn't know any more."""
    try:
        _, diff = rest.commit(client, repository.full_name, sha)
    except GitHubError as error:
        if error.trouble != Trouble.VANISHED:
            raise
        return None
    return lines_of(diff, repository)


def _files_of_pull(client: Client, repository: Repository, pull: PullRequest) -> Lines | None:
    try:
        return files_of(client, repository, pull)
    except GitHubError as error:
        if error.trouble != Trouble.VANISHED:
            raise
        return None


def _keeping_lines(commit: DefaultCommit, lines: Lines | None, done: int) -> Keep:
    def keep(repository: Repository, now: datetime) -> None:
        if lines is None:
            rows = DefaultCommit.objects.filter(organization_id=repository.organization_id, id=commit.id)
            rows.filter(diff_state=DiffState.MISSING).update(diff_state=DiffState.OPAQUE)
        else:
            changed_lines.keep_lines(repository, commit.sha, lines)
            if commit.pull_request_id:
                _keep_of_pull(repository, commit.pull_request_id, lines, now, is_commit=True)
        if (done + 1) % _REPLAY_EVERY == 0:
            _replaying(repository, now)

    return keep


def _keeping_files(pull: PullRequest, files: Lines | None) -> Keep:
    def keep(repository: Repository, now: datetime) -> None:
        if files is not None:
            _keep_of_pull(repository, pull.id, files, now, is_commit=False)

    return keep


def _keep_of_pull(repository: Repository, pull_id: int, lines: Lines, now: datetime, *, is_commit: bool) -> None:
    organization_id = repository.organization_id
    rows = PullRequest.objects.select_for_update(no_key=True).filter(organization_id=organization_id, id=pull_id)
    pull = rows.first()
    if pull is None or (is_commit and not changed_lines.is_whole_change(pull, lines)):
        return
    if pull.commit_count == 1 and lines.patch_id:
        keep_patches(pull, {pull.head_sha: lines.patch_id})
    if changed_lines.keep_of_pull(pull, lines):
        chores.leave(organization_id, ChoreKind.PULL, [pull.id], not_before=now)
        chores.leave(organization_id, ChoreKind.DEFECT, [pull.id], not_before=now)


def _replaying(repository: Repository, now: datetime) -> None:
    chores.leave(repository.organization_id, ChoreKind.REPLAY, [repository.id], not_before=now)


STAGES: Final[Mapping[Stage, Callable[[Client, Repository, Backfill], Step]]] = {
    Stage.PULLS: pulls,
    Stage.ISSUES: issues,
    Stage.COMMITS: commits,
    Stage.DETAILS: details,
}
"""In their order: merges are found before commits are theirs, and places before lines."""
