"""Where pull requests come from: connections to GitHub, repositories, and the line owners of default branches.

Commit messages, patches and comments are read and dropped; what a text states is kept as numbers, SHAs and keyed
hashes (`stated`). Paths are kept, since line ownership needs them.
"""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from events.models._rows import STATED, reference
from teams.models import OrganizationRow, User


class GitHubApp(models.Model):
    """The instance's own GitHub App, made by an operator; organizations install it. No organization, so no wall."""

    id = models.BigAutoField(primary_key=True)
    app_id = models.BigIntegerField(unique=True)
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    client_id = models.CharField(max_length=100)
    client_secret = models.TextField(help_text="Sealed.")
    private_key = models.TextField(help_text="Sealed.")
    webhook_secret = models.TextField(help_text="Sealed.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "GitHub App"

    def __str__(self) -> str:
        return self.name


class ConnectionKind(models.TextChoices):
    APP = "app", "GitHub App"
    WEBHOOK = "webhook", "Webhook and token"
    SAMPLE = "sample", "Sample"


class ConnectionState(models.TextChoices):
    """What the settings page tells, and what to do about it (docs/pull-requests.md has the table)."""

    WAITING = "waiting", "Waiting for the first delivery"
    ACTIVE = "active", "Connected"
    SUSPENDED = "suspended", "Suspended on GitHub"
    REMOVED = "removed", "Removed on GitHub"
    REFUSED = "refused", "Token refused"
    FORBIDDEN = "forbidden", "Not allowed"
    UNREACHABLE = "unreachable", "GitHub can't be reached"


class Connection(OrganizationRow):
    """How one organization's GitHub data come in: an installation of the App, or a webhook with an optional token.

    `digest`: SHA-256 of "github:<installation id>", by which a delivery finds its organization before the tenant is
    known. Secrets are sealed (`codecard.lib.sealing`). `limits`: what GitHub said of its rate limits,
    {resource: {"remaining": int, "reset": unix seconds}}; nothing is asked before `paused_until`.
    """

    kind = models.CharField(max_length=16, choices=ConnectionKind)
    account = models.CharField(max_length=100, blank=True)
    installation_id = models.BigIntegerField(null=True, blank=True)
    digest = models.BinaryField(max_length=32, null=True)
    webhook_secret = models.TextField(blank=True)
    # Taken as well until the new one has been seen, so that a secret can be changed without losing a delivery.
    former_webhook_secret = models.TextField(blank=True)
    token = models.TextField(blank=True)
    access_token = models.TextField(blank=True)
    access_token_expires_at = models.DateTimeField(null=True)
    permissions = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=16, choices=ConnectionState, default=ConnectionState.WAITING)
    error = models.CharField(max_length=300, blank=True)
    error_at = models.DateTimeField(null=True)
    limits = models.JSONField(default=dict, blank=True)
    paused_until = models.DateTimeField(null=True)
    takes_new_repositories = models.BooleanField(default=True)
    last_delivery_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "installation_id"], name="connection_installation"),
        ]
        indexes = [models.Index(fields=["digest"], name="connection_by_digest")]

    def __str__(self) -> str:
        return self.account or self.get_kind_display()


class RepositoryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    OK = "ok", "Up to date"
    VANISHED = "vanished", "Not found on GitHub"
    FORBIDDEN = "forbidden", "Not allowed"
    FAILED = "failed", "Failed"


