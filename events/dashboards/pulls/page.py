"""Context of one pull request's page, declared in templates/events/pull.html."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from codecard.lib import svg
from codecard.lib.formats import counted, duration
from codecard.lib.svg.lanes import LaneChart
from events.dashboards.pulls.badges import AI, badges_of
from events.dashboards.pulls.entry import LANES, Entry, Told
from events.dashboards.pulls.origins import origins_of
from events.dashboards.pulls.quality import told_of
from events.dashboards.pulls.sessions import Turn, tell_closed, tell_open
from events.dashboards.pulls.traces import Trace, commit_of, tell_defects, trace_of, turn_before
from events.dashboards.pulls.words import EVIDENCE, WAITING, method_words, stage_words, tool_name
from events.dashboards.pulls.work import end_words, ended_at, joined, tell_checks, tell_commits, tell_reviews
from events.metrics.latency_to_integration import bars_of
from events.models import AiClass, Latency, LatencyState, PullRequest, SessionLink
from events.queries.pull_request_page import PullFacts, facts_of
from events.queries.pull_request_timeline import MOST_EVENTS, Slice, names_of, timeline_of
from teams.models import Contributor, Organization

A_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Sight:
    """Which linked sessions' single prompts and decisions the reader may see: one's own, those whose people opened
    them here, and all where the organization says so."""

    links: list[SessionLink]
    viewer_id: int | None
    is_policy: bool
    opened: frozenset[int]

    def is_open(self, link: SessionLink) -> bool:
        return self.is_policy or self.is_mine(link) or link.session_id in self.opened

    def is_mine(self, link: SessionLink) -> bool:
        return self.viewer_id is not None and link.session.contributor_id == self.viewer_id

    @property
    def open(self) -> list[SessionLink]:
        return [link for link in self.links if self.is_open(link)]

    @property
    def closed(self) -> list[SessionLink]:
        return [link for link in self.links if not self.is_open(link)]

    @property
    def mine(self) -> list[SessionLink]:
        return [link for link in self.links if self.is_mine(link)]

    @property
    def is_shown_by_me(self) -> bool:
        return bool(self.mine) and all(link.session_id in self.opened for link in self.mine)


def sight_of(organization: Organization, facts: PullFacts, viewer: Contributor | None) -> Sight:
    opened = frozenset(facts.pull_request.open_sessions)
    return Sight(facts.links, viewer.id if viewer else None, organization.opens_prompts, opened)


def page_context(organization: Organization, pull: PullRequest, viewer: Contributor | None) -> dict[str, Any]:
    facts = facts_of(pull)
    return _Page(organization, facts, sight_of(organization, facts, viewer)).context()


class _Page:
    def __init__(self, organization: Organization, facts: PullFacts, sight: Sight) -> None:
        self.organization, self.facts, self.sight, self.pull = organization, facts, sight, facts.pull_request
        self.zone = ZoneInfo(organization.time_zone)
        self.end = ended_at(self.pull)
        self.traces = [trace_of(link, organization.slug, facts.decided.get(link.defect.key)) for link in facts.defects]
        self.events = timeline_of(organization.id, [_slice(link) for link in sight.open])
        numbers = {one.model_id for one in self.events} | {one.language_id for one in self.events}
        self.names = names_of(organization.id, numbers | {link.session.tool_id for link in facts.links})

    def context(self) -> dict[str, Any]:
        told, turns = self._story()
        origins = origins_of(self.facts)
        self.traces = [self._with_source(trace, turns) for trace in self.traces]
        return {
            "nav": "pulls",
            "pull": self.pull,
            "owner": self.pull.repository.full_name.partition("/")[0],
            "name": self.pull.repository.full_name.partition("/")[2],
            "title": self.pull.title or f"{self.pull.head_branch or 'Pull request'}",
            "github_url": f"{settings.GITHUB_URL}/{self.pull.repository.full_name}/pull/{self.pull.number}",
            "ended_at": self.end,
            "end_words": end_words(self.pull),
            "reached": self._reached(told),
            "zone": self.zone,
            "badges": badges_of(
                self.facts, self.facts.links, origins, self.traces, bars_of(self.organization.settings)
            ),
            "chart": self._chart(told),
            "days": _by_day(joined(told.entries), self.zone, self.end),
            "stages": stages_of(self.facts.latency),
            "latency": self.facts.latency,
            "latency_words": latency_words(self.facts.latency),
            "traces": self.traces,
            "fixed": [trace_of(link, self.organization.slug) for link in self.facts.fixed],
            "origins": origins,
            "quality": [told_of(one) for one in self.facts.quality],
            "evidence": self._evidence(),
            "sessions": self._sessions(),
            "sight": self.sight,
            "class_badge": AI[AiClass(self.pull.ai_class)],
            "class_decision": self.facts.class_decision,
            "ai_classes": [(one.value, one.label) for one in AiClass],
            "rejected_links": self.facts.rejected_links,
            "is_cut": MOST_EVENTS in Counter(one.session_id for one in self.events).values(),
        }

    def _story(self) -> tuple[Told, list[Turn]]:
        told, turns = tell_open(self.events, self.sight.open, self.names)
        told += tell_closed(self.sight.closed, *self._known_span())
        for tell in (tell_commits, tell_checks, tell_reviews):
            told += tell(self.facts)
        told += tell_defects(self.facts, [self._with_source(one, turns) for one in self.traces], turns, self.end)
        return told, turns

    def _known_span(self) -> tuple[datetime | None, datetime]:
        """What closed sessions stand between: the first prompt, which the stages tell, and the last commit before the
        opening, or the opening."""
        first = self.facts.latency.first_prompt_at if self.facts.latency else None
        commits = [one.authored_at for one in self.facts.own_commits if one.authored_at]
        last = max((at for at in commits if at <= self.pull.opened_at), default=self.pull.opened_at)
        return first, max(last, first + A_MICROSECOND) if first else last

    def _with_source(self, trace: Trace, turns: Sequence[Turn]) -> Trace:
        commit = commit_of(self.facts, trace.link)
        if commit is None:
            return trace
        at = commit.authored_at or commit.committed_at
        turn = turn_before(turns, at) if at else None
        return replace(trace, commit=commit.sha[:7], prompt=turn.number if turn else 0)

    def _reached(self, told: Told) -> str:
        if told.late:
            return "defect"
        ends = {"merged": "merge", "landed": "landing", "closed": "its end"}
        return ends[end_words(self.pull)] if self.end else "now"

    def _chart(self, told: Told) -> LaneChart:
        number, end = self.pull.number, self.end
        begin = min((one.at for one in told.entries), default=self.pull.opened_at)
        span = f", {duration((end - begin).total_seconds())} from its first event" if end and end > begin else ""
        counts = [counted(sum(m.kind == kind for m in told.moments), noun) for kind, noun in _COUNTED]
        return LaneChart(
            slug="lanes",
            title=f"Pull request {number} from first prompt to {self._reached(told)}{span}",
            description=f"{', '.join(counts)}. The list below has every event.",
            lanes=LANES,
            zone=self.zone,
            moments=told.moments,
            stretches=told.stretches,
            flags=told.flags,
            late=told.late,
        )

    def _evidence(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": EVIDENCE.get(one.kind, one.kind.replace("_", " ").capitalize()),
                "tool": one.tool, "model": one.model, "sha": one.sha[:7],
                "is_review": one.role == "review_suggestion",
            }
            for one in self.facts.evidence
        ]  # fmt: skip

    def _sessions(self) -> list[dict[str, Any]]:
        found = []
        for number, link in enumerate(self.facts.links, start=1):
            sure, why = method_words(link)
            tool = tool_name(self.names.get(link.session.tool_id, "a tool"))
            found.append({
                "link": link, "number": number, "tool": tool, "sure": sure, "why": why,
                "is_mine": self.sight.is_mine(link), "is_suggested": link.confidence == "suggested",
                "share": link.share if link.share < 1 else None,
            })  # fmt: skip
        return found


_COUNTED = (("prompt", "prompt shown"), ("accepted", "accepted suggestion"), ("commit", "commit"))


def _slice(link: SessionLink) -> Slice:
    start = link.slice_from or link.session.started_at
    end = link.slice_to or link.session.ended_at + A_MICROSECOND
    return Slice(link.session_id, start, max(start, end))


@dataclass(frozen=True, slots=True)
class Day:
    title: str
    entries: list[Entry]


def _by_day(entries: Sequence[Entry], zone: ZoneInfo, end: datetime | None) -> list[Day]:
    days: list[Day] = []
    for entry in entries:
        on = entry.at.astimezone(zone).date()
        later = (on - end.astimezone(zone).date()).days if end else 0
        title = f"{on:%A} {on.day} {on:%B}" + (f", {counted(later, 'day')} after it ended" if later > 0 else "")
        if not days or days[-1].title != title:
            days.append(Day(title, []))
        days[-1].entries.append(entry)
    return days


@dataclass(frozen=True, slots=True)
class StageRow:
    label: str
    seconds: int
    colour: int

    @property
    def is_waiting(self) -> bool:
        return self.colour == WAITING


@dataclass(frozen=True, slots=True)
class Stages:
    """They add up to `seconds`. `odd`: those that can't be told, since what ends them lies before what begins them."""

    rows: list[StageRow]
    seconds: int
    odd: list[str]

    @property
    def slices(self) -> list[svg.Slice]:
        return [svg.Slice(one.label, one.seconds, one.colour) for one in self.rows]

    @property
    def words(self) -> str:
        """What the bar says, in a sentence or two."""
        waited = sum(one.seconds for one in self.rows if one.is_waiting)
        coded = sum(one.seconds for one in self.rows if one.colour in (1, 3))
        told = []
        if self.seconds and waited:
            told.append(f"{_part(waited / self.seconds)} of it was waiting for review.")
        if coded:
            told.append(f"From the first prompt to the first commit it took {duration(coded)}.")
        if self.odd:
            names = " and ".join(f"“{name}”" for name in self.odd)
            told.append(f"{names} can’t be told: times are out of order, by another clock or another way of working.")
        return " ".join(told)


def _part(share: float) -> str:
    if abs(share - 0.5) < 0.03:
        return "Half"
    return f"{share * 100:.0f}%" if share >= 0.01 else "Less than 1%"


def stages_of(latency: Latency | None) -> Stages | None:
    if latency is None or latency.seconds is None or not latency.stages:
        return None
    told = [(stage_words(name), seconds) for name, seconds in latency.stages]
    rows = [StageRow(words.label, int(seconds), words.colour) for words, seconds in told if seconds]
    return Stages(rows, latency.seconds, [words.label for words, seconds in told if seconds is None])


_STATES = {
    LatencyState.NO_PROMPT: "No session is linked to it, so nobody knows when its first prompt was.",
    LatencyState.NEGATIVE: "Its first prompt is later than its merge: a clock is wrong, or a link. It counts nowhere.",
    LatencyState.PENDING: "It isn’t merged yet.",
    LatencyState.CLOSED: "It was closed without a merge.",
    LatencyState.LEFT_OUT: "Bots and backports don’t count.",
}


def latency_words(latency: Latency | None) -> str:
    """Why there are no stages, or what is odd about them; "" where nothing is."""
    if latency is None:
        return "Not judged yet."
    return _STATES.get(LatencyState(latency.state), "")
