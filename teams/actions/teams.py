"""Teams, and who is in them."""

from datetime import datetime

from django.utils.text import slugify

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import Contributor, Organization, Team, TeamMembership, User


def create_team(
    *, organization: Organization, name: str, by: User | None, now: datetime, slug: str = "", parent: Team | None = None
) -> Team:
    with tenant(organization.id):
        team = Team(
            organization=organization, name=name, slug=slug or slugify(name) or "team", parent=parent, created_at=now
        )
        team.full_clean()
        team.save()
        audit.record(organization, "team.created", team, by=by, now=now)
    return team


def join_team(
    *, team: Team, contributor: Contributor, by: User | None, now: datetime, is_lead: bool = False
) -> TeamMembership:
    """Puts a person into a team, or changes whether they lead it."""
    with tenant(team.organization_id):
        row, is_new = TeamMembership.objects.get_or_create(
            organization=team.organization,
            team=team,
            contributor=contributor,
            defaults={"is_lead": is_lead, "created_at": now},
        )
        if is_new or row.is_lead != is_lead:
            row.is_lead = is_lead
            row.save(update_fields=["is_lead"])
            audit.record(team.organization, "team.joined", row, by=by, now=now, after={"is_lead": is_lead})
    return row
