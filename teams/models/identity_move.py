"""What was done to whom data belong to, with all that is needed to undo it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from teams.models.organization import OrganizationRow
from teams.models.user import User


class MoveKind(models.TextChoices):
    MERGE = "merge", "Merged"
    SPLIT = "split", "Split"


class IdentityMove(OrganizationRow):
    """Identities that went from one contributor to another. Of a merge, which deletes the giver, `giver` holds what it
    was: name, user, time zone, whether it is a bot, keys and teams, so that undoing makes such a row again.

    Giver and taker have no constraint: both may be gone.
    """

    kind = models.CharField(max_length=16, choices=MoveKind)
    giver_id = models.BigIntegerField()
    taker_id = models.BigIntegerField()
    identity_ids = ArrayField(models.BigIntegerField())
    giver = models.JSONField(default=dict)
    label = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationRow.Meta):
        indexes = [models.Index(fields=["organization", "-at"], name="identity_move_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label}"


class DifferentPeople(OrganizationRow):
    """A person said that these two are not one, so nobody is asked again. `one_id` is the smaller."""

    one = models.ForeignKey(
        "teams.Contributor", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    other = models.ForeignKey(
        "teams.Contributor", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "different people"
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "one", "other"], name="different_people_once"),
        ]
        indexes = [models.Index(fields=["organization", "other"], name="different_people_other")]

    def __str__(self) -> str:
        return f"{self.one} is not {self.other}"
