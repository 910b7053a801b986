"""A person as data know them, whether they ever signed in or not."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from teams.models.organization import OrganizationRow
from teams.models.user import User
from teams.time_zones import LONGEST_NAME, validate_time_zone

LONGEST_IDENTITY = 320


class Contributor(OrganizationRow):
    """One person of one organization, unclaimed while `user` is empty. A merge moves all and deletes the loser."""

    display_name = models.CharField(max_length=200)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="contributors")
    time_zone = models.CharField(
        max_length=LONGEST_NAME, blank=True, validators=[validate_time_zone], help_text="Empty: the organization's."
    )
    is_bot = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "user"], name="contributor_once_per_user"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_claimed(self) -> bool:
        return self.user_id is not None


class IdentityKind(models.TextChoices):
    EMAIL = "email", "E-mail address"
    GITHUB = "github", "GitHub login"
    TOOL_USER = "tool_user", "User id of a tool"
    GIT_AUTHOR = "git_author", "Git author"
    KEY = "key", "Key"


class Identity(OrganizationRow):
    """A name by which one source of data calls a contributor. `value` is lower case; see `teams.identities`."""

    contributor = models.ForeignKey(
        Contributor, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="identities"
    )
    kind = models.CharField(max_length=16, choices=IdentityKind)
    value = models.CharField(max_length=LONGEST_IDENTITY)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    # Tools that told this name, the newest last.
    sources = ArrayField(models.CharField(max_length=64), default=list, db_default=[], blank=True)
    # A person said whose this is: nothing moves it by itself any more.
    is_fixed = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "identities"
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "kind", "value"], name="identity_once_per_organization"),
            models.CheckConstraint(condition=~models.Q(value=""), name="identity_has_a_value"),
        ]
        indexes = [models.Index(fields=["organization", "contributor"], name="identity_of_contributor")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"
