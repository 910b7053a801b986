"""Commits that sessions are said to have made, and the pull requests that hold them.

Asked the same way whichever of a session's pull requests is being linked, so that all come to the same slices.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from events.models import (
    AiEvidence,
    Attribution,
    ClientCommit,
    Method,
    PullRequest,
    PullRequestCommit,
    Repository,
    RepositoryName,
    Session,
)


@dataclass(frozen=True, slots=True)
class Reported:
    """`at`: the tool's own time, None where only a SHA was told. `repository_id`: None where none was told, or it is
    not one of ours (a fork). `method`: how strong the telling is, once the SHA is found."""

    session_id: int
    sha: str
    at: datetime | None
    method: Method
    patch_id: str = ""
    repository_id: int | None = None


class Held(NamedTuple):
    """A pull request holds it, by SHA or patch; `sha` is the pull request's own. `at`: authored, or merged if it is the
    merge itself."""

    pull_request_id: int
    sha: str
    at: datetime | None
    method: Method
    rank: tuple[bool, bool, bool, datetime, int]
    repository_id: int
    is_merge: bool = False


def reports_of(commits: QuerySet[ClientCommit]) -> list[Reported]:
    columns = ("organization_id", "session_id", "sha", "authored_at", "committed_at", "patch_id", "repository_id")
    rows = list(commits.values_list(*columns))
    names = RepositoryName.objects.filter(organization__in={row[0] for row in rows})
    repositories = dict(names.values_list("dimension_id", "repository_id")) if rows else {}
    return [
        Reported(session_id, sha, authored_at or committed_at, Method.COMMIT_SHA, patch, repositories.get(named))
        for _, session_id, sha, authored_at, committed_at, patch, named in rows
    ]


def reported_by(organization_id: int, sessions: Mapping[int, str]) -> list[Reported]:
    """What the sessions (id -> key) are said to have committed, by whoever says it."""
    if not sessions:
        return []
    ids = {key: number for number, key in sessions.items()}
    commits = ClientCommit.objects.filter(organization=organization_id, session_id__in=list(sessions))
    found = reports_of(commits)
    attributed = Attribution.objects.filter(organization=organization_id, session_key__in=list(ids))
    found += [
        Reported(ids[key], sha, None, Method.ATTRIBUTION)
        for key, sha in attributed.values_list("session_key", "sha").distinct()
    ]
    marked = AiEvidence.objects.filter(organization=organization_id, session_key__in=list(ids)).exclude(sha="")
    found += [
        Reported(ids[key], sha, None, Method.SESSION_ID)
        for key, sha in marked.values_list("session_key", "sha").distinct()
    ]
    return found


def holders_of(organization_id: int, reported: Collection[Reported]) -> dict[Reported, Held]:
    """The one pull request that each belongs to: by SHA before by patch; no backport before a backport, held still
    before held once, integrated before not, the older before the newer. A patch that fits several names none."""
    by_sha = _by_sha(organization_id, reported)
    by_patch = _by_patch(organization_id, [one for one in reported if one.patch_id and one.sha not in by_sha])
    held = {}
    for one in reported:
        candidates = by_sha.get(one.sha) or _unmistakable(one, by_patch.get(one.patch_id, []))
        if candidates:
            held[one] = min(candidates, key=lambda candidate: candidate.rank)
    return held


def _unmistakable(one: Reported, held: Collection[Held]) -> list[Held]:
    """Those of its repository, if they are of one pull request, backports of it aside."""
    here = [each for each in held if one.repository_id in (None, each.repository_id)]
    originals = [each for each in here if not each.rank[0]] or here
    return originals if len({each.pull_request_id for each in originals}) == 1 else []


_OF_COMMIT = (
    "pull_request_id", "sha", "authored_at", "superseded_at", "patch_id", "pull_request__is_backport",
    "pull_request__integrated_at", "pull_request__opened_at", "pull_request__repository_id",
)  # fmt: skip
_OF_PULL = ("id", "merge_sha", "merged_at", "patch_id", "is_backport", "integrated_at", "opened_at", "repository_id")


def _by_sha(organization_id: int, reported: Collection[Reported]) -> dict[str, list[Held]]:
    shas = sorted({one.sha for one in reported})
    commits = PullRequestCommit.objects.filter(organization=organization_id, sha__in=shas)
    merged = PullRequest.objects.filter(organization=organization_id, merge_sha__in=shas)
    known = merged.filter(repository__in=Repository.objects.filter(organization=organization_id).values("id"))
    return _gathered(
        ((held.sha, held) for held, _ in _held_commits(commits.values_list(*_OF_COMMIT), Method.COMMIT_SHA)),
        ((held.sha, held) for held, _ in _held_merges(known.values_list(*_OF_PULL), Method.COMMIT_SHA)),
    )


def _by_patch(organization_id: int, reported: Collection[Reported]) -> dict[str, list[Held]]:
    if not reported:
        return {}
    patches = sorted({one.patch_id for one in reported})
    commits = PullRequestCommit.objects.filter(organization=organization_id, patch_id__in=patches)
    whole = PullRequest.objects.filter(
        organization=organization_id, repository__in=_repositories(reported), patch_id__in=patches
    )
    return _gathered(
        ((patch, held) for held, patch in _held_commits(commits.values_list(*_OF_COMMIT), Method.COMMIT_PATCH)),
        ((patch, held) for held, patch in _held_merges(whole.values_list(*_OF_PULL), Method.WHOLE_PATCH)),
    )


def _repositories(reported: Iterable[Reported]) -> list[int]:
    return sorted({one.repository_id for one in reported if one.repository_id})


def _held_commits(rows: Iterable[tuple[Any, ...]], method: Method) -> Iterator[tuple[Held, str]]:
    for pull, sha, at, superseded_at, patch, is_backport, integrated_at, opened_at, repository in rows:
        rank = (is_backport, superseded_at is not None, integrated_at is None, opened_at, pull)
        yield Held(pull, sha, at, method, rank, repository), patch


def _held_merges(rows: Iterable[tuple[Any, ...]], method: Method) -> Iterator[tuple[Held, str]]:
    for pull, sha, at, patch, is_backport, integrated_at, opened_at, repository in rows:
        rank = (is_backport, False, integrated_at is None, opened_at, pull)
        yield Held(pull, sha, at, method, rank, repository, is_merge=True), patch


def _gathered(*held: Iterable[tuple[str, Held]]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for rows in held:
        for key, one in rows:
            found.setdefault(key, []).append(one)
    return found


def sessions_by_key(organization_id: int, keys: Collection[str], tools: Collection[int]) -> dict[str, int]:
    """Conversations by the key that tools give them: key -> id."""
    rows = Session.objects.filter(
        organization=organization_id, tool_id__in=list(tools), key__in=sorted(keys), is_instance=False
    )
    return dict(rows.order_by("-id").values_list("key", "id")) if keys else {}
