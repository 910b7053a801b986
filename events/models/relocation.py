from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Relocation(models.Model):
    """Facts on their way from one contributor to another, after identities were moved: the row says what is left.

    Of one organization the oldest unfinished one is worked on, never two at once: a fact may have to go two ways.
    `is_whole`: everything of the giver goes, whatever name it came by, and so do sums that are older than the kept
    events.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey("teams.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    giver_id = models.BigIntegerField()
    taker_id = models.BigIntegerField()
    identity_ids = ArrayField(models.BigIntegerField())
    is_whole = models.BooleanField()
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    # All facts before this moment have been looked at.
    done_until = models.DateTimeField(null=True)
    moved = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "id"], name="relocation_in_organization")]
        indexes = [
            models.Index(
                fields=["organization", "id"],
                name="relocation_unfinished",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"relocation {self.pk}"

    @property
    def has_facts_left(self) -> bool:
        return self.done_until is not None and self.last_at is not None and self.done_until <= self.last_at

    @property
    def percent(self) -> int:
        """By time between the organization's first and last fact when it began."""
        if self.finished_at:
            return 100
        if not (self.first_at and self.last_at and self.done_until) or self.last_at <= self.first_at:
            return 0
        return max(0, min(99, round(100 * (self.done_until - self.first_at) / (self.last_at - self.first_at))))
