"""What a person shows of themselves, and what was prepared for them. Rows of people, not of organizations.

Numbers are not stored here: they are read from the organizations of the person whenever they are shown. What is stored
is the person's own words, choices and badges.
"""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from teams.models import User

LONGEST_HANDLE: Final = 39
"""As on GitHub, so that everybody can keep theirs."""
LONGEST_BIO: Final = 200


class Audience(models.TextChoices):
    """Who may see a section: each of them, and those before it."""

    ME = "me", "Only me"
    ORGANIZATION = "organization", "My organizations"
    PUBLIC = "public", "Everybody"


class Section(models.TextChoices):
    """Parts of a profile that are shown or not, in their order on the page. Stored: never rename one."""

    ABOUT = "about", "About me"
    TOTALS = "totals", "Totals"
    ACTIVITY = "activity", "Contribution graph and streaks"
    MEASURES = "measures", "How I work with AI"
    MODELS = "models", "Models"
    TOKENS = "tokens", "Tokens by month"
    TASKS = "tasks", "What I use it for"
    BADGES = "badges", "Badges"
    REPOSITORIES = "repositories", "Pinned work"


class Profile(models.Model):
    """One person's profile. Nobody but the person sees anything of it while `is_published` is false."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")
    handle = models.CharField(max_length=LONGEST_HANDLE, unique=True)
    name = models.CharField(max_length=80, blank=True)
    bio = models.CharField(max_length=LONGEST_BIO, blank=True)
    links = models.JSONField(default=list, blank=True, help_text='[{"label": ..., "url": ...}, ...]')
    is_published = models.BooleanField(default=False)
    audiences = models.JSONField(default=dict, blank=True, help_text="Audience by section, where it is not the usual.")
    rest_days = ArrayField(
        models.SmallIntegerField(), default=list, blank=True, help_text="Days that break no streak: Monday is 0."
    )
    pinned = models.JSONField(
        default=list, blank=True, help_text='[{"organization": id, "repository": id}, ...] in their order.'
    )
    left_out = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Organizations that count in nothing shown.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, help_text="Of what is shown.")
    taken_back_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When data were deleted last: nothing older is shown."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(handle=Lower("handle")), name="profile_handle_is_lower")
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"


class FormerHandle(models.Model):
    """Where a profile was found before: it leads on, and nobody else may take it."""

    id = models.BigAutoField(primary_key=True)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="former_handles")
    handle = models.CharField(max_length=LONGEST_HANDLE, unique=True)
    left_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"@{self.handle}"


class EarnedBadge(models.Model):
    """A badge that the person's data earn now; it goes where they no longer do. `evidence`: what the badge's file
    tells of why, numbers and days only, never a name of a repository."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=60)
    earned_on = models.DateField()
    evidence = models.JSONField(default=dict)
    judged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "slug"], name="badge_once")]

    def __str__(self) -> str:
        return self.slug


class ExportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being prepared"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Export(models.Model):
    """A copy of all that is known of a person, prepared in the background and kept for a few days."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=ExportState, default=ExportState.WAITING)
    done = models.BigIntegerField(default=0)
    of = models.BigIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "asked_at"], name="export_by_user")]

    def __str__(self) -> str:
        return f"Export of {self.user}"


class ExportPart(models.Model):
    """A stretch of the file's bytes: web and worker may be different machines, with nothing but the database between
    them."""

    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_part_once")]

    def __str__(self) -> str:
        return f"Part {self.number}"
