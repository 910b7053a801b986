"""Pull requests as work items: state, commits, what happened to them, and the evidence of who worked on them with what.

State is applied by the vendor's `updated_at`, never by the order of arrival. What is derived can be made again.
"""

from enum import IntEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from events.models._rows import STATED, reference
from teams.models import OrganizationRow

_KEYED = ~models.Q(session_key="")


class PullRequestState(models.TextChoices):
    OPEN = "open", "Open"
    MERGED = "merged", "Merged"
    CLOSED = "closed", "Closed"


class Integration(models.TextChoices):
    """How the change got onto the default branch."""

    NONE = "", "Not integrated"
    MERGE = "merge", "Merge commit"
    SQUASH = "squash", "Squash"
    REBASE = "rebase", "Rebase"
    BY_HAND = "by_hand", "Landed by hand"
    STACKED = "stacked", "With another pull request"


class AiClass(models.TextChoices):
    AI = "ai", "AI-assisted"
    HUMAN = "human", "Known human"
    UNKNOWN = "unknown", "Unknown"
    BOT = "bot", "Bot"


class ChangeClass(models.TextChoices):
    SMALL_PATCH = "small_patch", "Small patch"
    FEATURE_WITH_TESTS = "feature_with_tests", "Feature with tests"
    OTHER = "other", "Other"


class FixReason(models.TextChoices):
    NONE = "", "No bug fix"
    LABEL = "label", "Labelled as a bug fix"
    ISSUE = "issue", "Closes a bug"
    TITLE = "title", "Says so in its title"


class SizeStratum(models.IntegerChoices):
    """Changed lines outside of tests and generated files; stored numbers, never renumber."""

    UNKNOWN = 0, "Unknown"
    UNDER_20 = 1, "Under 20 lines"
    UNDER_100 = 2, "20 to 99 lines"
    UNDER_400 = 3, "100 to 399 lines"
    FROM_400 = 4, "400 lines and more"


class PullRequest(OrganizationRow):
    """`files`: [{"path", "old_path"?, "status", "added", "removed", "is_test", "is_generated", "ai_added"?}], None
    while not asked. `author`: the name by which its opener is known; whose name that is may change, so the
    contributor is asked of it and not kept here."""

    repository = reference("events.Repository", related_name="pull_requests")
    number = models.IntegerField()
    external_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=300, blank=True, help_text="Only where the organization keeps titles.")
    title_hash = models.CharField(max_length=32, blank=True)
    author_login = models.CharField(max_length=100, blank=True)
    author = reference("teams.Identity", null=True, on_delete=models.SET_NULL, related_name="pull_requests")
    merged_by_login = models.CharField(max_length=100, blank=True)
    is_bot = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=PullRequestState, default=PullRequestState.OPEN)
    is_draft = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    first_review_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    merged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(help_text="The vendor's time of the state that is kept.")
    integrated_at = models.DateTimeField(null=True, help_text="When it was on the default branch.")
    integration = models.CharField(max_length=12, choices=Integration, default=Integration.NONE, blank=True)
    head_branch = models.CharField(max_length=255, blank=True)
    head_repository = models.CharField(max_length=200, blank=True, help_text="owner/name; empty if it is gone")
    head_sha = models.CharField(max_length=64, blank=True)
    base_branch = models.CharField(max_length=255, blank=True)
    base_sha = models.CharField(max_length=64, blank=True)
    merge_sha = models.CharField(max_length=64, blank=True, help_text="Only once merged.")
    patch_id = models.CharField(max_length=64, blank=True, help_text="Of the whole change.")
    labels = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    stated = models.JSONField(default=dict, blank=True, help_text=STATED)
    additions = models.IntegerField(default=0)
    deletions = models.IntegerField(default=0)
    changed_files = models.IntegerField(default=0)
    commit_count = models.IntegerField(default=0)
    # Not every telling has them (a review's has not), so they are as of a time of their own.
    counted_at = models.DateTimeField(null=True, help_text="The vendor's time of these four, and of who merged.")
    files = models.JSONField(null=True)
    # From here on derived.
    source_lines_added = models.IntegerField(null=True, help_text="Outside generated and vendored files.")
    source_lines_changed = models.IntegerField(null=True, help_text="Outside generated and vendored files.")
    size = models.SmallIntegerField(choices=SizeStratum, default=SizeStratum.UNKNOWN)
    change_class = models.CharField(max_length=20, choices=ChangeClass, default=ChangeClass.OTHER)
    task_type = models.CharField(max_length=20, blank=True)
    is_backport = models.BooleanField(default=False)
    fix_reason = models.CharField(max_length=8, choices=FixReason, default=FixReason.NONE, blank=True)
    ai_class = models.CharField(max_length=8, choices=AiClass, default=AiClass.UNKNOWN)
    ai_tools = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    ai_models = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    ai_lines = models.IntegerField(null=True, help_text="AI lines at merge, where there is attribution.")
    # Not derived: ids of linked sessions whose people show their single prompts to everybody who may open this.
    open_sessions = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "repository", "number"], name="pull_request_number"),
        ]
        indexes = [
            # Holds all that the list filters by, so that it reads whole rows of one page only.
            models.Index(
                fields=["organization", "opened_at", "id"],
                include=["repository", "author", "state", "ai_class", "size", "change_class", "task_type"],
                name="pull_request_by_opened",
            ),
            models.Index(fields=["organization", "integrated_at"], name="pull_request_by_integrated"),
            models.Index(fields=["organization", "author", "opened_at"], name="pull_request_of_author"),
            models.Index(fields=["organization", "repository", "head_branch"], name="pull_request_by_branch"),
            models.Index(fields=["organization", "repository", "merge_sha"], name="pull_request_by_merge"),
            models.Index(fields=["organization", "repository", "title_hash"], name="pull_request_by_title"),
            models.Index(fields=["organization", "repository", "patch_id"], name="pull_request_by_patch"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class PullRequestCommit(OrganizationRow):
    """A commit that a pull request holds or held; `superseded_at` once a force push took it away."""

    pull_request = reference("events.PullRequest", related_name="commits")
    sha = models.CharField(max_length=64)
    position = models.IntegerField(default=0)
    authored_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    author = reference("teams.Identity", null=True, on_delete=models.SET_NULL, related_name="+")
    tree_sha = models.CharField(max_length=64, blank=True)
    patch_id = models.CharField(max_length=64, blank=True)
    stated = models.JSONField(default=dict, blank=True, help_text=STATED)
    superseded_at = models.DateTimeField(null=True)
    # GitHub itself listed it; else a push or the pull request's head told of it, and it may turn out another's.
    is_listed = models.BooleanField(default=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "pull_request", "sha"], name="pull_request_commit_sha"),
        ]
        indexes = [
            models.Index(fields=["organization", "sha"], name="pull_request_commit_by_sha"),
            models.Index(fields=["organization", "patch_id"], name="pull_request_commit_by_patch"),
        ]


