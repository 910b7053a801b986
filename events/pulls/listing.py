"""The commits of a pull request as GitHub itself lists them: better than what pushes tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from events.models import Happening, PullRequest, PullRequestCommit, PullRequestEvent, Repository
from events.pulls import stating, work_items
from events.pulls.people import identities_of, name_of_author
from events.pulls.records import CommitRecord

_FIELDS: Final = ("position", "authored_at", "committed_at", "author_id", "tree_sha", "stated", "superseded_at")


def keep(
    repository: Repository, pull: PullRequest, listed: Sequence[CommitRecord], *, is_cut_off: bool, now: datetime
) -> bool:
    """Whether it changed anything. A list that doesn't hold the present head is of another time, and is not used.

    `is_cut_off`: the pull request has more commits than are listed. Repository and pull request are locked.
    """
    if not listed or not (is_cut_off or any(one.sha == pull.head_sha for one in listed)):
        return False
    rows = {row.sha: row for row in PullRequestCommit.objects.filter(
        organization_id=pull.organization_id, pull_request=pull)}  # fmt: skip
    told = _told(repository, listed, now)
    changed = _write(pull, rows, told, is_listed=True)
    if not is_cut_off:
        changed |= _supersede(pull, rows, told.keys())
    if changed:
        work_items.derive_evidence(pull)
    return changed


def _told(repository: Repository, listed: Sequence[CommitRecord], now: datetime) -> dict[str, dict[str, Any]]:
    organization_id = repository.organization_id
    names = {one.sha: name_of_author(one) for one in listed}
    people = identities_of(organization_id, names.values(), now)
    return {
        one.sha: {
            "position": place,
            "authored_at": one.authored_at,
            "committed_at": one.committed_at,
            "author_id": people.get(name) if (name := names[one.sha]) else None,
            "tree_sha": one.tree_sha,
            "stated": stating.of_commit(organization_id, one, repository.full_name),
            "superseded_at": None,
        }
        for place, one in enumerate(listed)
    }


def _write(
    pull: PullRequest, rows: dict[str, PullRequestCommit], told: dict[str, dict[str, Any]], *, is_listed: bool
) -> bool:
    made = [
        PullRequestCommit(
            organization_id=pull.organization_id, pull_request=pull, sha=sha, is_listed=is_listed, **values
        )
        for sha, values in told.items() if sha not in rows
    ]  # fmt: skip
    changed = [row for sha, row in rows.items() if sha in told and _set(row, told[sha] | {"is_listed": is_listed})]
    PullRequestCommit.objects.bulk_create(made)
    PullRequestCommit.objects.bulk_update(changed, [*_FIELDS, "is_listed"])
    return bool(made or changed)


def _set(row: PullRequestCommit, values: dict[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _supersede(pull: PullRequest, rows: dict[str, PullRequestCommit], listed: Any) -> bool:
    """What it held and doesn't any more; and the heads that force pushes took away, of which nothing else tells."""
    pushes = list(PullRequestEvent.objects.filter(
        organization_id=pull.organization_id, pull_request=pull, kind=Happening.FORCE_PUSHED
    ).order_by("at", "key"))  # fmt: skip
    gone = {
        row.sha: {"superseded_at": _superseded_at(pull, row.committed_at, pushes)}
        for row in rows.values()
        if row.sha not in listed and row.superseded_at is None
    }
    former = {
        push.before_sha: {"superseded_at": push.at, "position": len(listed) + place}
        for place, push in enumerate(pushes)
        if push.before_sha and push.before_sha not in listed and push.before_sha not in rows
    }
    return _write(pull, rows, gone | former, is_listed=True)


def _superseded_at(pull: PullRequest, written_at: datetime | None, pushes: list[PullRequestEvent]) -> datetime:
    later = (push.at for push in pushes if written_at is None or push.at >= written_at)
    return next(later, pull.updated_at)
