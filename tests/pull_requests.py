"""Rows of repositories and pull requests that tests need, made short. Inside the tenant."""

from datetime import timedelta
from itertools import count
from typing import Any

from events.models import (
    DefaultCommit,
    Dimension,
    DimensionKind,
    Integration,
    Issue,
    PullRequest,
    PullRequestCommit,
    PullRequestState,
    Repository,
    RepositoryName,
    RepositoryState,
)
from teams.models import Identity, IdentityKind, Organization, User
from tests.factories import NOW, make_contributor, person

_numbers = count(1)


def sha_of(text: str) -> str:
    """A SHA that one can tell from others in a failing test."""
    return (text.encode().hex() + "0" * 40)[:40]


def make_repository(organization: Organization, full_name: str = "", **fields: Any) -> Repository:
    full_name = full_name or f"acme/repository-{next(_numbers)}"
    name, _ = Dimension.objects.get_or_create(
        organization=organization, kind=DimensionKind.REPOSITORY, value=f"github.com/{full_name}"
    )
    repository = Repository.objects.create(
        organization=organization, full_name=full_name, dimension_id=name.id, external_id=next(_numbers),
        **{"state": RepositoryState.OK, "bug_labels": ["bug"], **fields},
    )  # fmt: skip
    RepositoryName.objects.create(organization=organization, repository=repository, dimension_id=name.id)
    return repository


def make_author(organization: Organization, user: User | None = None, login: str = "") -> Identity:
    """A GitHub login; of the user's contributor, or of a new one."""
    login = login or f"login-{next(_numbers)}"
    owner = person(organization, user) if user else make_contributor(organization, login)
    return Identity.objects.create(organization=organization, contributor=owner, kind=IdentityKind.GITHUB, value=login)


def make_pull_request(repository: Repository, number: int = 0, **fields: Any) -> PullRequest:
    """Merged an hour before NOW, two hours after it was opened, unless said otherwise."""
    number = number or next(_numbers)
    merged_at = fields.pop("merged_at", NOW - timedelta(hours=1))
    values: dict[str, Any] = {
        "state": PullRequestState.MERGED if merged_at else PullRequestState.OPEN,
        "opened_at": (merged_at or NOW) - timedelta(hours=2), "merged_at": merged_at, "closed_at": merged_at,
        "integrated_at": merged_at, "updated_at": merged_at or NOW, "base_branch": repository.default_branch,
        "integration": Integration.SQUASH if merged_at else Integration.NONE,
        "merge_sha": sha_of(f"merge {number}") if merged_at else "", "head_sha": sha_of(f"head {number}"),
        "head_branch": f"feature/{number}", "additions": 10, "deletions": 2, "changed_files": 1, "commit_count": 1,
    }  # fmt: skip
    return PullRequest.objects.create(
        organization_id=repository.organization_id, repository=repository, number=number, **{**values, **fields}
    )


def make_commit(pull_request: PullRequest, sha: str = "", **fields: Any) -> PullRequestCommit:
    at = fields.pop("authored_at", pull_request.opened_at - timedelta(minutes=5))
    return PullRequestCommit.objects.create(
        organization_id=pull_request.organization_id, pull_request=pull_request, sha=sha or pull_request.head_sha,
        **{"authored_at": at, "committed_at": at, "position": 0, **fields},
    )  # fmt: skip


def make_default_commit(repository: Repository, seq: int, **fields: Any) -> DefaultCommit:
    return DefaultCommit.objects.create(
        organization_id=repository.organization_id, repository=repository, seq=seq,
        **{"sha": sha_of(f"default {seq}"), "committed_at": NOW - timedelta(hours=1), **fields},
    )  # fmt: skip


def make_issue(repository: Repository, number: int = 0, **fields: Any) -> Issue:
    at = fields.pop("opened_at", NOW)
    return Issue.objects.create(
        organization_id=repository.organization_id, repository=repository, number=number or next(_numbers),
        opened_at=at, **{"updated_at": at, **fields},
    )  # fmt: skip
