"""Defects: what signalled one, which pull requests it is traced to, what people decided, and what that makes of each
pull request at each horizon."""

from typing import Final

from django.db import models
from django.utils import timezone

from events.models._rows import reference
from teams.models import OrganizationRow, User

HORIZONS: Final = (7, 30, 90)
"""Days after the merge."""


class SignalKind(models.TextChoices):
    REVERT = "revert", "Revert"
    FIX = "fix", "Bug fix"
    INCIDENT = "incident", "Incident"
    REPORT = "report", "Reported by a person"


class Tier(models.TextChoices):
    CONFIRMED = "confirmed", "Confirmed"
    PROBABLE = "probable", "Probable"
    POSSIBLE = "possible", "Possible"


class Incident(OrganizationRow):
    """What a team's incident system told: `POST /api/v1/incidents/`. No text of it. `cause`: SHA or #number."""

    external_id = models.CharField(max_length=200)
    url = models.URLField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    repository = reference("events.Repository", related_name="incidents")
    fix_number = models.IntegerField(null=True)
    cause_sha = models.CharField(max_length=64, blank=True)
    cause_number = models.IntegerField(null=True)
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "external_id"], name="incident_external"),
        ]

    def __str__(self) -> str:
        return self.external_id


class Defect(OrganizationRow):
    """One bug, once. `key` is its natural key in the repository: `issue:12`, `pull:45`, `revert:<sha>`,
    `incident:<id>`, `report:<id>`. Several signals of one bug (an issue fixed twice) are one defect."""

    repository = reference("events.Repository", related_name="defects")
    key = models.CharField(max_length=220)
    kind = models.CharField(max_length=10, choices=SignalKind)
    detected_at = models.DateTimeField()
    issue = reference("events.Issue", null=True, on_delete=models.SET_NULL, related_name="defects")
    fix = reference("events.PullRequest", null=True, on_delete=models.SET_NULL, related_name="fixes")
    fix_sha = models.CharField(max_length=64, blank=True)
    incident = reference("events.Incident", null=True, related_name="defects")
    # A revert of the revert within a day: nothing escaped.
    is_cancelled = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "repository", "key"], name="defect_key"),
        ]
        indexes = [
            models.Index(fields=["organization", "detected_at"], name="defect_by_time"),
            models.Index(fields=["organization", "fix"], name="defect_by_fix"),
        ]

    def __str__(self) -> str:
        return self.key


class DefectLink(OrganizationRow):
    """A defect traced to the pull request that brought it. `method`: stated, revert_sha, revert_number, revert_title,
    incident, traced, person. `weight`: 1/k where k pull requests have it. `facts`: lines and files of the trace.
    `decision`: what a person said; it is made of `DefectDecision` and survives making the links anew."""

    defect = reference("events.Defect", related_name="links")
    origin = reference("events.PullRequest", related_name="defect_links")
    origin_sha = models.CharField(max_length=64, blank=True)
    method = models.CharField(max_length=16)
    share = models.FloatField(null=True)
    probability = models.FloatField(null=True)
    tier = models.CharField(max_length=10, choices=Tier)
    weight = models.FloatField(default=1.0)
    lag_seconds = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    decision = models.CharField(max_length=10, blank=True)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "defect", "origin"], name="defect_link_once"),
        ]
        indexes = [models.Index(fields=["organization", "origin"], name="defect_link_of_origin")]


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", "Confirmed"
    REJECTED = "rejected", "Rejected"


class DefectDecision(OrganizationRow):
    """What a person decided of one defect and one pull request, by natural keys: the newest counts, none is deleted
    (taking a decision back is a row with an empty verdict). A report is a decision that made its own defect."""

    repository = reference("events.Repository", related_name="+")
    defect_key = models.CharField(max_length=220)
    origin = reference("events.PullRequest", related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    decided_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        indexes = [
            models.Index(fields=["organization", "origin", "defect_key", "decided_at"], name="defect_decision_newest")
        ]


class LinkDecision(OrganizationRow):
    """What a person decided of a session link (`session`) or of the class (`ai_class`) of a pull request."""

    pull_request = reference("events.PullRequest", related_name="+")
    session = reference("events.Session", null=True, related_name="+")
    ai_class = models.CharField(max_length=8, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    decided_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        indexes = [models.Index(fields=["organization", "pull_request", "decided_at"], name="link_decision_newest")]


class EscapeState(models.TextChoices):
    """Stronger ones last."""

    PENDING = "pending", "Window still open"
    CLEAN = "clean", "No defect"
    POSSIBLE = "possible", "Possible"
    PROBABLE = "probable", "Probable"
    CONFIRMED = "confirmed", "Confirmed"
    LEFT_OUT = "left_out", "Bots and backports don't count"


class Escape(OrganizationRow):
    """`compute_defect_escape` of one integrated pull request at one horizon. `due_at`: when its window closes; until
    then a clean one is pending. `weight`: sum of the weights of its counted (confirmed and probable) defects."""

    pull_request = reference("events.PullRequest", related_name="escapes")
    horizon_days = models.SmallIntegerField()
    version = models.SmallIntegerField()
    state = models.CharField(max_length=10, choices=EscapeState)
    due_at = models.DateTimeField()
    first_lag_seconds = models.BigIntegerField(null=True)
    defects = models.IntegerField(default=0)
    weight = models.FloatField(default=0.0)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "pull_request", "horizon_days"], name="escape_horizon"),
        ]
        indexes = [
            models.Index(
                fields=["organization", "due_at"], name="escape_pending", condition=models.Q(state=EscapeState.PENDING)
            )
        ]


class Chore(OrganizationRow):
    """Something left to do, written in the transaction that made it necessary; the queue is only a hint.

    Append-only: several rows of one (kind, key) are done at once and deleted together. One that fails is tried again
    after `not_before`, at last `is_dead`: shown in the admin, to be tried again there.
    """

    kind = models.CharField(max_length=20)
    key = models.BigIntegerField()
    attempts = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    is_dead = models.BooleanField(default=False)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        indexes = [
            models.Index(
                fields=["organization", "kind", "not_before"], name="chore_left", condition=models.Q(is_dead=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
