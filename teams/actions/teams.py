"""Teams, their tree, and who is in them.

Everything that changes the tree first takes the organization's lock of teams: two admins at once see each other's work
instead of making a ring, or two teams with one address.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.text import slugify

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import Contributor, Invitation, Organization, Team, TeamMembership, User

TEAMS_LOCK = 7002
"""First number of the advisory lock, the second is the organization. 7001 is the ledger's."""


class TeamRefusedError(ValueError):
    """The tree of teams can't be changed like that. Says why in words."""


def lock_teams(organization: Organization) -> None:
    """Until the end of the transaction nobody else changes the tree. Advisory, since there may be no row yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [TEAMS_LOCK, organization.id])


def create_team(
    *, organization: Organization, name: str, by: User | None, now: datetime, slug: str = "", parent: Team | None = None
) -> Team:
    """Without a slug one is made of the name.

    :raises ValidationError: for a name that can't be, and an address that is taken.
    :raises TeamRefusedError: when the parent has just been deleted.
    """
    with tenant(organization.id):
        lock_teams(organization)
        parent = _current(parent) if parent else None
        team = Team(organization=organization, name=name, parent=parent, created_at=now)
        team.slug = slug or slugify(name)[:63] or _free_slug(organization)
        _validate(team)
        team.save()
        audit.record(organization, "team.created", team, by=by, now=now, after=_facts(team))
    return team


def rename_team(*, team: Team, name: str, slug: str, by: User | None, now: datetime) -> Team:
    """:raises ValidationError: for an address that is taken. :raises TeamRefusedError: when the team is gone."""
    with tenant(team.organization_id):
        lock_teams(team.organization)
        current = _current(team)
        before = _facts(current)
        current.name, current.slug = name, slug
        if (after := _facts(current)) != before:
            _validate(current)
            current.save(update_fields=["name", "slug"])
            audit.record(current.organization, "team.renamed", current, by=by, now=now, before=before, after=after)
    return current


def nest_team(*, team: Team, parent: Team | None, by: User | None, now: datetime) -> Team:
    """Puts a team, with all below it, into another one or to the top.

    :raises TeamRefusedError: when it would come to lie inside itself, or one of the two is gone.
    """
    with tenant(team.organization_id):
        lock_teams(team.organization)
        current, above = _current(team), _current(parent) if parent else None
        before = _facts(current)
        if above and (path := _path_to_top(above, stop_at=current)):
            raise TeamRefusedError(f"{current.name} would be inside itself: {path}. Move {above.name} first.")
        current.parent = above
        if (after := _facts(current)) != before:
            current.save(update_fields=["parent"])
            audit.record(current.organization, "team.nested", current, by=by, now=now, before=before, after=after)
    return current


def delete_team(*, team: Team, by: User | None, now: datetime) -> bool:
    """Teams inside it go to where it was; people and their data stay. False when it was gone already."""
    with tenant(team.organization_id):
        lock_teams(team.organization)
        # In the order in which accepting takes them: the invitations first.
        list(Invitation.objects.select_for_update().filter(organization=team.organization, team=team).order_by("id"))
        # Whoever joins holds the row as well, so that nobody is put into a team that is going.
        Team.objects.select_for_update().filter(organization=team.organization, id=team.id).first()
        current = _found(team)
        if current is None:
            return False
        people = TeamMembership.objects.filter(organization=current.organization, team=current).count()
        children = Team.objects.filter(organization=current.organization, parent=current)
        before = {**_facts(current), "people": people, "teams_inside": sorted(child.name for child in children)}
        audit.record(current.organization, "team.deleted", current, by=by, now=now, before=before)
        for child in children:
            nest_team(team=child, parent=current.parent, by=by, now=now)
        current.delete()
    return True


def join_team(
    *, team: Team, contributor: Contributor, by: User | None, now: datetime, is_lead: bool = False
) -> TeamMembership:
    """Puts a person into a team, or changes whether they lead it.

    :raises TeamRefusedError: when the team or the person is gone.
    """
    with tenant(team.organization_id):
        _hold(team, contributor)
        row, is_new = TeamMembership.objects.select_for_update().get_or_create(
            organization=team.organization,
            team=team,
            contributor=contributor,
            defaults={"is_lead": is_lead, "created_at": now},
        )
        after = {"is_lead": is_lead}
        if is_new:
            audit.record(team.organization, "team.joined", row, by=by, now=now, before=None, after=after)
        elif row.is_lead != is_lead:
            before, row.is_lead = {"is_lead": row.is_lead}, is_lead
            row.save(update_fields=["is_lead"])
            audit.record(team.organization, "team.lead_changed", row, by=by, now=now, before=before, after=after)
    return row


def leave_team(*, team: Team, contributor: Contributor, by: User | None, now: datetime) -> bool:
    """The person is in the team no more; what they did stays. False when they weren't."""
    with tenant(team.organization_id):
        rows = TeamMembership.objects.filter(organization=team.organization, team=team, contributor=contributor)
        row = rows.select_for_update(of=("self",)).select_related("team", "contributor").first()
        if row is None:
            return False
        before = {"is_lead": row.is_lead}
        audit.record(team.organization, "team.left", row, by=by, now=now, before=before, after=None)
        row.delete()
    return True


def _found(team: Team) -> Team | None:
    rows = Team.objects.filter(organization=team.organization, id=team.id)
    return rows.select_related("organization", "parent").first()


def _current(team: Team) -> Team:
    """The team as it is now, under the lock: what was read before may be old."""
    found = _found(team)
    if found is None:
        raise TeamRefusedError(f"{team.name} was deleted meanwhile.")
    return found


def _validate(team: Team) -> None:
    others = Team.objects.filter(organization=team.organization, slug=team.slug).exclude(id=team.id)
    if other := others.first():
        raise ValidationError({"slug": f"The team “{other.name}” has the address t/{team.slug}/ already."})
    team.full_clean()


def _facts(team: Team) -> dict[str, str | None]:
    return {"name": team.name, "slug": team.slug, "parent": team.parent.name if team.parent else None}


def _path_to_top(team: Team, *, stop_at: Team) -> str:
    """In words how `team` lies inside `stop_at`, or "" where it doesn't. Never walks in circles."""
    rows = Team.objects.filter(organization=team.organization).values_list("id", "parent_id", "name")
    above = {team_id: (parent_id, name) for team_id, parent_id, name in rows}
    names: list[str] = []
    current: int | None = team.id
    while current in above and len(names) <= len(above):
        parent_id, name = above[current]
        names.append(name)
        if current == stop_at.id:
            return " in ".join([stop_at.name, *names])
        current = parent_id
    return ""


def _free_slug(organization: Organization) -> str:
    """For names without a letter that an address could be made of."""
    taken = set(Team.objects.filter(organization=organization, slug__startswith="team").values_list("slug", flat=True))
    candidates = ["team", *(f"team-{number}" for number in range(2, len(taken) + 2))]
    return next(slug for slug in candidates if slug not in taken)


def _hold(team: Team, contributor: Contributor) -> None:
    """Neither is deleted or merged until the end of the transaction: references are checked there only, too late for
    words."""
    people = Contributor.objects.filter(organization=team.organization, id=contributor.id)
    if people.select_for_update(no_key=True).first() is None:
        raise TeamRefusedError(f"{contributor.display_name} is gone: merged into somebody else, or deleted.")
    teams = Team.objects.filter(organization=team.organization, id=team.id)
    if teams.select_for_update(no_key=True).first() is None:
        raise TeamRefusedError(f"{team.name} was deleted meanwhile.")