class Happening(models.TextChoices):
    """What can happen to a pull request."""

    OPENED = "opened", "Opened"
    READY = "ready", "Ready for review"
    DRAFTED = "drafted", "Back to draft"
    PUSHED = "pushed", "Commits pushed"
    FORCE_PUSHED = "force_pushed", "Force-pushed"
    BASE_CHANGED = "base_changed", "Base branch changed"
    REVIEWED = "reviewed", "Reviewed"
    APPROVED = "approved", "Approved"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    QUEUED = "queued", "Put into the merge queue"
    UNQUEUED = "unqueued", "Taken out of the merge queue"
    CLOSED = "closed", "Closed"
    REOPENED = "reopened", "Reopened"
    MERGED = "merged", "Merged"


class PullRequestEvent(OrganizationRow):
    """What happened to a pull request, and when. `key`: the vendor's id of a review, or the SHA pushed; else empty."""

    pull_request = reference("events.PullRequest", related_name="happenings")
    kind = models.CharField(max_length=20, choices=Happening)
    at = models.DateTimeField()
    key = models.CharField(max_length=64, blank=True)
    before_sha = models.CharField(max_length=64, blank=True)
    after_sha = models.CharField(max_length=64, blank=True)
    is_by_bot = models.BooleanField(default=False)
    is_by_author = models.BooleanField(default=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "pull_request", "kind", "at", "key"], name="pull_request_event_once"
            ),
        ]


class Issue(OrganizationRow):
    repository = reference("events.Repository", related_name="issues")
    number = models.IntegerField()
    title = models.CharField(max_length=300, blank=True, help_text="Only where the organization keeps titles.")
    labels = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    type = models.CharField(max_length=60, blank=True)
    is_bug = models.BooleanField(default=False)
    stated = models.JSONField(default=dict, blank=True, help_text=STATED)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "repository", "number"], name="issue_number"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class ClosingLink(OrganizationRow):
    """A pull request says that it closes an issue of its repository. `source`: keyword, vendor or person."""

    pull_request = reference("events.PullRequest", related_name="closes")
    issue_number = models.IntegerField()
    source = models.CharField(max_length=10)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "pull_request", "issue_number"], name="closing_link_once"),
        ]
        indexes = [models.Index(fields=["organization", "issue_number"], name="closing_link_by_issue")]


