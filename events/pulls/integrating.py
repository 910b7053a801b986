"""When a change was on the default branch for the first time, and how it got there (docs/links.md, "Integration")."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from events.models import DefaultCommit, Integration, PullRequest, PullRequestCommit, PullRequestState
from events.pulls.naming import names_of


class Landing(NamedTuple):
    """`commits`: those of the default branch that are the pull request's own."""

    integration: Integration
    at: datetime | None
    commits: list[DefaultCommit]


NOWHERE = Landing(Integration.NONE, None, [])


def integrate(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> bool:
    """Sets `integration` and `integrated_at`, and whose the default branch's commits are; whether it has become
    another. `commits`: the current ones, in order. Inside the tenant, with the row locked."""
    landing = landing_of(pull, commits)
    own = [commit.id for commit in landing.commits if commit.pull_request_id != pull.id]
    if own:
        DefaultCommit.objects.filter(organization=pull.organization_id, id__in=own).update(pull_request=pull)
    if pull.state != PullRequestState.MERGED and landing is NOWHERE:
        DefaultCommit.objects.filter(organization=pull.organization_id, pull_request=pull).update(pull_request=None)
    before = (pull.integration, pull.integrated_at)
    pull.integration, pull.integrated_at = landing.integration, landing.at
    return before != (landing.integration, landing.at)


def landing_of(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> Landing:
    if pull.state == PullRequestState.MERGED:
        if pull.base_branch == pull.repository.default_branch:
            return _merged(pull, commits)
        return _by_ancestry(pull, commits)
    return _by_hand(pull, commits) if pull.state == PullRequestState.CLOSED else NOWHERE


def _merged(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> Landing:
    """`merge_sha` is the merge commit, the squash, or the last of the rebased commits."""
    last = _default(pull).filter(sha=pull.merge_sha).first() if pull.merge_sha else None
    if last is None:  # not told yet: it is in, and how is seen when it comes
        return Landing(Integration.MERGE, pull.merged_at, [])
    if len(last.parents) > 1:
        return Landing(Integration.MERGE, pull.merged_at, [last])
    rebased = _rebased(pull, last, commits)
    if rebased:
        return Landing(Integration.REBASE, pull.merged_at, rebased)
    return Landing(Integration.SQUASH, pull.merged_at, [last])


def _rebased(pull: PullRequest, last: DefaultCommit, commits: Sequence[PullRequestCommit]) -> list[DefaultCommit]:
    """The commits of the default branch that end with `last` and are the pull request's one by one, in order: by
    patch, or by author's time where a patch isn't known. Of one commit alone a rebase is a squash."""
    if len(commits) < 2 or last.seq is None:
        return []
    landed = list(_default(pull).filter(seq__gt=last.seq - len(commits), seq__lte=last.seq).order_by("seq"))
    pairs = list(zip(landed, commits, strict=False))
    return landed if len(landed) == len(commits) and all(_is_same(one, other) for one, other in pairs) else []


def _is_same(landed: DefaultCommit, commit: PullRequestCommit) -> bool:
    if landed.sha == commit.sha:
        return True
    if landed.patch_id and commit.patch_id:
        return landed.patch_id == commit.patch_id
    return landed.authored_at is not None and landed.authored_at == commit.authored_at


def _by_ancestry(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> Landing:
    """Merged into another branch: in once its commits are on the default branch, by themselves or by a pull request
    whose branch that was."""
    own = [commit.sha for commit in commits]
    landed = _default(pull).filter(sha__in=[sha for sha in (pull.merge_sha, *own) if sha]).order_by("committed_at")
    if found := list(landed):
        return Landing(Integration.STACKED, found[-1].committed_at, [])
    carriers = PullRequest.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, integrated_at__gte=pull.merged_at
    ).exclude(id=pull.id)
    names = {"", *names_of(pull.repository)}
    below = [one for one in carriers.filter(head_branch=pull.base_branch) if one.head_repository.lower() in names]
    holding = carriers.filter(commits__sha=pull.merge_sha) if pull.merge_sha else carriers.none()
    times = [one.integrated_at for one in (*below, *holding) if one.integrated_at]
    return Landing(Integration.STACKED, min(times), []) if times else NOWHERE


def _by_hand(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> Landing:
    """Closed, and yet its change is on the default branch, as a whole or commit by commit, and no other pull request
    brought it there."""
    since = _default(pull).filter(Q(pull_request=None) | Q(pull_request=pull), committed_at__gte=pull.opened_at)
    since = since.order_by("committed_at", "id")
    if pull.patch_id and (whole := _unmerged(pull, since.filter(patch_id=pull.patch_id))):
        return Landing(Integration.BY_HAND, whole[0].committed_at, whole[:1])
    found = _unmerged(pull, since.filter(_any_of(commits)))
    if _holds_all(found, commits):
        return Landing(Integration.BY_HAND, max(one.committed_at for one in found), found)
    return NOWHERE


def _any_of(commits: Sequence[PullRequestCommit]) -> Q:
    patches = [commit.patch_id for commit in commits if commit.patch_id]
    return Q(sha__in=[commit.sha for commit in commits]) | Q(patch_id__in=patches)


def _holds_all(found: Sequence[DefaultCommit], commits: Sequence[PullRequestCommit]) -> bool:
    shas, patches = {one.sha for one in found}, {one.patch_id for one in found if one.patch_id}
    return bool(commits) and all(commit.sha in shas or commit.patch_id in patches for commit in commits)


def _unmerged(pull: PullRequest, commits: QuerySet[DefaultCommit]) -> list[DefaultCommit]:
    """Without those that are the merge of a pull request: it may not have been judged yet."""
    found = list(commits)
    merged = PullRequest.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, merge_sha__in=[one.sha for one in found]
    )
    theirs = set(merged.values_list("merge_sha", flat=True)) if found else set()
    return [one for one in found if one.sha not in theirs]


def _default(pull: PullRequest) -> QuerySet[DefaultCommit]:
    return DefaultCommit.objects.filter(organization=pull.organization_id, repository=pull.repository_id, is_gone=False)
