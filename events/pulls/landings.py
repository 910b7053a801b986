"""What the default branch is known to hold, by every name that a text can give it: SHA, number, subject.

A landing is a commit of the default branch, or a merged pull request whose commit wasn't told yet.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from events.models import DefaultCommit, Integration, PullRequest, PullRequestCommit, Repository
from events.pulls.reverts import RevertMark, Target, read, resolve

SHORTEST_SHA = 7
NAMES_OTHERS = (
    "reverts_shas", "reverts_numbers", "reverts_branch_number", "reverts_subject", "reverts_subject_number",
    "fixes_shas", "caused_by_shas", "caused_by_numbers",
)  # fmt: skip
"""What of `stated` names another change."""


class Landing(NamedTuple):
    sha: str
    at: datetime
    pull_request: PullRequest | None
    commit: DefaultCommit | None = None

    def mark(self) -> RevertMark:
        """What its commit's message and its pull request say that it takes back."""
        told = [row.stated for row in (self.commit, self.pull_request) if row is not None]
        branch = read(branch=self.pull_request.head_branch).branch_number if self.pull_request else None

        def all_of(name: str) -> tuple[str | int, ...]:
            return tuple(dict.fromkeys(value for one in told for value in one.get(name, ())))

        def first(name: str) -> str | int | None:
            return next((one[name] for one in told if one.get(name)), None)

        return RevertMark(
            shas=all_of("reverts_shas"),  # type: ignore[arg-type]
            numbers=all_of("reverts_numbers"),  # type: ignore[arg-type]
            branch_number=first("reverts_branch_number") or branch,  # type: ignore[arg-type]
            subject=first("reverts_subject"),  # type: ignore[arg-type]
            subject_number=first("reverts_subject_number"),  # type: ignore[arg-type]
            is_reapply=any(one.get("is_reapply") for one in told),
        )


class KnownHistory:
    """One repository's, as `events.pulls.reverts` asks for it: landings are named by their place in `found`."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.mine = {"organization_id": repository.organization_id, "repository": repository}
        self.found: list[Landing] = []

    def taken_back_by(self, landing: Landing) -> list[tuple[Landing, Target]]:
        """What a landing says that it takes back, itself aside, and before it."""
        mark = landing.mark()
        if not mark:
            return []
        key = mark.subject.encode() if mark.subject else None
        targets = resolve(mark, key, self, before=int(landing.at.timestamp()))
        pairs = [(self.found[target.commit], target) for target in targets]
        return [(one, target) for one, target in pairs if one.sha != landing.sha and one.at <= landing.at]

    def by_sha(self, sha: str) -> int | None:
        return self._place(self.of_sha(sha))

    def by_number(self, number: int) -> int | None:
        return self._place(self.of_number(number))

    def by_subject(self, key: bytes, before: int) -> int | None:
        """The key is the hash as it is stored. Equal times are no earlier ones."""
        until = datetime.fromtimestamp(before, UTC)
        commits = self.commits.filter(subject_hash=key.decode(), committed_at__lt=until)
        pulls = self.pulls.filter(title_hash=key.decode(), integrated_at__lt=until)
        named = [self.of_commit(commits.order_by("-committed_at", "-seq").first()),
                 self.of_pull(pulls.order_by("-integrated_at", "-number").first())]  # fmt: skip
        known = [landing for landing in named if landing]
        return self._place(max(known, key=lambda landing: landing.at)) if known else None

    def of_sha(self, sha: str) -> Landing | None:
        """The landing of this SHA, or of its beginning where that is told of one alone. A commit inside a merged
        branch is its pull request's, but only where merging kept it."""
        if len(sha) < SHORTEST_SHA:
            return None
        commits = list(self.commits.filter(sha__startswith=sha)[:2])
        if commits:
            return self.of_commit(commits[0]) if len(commits) == 1 else None
        pulls = list(self.pulls.filter(merge_sha__startswith=sha)[:2])
        return self.of_pull(pulls[0]) if len(pulls) == 1 else self._inside(sha)

    def of_number(self, number: int) -> Landing | None:
        return self.of_pull(self.pulls.filter(number=number).first())

    def of_commit(self, commit: DefaultCommit | None) -> Landing | None:
        if commit is None:
            return None
        pull_request = commit.pull_request or self.pulls.filter(merge_sha=commit.sha).first()
        return Landing(commit.sha, commit.committed_at, pull_request, commit)

    def of_pull(self, pull_request: PullRequest | None) -> Landing | None:
        """Its last commit on the default branch."""
        if pull_request is None or pull_request.integrated_at is None:
            return None
        own = Q(pull_request=pull_request) | Q(sha=pull_request.merge_sha or "-")
        commit = self.commits.filter(own).order_by("-seq").first()
        sha = commit.sha if commit else pull_request.merge_sha or f"#{pull_request.number}"
        return Landing(sha, pull_request.integrated_at, pull_request, commit)

    def _inside(self, sha: str) -> Landing | None:
        held = PullRequestCommit.objects.filter(
            organization_id=self.repository.organization_id, pull_request__repository=self.repository,
            pull_request__integration=Integration.MERGE, pull_request__integrated_at__isnull=False,
            sha__startswith=sha, superseded_at__isnull=True,
        )  # fmt: skip
        numbers = list(held.values_list("pull_request__number", flat=True).distinct()[:2])
        return self.of_number(numbers[0]) if len(numbers) == 1 else None

    @property
    def commits(self) -> QuerySet[DefaultCommit]:
        return DefaultCommit.objects.filter(**self.mine, is_gone=False).select_related("pull_request")

    @property
    def pulls(self) -> QuerySet[PullRequest]:
        return PullRequest.objects.filter(**self.mine, integrated_at__isnull=False)

    def _place(self, landing: Landing | None) -> int | None:
        if landing is None:
            return None
        self.found.append(landing)
        return len(self.found) - 1
