"""A repository in which pull requests land, break and mend things. Times are days after DAY; all inside the tenant."""

from datetime import datetime, timedelta
from typing import Any

from events.models import (
    Chore,
    ClosingLink,
    DefaultCommit,
    Defect,
    DefectLink,
    DiffState,
    Escape,
    FixReason,
    Issue,
    PullRequest,
    Repository,
)
from events.pulls import defects, ownership
from events.pulls.chores import ChoreKind
from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, State, Status
from events.pulls.lines.commits import pack_changes
from tests.factories import NOW
from tests.pull_requests import make_default_commit, make_issue, make_pull_request, sha_of

DAY = NOW - timedelta(days=200)


def day(number: float) -> datetime:
    return DAY + timedelta(days=number)


def added(path: str = "shop/cart.py", lines: int = 10) -> FileChange:
    return FileChange(Status.ADDED, None, path, (Group(0, 0, lines),))


def replaced(first: int, lines: int = 1, path: str = "shop/cart.py", kind: str = "k") -> FileChange:
    deleted = tuple(Deleted(line, kind, True) for line in range(first, first + lines))
    return FileChange(Status.MODIFIED, path, path, (Group(first, lines, lines),), deleted)


def inserted(after: int, path: str = "shop/cart.py") -> FileChange:
    anchors = (Anchor(after, "k"), Anchor(after + 1, "k"))
    return FileChange(Status.MODIFIED, path, path, (Group(after, 0, 2),), (), anchors)


def opaque(path: str = "shop/cart.py") -> FileChange:
    return FileChange(Status.MODIFIED, path, path, state=State.OPAQUE)


class Shop:
    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.mine: dict[str, Any] = {"organization_id": repository.organization_id, "repository": repository}
        self.seq = 0

    def lands(
        self, number: int, at: float, *changes: FileChange, commit: dict[str, Any] | None = None, **fields: Any
    ) -> PullRequest:
        """A pull request, squashed; `commit`: fields of its commit. Opened an hour before, or on day `opened_at`."""
        opened_at = day(fields.pop("opened_at")) if "opened_at" in fields else day(at) - timedelta(hours=1)
        files = [
            {"path": one.path, "status": str(one.status), "added": one.added, "removed": one.removed} for one in changes
        ]
        pull_request = make_pull_request(
            self.repository, number, merged_at=day(at), opened_at=opened_at,
            **{"files": files, "title_hash": f"subject {number}", **fields},
        )  # fmt: skip
        self.commit(at, *changes, sha=pull_request.merge_sha, pull_request=pull_request,
                    subject_hash=pull_request.title_hash, **(commit or {}))  # fmt: skip
        return pull_request

    def fixes(
        self, number: int, at: float, *changes: FileChange, issue: int | None = None, **fields: Any
    ) -> PullRequest:
        """The same, called a bug fix by its title. `issue`: which it closes."""
        pull_request = self.lands(number, at, *changes, **{"fix_reason": FixReason.TITLE, **fields})
        if issue is not None:
            ClosingLink.objects.create(
                organization_id=self.repository.organization_id, pull_request=pull_request, issue_number=issue,
                source="keyword",
            )  # fmt: skip
        return pull_request

    def commit(self, at: float, *changes: FileChange, **fields: Any) -> DefaultCommit:
        self.seq += 1
        return make_default_commit(
            self.repository, self.seq, committed_at=day(at),
            **{"diff_state": DiffState.COMPLETE, "changes": pack_changes(changes), **fields},
        )  # fmt: skip

    def bug(self, number: int, at: float, **fields: Any) -> Issue:
        return make_issue(self.repository, number, opened_at=day(at), **{"is_bug": True, **fields})

    def judge(self, now: datetime = NOW, order: list[int] | None = None) -> None:
        """Replays, then judges every pull request, and what that leaves."""
        ownership.handle(self.repository.organization_id, self.repository.id, now=now)
        ids = order or list(PullRequest.objects.filter(**self.mine).order_by("number").values_list("id", flat=True))
        for key in ids:
            defects.handle(self.repository.organization_id, key, now=now)
        self.work_off(now)

    def work_off(self, now: datetime = NOW) -> None:
        while chore := Chore.objects.order_by("id").first():
            Chore.objects.filter(kind=chore.kind, key=chore.key).delete()
            handler = {ChoreKind.DEFECT: defects.handle, ChoreKind.REPLAY: ownership.handle}[ChoreKind(chore.kind)]
            handler(self.repository.organization_id, chore.key, now=now)

    def links(self) -> list[tuple[str, int, str, str, float]]:
        """Of each defect: key, origin, method, tier, weight."""
        rows = DefectLink.objects.filter(organization_id=self.repository.organization_id).order_by(
            "defect__key", "origin__number"
        )
        names = ("defect__key", "origin__number", "method", "tier", "weight")
        return list(rows.values_list(*names))

    def defects(self) -> list[str]:
        return sorted(Defect.objects.filter(**self.mine).values_list("key", flat=True))

    def states(self, number: int) -> list[str]:
        """At 7, 30 and 90 days."""
        escapes = Escape.objects.filter(
            organization_id=self.repository.organization_id, pull_request__repository=self.repository,
            pull_request__number=number,
        )  # fmt: skip
        return list(escapes.order_by("horizon_days").values_list("state", flat=True))

    def tables(self) -> list[Any]:
        """All facts, without the numbers of rows."""
        found = Defect.objects.filter(**self.mine).order_by("key")
        links = DefectLink.objects.filter(organization_id=self.repository.organization_id)
        escapes = Escape.objects.filter(organization_id=self.repository.organization_id)
        return [  # of defects, links and escapes
            list(found.values_list(
                "key", "kind", "detected_at", "issue", "fix", "fix_sha", "incident", "is_cancelled", "facts")),
            list(links.order_by("defect__key", "origin").values_list(
                "defect__key", "origin", "origin_sha", "method", "share", "probability", "tier", "weight",
                "lag_seconds", "facts", "decision")),
            list(escapes.order_by("pull_request", "horizon_days").values_list(
                "pull_request", "horizon_days", "version", "state", "due_at", "first_lag_seconds", "defects",
                "weight")),
        ]  # fmt: skip


def sha_of_merge(number: int) -> str:
    return sha_of(f"merge {number}")
