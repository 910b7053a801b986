"""What a vendor says of pull requests, normalised: the one shape that webhooks, REST and GraphQL are read into.

Pure. `title`, `body` and `message` are text; whoever makes rows of a record reads what they state and drops them.
Times are aware; what the vendor didn't say is None or empty, and a record only claims what it says.
"""

from datetime import datetime
from typing import Final

import msgspec

SUITE: Final = 1 << 61
WORKFLOW: Final = 1 << 62
"""Set in `Check.external_id` of suites and workflow runs, whose numbers are counted apart from those of check runs."""


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Account(_Record, frozen=True):
    login: str = ""
    is_bot: bool = False


NOBODY: Final = Account()


class RepositoryRecord(_Record, frozen=True):
    """`at`: the vendor's time of this state. Without one (an installation's list) it only names the repository."""

    external_id: int
    full_name: str
    address: str = ""
    """Of its page, which tells the host."""
    default_branch: str = ""
    is_private: bool = True
    is_archived: bool = False
    at: datetime | None = None
    former_name: str = ""
    is_deleted: bool = False


class CommitRecord(_Record, frozen=True):
    sha: str
    message: str = ""
    author: Account = NOBODY
    author_name: str = ""
    author_email: str = ""
    committer_name: str = ""
    committer_email: str = ""
    authored_at: datetime | None = None
    committed_at: datetime | None = None
    tree_sha: str = ""
    parents: tuple[str, ...] | None = None
    """None: not told (pushes don't)."""
    is_new: bool = True
    """False: it was on another branch before (`distinct` of a push)."""


class Counts(_Record, frozen=True):
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    commits: int = 0
    merged_by: Account = NOBODY


class PullRecord(_Record, frozen=True):
    """The state of a pull request at `updated_at`. `merge_sha` only where it is merged: before, it is a test merge."""

    number: int
    opened_at: datetime
    updated_at: datetime
    external_id: int | None = None
    title: str = ""
    body: str = ""
    author: Account = NOBODY
    is_draft: bool = False
    is_closed: bool = False
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    head_branch: str = ""
    head_repository: str = ""
    head_sha: str = ""
    base_branch: str = ""
    base_sha: str = ""
    merge_sha: str = ""
    labels: tuple[str, ...] = ()
    counts: Counts | None = None
    closes: tuple[int, ...] = ()
    """Issues of the same repository that the vendor itself says it closes."""


class Happened(_Record, frozen=True):
    """`kind`: of `events.models.Happening`, which this module may not import."""

    kind: str
    at: datetime
    key: str = ""
    before_sha: str = ""
    after_sha: str = ""
    by: Account = NOBODY


class PushRecord(_Record, frozen=True):
    """`before_sha` empty: the branch is new. `after_sha` empty: it is deleted. Commits oldest first."""

    branch: str
    pushed_at: datetime
    before_sha: str = ""
    after_sha: str = ""
    is_forced: bool = False
    is_cut_off: bool = False
    """There are more commits than the vendor tells."""
    commits: tuple[CommitRecord, ...] = ()


class IssueRecord(_Record, frozen=True):
    number: int
    opened_at: datetime
    updated_at: datetime
    title: str = ""
    body: str = ""
    labels: tuple[str, ...] = ()
    type: str = ""
    closed_at: datetime | None = None


class CheckRecord(_Record, frozen=True):
    """One attempt of a check on a commit. `conclusion` is empty while it runs."""

    external_id: int
    head_sha: str
    name: str
    run_attempt: int = 1
    conclusion: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None


class InstallationRecord(_Record, frozen=True):
    """`action` as GitHub calls it: created, deleted, suspend, unsuspend, new_permissions_accepted, added, removed."""

    external_id: int
    action: str
    at: datetime | None = None
    account: str = ""
    permissions: dict[str, str] = {}
    added: tuple[RepositoryRecord, ...] = ()
    removed: tuple[RepositoryRecord, ...] = ()


class Told(_Record, frozen=True):
    """All that one delivery says. Empty: nothing that is used."""

    repository: RepositoryRecord | None = None
    installation: InstallationRecord | None = None
    pull: PullRecord | None = None
    happened: tuple[Happened, ...] = ()
    push: PushRecord | None = None
    issue: IssueRecord | None = None
    checks: tuple[CheckRecord, ...] = ()
    is_ping: bool = False
    is_about_repository: bool = False
    """The repository is what it is about, not only where it happened."""

    @property
    def is_used(self) -> bool:
        parts = (self.installation, self.pull, self.push, self.issue, self.checks)
        return any(parts) or self.is_ping or self.is_about_repository
