"""From records to rows, in one transaction, whatever the order of arrival: the same deliveries in any order, and
everything twice, give the same tables."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from events.models import (
    ClosingLink,
    Connection,
    PullRequest,
    Push,
    Repository,
    RepositoryState,
)
from events.pulls import chores, default_branch, installations, naming, stating, tested, work_items
from events.pulls.branches import derive_commits, following, is_of, pull_requests_of, pushes_to
from events.pulls.chores import ChoreKind
from events.pulls.hashing import subject_hash
from events.pulls.people import identities_of, name_of_author
from events.pulls.records import CommitRecord, Happened, IssueRecord, PullRecord, PushRecord, Told
from teams.identities import Name
from teams.models import Organization


class Change(msgspec.Struct):
    """What a telling changed: numbers of rows."""

    pulls: set[int] = msgspec.field(default_factory=set)
    fetches: set[int] = msgspec.field(default_factory=set)
    replays: set[int] = msgspec.field(default_factory=set)
    defects: set[int] = msgspec.field(default_factory=set)
    is_used: bool = True


def apply(organization: Organization, told: Told, connection: Connection | None, *, now: datetime) -> Change:
    """Inside the tenant, in one transaction. Leaves the chores that follow."""
    change = Change()
    if told.installation and connection:
        installations.apply(organization.id, connection, told.installation, now=now)
    if told.repository:
        _apply_to_repository(organization, told, connection, change, now)
    leave_chores(organization.id, change, now)
    return change


def _apply_to_repository(
    organization: Organization, told: Told, connection: Connection | None, change: Change, now: datetime
) -> None:
    assert told.repository is not None
    repository = naming.find_or_make(organization.id, told.repository, connection, now=now)
    if not repository.is_tracked:
        change.is_used = told.is_about_repository or told.is_ping
        return
    if repository.state == RepositoryState.WAITING:
        repository.state = RepositoryState.OK
        repository.save(update_fields=["state"])
    if told.push:
        apply_push(repository, told.push, change, now=now)
    if told.pull:
        apply_pull(organization, repository, told.pull, told.happened, change, now=now)
    if told.issue:
        apply_issue(organization, repository, told.issue, change)
    changed = [check.head_sha for check in told.checks if work_items.apply_check(repository, check)]
    if changed:
        tested.leave_for(organization.id, repository.id, changed, now=now)
    if told.is_about_repository:
        _absorb_default_branch(repository, change)


# --- pull requests ---------------------------------------------------------------------------------------------------


def apply_pull(
    organization: Organization,
    repository: Repository,
    record: PullRecord,
    happened: Iterable[Happened],
    change: Change,
    *,
    now: datetime,
) -> PullRequest:
    """Also for a backfill; the repository is locked (`lock`)."""
    before = _snapshot(repository, record.number)
    pull = work_items.apply_pull(repository, record, stores_titles=organization.stores_titles, now=now)
    is_changed = work_items.add_happenings(pull, happened)
    work_items.derive_times(pull)
    is_changed |= work_items.derive_closing(pull, record.closes, repository.default_branch)
    work_items.mark_landing(pull)
    is_changed |= _derive_branch(repository, pull, before, change)
    after = _facts(pull)
    if is_changed or before != after:
        change.pulls.add(pull.id)
    if before is None or any(before[name] != after[name] for name in ("head_sha", "base_sha", "merge_sha")):
        change.fetches.add(pull.id)
    return pull


def lock(organization_id: int, repository_id: int) -> Repository:
    """What every writer of a repository's rows takes first."""
    rows = Repository.objects.select_for_update(no_key=True)
    return rows.get(organization_id=organization_id, id=repository_id)


def _snapshot(repository: Repository, number: int) -> dict[str, Any] | None:
    row = PullRequest.objects.filter(
        organization_id=repository.organization_id, repository=repository, number=number
    ).first()
    return _facts(row) if row else None


def _facts(row: PullRequest) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _derive_branch(repository: Repository, pull: PullRequest, before: dict[str, Any] | None, change: Change) -> bool:
    """Its commits, and those of the others on its branch that begin where it ended: whose a push is depends on both."""
    is_own_branch = pull.head_repository.lower() in naming.names_of(repository)
    if not is_own_branch:
        return _derive(pull, [pull], [])
    siblings = [one for one in pull_requests_of(repository, pull.head_branch) if one.id != pull.id]
    ends = {pull.closed_at} ^ {before["closed_at"] if before and before["head_branch"] == pull.head_branch else None}
    concerned = [pull, *following(siblings, [end for end in ends if end])]
    pushes = pushes_to(repository, pull.head_branch)
    changed = {one.id for one in concerned if _derive(one, [*siblings, pull], pushes)}
    change.pulls |= changed
    return pull.id in changed


