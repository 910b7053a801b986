"""Asks GitHub for what deliveries don't tell of one pull request: its commits, its files with their changed lines, and
what it became on the default branch. First all answers, outside of any transaction, then all rows in one.
"""

from datetime import datetime
from typing import Final, NamedTuple

from codecard.lib.tenant import tenant
from events.models import CheckResult, Connection, PullRequest, PullRequestCommit, Repository
from events.pulls import changed_lines, chores, default_branch, listing, naming, state, troubles, work_items
from events.pulls.changed_lines import Lines, is_whole_change, lines_of
from events.pulls.chores import ChoreKind
from events.pulls.github import rest
from events.pulls.github.client import Client, can_ask
from events.pulls.github.errors import GitHubError, Trouble
from events.pulls.records import CheckRecord, CommitRecord
from events.pulls.working import PutOffError

MOST_REBASED: Final = 100
MOST_OWN: Final = 20
"""Commits of a pull request whose patch is asked for, so that a client's commit is known again after a rebase."""


class Landed(NamedTuple):
    """A commit of the default branch, and what it changed."""

    record: CommitRecord
    lines: Lines


class Answers(NamedTuple):
    listed: list[CommitRecord]
    files: Lines | None
    landed: list[Landed]
    patches: dict[str, str]
    """Patch ids of its own commits, by SHA."""
    checks: list[CheckRecord]


class Asked(NamedTuple):
    pull: PullRequest
    repository: Repository
    connection: Connection
    patched: frozenset[str]
    """Own commits whose patch id is known."""
    has_checks: bool

    @property
    def is_on_default_branch(self) -> bool:
        is_base = self.pull.base_branch == self.repository.default_branch
        return bool(self.pull.merge_sha) and is_base


def fetch(organization_id: int, key: int, *, now: datetime) -> None:
    """Handler of FETCH. :raises PutOffError: GitHub must be asked later."""
    asked = _asked(organization_id, key)
    if asked is None:
        return
    with Client(asked.connection, now=now) as client:
        try:
            answers = _answers(client, asked)
        except GitHubError as error:
            troubles.note(client, asked.repository.id, error, now=now)
            if error.trouble == Trouble.VANISHED:
                return
            raise PutOffError(troubles.again_at(error, now=now)) from None
        with tenant(organization_id):
            troubles.note_success(client, asked.repository.id)
            _keep(asked, answers, now)


def _asked(organization_id: int, key: int) -> Asked | None:
    """None where there is nothing to ask, or nothing to ask with: then deliveries alone tell."""
    with tenant(organization_id):
        rows = PullRequest.objects.select_related("repository__connection")
        pull = rows.filter(organization_id=organization_id, id=key).first()
        if pull is None or not pull.repository.is_tracked or not can_ask(pull.repository.connection):
            return None
        if naming.is_replaced(pull.repository):
            return None
        own = PullRequestCommit.objects.filter(organization_id=organization_id, pull_request=pull)
        checks = CheckResult.objects.filter(
            organization_id=organization_id, repository=pull.repository, head_sha=pull.head_sha
        )
        patched = frozenset(own.exclude(patch_id="").values_list("sha", flat=True))
        return Asked(pull, pull.repository, pull.repository.connection, patched, checks.exists())


# --- asking ----------------------------------------------------------------------------------------------------------


def _answers(client: Client, asked: Asked) -> Answers:
    pull, name = asked.pull, asked.repository.full_name
    listed = rest.pull_commits(client, name, pull.number)
    landed = landed_of(client, asked.repository, pull, listed) if asked.is_on_default_branch else []
    if landed and is_whole_change(pull, landed[-1].lines):
        files: Lines | None = landed[-1].lines
    else:
        files = files_of(client, asked.repository, pull)
    patches = _patches(client, asked, listed, files)
    needs_checks = bool(pull.merged_at) and not asked.has_checks
    checks = rest.check_runs(client, name, pull.head_sha) if needs_checks and pull.head_sha else []
    return Answers(listed, files, landed, patches, checks)


