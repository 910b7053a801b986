"""The handlers of the chores PULL and SESSION: all that follows from a pull request's rows, in the order in which each
rests on the one before, and what else has to follow from that."""

from datetime import datetime
from typing import Final

from codecard.lib.tenant import tenant
from events.models import PullRequest, PullRequestCommit, PullRequestState, Session
from events.pulls import chores
from events.pulls.attributing import attributed_to, count_in_files
from events.pulls.candidates import pull_requests_of
from events.pulls.chores import ChoreKind
from events.pulls.classifying import classify_ai, classify_change
from events.pulls.integrating import integrate
from events.pulls.latency import compute_latency
from events.pulls.linking import link
from events.pulls.quality import keep_quality_of
from events.pulls.tested import keep_first_run

DERIVED: Final = (
    "integrated_at", "integration", "files", "source_lines_added", "source_lines_changed", "size", "change_class",
    "task_type", "is_backport", "fix_reason", "ai_class", "ai_tools", "ai_models", "ai_lines",
)  # fmt: skip
_OF_DEFECTS: Final = ("integrated_at", "integration", "is_backport", "fix_reason", "ai_class", "ai_lines")


def judge_pull_request(organization_id: int, key: int, *, now: datetime) -> None:
    """Handler of PULL."""
    with tenant(organization_id):
        rows = PullRequest.objects.filter(organization=organization_id, id=key)
        pull = rows.select_for_update(of=("self",), no_key=True).select_related("repository", "author").first()
        if pull is not None:
            _judge(pull, now)


def _judge(pull: PullRequest, now: datetime) -> None:
    before = {name: getattr(pull, name) for name in DERIVED}
    held = list(PullRequestCommit.objects.filter(organization=pull.organization_id, pull_request=pull))
    current = sorted((one for one in held if one.superseded_at is None), key=lambda one: (one.position, one.id))
    classify_change(pull, current)
    is_moved = integrate(pull, current)
    linked = link(pull, held)
    attributed = attributed_to(pull, held, linked.evidence)
    count_in_files(pull, attributed.lines)
    classify_ai(pull, current, linked.links, attributed, linked.evidence.dimensions)
    changed = [name for name in DERIVED if getattr(pull, name) != before[name]]
    if changed:
        pull.save(update_fields=changed)
    compute_latency(pull, current, linked.links)
    keep_first_run(pull, held)
    keep_quality_of(pull, now=now)
    others = linked.others | (_resting_on(pull) if is_moved else set())
    chores.leave(pull.organization_id, ChoreKind.PULL, others, not_before=now)
    if set(changed) & set(_OF_DEFECTS):
        chores.leave(pull.organization_id, ChoreKind.DEFECT, [pull.id], not_before=now)


def _resting_on(pull: PullRequest) -> set[int]:
    """Merged into this one's branch, and in or out with it."""
    stacked = PullRequest.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, state=PullRequestState.MERGED
    ).exclude(base_branch=pull.repository.default_branch)
    below = stacked.filter(base_branch=pull.head_branch)
    shas = PullRequestCommit.objects.filter(organization=pull.organization_id, pull_request=pull).values("sha")
    inside = stacked.filter(merge_sha__in=shas)
    return {*below.values_list("id", flat=True), *inside.values_list("id", flat=True)} - {pull.id}


def judge_session(organization_id: int, key: int, *, now: datetime) -> None:
    """Handler of SESSION."""
    with tenant(organization_id):
        session = Session.objects.filter(organization=organization_id, id=key, is_instance=False).first()
        if session is not None:
            chores.leave(organization_id, ChoreKind.PULL, pull_requests_of(organization_id, session), not_before=now)
