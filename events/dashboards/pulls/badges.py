"""The line under the title: each badge only where something is known."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from codecard.lib.formats import NBSP, count, counted, duration, share
from events.dashboards.pulls.origins import Origins
from events.dashboards.pulls.sessions import TOKENS, total
from events.dashboards.pulls.traces import Trace
from events.dashboards.pulls.words import task_type
from events.models import AiClass, EscapeState, LatencyState, PullRequest, SessionLink, TestsState
from events.queries.pull_request_page import PullFacts


class Badge(NamedTuple):
    text: str
    css: str = ""
    icon: str = ""


AI: Final = {
    AiClass.AI: Badge("AI-assisted", "tag-acc", "spark"),
    AiClass.HUMAN: Badge("Known human", "", "people"),
    AiClass.UNKNOWN: Badge("No evidence of AI", "", "dash"),
    AiClass.BOT: Badge("Bot", "", "system"),
}
_FIRST_RUNS: Final = {
    TestsState.PASSED: Badge("First run passed", "tag-ok", "check"),
    TestsState.FAILED: Badge("First run failed", "tag-warn", "warn"),
    TestsState.EMPTY: Badge("No tests ran", "tag-warn", "warn"),
}


def badges_of(
    facts: PullFacts,
    links: Sequence[SessionLink],
    origins: Origins | None,
    traces: Sequence[Trace],
    bars: Mapping[str, timedelta],
) -> list[Badge]:
    """:param bars: how long the way from prompt to merge may be, by change class"""
    pull = facts.pull_request
    found = [AI[AiClass(pull.ai_class)], _latency(facts, bars), _first_run(facts), _defects(facts, traces)]
    if pull.ai_lines is not None and pull.source_lines_added:
        generated = min(1.0, pull.ai_lines / pull.source_lines_added)
        found.append(Badge(f"{share(generated, digits=0)} of added lines generated"))
    elif origins and origins.share is not None:
        found.append(Badge(f"{share(origins.share, digits=0)} of added lines generated"))
    if tokens := total(links, *TOKENS):
        found.append(Badge(f"{count(tokens)} tokens"))
    if pull.task_type:
        found.append(Badge(task_type(pull.task_type)))
    return [badge for badge in found if badge]


def _latency(facts: PullFacts, bars: Mapping[str, timedelta]) -> Badge | None:
    latency, pull = facts.latency, facts.pull_request
    if latency is None or latency.state != LatencyState.MEASURED or latency.seconds is None:
        return None
    bar = bars.get(pull.change_class)
    words = f"{duration(latency.seconds)} to merge"
    if bar is None:
        return Badge(words, "", "clock")
    healthy = bar.total_seconds()
    css = "tag-ok" if latency.seconds <= healthy else "tag-warn"
    return Badge(f"{words}, baseline {duration(healthy)}", css, "clock")


def _first_run(facts: PullFacts) -> Badge | None:
    return _FIRST_RUNS[TestsState(facts.tests.state)] if facts.tests else None


def _defects(facts: PullFacts, traces: Sequence[Trace]) -> Badge | None:
    escaped = sum(one.is_counted for one in traces)
    if escaped:
        return Badge(counted(escaped, "escaped defect").replace(NBSP, " "), "tag-bad", "bug")
    possible = sum(one.is_standing for one in traces)
    if possible:
        return Badge(counted(possible, "possible defect").replace(NBSP, " "), "tag-warn", "bug")
    clean = [one.horizon_days for one in facts.escapes if one.state == EscapeState.CLEAN]
    return Badge(f"No defect in {counted(max(clean), 'day')}", "tag-ok", "check") if clean else None


def class_badge(pull: PullRequest) -> Badge:
    return AI[AiClass(pull.ai_class)]
