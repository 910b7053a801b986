"""Defects traced to a pull request: what signalled each, what it rests on, and what people said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from codecard.lib.formats import counted, duration
from codecard.lib.svg.lanes import Late
from events.dashboards.pulls.entry import Entry, Lane, Told
from events.dashboards.pulls.sessions import Turn
from events.dashboards.pulls.words import DEFECT_METHODS, SIGNALS, TIERS, lines_words
from events.models import DefectDecision, DefectLink, PullRequestCommit, SignalKind, Tier, Verdict
from events.queries.pull_request_page import PullFacts

MOST_DRAWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One defect and one pull request that it is traced to, side by side with what fixed it."""

    link: DefectLink
    title: str
    """What signalled it: "Issue #1931"."""
    told: str
    """Its own title, where those are kept."""
    fix: str
    fix_href: str
    origin: str
    origin_href: str
    method: str
    lines: str
    tier: str
    tier_css: str
    lag: str
    state: str
    """confirmed, rejected, or "" while nobody said anything."""
    decision: DefectDecision | None = None
    commit: str = ""
    prompt: int = 0
    is_cancelled: bool = False

    @property
    def is_standing(self) -> bool:
        return self.state != Verdict.REJECTED and not self.is_cancelled

    @property
    def is_counted(self) -> bool:
        return self.is_standing and self.link.tier in (Tier.CONFIRMED, Tier.PROBABLE)

    @property
    def confidence(self) -> str:
        if self.state == Verdict.CONFIRMED:
            return "A person confirmed it"
        if self.link.probability is not None and self.link.tier != Tier.CONFIRMED:
            return f"{self.tier}, about {self.link.probability * 100:.0f}% likely"
        return self.tier


def trace_of(link: DefectLink, slug: str, decision: DefectDecision | None = None) -> Trace:
    """`link` with its defect, issue, fix, incident and both repositories."""
    defect, fix = link.defect, link.defect.fix
    tier_css, tier = TIERS[Tier(link.tier)]
    return Trace(
        link=link,
        title=_title(link),
        told=(defect.issue.title if defect.issue else "") or (fix.title if fix else ""),
        fix=f"#{fix.number}" if fix else defect.fix_sha[:7],
        fix_href=f"/o/{slug}/pulls/{fix.repository.full_name}/{fix.number}/" if fix else "",
        origin=f"#{link.origin.number}",
        origin_href=f"/o/{slug}/pulls/{link.origin.repository.full_name}/{link.origin.number}/",
        method=DEFECT_METHODS.get(link.method, link.method.replace("_", " ")),
        lines=lines_words(link),
        tier=tier,
        tier_css=tier_css,
        lag=lag_words(link.lag_seconds),
        state=link.decision,
        decision=decision,
        is_cancelled=defect.is_cancelled,
    )


def _title(link: DefectLink) -> str:
    defect = link.defect
    if defect.issue:
        return f"Issue #{defect.issue.number}"
    if defect.incident:
        return f"Incident {defect.incident.external_id}"
    if defect.kind == SignalKind.REPORT:
        return "Reported by a person"
    name = f"#{defect.fix.number}" if defect.fix else defect.fix_sha[:7]
    return f"{SIGNALS[SignalKind(defect.kind)]} {name}".strip()


def lag_words(seconds: int) -> str:
    days = seconds // 86_400
    return f"{counted(days, 'day')} later" if days else f"{duration(max(seconds, 60))} later"


def tell_defects(facts: PullFacts, traces: Sequence[Trace], turns: Sequence[Turn], merged_at: datetime | None) -> Told:
    told = Told()
    for trace in traces:
        if not trace.is_standing:
            continue
        key = f"defect-{trace.link.defect_id}"
        told.entries.append(_entry(trace, key))
        if len(told.late) < MOST_DRAWN:
            path = _path(facts, trace, turns, merged_at)
            words = f"{trace.title}, {trace.lag}: {trace.method}"
            told.late.append(Late(lag=trace.lag, text=trace.title.lower(), words=words, href=f"#{key}", path=path))
    return told


def _entry(trace: Trace, key: str) -> Entry:
    name = f"{trace.title[0].lower()}{trace.title[1:]}"
    return Entry(
        at=trace.link.defect.detected_at,
        key=key,
        icon="bug",
        tone="bad" if trace.is_counted else "warn",
        title=f"{'Defect' if trace.is_counted else 'Possible defect'}: {', '.join(filter(None, [name, trace.told]))}",
        words=_entry_words(trace),
        sure=trace.lines.split(" in ")[0] or trace.tier.lower(),
        why=trace.method.capitalize(),
    )


def _entry_words(trace: Trace) -> str:
    parts = [f"Fixed in {trace.fix}" if trace.fix and trace.fix not in trace.title else ""]
    if trace.commit:
        source = f", which came from prompt {trace.prompt}" if trace.prompt else ""
        parts.append(f"The lines that it changes are of commit {trace.commit}{source}")
    return "".join(f"{part}. " for part in parts if part).strip()


def _path(
    facts: PullFacts, trace: Trace, turns: Sequence[Turn], merged_at: datetime | None
) -> list[tuple[int, datetime]]:
    """From the prompt, where it may be shown, by the commit; from the merge where no commit is known."""
    commit = commit_of(facts, trace.link)
    if commit is None or (at := commit.authored_at or commit.committed_at) is None:
        return [(Lane.REVIEW, merged_at)] if merged_at else []
    turn = turn_before(turns, at)
    return [*([(Lane.PROMPTS, turn.at)] if turn else []), (Lane.COMMITS, at)]


def commit_of(facts: PullFacts, link: DefectLink) -> PullRequestCommit | None:
    """The commit that the lines are of. A squash has none of its own, unless it was of one commit."""
    own = facts.own_commits
    named = link.facts.get("commit") or link.origin_sha
    return next((one for one in own if one.sha == named), own[0] if len(own) == 1 else None)


def turn_before(turns: Sequence[Turn], at: datetime) -> Turn | None:
    """The last prompt before a commit, within a day."""
    earlier = [turn for turn in turns if turn.number and timedelta() <= at - turn.at <= timedelta(days=1)]
    return earlier[-1] if earlier else None
