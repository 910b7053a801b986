"""What a pull request is: its size and class, whether it fixes a bug or is a backport, and whether AI worked on it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import F, Sum

from events.models import (
    AiClass,
    AiEvidence,
    ChangeClass,
    ClosingLink,
    Confidence,
    DetailDay,
    Dimension,
    DimensionKind,
    FixReason,
    Issue,
    LinkDecision,
    PullRequest,
    PullRequestCommit,
    SessionLink,
    SizeStratum,
)
from events.pulls.attributing import Attributed
from events.pulls.keywords import fix_title, is_backport
from events.pulls.retyping import task_type_of_pull
from events.pulls.sizes import Changed, TaskClass, size_of
from events.task_types import rules_of
from teams.models import Identity

REVIEW_SUGGESTION: Final = "review_suggestion"
"""The role of a reviewer's bot whose suggestion was taken: that makes no pull request AI-assisted."""
BEFORE_THE_FIRST_COMMIT = timedelta(days=1)
_A_DAY = timedelta(days=1)
"""A person's own clock shows the day before or after at most."""
_CLASSES: Final = {
    TaskClass.SMALL: ChangeClass.SMALL_PATCH,
    TaskClass.FEATURE: ChangeClass.FEATURE_WITH_TESTS,
    TaskClass.OTHER: ChangeClass.OTHER,
}


def classify_change(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> None:
    """Sizes, class, task type, backport and fix. Without a list of files the sizes are unknown."""
    pull.is_backport = _is_backport(pull, commits)
    pull.fix_reason = _fix_reason(pull)
    if pull.files is None:
        pull.source_lines_added = pull.source_lines_changed = None
        pull.size, pull.change_class, pull.task_type = SizeStratum.UNKNOWN, ChangeClass.OTHER, ""
        return
    repository = pull.repository
    generated, tests = repository.generated_paths, repository.test_paths
    files = [Changed(one["path"], one["added"] or 0, one["removed"] or 0) for one in pull.files]
    size = size_of(files, generated=generated, tests=tests)
    pull.source_lines_added, pull.source_lines_changed = size.added, size.added + size.removed
    pull.size = SizeStratum(size.stratum + 1)
    pull.change_class = _CLASSES[size.task_class]
    pull.task_type = task_type_of_pull(pull, rules_of(pull.organization))


def _is_backport(pull: PullRequest, commits: Sequence[PullRequestCommit]) -> bool:
    """It says whence it was picked, is called one, goes to a release, or repeats onto another branch what is in."""
    default = pull.repository.default_branch
    told = [pull.stated, *(commit.stated for commit in commits)]
    if any(stated.get("cherry_picked_from") or stated.get("is_backport") for stated in told):
        return True
    if any(label.lower() in {"backport", "cherry-pick"} for label in pull.labels):
        return True
    if is_backport(title=pull.title, branch=pull.head_branch, base=pull.base_branch, default_branch=default):
        return True
    if not pull.patch_id or pull.base_branch == default:
        return False
    same = PullRequest.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, patch_id=pull.patch_id,
        integrated_at__isnull=False, opened_at__lt=pull.opened_at,
    )  # fmt: skip
    return same.exclude(id=pull.id).exclude(base_branch=pull.base_branch).exists()


def _fix_reason(pull: PullRequest) -> FixReason:
    """The surest: a label, a bug that it closes, at last its own words."""
    bug_labels = {label.lower() for label in pull.repository.bug_labels}
    if bug_labels & {label.lower() for label in pull.labels}:
        return FixReason.LABEL
    numbers = ClosingLink.objects.filter(organization=pull.organization_id, pull_request=pull)
    bugs = Issue.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, is_bug=True,
        number__in=list(numbers.values_list("issue_number", flat=True)),
    )  # fmt: skip
    if bugs.exists():
        return FixReason.ISSUE
    # A title that isn't kept was read for this when it came.
    says_so = pull.stated.get("is_fix") or fix_title(pull.title).prefix
    return FixReason.TITLE if says_so else FixReason.NONE


def classify_ai(
    pull: PullRequest,
    commits: Sequence[PullRequestCommit],
    links: Collection[SessionLink],
    attributed: Attributed,
    dimensions: Collection[int],
) -> None:
    """Sets `ai_class`, `ai_tools` and `ai_models`."""
    marks = AiEvidence.objects.filter(organization=pull.organization_id, pull_request=pull)
    told = list(marks.exclude(role=REVIEW_SUGGESTION).values_list("tool", "model"))
    sure = [link for link in links if link.confidence in (Confidence.EXACT, Confidence.STRONG) and has_lines(link)]
    tools = Dimension.objects.filter(
        organization=pull.organization_id, kind=DimensionKind.TOOL, id__in=[link.session.tool_id for link in sure]
    )
    pull.ai_tools = sorted({tool for tool, _ in told} | attributed.tools | set(tools.values_list("value", flat=True)))
    pull.ai_models = sorted({model for _, model in told if model} | attributed.models)
    pull.ai_class = _decided(pull) or _class_of(pull, commits, bool(told or sure or attributed.has_lines), dimensions)


def has_lines(link: SessionLink) -> bool:
    """Something that the tool wrote was taken in the slice."""
    return any(link.sums.get(name) for name in ("accepted", "auto_accepted", "completions_accepted", "lines_added"))


def _decided(pull: PullRequest) -> str:
    """What a person said last of the class; empty if nobody did, or it was taken back."""
    rows = LinkDecision.objects.filter(organization=pull.organization_id, pull_request=pull, session=None)
    newest = rows.order_by("-decided_at", "-id").first()
    return newest.ai_class if newest and newest.verdict else ""


def _class_of(
    pull: PullRequest, commits: Sequence[PullRequestCommit], is_ai: bool, dimensions: Collection[int]
) -> AiClass:
    if is_ai:
        return AiClass.AI
    if pull.is_bot:
        return AiClass.BOT
    return AiClass.HUMAN if _is_known_human(pull, commits, dimensions) else AiClass.UNKNOWN


_AI = F("prompts") + F("requests") + F("accepted") + F("auto_accepted") + F("completions_accepted") + F("lines_added")


def _is_known_human(pull: PullRequest, commits: Sequence[PullRequestCommit], dimensions: Collection[int]) -> bool:
    """Every author had a connected tool active around the commits, and none of it was AI work in this repository, or
    in one that isn't told. An author whom nobody knows could have used anything."""
    named = {pull.author_id, *(commit.author_id for commit in commits)}
    identities = [one for one in named if one is not None]
    if len(identities) < len(named) or not commits:
        return False
    people = {
        person: ZoneInfo(zone or pull.organization.time_zone)
        for person, zone in Identity.objects.filter(organization=pull.organization_id, id__in=identities).values_list(
            "contributor", "contributor__time_zone"
        )
    }
    began = min(commit.authored_at or pull.opened_at for commit in commits) - BEFORE_THE_FIRST_COMMIT
    ended = pull.integrated_at or pull.closed_at or pull.updated_at
    sums = DetailDay.objects.filter(
        organization_id=pull.organization_id, contributor_id__in=list(people),
        day__range=(began.date() - _A_DAY, ended.date() + _A_DAY),
    ).values_list("contributor_id", "repository_id", "day").annotate(ai=Sum(_AI))  # fmt: skip
    ai: dict[int, int] = defaultdict(int)
    for person, repository, day, lines in sums:
        # Days of the sums are those of each person's own clock.
        if began.astimezone(people[person]).date() <= day <= ended.astimezone(people[person]).date():
            ai[person] += lines if repository in dimensions or not repository else 0
    return people.keys() == ai.keys() and not any(ai.values())
