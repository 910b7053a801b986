"""Groups of people, and the privacy floor under every number of a group.

Numbers of groups exist on a fixed lattice only: whole weeks x team x at most one further dimension. A cell of fewer
people with data than the floor is never shown, and neither is one that could be subtracted from another to leave fewer.
A longer period is nothing but the sum of its open weeks, so that no two periods can be subtracted either.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection

Part = TypeVar("Part")
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


def overlapping(group: Group, groups: Iterable[Group]) -> list[Group]:
    """The other groups that could be subtracted from this one: some of their people are in it, but not all of its are
    in them."""
    return [other for other in groups if other.people & group.people and not other.people >= group.people]


def floor_for(group: Group, floor: int, viewer: Person | None) -> int:
    """The floor does not hide a selection that is only oneself."""
    return 1 if group.people == {viewer} else floor


def is_open(people: Set[Person], others: Iterable[Set[Person]], floor: int) -> bool:
    """Whether a number of these people may be shown, where those of `others` can be seen as well.

    Of nobody there is nothing to hide. What lies within is subtracted one by one and all together.
    """
    if not people:
        return True
    if len(people) < floor:
        return False
    inside = [other for other in others if floor <= len(other) < len(people) and other <= people]
    rests = [people - other for other in inside]
    if inside:
        rests.append(people - set[Person]().union(*inside))
    return all(not rest or len(rest) >= floor for rest in rests)


def withheld_parts(parts: Mapping[Part, Set[Person]], floor: int, *, closed: Collection[Part] = ()) -> set[Part]:
    """Which parts of a total that is shown must be merged into one row "withheld", so that it holds enough people.

    All under the floor and all `closed` for another reason; and if they are fewer than the floor together, the next
    smallest as well: otherwise the total less the other rows would be their number.
    """
    merged = {part for part, people in parts.items() if people and (len(people) < floor or part in closed)}
    hidden = set[Person]().union(*(parts[part] for part in merged))
    rising = sorted((part for part in parts if parts[part] and part not in merged), key=lambda part: len(parts[part]))
    for part in rising:
        if not merged or len(hidden) >= floor:
            break
        merged.add(part)
        hidden |= parts[part]
    return merged
