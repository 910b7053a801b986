"""What the vendor tells: commits, checks, reviews, and how it ended."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.html import format_html

from codecard.lib.formats import count, counted, duration
from codecard.lib.svg.lanes import Flag, Moment, Stretch
from events.dashboards.pulls.entry import Entry, Lane, Told, code, codes
from events.dashboards.pulls.words import EVIDENCE
from events.models import (
    AiEvidence,
    CheckResult,
    Happening,
    Integration,
    PullRequest,
    PullRequestCommit,
    PullRequestEvent,
)
from events.pulls.tested import outcome_of
from events.queries.pull_request_page import PullFacts

REVIEWS = (Happening.REVIEWED, Happening.APPROVED, Happening.CHANGES_REQUESTED)
_LOOKS = {
    Happening.READY: ("eye", "dim"), Happening.DRAFTED: ("dash", "dim"), Happening.FORCE_PUSHED: ("retry", "warn"),
    Happening.BASE_CHANGED: ("merge", "dim"), Happening.REVIEWED: ("eye", "dim"), Happening.APPROVED: ("check", "ok"),
    Happening.CHANGES_REQUESTED: ("eye", "warn"), Happening.QUEUED: ("clock", "dim"),
    Happening.UNQUEUED: ("clock", "warn"), Happening.CLOSED: ("dash", "warn"), Happening.REOPENED: ("retry", "dim"),
}  # fmt: skip


def tell_commits(facts: PullFacts) -> Told:
    told = Told()
    marks: dict[str, list[AiEvidence]] = {}
    for evidence in facts.evidence:
        marks.setdefault(evidence.sha, []).append(evidence)
    for commit in facts.commits:
        at = commit.authored_at or commit.committed_at
        if at is None:
            continue
        kind = "superseded" if commit.superseded_at else "commit"
        words = f"Commit {commit.sha[:7]}" + (", taken away by a force push" if commit.superseded_at else "")
        key = f"commit-{commit.sha[:12]}"
        told.moments.append(Moment(lane=Lane.COMMITS, at=at, kind=kind, words=words, href=f"#{key}"))
        if not commit.superseded_at:
            told.entries.append(_commit(commit, at, key, marks.get(commit.sha, [])))
    return told


def _commit(commit: PullRequestCommit, at: datetime, key: str, marks: Sequence[AiEvidence]) -> Entry:
    words = " ".join(f"{EVIDENCE.get(one.kind, one.kind.capitalize())} names {one.tool}." for one in marks[:2])
    return Entry(
        at=at, key=key, icon="commit", title=format_html("Commit {}", code(commit.sha)), words=words,
        shas=(commit.sha,), sure="named" if marks else "", why="The commit itself names the assistant.",
    )  # fmt: skip


def joined(entries: Sequence[Entry]) -> list[Entry]:
    """By time; commits with nothing in between are one entry."""
    found: list[Entry] = []
    for entry in sorted(entries, key=lambda one: (one.at, not one.shas)):
        last = found[-1] if found else None
        if entry.shas and last and last.shas and last.words == entry.words:
            shas = (*last.shas, *entry.shas)
            found[-1] = Entry(
                at=last.at, key=last.key, icon=last.icon, title=format_html("Commits {}", codes(shas)), shas=shas,
                words=last.words, sure=last.sure, why=last.why,
            )  # fmt: skip
        else:
            found.append(entry)
    return found


def tell_checks(facts: PullFacts) -> Told:
    """Test runs of CI: the checks of one commit and attempt together, when the last of them was done."""
    told, runs = Told(), dict[tuple[str, int], list[CheckResult]]()
    for check in facts.checks:
        if check.is_test and outcome_of([check]):
            runs.setdefault((check.head_sha, check.run_attempt), []).append(check)
    for number, checks in enumerate(sorted(runs.values(), key=_done_at)):
        entry = _ci_run(number, checks)
        words = f"CI tests of {checks[0].head_sha[:7]} {outcome_of(checks)}"
        told.entries.append(entry)
        told.moments.append(
            Moment(lane=Lane.TESTS, at=entry.at, kind=outcome_of(checks), words=words, href=f"#{entry.key}")
        )
    return told


def _ci_run(number: int, checks: Sequence[CheckResult]) -> Entry:
    outcome, attempt = outcome_of(checks), checks[0].run_attempt
    name = "First test run in CI" if number == 0 else f"CI tests{f', attempt {attempt},' if attempt > 1 else ''}"
    is_first_pass = number == 0 and outcome == "passed" and attempt == 1
    return Entry(
        at=_done_at(checks),
        key=f"ci-{number}",
        icon="flask",
        tone="ok" if outcome == "passed" else "warn",
        title=f"{name} {outcome}, {counted(len(checks), 'check')}",
        words=format_html(
            "On commit {}.{}", code(checks[0].head_sha), " Counts as a first-run pass." if is_first_pass else ""
        ),
    )


def _done_at(checks: Sequence[CheckResult]) -> datetime:
    return max(check.completed_at for check in checks if check.completed_at)


# --- reviews ---------------------------------------------------------------------------------------------------------


def happenings_of(facts: PullFacts) -> list[PullRequestEvent]:
    """What happened, with what the pull request's own times tell besides."""
    pull, known = facts.pull_request, {one.kind for one in facts.happenings}
    times = {
        Happening.OPENED: pull.opened_at, Happening.MERGED: pull.merged_at,
        Happening.CLOSED: None if pull.merged_at or pull.integrated_at else pull.closed_at,
        Happening.READY: pull.ready_at if pull.ready_at and pull.ready_at > pull.opened_at else None,
        Happening.APPROVED: pull.approved_at,
        Happening.REVIEWED: None if known & set(REVIEWS) else pull.first_review_at,
    }  # fmt: skip
    added = [PullRequestEvent(kind=kind, at=at) for kind, at in times.items() if at and kind not in known]
    if pull.merged_at:
        kept = [one for one in facts.happenings if one.kind != Happening.CLOSED]
    else:
        kept = facts.happenings
    return sorted([*kept, *added], key=lambda one: one.at)


