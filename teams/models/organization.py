"""The tenant, and what every row of a tenant has in common."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from teams.time_zones import LONGEST_NAME, validate_time_zone

LOWEST_PRIVACY_FLOOR, HIGHEST_PRIVACY_FLOOR = 3, 50


class CostVisibility(models.TextChoices):
    ADMINS = "admins", "Owners and admins"
    MEMBERS = "members", "All members"


class Organization(models.Model):
    """A company, or one person alone. Has no row wall itself: sweeps walk this table and enter each tenant."""

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=63, unique=True)
    # Where it was found before it was renamed: nobody else may take these, and its members are sent on.
    former_slugs = ArrayField(models.SlugField(max_length=63), default=list, db_default=[], blank=True)
    name = models.CharField(max_length=150)
    time_zone = models.CharField(max_length=LONGEST_NAME, default="UTC", validators=[validate_time_zone])
    is_personal = models.BooleanField(default=False)
    is_sample = models.BooleanField(default=False)
    privacy_floor = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(LOWEST_PRIVACY_FLOOR), MaxValueValidator(HIGHEST_PRIVACY_FLOOR)],
        help_text="The fewest people whose numbers may be shown together.",
    )
    # Told to every member for 30 days, since it changes what can be seen of them.
    privacy_floor_before = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    privacy_floor_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When an owner asked whether all members agree to see numbers of the whole, however few they are; None: not asked.
    small_team_since = models.DateTimeField(null=True, blank=True, editable=False)
    allows_publication = models.BooleanField(
        default=True,
        db_default=True,
        verbose_name="work done here may be published",
        help_text="Off: nothing that members do here counts in what they publish of themselves.",
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: events are kept."
    )
    cost_visibility = models.CharField(max_length=16, choices=CostVisibility, default=CostVisibility.ADMINS)
    stores_titles = models.BooleanField(
        default=False,
        db_default=False,
        verbose_name="keep titles of pull requests and issues",
        help_text="Off: pages show numbers only. Texts of messages, comments and changes are never kept.",
    )
    opens_prompts = models.BooleanField(
        default=False,
        db_default=False,
        verbose_name="show single prompts on pull request pages",
        help_text="Off: when each prompt was made is shown to the author alone. All members can read this policy.",
    )
    settings = models.JSONField(default=dict, blank=True)
    # Raised by whatever changes whom an event belongs to or on which day it falls; the ledger's caches name it.
    identity_epoch = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set while somebody wants it gone; until then all goes on, so that changing one's mind loses nothing.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(privacy_floor__range=(LOWEST_PRIVACY_FLOOR, HIGHEST_PRIVACY_FLOOR)),
                name="organization_privacy_floor_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(retention_days__isnull=True) | models.Q(retention_days__gte=1),
                name="organization_retention_is_a_day_or_more",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrganizationRow(models.Model):
    """Base of every row that belongs to one organization and stands behind its wall.

    References between such rows lead with the organization: the field has `db_constraint=False, db_index=False`, and
    the migration adds `walls.tenant_foreign_key`, which needs the unique constraint below.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, db_index=False, related_name="+")
    organization_id: int

    class Meta:
        abstract = True
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organization", "id"], name="%(class)s_in_organization")
        ]
