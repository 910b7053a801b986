"""`compute_latency`: from the first prompt to the default branch, in stages that add up (docs/links.md, "Latency")."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from events.models import (
    AiClass,
    Integration,
    Latency,
    LatencyState,
    PullRequest,
    PullRequestCommit,
    PullRequestState,
    SessionLink,
)

VERSION = 2
"""Goes up with every change of what is computed here, or judged beside it (2: first test runs, analysers); what is
older is made anew."""
LONGEST = timedelta(days=30)
"""A prompt longer before the end than this is taken to be this long before it."""

Stage = tuple[str, int | None]


class Facts(NamedTuple):
    state: LatencyState
    first_prompt_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int | None = None
    stages: tuple[Stage, ...] = ()


def compute_latency(
    pull: PullRequest, commits: Collection[PullRequestCommit], links: Collection[SessionLink]
) -> Latency:
    """Inside the tenant, with the pull request's row locked. Safe to repeat: an unchanged fact isn't written."""
    facts = facts_of(pull, commits, links)
    stages = [list(stage) for stage in facts.stages]
    values: dict[str, Any] = {**facts._asdict(), "stages": stages, "version": VERSION}
    of = {"organization_id": pull.organization_id, "pull_request": pull}
    known = Latency.objects.filter(**of).first()
    if known is None:
        return Latency.objects.create(**of, **values)
    if any(getattr(known, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(known, name, value)
        known.save(update_fields=list(values))
    return known


def facts_of(pull: PullRequest, commits: Collection[PullRequestCommit], links: Collection[SessionLink]) -> Facts:
    prompts = [link.first_prompt_at for link in links if link.first_prompt_at]
    first, integrated = min(prompts, default=None), pull.integrated_at
    if pull.is_backport or pull.ai_class == AiClass.BOT or (pull.is_bot and not prompts):
        return Facts(LatencyState.LEFT_OUT)
    if first is None:
        return Facts(LatencyState.NO_PROMPT, ended_at=integrated or _closed_at(pull))
    if integrated is None:
        closed = _closed_at(pull)
        return Facts(LatencyState.CLOSED if closed else LatencyState.PENDING, first, closed)
    if first > integrated:
        return Facts(LatencyState.NEGATIVE, first, integrated)
    first = max(first, integrated - LONGEST)
    stages = stages_of(first, _milestones(pull, commits, links))
    return Facts(LatencyState.MEASURED, first, integrated, _seconds(integrated - first), stages)


def _closed_at(pull: PullRequest) -> datetime | None:
    return pull.closed_at if pull.state == PullRequestState.CLOSED else None


def _milestones(
    pull: PullRequest, commits: Collection[PullRequestCommit], links: Collection[SessionLink]
) -> list[tuple[str, datetime]]:
    """Those that were reached, in the order in which work is expected to reach them; the last is the end."""
    was_draft = pull.ready_at is not None and pull.ready_at > pull.opened_at
    is_by_hand = pull.integration == Integration.BY_HAND
    told = [
        ("accepted", min((link.first_accept_at for link in links if link.first_accept_at), default=None)),
        ("committed", min((commit.authored_at for commit in commits if commit.authored_at), default=None)),
        ("opened", pull.opened_at),
        ("ready", pull.ready_at if was_draft else None),
        ("reviewed", pull.first_review_at),
        ("approved", pull.approved_at),
        ("merged", None if is_by_hand else pull.merged_at),
        ("integrated", pull.integrated_at if is_by_hand or pull.integrated_at != pull.merged_at else None),
    ]
    return [(name, at) for name, at in told if at is not None]


def stages_of(first: datetime, milestones: Sequence[tuple[str, datetime]]) -> tuple[Stage, ...]:
    """Seconds from one milestone to the next; they add up to the whole. One that lies before the milestone that came
    before it (clocks disagree, or it was done in another order), or after the end, is None, and the next one counts
    from the last that was in order."""
    end, before, stages = milestones[-1][1], first, []
    for name, at in milestones:
        is_in_order = before <= at <= end
        stages.append((name, _seconds(at - first) - _seconds(before - first) if is_in_order else None))
        before = at if is_in_order else before
    return tuple(stages)


def _seconds(span: timedelta) -> int:
    """Whole seconds, so that stages, counted from one beginning, add up."""
    return span // timedelta(seconds=1)