def tell_reviews(facts: PullFacts) -> Told:
    told, pull = Told(), facts.pull_request
    happenings = happenings_of(facts)
    told.entries += [entry for one in happenings if (entry := _happening(one, pull))]
    told.stretches += _review_lane(happenings, pull)
    told.flags.append(Flag(at=pull.opened_at, text="PR opened"))
    if end := ended_at(pull):
        told.flags.append(Flag(at=end, text=end_words(pull)))
    if pull.integrated_at and not pull.merged_at:
        told.entries.append(Entry(
            at=pull.integrated_at, key="landed", icon="merge", tone="ok", title="Landed by hand",
            words="Its change is on the default branch, without a merge on GitHub.",
        ))  # fmt: skip
    return told


def ended_at(pull: PullRequest) -> datetime | None:
    return pull.merged_at or pull.integrated_at or pull.closed_at


def end_words(pull: PullRequest) -> str:
    if pull.merged_at:
        return "merged"
    return "landed" if pull.integrated_at else "closed"


def _happening(one: PullRequestEvent, pull: PullRequest) -> Entry | None:
    at, key = one.at, f"{one.kind}-{int(one.at.timestamp())}"
    if one.kind == Happening.OPENED:
        files = f"+{count(pull.additions)} −{count(pull.deletions)} in {counted(pull.changed_files, 'file')}"
        title = format_html('Opened as #{}, <span class="muted">{}</span>', pull.number, files)
        return Entry(at=at, key=key, icon="pull", tone="acc", title=title, words="As a draft." if pull.ready_at else "")
    if one.kind == Happening.MERGED:
        by = f" by {pull.merged_by_login}" if pull.merged_by_login else ""
        how = Integration(pull.integration).label if pull.integration else ""
        return Entry(at=at, key="merged", icon="merge", tone="ok", title=f"Merged{by}", words=_with_dot(how))
    if one.kind == Happening.PUSHED or one.kind not in _LOOKS:
        return None
    icon, tone = _LOOKS[Happening(one.kind)]
    who = " by a bot" if one.is_by_bot else " by its author" if one.is_by_author else ""
    since = (at - (pull.ready_at or pull.opened_at)).total_seconds()
    words = (
        f"{duration(since)} after it was {'ready' if pull.ready_at else 'opened'}."
        if one.kind in REVIEWS and since > 0
        else ""
    )
    return Entry(at=at, key=key, icon=icon, tone=tone, title=f"{Happening(one.kind).label}{who}", words=words)


def _with_dot(words: str) -> str:
    return f"{words}." if words else ""


def _review_lane(happenings: Sequence[PullRequestEvent], pull: PullRequest) -> list[Stretch]:
    """Waiting, and in review. A push after changes were asked for begins another wait."""
    lane = _ReviewLane(None if pull.ready_at else pull.opened_at)
    for one in happenings:
        if one.kind in REVIEWS and not (one.is_by_bot or one.is_by_author):
            lane.review(one)
        elif one.kind == Happening.READY:
            lane.waits_from = lane.waits_from or one.at
        elif one.kind in (Happening.PUSHED, Happening.FORCE_PUSHED) and one.at >= pull.opened_at:
            lane.push(one.at)
    if end := ended_at(pull):
        lane.end(end)
    return lane.found


class _ReviewLane:
    def __init__(self, waits_from: datetime | None) -> None:
        self.found: list[Stretch] = []
        self.waits_from = waits_from
        self.reviewed_from: datetime | None = None
        self.is_approved = False

    def review(self, one: PullRequestEvent) -> None:
        self._wait(one.at)
        self.reviewed_from, self.waits_from = self.reviewed_from or one.at, None
        if one.kind != Happening.REVIEWED:
            self._add(self.reviewed_from, one.at, "rev", "In review")
            self.reviewed_from, self.is_approved = None, one.kind == Happening.APPROVED
            self.waits_from = one.at if self.is_approved else None

    def push(self, at: datetime) -> None:
        if not self.is_approved and self.reviewed_from is None:
            self.waits_from = self.waits_from or at

    def end(self, at: datetime) -> None:
        if self.reviewed_from and self.reviewed_from < at:
            self._add(self.reviewed_from, at, "rev", "In review")
        else:
            self._wait(at)

    def _wait(self, until: datetime) -> None:
        if self.waits_from and self.waits_from < until:
            words = "Approved, waiting to be merged" if self.is_approved else "Waiting for review"
            self._add(self.waits_from, until, "wait", words)

    def _add(self, start: datetime, end: datetime, kind: str, words: str) -> None:
        span = duration((end - start).total_seconds())
        self.found.append(Stretch(lane=Lane.REVIEW, start=start, end=end, kind=kind, words=f"{words} for {span}"))
