from django.db import models
from django.utils import timezone

from teams.models.organization import Organization, OrganizationRow
from teams.models.user import User


class AuditEntry(OrganizationRow):
    """Who did what to what, and from where. Append-only: no role of the database but the owner may change a row.

    Hence no constraint to user and organization, whose deletion would have to change or delete entries: they outlive
    both, and the labels say who and what it was.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    actor_label = models.CharField(max_length=300)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta(OrganizationRow.Meta):
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "-at"], name="audit_by_time"),
            models.Index(fields=["organization", "object_type", "object_id"], name="audit_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label}: {self.action} {self.object_label}"