class Confidence(models.TextChoices):
    EXACT = "exact", "Exact"
    STRONG = "strong", "Strong"
    MEDIUM = "medium", "Medium"
    SUGGESTED = "suggested", "Suggestion only"


class Method(IntEnum):
    """How a session was found to belong to a pull request, strongest first (docs/pull-requests.md). Stored numbers."""

    COMMIT_SHA = 1
    ATTRIBUTION = 2
    SESSION_ID = 3
    SAME_SESSION = 4
    COMMIT_PATCH = 5
    WHOLE_PATCH = 6
    BRANCH = 7
    FILES = 8


class AiEvidence(OrganizationRow):
    """One mark of an assistant on a pull request: in a commit's trailer or author, the branch, the body, the login."""

    pull_request = reference("events.PullRequest", related_name="ai_evidence")
    kind = models.CharField(max_length=16)
    sha = models.CharField(max_length=64, blank=True)
    tool = models.CharField(max_length=60)
    model = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=20, default="author")
    session_key = models.CharField(max_length=300, blank=True)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "pull_request", "kind", "sha", "tool", "model", "session_key"],
                name="ai_evidence_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "session_key"], name="ai_evidence_of_session", condition=_KEYED)
        ]


class SessionLink(OrganizationRow):
    """A session that worked on a pull request: the best evidence, all of it in `facts` ([{"method", ...}]), and the
    session's slice [slice_from, slice_to) with what happened in it, so that metrics need not read events."""

    pull_request = reference("events.PullRequest", related_name="session_links")
    session = reference("events.Session", related_name="pull_request_links")
    method = models.SmallIntegerField()
    confidence = models.CharField(max_length=10, choices=Confidence)
    facts = models.JSONField(default=list)
    slice_from = models.DateTimeField(null=True)
    slice_to = models.DateTimeField(null=True)
    first_prompt_at = models.DateTimeField(null=True)
    first_accept_at = models.DateTimeField(null=True)
    sums = models.JSONField(default=dict, help_text="Counters of the slice, by the names of the ledger's.")
    share = models.FloatField(default=1.0, help_text="Of the slice, where several pull requests have it.")

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "pull_request", "session"], name="session_link_once"),
        ]
        indexes = [models.Index(fields=["organization", "session"], name="session_link_of_session")]


class Attribution(OrganizationRow):
    """Lines of one commit that a tool says it wrote (git-ai notes, agent-trace records, commit events).
    `ranges`: [[first line, last line], ...] of the file after the commit; both inclusive, from 1. `fact_id`: 64-bit
    hash of source, path, tool, model and session, so that the same told again is one row."""

    dimension_id = models.IntegerField(help_text="The repository's name.")
    sha = models.CharField(max_length=64)
    fact_id = models.BigIntegerField()
    source = models.CharField(max_length=16)
    path = models.CharField(max_length=1000)
    tool = models.CharField(max_length=60)
    model = models.CharField(max_length=100, blank=True)
    session_key = models.CharField(max_length=300, blank=True)
    ai_lines = models.IntegerField()
    human_lines = models.IntegerField(null=True)
    ranges = models.JSONField(default=list)
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "dimension_id", "sha", "fact_id"], name="attribution_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization", "session_key"],
                name="attribution_of_session",
                condition=~models.Q(session_key=""),
            ),
            models.Index(fields=["organization", "sha"], name="attribution_of_commit"),
        ]


class LatencyState(models.TextChoices):
    MEASURED = "measured", "Measured"
    NO_PROMPT = "no_prompt", "No linked prompt"
    NEGATIVE = "negative", "Prompt after the merge"
    PENDING = "pending", "Not integrated yet"
    CLOSED = "closed", "Closed unmerged"
    LEFT_OUT = "left_out", "Bots and backports don't count"


class Latency(OrganizationRow):
    """`compute_latency` of one pull request. `stages`: [[name, seconds], ...] in order, which add up to `seconds`."""

    pull_request = reference("events.PullRequest", related_name="latencies")
    version = models.SmallIntegerField()
    state = models.CharField(max_length=10, choices=LatencyState)
    first_prompt_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="Integrated or closed.")
    seconds = models.BigIntegerField(null=True)
    stages = models.JSONField(default=list)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "latencies"
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "pull_request"], name="latency_once"),
        ]
        indexes = [models.Index(fields=["organization", "first_prompt_at"], name="latency_by_prompt")]
