from datetime import datetime

from django.db import models
from django.utils import timezone

from teams.models.membership import Role
from teams.models.organization import OrganizationRow
from teams.models.team import Team
from teams.models.user import LowerEmailField, User


class Invitation(OrganizationRow):
    """A link that makes whoever opens it a member; with an e-mail address, only its holder. Found by the digest."""

    email = LowerEmailField(max_length=254, blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.DEVELOPER)
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, db_constraint=False, db_index=False, related_name="+"
    )
    digest = models.BinaryField(max_length=32)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    # A link without an address can be meant for several people.
    most_uses = models.PositiveSmallIntegerField(default=1, db_default=1)
    uses = models.PositiveSmallIntegerField(default=0, db_default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "digest"], name="invitation_digest_once"),
        ]
        indexes = [models.Index(fields=["digest"], name="invitation_by_digest")]
        ordering = ["-created_at", "-id"]

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at and self.uses < self.most_uses

    def __str__(self) -> str:
        return f"Invitation of {self.email or 'anybody'} as {self.get_role_display()}"
