"""The links between sessions and pull requests: made anew from the evidence, each time that some of it changes.

A pull request's links are written by its own chore alone; where that sees that another pull request's slice of the same
session has become another, it says so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.ledger.keeping import KEPT_FROM, kept_since
from events.models import (
    COUNTERS,
    Confidence,
    LinkDecision,
    Method,
    PullRequest,
    PullRequestCommit,
    Session,
    SessionLink,
    Verdict,
)
from events.pulls.evidence import CONFIDENCE, Evidence, evidence_for
from events.pulls.reported import holders_of, reported_by
from events.pulls.slicing import Amounts, Ending, Mark, Slice, amounts_of, lock_sessions, slices_of
from teams.models import Organization


@dataclass(frozen=True)
class Linked:
    """`links` as they are now, with their sessions; `others`: pull requests whose slices have become others."""

    links: list[SessionLink]
    evidence: Evidence
    others: set[int]


def link(pull: PullRequest, commits: Collection[PullRequestCommit]) -> Linked:
    """Inside the tenant, with the pull request's row locked. Safe to repeat: what hasn't changed isn't written."""
    evidence = evidence_for(pull, commits)
    decided = _decisions(pull)
    for session_id, verdict in decided.items():
        if verdict == Verdict.CONFIRMED:
            evidence.add(session_id, Method.FILES, by="person")
        else:
            evidence.facts.pop(session_id, None)
    before = {one.session_id: one for one in SessionLink.objects.filter(**_of(pull)).select_related("session")}
    lock_sessions({*evidence.facts, *before})
    slices = _slices(pull, {*evidence.facts, *before}, set(evidence.facts))
    sessions = Session.objects.filter(organization=pull.organization_id, id__in=list(evidence.facts)).in_bulk()
    mine = {session: slices.get((session.id, pull.id), Slice()) for session in sessions.values()}
    amounts = _amounts(pull, mine, before)
    links = [_row(pull, session, evidence, decided, mine[session], amounts[session.id]) for session in mine]
    _write(pull, before, links)
    return Linked(links, evidence, _others(pull, slices, {*evidence.facts, *before}))


def _of(pull: PullRequest) -> dict[str, Any]:
    return {"organization": pull.organization_id, "pull_request": pull}


def _decisions(pull: PullRequest) -> dict[int, str]:
    """What people said last of each session; taken back, it says nothing."""
    rows = LinkDecision.objects.filter(**_of(pull), session__isnull=False).order_by("decided_at", "id")
    return {session: verdict for session, verdict in dict(rows.values_list("session_id", "verdict")).items() if verdict}


def _slices(pull: PullRequest, session_ids: Collection[int], linked: Collection[int]) -> dict[tuple[int, int], Slice]:
    """By (session, pull request): of all the sessions and of every pull request that shares one of them. `linked`:
    those that this pull request is now linked to."""
    sessions = Session.objects.filter(organization=pull.organization_id, id__in=list(session_ids)).in_bulk()
    marks = marks_of(pull.organization_id, {number: session.key for number, session in sessions.items()})
    shared = defaultdict(set, {number: {pull.id} for number in linked})
    others = SessionLink.objects.filter(organization=pull.organization_id, session__in=list(sessions))
    for session_id, pull_id in others.exclude(pull_request=pull).values_list("session_id", "pull_request_id"):
        shared[session_id].add(pull_id)
    named = {one for ids in shared.values() for one in ids} | {
        mark.pull_request_id for of in marks.values() for mark in of
    }
    endings = _endings(pull.organization_id, named)
    return {
        (number, pull_id): part
        for number, session in sessions.items()
        for pull_id, part in slices_of(
            session.started_at, session.ended_at, marks.get(number, []),
            {one: endings[one] for one in {*shared[number], *(mark.pull_request_id for mark in marks.get(number, []))}},
        ).items()
    }  # fmt: skip