def _derive(pull: PullRequest, everyone: list[PullRequest], pushes: list[Push]) -> bool:
    has_commits = derive_commits(pull, [one for one in everyone if one.id != pull.id], pushes)
    has_evidence = work_items.derive_evidence(pull)
    return has_commits or has_evidence


# --- pushes ----------------------------------------------------------------------------------------------------------


def apply_push(repository: Repository, record: PushRecord, change: Change, *, now: datetime) -> None:
    push, is_new = Push.objects.get_or_create(
        organization_id=repository.organization_id,
        repository=repository,
        branch=record.branch,
        pushed_at=record.pushed_at,
        before_sha=record.before_sha,
        after_sha=record.after_sha,
        defaults={"is_forced": record.is_forced, "commits": _commits(repository, record, now)},
    )
    if not is_new:
        return
    pulls = pull_requests_of(repository, record.branch)
    pushes = pushes_to(repository, record.branch) if pulls else []
    concerned = [one for one in pulls if is_of(push, one, (other for other in pulls if other.id != one.id))]
    changed = {one.id for one in concerned if _derive(one, pulls, pushes)}
    change.pulls |= changed
    change.fetches |= changed
    if record.branch == repository.default_branch:
        default_branch.absorb(repository, [push])
        default_branch.place(repository)
        change.replays.add(repository.id)


def _absorb_default_branch(repository: Repository, change: Change) -> None:
    """Another branch may be the default one now, and its pushes are known already."""
    pushes = pushes_to(repository, repository.default_branch)
    if default_branch.absorb(repository, pushes) | default_branch.place(repository):
        change.replays.add(repository.id)


def _commits(repository: Repository, record: PushRecord, now: datetime) -> list[dict[str, Any]]:
    told = [told_of(repository, commit) for commit in record.commits]
    names = [author_of(commit, one["stated"]) for commit, one in zip(record.commits, told, strict=True)]
    people = identities_of(repository.organization_id, names, now)
    for one, name in zip(told, names, strict=True):
        one["author"] = people.get(name) if name else None
    if told and record.is_cut_off:
        told[0]["is_cut_off"] = True
    return told


def told_of(repository: Repository, commit: CommitRecord) -> dict[str, Any]:
    """A commit as `Push.commits` keeps it, without its author."""
    organization_id = repository.organization_id
    return {
        "sha": commit.sha,
        "at": commit.committed_at.isoformat() if commit.committed_at else None,
        "tree": commit.tree_sha,
        "subject": subject_hash(organization_id, commit.message),
        "is_merge": stating.is_merge(commit.message),
        "is_new": commit.is_new,
        "stated": stating.of_commit(organization_id, commit, repository.full_name),
    }


def author_of(commit: CommitRecord, stated: stating.Stated) -> Name | None:
    """No person where an assistant wrote it."""
    return None if stating.is_by_assistant(stated) else name_of_author(commit)


# --- issues ----------------------------------------------------------------------------------------------------------


def apply_issue(organization: Organization, repository: Repository, record: IssueRecord, change: Change) -> None:
    issue, is_changed = work_items.apply_issue(repository, record, stores_titles=organization.stores_titles)
    if is_changed:
        links = ClosingLink.objects.filter(
            organization_id=organization.id,
            issue_number=issue.number,
            pull_request__organization_id=organization.id,
            pull_request__repository=repository,
        )
        change.defects |= set(links.values_list("pull_request_id", flat=True))


# --- what follows ----------------------------------------------------------------------------------------------------


def leave_chores(organization_id: int, change: Change, now: datetime) -> None:
    for kind, keys in (
        (ChoreKind.FETCH, change.fetches),
        (ChoreKind.REPLAY, change.replays),
        (ChoreKind.PULL, change.pulls),
        (ChoreKind.DEFECT, change.pulls | change.defects),
    ):
        chores.leave(organization_id, kind, keys, not_before=now)