class Repository(OrganizationRow):
    """A repository of the vendor, keyed by the vendor's id: it survives being renamed or transferred.

    `dimension_id` is its present name among the ledger's dimensions; all its names are `RepositoryName` rows. Line
    owners stand after the default-branch commit `replayed_to` (a number of `DefaultCommit.seq`; 0: nothing yet).
    """

    connection = reference("events.Connection", null=True, related_name="repositories")
    external_id = models.BigIntegerField(null=True)
    dimension_id = models.IntegerField()
    full_name = models.CharField(max_length=200, help_text="owner/name")
    default_branch = models.CharField(max_length=255, default="main")
    is_private = models.BooleanField(default=True)
    is_archived = models.BooleanField(default=False)
    is_tracked = models.BooleanField(default=True)
    state = models.CharField(max_length=16, choices=RepositoryState, default=RepositoryState.WAITING)
    error = models.CharField(max_length=300, blank=True)
    error_at = models.DateTimeField(null=True)
    bug_labels = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    generated_paths = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    test_paths = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    replayed_to = models.IntegerField(default=0)
    updated_at = models.DateTimeField(null=True, help_text="The vendor's time of the state that is kept.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "repositories"
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "external_id"], name="repository_external"),
            models.UniqueConstraint(fields=["organization", "dimension_id"], name="repository_dimension"),
        ]

    def __str__(self) -> str:
        return self.full_name


class RepositoryName(OrganizationRow):
    """Every name a repository has had, as the number that sessions and client commits carry."""

    repository = reference("events.Repository", related_name="names")
    dimension_id = models.IntegerField()

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "dimension_id"], name="repository_name_once"),
        ]


class Stage(models.TextChoices):
    """Of a backfill, in the order in which they are run."""

    PULLS = "pulls", "Pull requests"
    ISSUES = "issues", "Issues"
    COMMITS = "commits", "Commits of the default branch"
    DETAILS = "details", "Changed lines"


class Backfill(OrganizationRow):
    """What is left to ask of one repository at one stage. Whoever sets `claimed_until` works on it until then."""

    repository = reference("events.Repository", related_name="backfills")
    stage = models.CharField(max_length=16, choices=Stage)
    cursor = models.JSONField(default=dict, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(null=True)
    calls = models.IntegerField(default=0)
    points = models.IntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.IntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "repository", "stage"], name="backfill_stage"),
        ]
        indexes = [
            models.Index(
                fields=["organization", "id"], name="backfill_unfinished", condition=models.Q(finished_at__isnull=True)
            )
        ]


class DeliveryState(models.TextChoices):
    RECEIVED = "received", "Waiting"
    DIGESTED = "digested", "Digested"
    IGNORED = "ignored", "Not used"
    FAILED = "failed", "Will be tried again"
    DEAD = "dead", "Given up"
    EXPIRED = "expired", "Expired"