def files_of(client: Client, repository: Repository, pull: PullRequest) -> Lines:
    files = pull.changed_files if pull.counted_at else None
    totals = rest.Totals(pull.additions, pull.deletions, files)
    return lines_of(rest.pull_files(client, repository.full_name, pull.number, totals), repository)


def landed_of(client: Client, repository: Repository, pull: PullRequest, listed: list[CommitRecord]) -> list[Landed]:
    """What it became on the default branch, oldest first: one commit, or as many as it has itself where they were
    rebased. A rebase keeps the times at which commits were written; a squash is written when it is merged."""
    landed = [_landed(client, repository, pull.merge_sha)]
    own = [one for one in listed if len(one.parents or ()) < 2][-MOST_REBASED:]
    if len(own) < 2 or own[-1].authored_at != landed[0].record.authored_at:
        return landed
    for before in reversed(own[:-1]):
        parents = landed[0].record.parents or ()
        if len(parents) != 1:
            break
        found = _landed(client, repository, parents[0])
        if found.record.authored_at != before.authored_at:
            break
        landed.insert(0, found)
    return landed


def _landed(client: Client, repository: Repository, sha: str) -> Landed:
    record, diff = rest.commit(client, repository.full_name, sha)
    return Landed(record, lines_of(diff, repository))


def _patches(client: Client, asked: Asked, listed: list[CommitRecord], files: Lines | None) -> dict[str, str]:
    """Of commits that are no merges and not asked yet, the newest first."""
    if len(listed) == 1 and files and files.patch_id:
        return {listed[0].sha: files.patch_id}
    own = [one.sha for one in listed if len(one.parents or ()) == 1 and one.sha not in asked.patched]
    if len(listed) == 1 or len(own) > MOST_OWN:
        return {}
    return {sha: _landed(client, asked.repository, sha).lines.patch_id for sha in own}


# --- keeping ---------------------------------------------------------------------------------------------------------


def _keep(asked: Asked, answers: Answers, now: datetime) -> None:
    organization_id = asked.pull.organization_id
    repository = state.lock(organization_id, asked.repository.id)
    pull = PullRequest.objects.select_for_update(no_key=True).get(organization_id=organization_id, id=asked.pull.id)
    is_cut_off = len(answers.listed) >= rest.MOST_COMMITS
    is_changed = listing.keep(repository, pull, answers.listed, is_cut_off=is_cut_off, now=now)
    is_changed |= keep_patches(pull, answers.patches)
    if answers.files and pull.head_sha == asked.pull.head_sha:
        is_changed |= changed_lines.keep_of_pull(pull, answers.files)
    applied = [work_items.apply_check(repository, check, is_asked=True) for check in answers.checks]
    is_changed |= any(applied)
    has_landed = keep_landed(repository, pull, answers.landed)
    if is_changed or has_landed:
        chores.leave(organization_id, ChoreKind.PULL, [pull.id], not_before=now)
        chores.leave(organization_id, ChoreKind.DEFECT, [pull.id], not_before=now)
    if has_landed:
        chores.leave(organization_id, ChoreKind.REPLAY, [repository.id], not_before=now)


def keep_landed(repository: Repository, pull: PullRequest, landed: list[Landed]) -> bool:
    """The default branch's commits of a merged pull request, with their changed lines. The repository is locked."""
    if not landed:
        return False
    if changed_lines.keep_commits(repository, [one.record for one in landed]):
        default_branch.place(repository)
    for one in landed:
        changed_lines.keep_lines(repository, one.record.sha, one.lines)
    work_items.mark_landing(pull)
    return True


def keep_patches(pull: PullRequest, patches: dict[str, str]) -> bool:
    rows = PullRequestCommit.objects.filter(organization_id=pull.organization_id, pull_request=pull)
    changed = [row for row in rows.filter(sha__in=patches) if row.patch_id != patches[row.sha]]
    for row in changed:
        row.patch_id = patches[row.sha]
    PullRequestCommit.objects.bulk_update(changed, ["patch_id"])
    return bool(changed)
