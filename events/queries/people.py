"""Groups of people: teams with everybody in them, and everybody. What of them may be shown: codecard.lib.lattice."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

Person = int
People = frozenset[Person]
NOBODY: People = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """A team with everybody in it and in the teams below it; bots left out."""

    id: int
    slug: str
    name: str
    people: People


# Indexes: team_slug_once_per_organization, team_membership_once, contributor_in_organization (organization first).
_TEAMS = """
    SELECT t.id, t.parent_id, t.slug, t.name,
           coalesce(array_agg(c.id) FILTER (WHERE c.id IS NOT NULL), '{}')
    FROM teams_team t
    LEFT JOIN teams_teammembership m ON m.organization_id = t.organization_id AND m.team_id = t.id
    LEFT JOIN teams_contributor c ON c.organization_id = t.organization_id AND c.id = m.contributor_id AND NOT c.is_bot
    WHERE t.organization_id = %s
    GROUP BY t.id ORDER BY t.name, t.id
"""
_EVERYBODY = "SELECT id FROM teams_contributor WHERE organization_id = %s AND NOT is_bot"
_CONTRIBUTORS = "SELECT count(*) FROM teams_contributor WHERE organization_id = %s AND NOT is_bot"


def groups_of(organization_id: int) -> list[Group]:
    """Every team of the organization, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_TEAMS, [organization_id])
        rows = cursor.fetchall()
    own = {team_id: frozenset(people) for team_id, _, _, _, people in rows}
    below: dict[int, list[int]] = {}
    for team_id, parent_id, *_ in rows:
        below.setdefault(parent_id or 0, []).append(team_id)
    return [Group(team_id, slug, name, _everybody(team_id, own, below)) for team_id, _, slug, name, _ in rows]


def _everybody(team_id: int, own: Mapping[int, People], below: Mapping[int, list[int]]) -> People:
    """Walks with a memory of where it was: a ring of parents must not hang a page."""
    found, waiting = set[int](), [team_id]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += below.get(current, ())
    return frozenset[int]().union(*(own[current] for current in found))


def everybody_of(organization_id: int) -> People:
    """All contributors; bots left out."""
    with connection.cursor() as cursor:
        cursor.execute(_EVERYBODY, [organization_id])
        return frozenset(number for (number,) in cursor.fetchall())


def number_of_people(organization_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CONTRIBUTORS, [organization_id])
        return int(cursor.fetchone()[0])


def floor_for(group: Group, floor: int, viewer: Person | None) -> int:
    """The floor does not hide a selection that is only oneself."""
    return 1 if group.people == {viewer} else floor