class Delivery(OrganizationRow):
    """One webhook delivery, once per its id. `body` is sealed, read once by the digest, then NULL."""

    connection = reference("events.Connection", null=True, related_name="deliveries")
    delivery_id = models.CharField(max_length=64)
    event = models.CharField(max_length=60)
    action = models.CharField(max_length=60, blank=True)
    body = models.BinaryField(null=True)
    size = models.IntegerField(default=0)
    state = models.CharField(max_length=16, choices=DeliveryState, default=DeliveryState.RECEIVED)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.SmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    digested_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "deliveries"
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "delivery_id"], name="delivery_once"),
        ]
        indexes = [
            models.Index(fields=["organization", "received_at"], name="delivery_by_time"),
            models.Index(
                fields=["organization", "id"],
                name="delivery_undigested",
                condition=models.Q(state__in=[DeliveryState.RECEIVED, DeliveryState.FAILED]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.delivery_id}"


class Push(OrganizationRow):
    """A push to a branch, kept because the pull request that it belongs to, and the push before it, may become known
    later. `commits`: [{"sha", "at", "tree", "author" (identity), "subject" (keyed hash), "is_merge", "is_new",
    "stated"}], oldest first, without text. `before_sha` is empty for a new branch, `after_sha` for a deleted one."""

    repository = reference("events.Repository", related_name="pushes")
    branch = models.CharField(max_length=255)
    before_sha = models.CharField(max_length=64, blank=True)
    after_sha = models.CharField(max_length=64, blank=True)
    is_forced = models.BooleanField(default=False)
    pushed_at = models.DateTimeField()
    commits = models.JSONField(default=list)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "pushes"
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "repository", "branch", "pushed_at", "before_sha", "after_sha"],
                name="push_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.branch} {self.after_sha[:10]}"


class DiffState(models.TextChoices):
    """What is known of the lines that a commit changed."""

    MISSING = "missing", "Not asked yet"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Some files opaque"
    OPAQUE = "opaque", "Opaque"


BLAMED: Final = (
    "Whose lines it changed, of source files: [[path, [[owner, kind, is real, lines], ...] of deleted ones,"
    " [[owner, kind, lines], ...] of those next to where it only added], ...]; None while owners don't stand there."
)


class DefaultCommit(OrganizationRow):
    """A commit on the first-parent line of a default branch. `seq` counts along it from 1 and is what owners name;
    None while its place isn't known, or if it was rewritten before it had one. `previous_sha`: the commit before it on
    the branch, its first parent as far as a push alone tells; empty where only the vendor can say. `changes`: the
    numbers of its diff (`events.pulls.lines`), never text."""

    repository = reference("events.Repository", related_name="default_commits")
    sha = models.CharField(max_length=64)
    seq = models.IntegerField(null=True)
    parents = ArrayField(models.CharField(max_length=64), default=list)
    previous_sha = models.CharField(max_length=64, blank=True)
    tree_sha = models.CharField(max_length=64, blank=True)
    patch_id = models.CharField(max_length=64, blank=True)
    subject_hash = models.CharField(max_length=32, blank=True)
    stated = models.JSONField(default=dict, blank=True, help_text=STATED)
    authored_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField()
    pull_request = reference("events.PullRequest", null=True, on_delete=models.SET_NULL, related_name="default_commits")
    diff_state = models.CharField(max_length=16, choices=DiffState, default=DiffState.MISSING)
    changes = models.BinaryField(null=True)
    # No longer on the default branch: its history was rewritten.
    is_gone = models.BooleanField(default=False)
    # The number that line owners know it by. Not `seq` any more where history was rewritten: they are made anew then.
    applied_seq = models.IntegerField(null=True)
    lines_added = models.IntegerField(default=0, help_text="Of which owners are kept.")
    blamed = models.JSONField(null=True, help_text=BLAMED)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "repository", "sha"], name="default_commit_sha"),
            models.UniqueConstraint(
                fields=["organization", "repository", "seq"],
                name="default_commit_seq",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "repository", "subject_hash"], name="default_commit_subject"),
            models.Index(fields=["organization", "repository", "patch_id"], name="default_commit_patch"),
            models.Index(fields=["organization", "pull_request"], name="default_commit_pull_request"),
            models.Index(
                fields=["organization", "repository"],
                name="default_commit_misplaced",
                condition=models.Q(applied_seq__isnull=False)
                & (models.Q(is_gone=True) | models.Q(seq__isnull=True) | ~models.Q(seq=models.F("applied_seq"))),
            ),
        ]


class FileOwners(OrganizationRow):
    """Of one file of the default branch: which commit last touched each line, run-length coded
    (`events.pulls.lines`); 0 is "unknown"."""

    repository = reference("events.Repository", related_name="+")
    # As long as an index row can hold in any script; longer ones are opaque.
    path = models.CharField(max_length=600)
    runs = models.BinaryField()

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "repository", "path"], name="file_owners_path"),
        ]


class LineRemoval(OrganizationRow):
    """Lines that one default-branch commit took away from another: churn, survival and AI lines alive. `lost`: lines
    whose owner it made unknown, for nobody can tell what it did to their file; where it copied a file, less than 0."""

    repository = reference("events.Repository", related_name="+")
    owner_seq = models.IntegerField(help_text="0: unknown")
    by_seq = models.IntegerField()
    lines = models.IntegerField()
    lost = models.IntegerField(default=0)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "repository", "owner_seq", "by_seq"], name="line_removal_once"
            ),
        ]
