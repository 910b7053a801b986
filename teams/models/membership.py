"""What a user may do in an organization."""

from django.db import models
from django.utils import timezone

from teams.models.organization import OrganizationRow
from teams.models.user import User


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    LEAD = "lead", "Lead"
    DEVELOPER = "developer", "Developer"
    VIEWER = "viewer", "Viewer"


class Membership(OrganizationRow):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.DEVELOPER)
    is_active = models.BooleanField(default=True)
    # To what `Organization.small_team_since` asks; gone with the membership, and when nobody asks any more.
    agreed_small_team_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once_per_organization"),
        ]

    @property
    def role_choices(self) -> list[tuple[str, str]]:
        """For templates."""
        return Role.choices

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
