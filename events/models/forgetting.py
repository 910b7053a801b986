from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from teams.models import OrganizationRow


class TombstoneKind(models.TextChoices):
    DELETED = "deleted", "Deleted by its person"
    PAUSED = "paused", "Paused by its person"


class Tombstone(OrganizationRow):
    """A stretch of time of which nothing is stored of somebody, because they deleted it or paused.

    `subjects`: keyed hashes of the names by which it would come (`events.ledger.tombstones`); nothing else here tells
    whose it is. `from_at` None: since ever. `until_at` None: until further notice.
    """

    kind = models.CharField(max_length=8, choices=TombstoneKind)
    subjects = ArrayField(models.CharField(max_length=32))
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"tombstone {self.pk}"


class Deletion(OrganizationRow):
    """Everything of one person on its way out: the row says what is left, and goes with the last of it.

    `user_id`: who asked, and may look at how far it is. `done_until`: all facts before this moment are gone.
    """

    contributor_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    tombstone = models.ForeignKey(
        Tombstone, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    done_until = models.DateTimeField(null=True)
    gone = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "contributor_id"], name="deletion_once"),
        ]

    def __str__(self) -> str:
        return f"deletion {self.pk}"

    @property
    def has_facts_left(self) -> bool:
        return self.done_until is not None and self.last_at is not None and self.done_until <= self.last_at

    @property
    def percent(self) -> int:
        """By time between the organization's first and last fact when it began."""
        if not (self.first_at and self.last_at and self.done_until) or self.last_at <= self.first_at:
            return 0
        return max(0, min(99, round(100 * (self.done_until - self.first_at) / (self.last_at - self.first_at))))
