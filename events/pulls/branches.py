"""Which commits a pull request holds and held, as far as pushes and its own deliveries tell.

A branch serves one pull request after the other, and a push comes before the pull request is opened: a push belongs to
every pull request of its branch that was not over yet, and was not made before the former one was over. What GitHub
itself lists (`listing.py`) is better, and is not touched here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models.functions import Lower

from events.models import Happening, PullRequest, PullRequestCommit, PullRequestEvent, Push, Repository
from events.pulls.naming import names_of
from teams.models import Identity


class Held(msgspec.Struct):
    sha: str
    told: dict[str, Any] = {}
    superseded_at: datetime | None = None


def pull_requests_of(repository: Repository, branch: str) -> list[PullRequest]:
    """Those whose head is this branch of the repository itself, locked."""
    rows = PullRequest.objects.filter(
        organization_id=repository.organization_id, repository=repository, head_branch=branch
    )
    # Not those of forks: half of them come from a branch of the same name.
    own = rows.annotate(head=Lower("head_repository")).filter(head__in=sorted(names_of(repository)))
    return list(own.defer("files").select_for_update(no_key=True).order_by("id"))


def pushes_to(repository: Repository, branch: str) -> list[Push]:
    rows = Push.objects.filter(organization_id=repository.organization_id, repository=repository, branch=branch)
    return list(rows.order_by("pushed_at", "before_sha", "after_sha"))


def is_of(push: Push, pull: PullRequest, siblings: Iterable[PullRequest]) -> bool:
    if pull.closed_at and push.pushed_at > pull.closed_at:
        return False
    over = [other.closed_at for other in siblings if other.closed_at and other.closed_at <= pull.opened_at]
    return not over or push.pushed_at > max(over)


def following(siblings: Sequence[PullRequest], ends: Iterable[datetime]) -> list[PullRequest]:
    """Those to which it matters that another one of the branch ended then, and no longer or not yet at another time: no
    third one ended between that and their beginning."""
    found: dict[int, PullRequest] = {}
    for end in ends:
        next_end = min((one.closed_at for one in siblings if one.closed_at and one.closed_at > end), default=None)
        found |= {
            one.id: one for one in siblings if end <= one.opened_at and (next_end is None or one.opened_at < next_end)
        }
    return list(found.values())


def held(pushes: Iterable[Push]) -> list[Held]:
    """Pure. In the order of the branch, those that a force push took away in their former places."""
    found: list[Held] = []
    for push in pushes:
        new = [commit for commit in push.commits if commit["is_new"]]
        if push.is_forced or not push.before_sha:
            _cut(found, new, push)
        known = {one.sha: one for one in found}
        for commit in new:
            if commit["sha"] in known:
                known[commit["sha"]].superseded_at = None
            else:
                found.append(Held(commit["sha"], commit))
    return found


def _cut(found: list[Held], new: list[dict[str, Any]], push: Push) -> None:
    """What a force push takes away. A push doesn't say where the new history leaves the old, but a rewritten commit
    keeps the time at which it was written: from the first one on that has such a twin, all is gone. Where the branch
    was only set back, what stood behind its new head is; where nothing is alike, everything."""
    live = [one for one in found if one.superseded_at is None]
    twins = {commit["at"] for commit in new}
    shas = [one.sha for one in live]
    if push.after_sha in shas:
        start = shas.index(push.after_sha) + 1
    else:
        start = next((place for place, one in enumerate(live) if one.told.get("at") in twins), 0)
    for one in live[start:]:
        one.superseded_at = push.pushed_at


def derive_commits(pull: PullRequest, siblings: Sequence[PullRequest], pushes: Sequence[Push]) -> bool:
    """Makes the commits that GitHub hasn't listed those that pushes and heads tell. Whether anything changed."""
    mine = [push for push in pushes if push.after_sha and is_of(push, pull, siblings)]
    changed = _derive_force_pushes(pull, mine, pushes)
    wanted = held(mine)
    known = {one.sha for one in wanted}
    wanted += [Held(sha) for sha in _heads(pull) if sha not in known]
    return _store(pull, wanted) or changed


def _heads(pull: PullRequest) -> list[str]:
    """Every head that it had, in order: a commit of it, whoever pushed it."""
    rows = PullRequestEvent.objects.filter(
        organization_id=pull.organization_id, pull_request=pull, kind__in=[Happening.OPENED, Happening.PUSHED]
    )
    told = rows.order_by("at", "kind", "key").values_list("before_sha", "after_sha")
    return [sha for sha in dict.fromkeys([*(sha for both in told for sha in both), pull.head_sha]) if sha]


def _derive_force_pushes(pull: PullRequest, mine: Iterable[Push], pushes: Iterable[Push]) -> bool:
    """Those of its own pushes happened to it; those that turned out to be another's on the branch didn't."""
    wanted = {(push.pushed_at, push.after_sha): push for push in mine if push.is_forced and push.before_sha}
    others = {(push.pushed_at, push.after_sha) for push in pushes} - wanted.keys()
    rows = PullRequestEvent.objects.filter(
        organization_id=pull.organization_id, pull_request=pull, kind=Happening.FORCE_PUSHED
    )
    present = {(row.at, row.key): row.id for row in rows}
    gone = [id_ for key, id_ in present.items() if key in others]
    made = [
        PullRequestEvent(
            organization_id=pull.organization_id, pull_request=pull, kind=Happening.FORCE_PUSHED, at=at, key=after,
            before_sha=push.before_sha, after_sha=after,
        )
        for (at, after), push in sorted(wanted.items()) if (at, after) not in present
    ]  # fmt: skip
    rows.filter(id__in=gone).delete()
    PullRequestEvent.objects.bulk_create(made, ignore_conflicts=True)
    return bool(made or gone)


_FIELDS = ("position", "authored_at", "committed_at", "author_id", "tree_sha", "stated", "superseded_at")


def _store(pull: PullRequest, wanted: list[Held]) -> bool:
    rows = {row.sha: row for row in PullRequestCommit.objects.filter(
        organization_id=pull.organization_id, pull_request=pull)}  # fmt: skip
    people = _existing(pull, wanted)
    made, changed = [], []
    for place, one in enumerate(wanted):
        values = _values(one, place, people)
        row = rows.get(one.sha)
        if row is None:
            made.append(
                PullRequestCommit(organization_id=pull.organization_id, pull_request=pull, sha=one.sha, **values)
            )
        elif not row.is_listed and any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    shas = {one.sha for one in wanted}
    gone = [row.id for row in rows.values() if not row.is_listed and row.sha not in shas]
    PullRequestCommit.objects.bulk_create(made)
    PullRequestCommit.objects.bulk_update(changed, _FIELDS)
    PullRequestCommit.objects.filter(organization_id=pull.organization_id, id__in=gone).delete()
    return bool(made or changed or gone)


def _values(one: Held, place: int, people: set[int]) -> dict[str, Any]:
    at = datetime.fromisoformat(one.told["at"]) if one.told.get("at") else None
    author = one.told.get("author")
    return {
        "position": place,
        "authored_at": at,
        "committed_at": at,
        "author_id": author if author in people else None,
        "tree_sha": one.told.get("tree", ""),
        "stated": one.told.get("stated", {}),
        "superseded_at": one.superseded_at,
    }


def _existing(pull: PullRequest, wanted: Iterable[Held]) -> set[int]:
    """People may have had their data deleted since a push was stored."""
    ids = {one.told["author"] for one in wanted if one.told.get("author")}
    rows = Identity.objects.filter(organization=pull.organization_id, id__in=ids) if ids else Identity.objects.none()
    return set(rows.values_list("id", flat=True))
