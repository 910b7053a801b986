from django.db import models
from django.utils import timezone

from teams.models.contributor import Contributor
from teams.models.organization import OrganizationRow


class Team(OrganizationRow):
    parent = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="children",
    )
    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=150)
    # The team of a GitHub organization that this one was imported from: a rename there renames it here.
    github_id = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "slug"], name="team_slug_once_per_organization"),
            models.UniqueConstraint(fields=["organization", "github_id"], name="team_once_per_github_team"),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="team_is_not_its_own_parent"),
        ]
        indexes = [models.Index(fields=["organization", "parent"], name="team_children")]

    def __str__(self) -> str:
        return self.name


class TeamMembership(OrganizationRow):
    """Holds contributors, not users: people who never signed in belong to a team too (ADR 0003).

    `is_lead` gives rights only to a contributor whose user is a member with the role of a lead.
    """

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="memberships"
    )
    contributor = models.ForeignKey(
        Contributor, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="team_memberships"
    )
    is_lead = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "team", "contributor"], name="team_membership_once"),
        ]
        indexes = [models.Index(fields=["organization", "contributor"], name="team_membership_of_contributor")]

    def __str__(self) -> str:
        return f"{self.contributor} in {self.team}"
