"""Which pull requests brought a defect: stated, taken back, named by an incident, or at last traced by its lines.

What is stated is believed before what is traced. An origin was on the default branch before the defect was met; one
inside the fix itself is none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events.models import DefectDecision, PullRequest, SignalKind, Tier, Verdict
from events.pulls import tracing
from events.pulls.landings import KnownHistory, Landing
from events.pulls.reverts import Method
from events.pulls.signals import Signal, detected_at

STATED, INCIDENT, TRACED, PERSON = "stated", "incident", "traced", "person"
_METHODS: Mapping[Method, str] = {
    Method.SHA: "revert_sha", Method.NUMBER: "revert_number", Method.BRANCH: "revert_number",
    Method.TITLE: "revert_title",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """`met_at`: when the defect was met, as far as this origin goes; not before it landed."""

    pull_request: PullRequest
    sha: str
    method: str
    tier: Tier
    met_at: datetime
    share: float | None = None
    probability: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    decision: str = ""

    @property
    def lag_seconds(self) -> int:
        landed_at = self.pull_request.integrated_at
        return max(0, int((self.met_at - landed_at).total_seconds())) if landed_at else 0


@dataclass(slots=True)
class Found:
    """`trace`: `Trace.owners` of each traced fix, None where its diff isn't applied yet. `chain`: reverts that this one
    takes back."""

    origins: dict[int, Origin]
    trace: dict[int, list[list[int]] | None] = field(default_factory=dict)
    takes_back: list[Landing] = field(default_factory=list)


def find_origins(history: KnownHistory, signal: Signal) -> Found:
    found = Found({})
    if signal.kind == SignalKind.REPORT:
        return found
    for origin in _told(history, signal, found):
        found.origins.setdefault(origin.pull_request.id, origin)
    if not found.origins and not found.takes_back:
        for origin in _traced(history, signal, found):
            found.origins.setdefault(origin.pull_request.id, origin)
    return found


def _told(history: KnownHistory, signal: Signal, found: Found) -> Iterator[Origin]:
    if signal.incident:
        cause = _cause_of(history, signal)
        yield from _from(signal, cause, INCIDENT)
    for landing in signal.landings:
        for target, how in history.taken_back_by(landing):
            found.takes_back.append(target)
            yield from _from(signal, target, _METHODS[how.method], landing)
    yield from _stated(history, signal)


def _cause_of(history: KnownHistory, signal: Signal) -> Landing | None:
    incident = signal.incident
    if incident is None:
        return None
    if incident.cause_sha:
        return history.of_sha(incident.cause_sha)
    return history.of_number(incident.cause_number) if incident.cause_number else None


def _stated(history: KnownHistory, signal: Signal) -> Iterator[Origin]:
    """`Fixes: <sha>`, "regression from #n": in the fix, in its commits, or in the issue."""
    rows = [row.stated for landing in signal.landings for row in (landing.commit, landing.pull_request) if row]
    rows += [signal.issue.stated] if signal.issue else []
    for told in rows:
        for sha in (*told.get("fixes_shas", ()), *told.get("caused_by_shas", ())):
            yield from _from(signal, history.of_sha(sha), STATED)
        for number in told.get("caused_by_numbers", ()):
            yield from _from(signal, history.of_number(number), STATED)


def _from(signal: Signal, target: Landing | None, method: str, by: Landing | None = None) -> Iterator[Origin]:
    """None where it isn't a pull request's, is the fix itself, or landed after the fix did."""
    pull_request = target.pull_request if target else None
    if target is None or pull_request is None or pull_request.integrated_at is None:
        return
    if any(one.pull_request == pull_request for one in signal.landings):
        return
    met_at = _met_at(signal, pull_request.integrated_at, by)
    if met_at is not None:
        yield Origin(pull_request, target.sha, method, Tier.CONFIRMED, met_at)


def _met_at(signal: Signal, landed_at: datetime, by: Landing | None) -> datetime | None:
    """The issue may be older than the change: then the fix is what tells. None: nothing tells after it landed."""
    fixes = [by] if by else signal.landings
    times = [signal.detected_at, *(detected_at(one) for one in fixes), *(one.at for one in fixes)]
    return min((at for at in times if at >= landed_at), default=None)


def _traced(history: KnownHistory, signal: Signal, found: Found) -> Iterator[Origin]:
    for landing in signal.landings:
        fix = landing.pull_request
        if fix is None:
            continue
        traced = tracing.trace(history, fix, reported_at=signal.first_told_at, latest=detected_at(landing))
        found.trace[fix.number] = None if traced is None else [list(pair) for pair in traced.owners.items()]
        if traced and traced.candidates:
            candidate, commit = traced.candidates[0]
            origin = commit.pull_request
            if candidate.tier and origin and origin.integrated_at:
                met_at = max(signal.detected_at, origin.integrated_at)
                yield Origin(
                    origin, commit.sha, TRACED, Tier(candidate.tier.value), met_at, candidate.share,
                    candidate.probability, traced.facts_of(candidate.owner),
                )  # fmt: skip


def decided(signal: Signal, origins: Mapping[int, Origin], decisions: Iterable[DefectDecision]) -> list[Origin]:
    """The origins with what people said last of each; whom nobody but a person named is an origin too."""
    newest = {decision.origin_id: decision for decision in sorted(decisions, key=lambda one: (one.decided_at, one.id))}
    kept = dict(origins)
    for origin_id, decision in newest.items():
        known = kept.get(origin_id) or _by_person(signal, decision)
        if known is not None:
            kept[origin_id] = _with(known, decision.verdict)
    return sorted(kept.values(), key=lambda one: one.pull_request.number)


def _by_person(signal: Signal, decision: DefectDecision) -> Origin | None:
    landed_at = decision.origin.integrated_at
    if landed_at is None or decision.verdict != Verdict.CONFIRMED:
        return None
    met_at = _met_at(signal, landed_at, None) or landed_at
    return Origin(decision.origin, decision.origin.merge_sha, PERSON, Tier.CONFIRMED, met_at)


def _with(origin: Origin, verdict: str) -> Origin:
    tier = Tier.CONFIRMED if verdict == Verdict.CONFIRMED else origin.tier
    return Origin(
        origin.pull_request, origin.sha, origin.method, tier, origin.met_at, origin.share, origin.probability,
        origin.facts, verdict,
    )  # fmt: skip
