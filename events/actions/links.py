"""What people correct of a pull request: its class, the sessions linked to it, and who sees their prompts."""

from datetime import datetime
from typing import Any

from codecard.lib.tenant import tenant
from events.models import AiClass, LinkDecision, PullRequest, SessionLink, Verdict
from events.pulls import chores
from events.pulls.chores import ChoreKind
from teams import audit
from teams.models import Contributor, Organization, User


def correct_class(
    *, pull_request: PullRequest, ai_class: str, reason: str = "", by: User | None, now: datetime
) -> LinkDecision | None:
    """Says what class it is of; empty: what the evidence says. None where the same was said already.

    :raises ValueError: there is no such class.
    """
    if ai_class not in {"", *AiClass.values}:
        raise ValueError(f"no such class: {ai_class!r}")
    with tenant(pull_request.organization_id):
        pull = _locked(pull_request)
        last = _decisions(pull).filter(session=None).order_by("-decided_at", "-id").first()
        if (last.ai_class if last else "") == ai_class:
            return None
        # One that was taken back says nothing.
        verdict = Verdict.CONFIRMED if ai_class else ""
        made = _said(pull, by, now, ai_class=ai_class, verdict=verdict, reason=reason)
        before, after = pull.ai_class, ai_class or "what the evidence says"
        if ai_class:
            PullRequest.objects.filter(organization=pull.organization_id, id=pull.id).update(ai_class=ai_class)
        _record(
            pull,
            "pull_request.class_corrected",
            by,
            now,
            before={"class": before},
            after={"class": after, "reason": reason},
        )
        chores.leave(pull.organization_id, ChoreKind.PULL, [pull.id])
        # The row says it already, so that judging it finds no change: a bot's counts nowhere, and now it does, or not.
        chores.leave(pull.organization_id, ChoreKind.DEFECT, [pull.id])
    return made


def decide_link(
    *, pull_request: PullRequest, session_id: int, verdict: str, reason: str = "", by: User | None, now: datetime
) -> LinkDecision | None:
    """Says that a session did not work on a pull request, or did; an empty verdict takes that back. None where the
    same was said already.

    :raises ValueError: the verdict is none.
    :raises SessionLink.DoesNotExist: the two were never linked.
    """
    if verdict not in {"", *Verdict.values}:
        raise ValueError(f"no such verdict: {verdict!r}")
    with tenant(pull_request.organization_id):
        pull = _locked(pull_request)
        last = _decisions(pull).filter(session=session_id).order_by("-decided_at", "-id").first()
        if last is None:
            SessionLink.objects.get(organization=pull.organization_id, pull_request=pull, session=session_id)
        before = last.verdict if last else ""
        if before == verdict:
            return None
        made = _said(pull, by, now, session_id=session_id, verdict=verdict, reason=reason)
        _record(
            pull, "pull_request.link_decided", by, now,
            session=session_id, before={"verdict": before}, after={"verdict": verdict, "reason": reason},
        )  # fmt: skip
        chores.leave(pull.organization_id, ChoreKind.PULL, [pull.id])
    return made


def open_prompts(
    *, pull_request: PullRequest, contributor: Contributor, is_open: bool, by: User | None, now: datetime
) -> list[int]:
    """Shows the single prompts of a person's sessions to everybody who may open this pull request, or hides them
    again. Of nobody else's sessions. The sessions that are open now."""
    with tenant(pull_request.organization_id):
        pull = _locked(pull_request)
        links = SessionLink.objects.filter(organization=pull.organization_id, pull_request=pull)
        own = set(links.filter(session__contributor_id=contributor.id).values_list("session_id", flat=True))
        before = set(pull.open_sessions)
        after = before | own if is_open else before - own
        if after != before:
            pull.open_sessions = sorted(after)
            pull.save(update_fields=["open_sessions"])
            action = "pull_request.prompts_opened" if is_open else "pull_request.prompts_closed"
            _record(pull, action, by, now, sessions=len(own))
    return pull.open_sessions


def _locked(pull_request: PullRequest) -> PullRequest:
    rows = PullRequest.objects.select_for_update(no_key=True, of=("self",))
    return rows.get(organization=pull_request.organization_id, id=pull_request.id)


def _decisions(pull: PullRequest) -> Any:
    return LinkDecision.objects.filter(organization=pull.organization_id, pull_request=pull)


def _said(pull: PullRequest, by: User | None, now: datetime, *, reason: str = "", **fields: Any) -> LinkDecision:
    return LinkDecision.objects.create(
        organization_id=pull.organization_id, pull_request=pull, decided_by=by, decided_at=now, reason=reason[:300],
        **fields,
    )  # fmt: skip


def _record(pull: PullRequest, action: str, by: User | None, now: datetime, **details: Any) -> None:
    organization = Organization.objects.get(id=pull.organization_id)
    audit.record(organization, action, pull, by=by, now=now, **details)