def marks_of(organization_id: int, sessions: Mapping[int, str]) -> dict[int, list[Mark]]:
    """The commits of sessions (id -> key) that pull requests hold. A merge itself only where the session has no other
    commit of that pull request."""
    reported = reported_by(organization_id, sessions) if sessions else []
    times: dict[tuple[int, int, str, bool], datetime] = {}
    for one, held in holders_of(organization_id, reported).items():
        at = one.at or held.at
        key = (one.session_id, held.pull_request_id, held.sha, held.is_merge)
        if at is not None and (one.at is not None or key not in times):
            times[key] = at
    inner = {(session_id, pull_id) for session_id, pull_id, _, is_merge in times if not is_merge}
    marks: dict[int, list[Mark]] = defaultdict(list)
    for (session_id, pull_id, sha, is_merge), at in times.items():
        if not is_merge or (session_id, pull_id) not in inner:
            marks[session_id].append(Mark(at, sha, pull_id))
    return marks


def _endings(organization_id: int, pull_ids: Iterable[int]) -> dict[int, Ending]:
    rows = PullRequest.objects.filter(organization=organization_id, id__in=sorted(set(pull_ids)))
    columns = rows.values_list("id", "state", "integrated_at", "merged_at", "closed_at", "additions")
    return {
        number: Ending(integrated or merged or (closed if state != "open" else None), lines)
        for number, state, integrated, merged, closed, lines in columns
    }


def _amounts(
    pull: PullRequest, slices: Mapping[Session, Slice], before: Mapping[int, SessionLink]
) -> dict[int, Amounts]:
    """Where retention may have taken events of a slice, what was found while they were there stays."""
    amounts = amounts_of(pull.organization_id, slices)
    settings = Organization.objects.values_list("settings", flat=True).get(id=pull.organization_id)
    since = kept_since(settings.get(KEPT_FROM))
    for session, part in slices.items():
        known = before.get(session.id)
        if known and since and part.start and part.start < since and part.share == 1.0:
            amounts[session.id] = _kept(known, amounts[session.id], part)
    return amounts


def _kept(known: SessionLink, found: Amounts, part: Slice) -> Amounts:
    prompts = [at for at in (known.first_prompt_at, found.first_prompt_at) if at]
    accepts = [at for at in (known.first_accept_at, found.first_accept_at) if at]
    sums = (
        found.sums
        if part.is_all
        else {name: max(known.sums.get(name, 0), found.sums.get(name, 0)) for name in COUNTERS}
    )
    return Amounts(min(prompts, default=None), min(accepts, default=None), {k: v for k, v in sums.items() if v})


def _row(
    pull: PullRequest, session: Session, evidence: Evidence, decided: Mapping[int, str], part: Slice, amounts: Amounts
) -> SessionLink:
    method = evidence.method_of(session.id)
    return SessionLink(
        organization_id=pull.organization_id, pull_request=pull, session=session, method=method,
        confidence=Confidence.EXACT if decided.get(session.id) == Verdict.CONFIRMED else CONFIDENCE[method],
        facts=evidence.sorted_facts(session.id), slice_from=part.start, slice_to=part.end,
        first_prompt_at=amounts.first_prompt_at, first_accept_at=amounts.first_accept_at, sums=amounts.sums,
        share=part.share,
    )  # fmt: skip


_MADE = (
    "method", "confidence", "facts", "slice_from", "slice_to", "first_prompt_at", "first_accept_at", "sums", "share",
)  # fmt: skip


def _write(pull: PullRequest, before: Mapping[int, SessionLink], links: Collection[SessionLink]) -> None:
    """In the order of sessions. Rows that are there keep their ids."""
    gone = sorted(set(before) - {one.session_id for one in links})
    if gone:
        SessionLink.objects.filter(**_of(pull), session__in=gone).delete()
    changed = []
    for one in links:
        known = before.get(one.session_id)
        if known is None:
            continue
        one.id = known.id
        if any(getattr(one, name) != getattr(known, name) for name in _MADE):
            changed.append(one)
    new = [one for one in sorted(links, key=lambda one: one.session_id) if one.session_id not in before]
    SessionLink.objects.bulk_create(new)
    SessionLink.objects.bulk_update(changed, _MADE)


def _others(pull: PullRequest, slices: Mapping[tuple[int, int], Slice], session_ids: Collection[int]) -> set[int]:
    rows = SessionLink.objects.filter(organization=pull.organization_id, session__in=list(session_ids))
    stale = set()
    for one in rows.exclude(pull_request=pull):
        part = slices.get((one.session_id, one.pull_request_id), Slice())
        if (one.slice_from, one.slice_to, one.share) != (part.start, part.end, part.share):
            stale.add(one.pull_request_id)
    return stale
