"""What people say of defects: this one is of that pull request, it isn't, or there is one that nobody found.

A decision is a row under natural keys: judging anew reads it and never touches it. Links say the newest one at once.
"""

from datetime import datetime
from typing import Any

from codecard.lib.tenant import tenant
from events.models import (
    Defect,
    DefectDecision,
    DefectLink,
    PullRequest,
    SignalKind,
    Tier,
    Verdict,
)
from events.pulls import chores
from events.pulls.chores import ChoreKind
from teams import audit
from teams.models import Organization, User

PERSON = "person"
"""The method of a link that a person reported."""


class NotIntegratedError(ValueError):
    """What isn't on the default branch can't have let a defect escape."""


def decide_defect(
    *, link: DefectLink, verdict: str, reason: str = "", by: User | None, now: datetime
) -> DefectDecision | None:
    """Confirms or rejects that a defect is of a pull request; an empty verdict takes back what was said. None where
    the same was said already.

    Taking back a report says that there was none: a report stands on what its reporter says alone.

    :raises ValueError: the verdict is none.
    """
    if verdict not in {"", *Verdict.values}:
        raise ValueError(f"no such verdict: {verdict!r}")
    with tenant(link.organization_id):
        row = (
            DefectLink.objects.select_for_update(no_key=True, of=("self",))
            .select_related("defect")
            .get(organization=link.organization_id, id=link.id)
        )
        if not verdict and row.defect.kind == SignalKind.REPORT and row.decision == Verdict.CONFIRMED:
            verdict, reason = Verdict.REJECTED, reason or "Taken back."
        if row.decision == verdict:
            return None
        before = row.decision
        made = _said(row.defect, row.origin_id, verdict, reason, by, now)
        DefectLink.objects.filter(organization=row.organization_id, id=row.id).update(decision=verdict)
        _record("defect.decided", row.origin, row.defect, before, made, by, now)
        _leave(row.organization_id, row.origin_id, row.defect)
    return made


def report_defect(
    *,
    pull_request: PullRequest,
    reason: str,
    fix: PullRequest | None = None,
    by: User | None,
    now: datetime,
) -> DefectLink:
    """A defect that nobody found but a person, with what fixed it if that is known. The same fix reported twice is one
    report.

    :raises NotIntegratedError: the pull request isn't on the default branch, or is said to be its own fix.
    """
    with tenant(pull_request.organization_id):
        pull = PullRequest.objects.select_for_update(no_key=True, of=("self",)).get(
            organization=pull_request.organization_id, id=pull_request.id
        )
        if pull.integrated_at is None:
            raise NotIntegratedError("It isn’t merged yet.")
        if fix and fix.id == pull.id:
            raise NotIntegratedError("What a pull request fixes itself did not escape.")
        if fix and (known := _reported(pull, fix)):
            return known
        detected_at = max(pull.integrated_at, fix.opened_at if fix else now)
        defect = Defect.objects.create(
            organization_id=pull.organization_id, repository_id=pull.repository_id, key="report:new",
            kind=SignalKind.REPORT, detected_at=detected_at, fix=fix, fix_sha=fix.merge_sha if fix else "",
        )  # fmt: skip
        defect.key = f"report:{defect.id}"
        defect.save(update_fields=["key"])
        made = _said(defect, pull.id, Verdict.CONFIRMED, reason, by, now)
        link = DefectLink.objects.create(
            organization_id=pull.organization_id, defect=defect, origin=pull, origin_sha=pull.merge_sha, method=PERSON,
            tier=Tier.CONFIRMED, decision=Verdict.CONFIRMED,
            lag_seconds=int((detected_at - pull.integrated_at).total_seconds()),
        )  # fmt: skip
        _record("defect.reported", pull, defect, "", made, by, now)
        _leave(pull.organization_id, pull.id, defect)
    return link


def _reported(pull: PullRequest, fix: PullRequest) -> DefectLink | None:
    links = DefectLink.objects.filter(organization=pull.organization_id, origin=pull, defect__kind=SignalKind.REPORT)
    return links.filter(defect__fix=fix, decision=Verdict.CONFIRMED).first()


def _said(defect: Defect, origin_id: int, verdict: str, reason: str, by: User | None, now: datetime) -> DefectDecision:
    return DefectDecision.objects.create(
        organization_id=defect.organization_id, repository_id=defect.repository_id, defect_key=defect.key,
        origin_id=origin_id, verdict=verdict, reason=reason[:300], decided_by=by, decided_at=now,
    )  # fmt: skip


def _record(
    action: str, origin: PullRequest, defect: Defect, before: str, made: DefectDecision, by: User | None, now: datetime
) -> None:
    organization = Organization.objects.get(id=origin.organization_id)
    after: dict[str, Any] = {"verdict": made.verdict, "reason": made.reason}
    audit.record(
        organization, action, origin, by=by, now=now, defect=defect.key, before={"verdict": before}, after=after
    )


def _leave(organization_id: int, origin_id: int, defect: Defect) -> None:
    """The pull request is judged anew, and the defect by what signalled it."""
    chores.leave(organization_id, ChoreKind.PULL, [origin_id])
    chores.leave(organization_id, ChoreKind.DEFECT, [defect.fix_id or origin_id])
