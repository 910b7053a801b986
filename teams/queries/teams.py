"""Reads of the pages about teams. All inside the tenant, all with a constant number of statements."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from teams.models import Contributor, Identity, IdentityKind, Membership, Organization, Role, Team, TeamMembership

LEADING_ROLES = (Role.LEAD, Role.ADMIN, Role.OWNER)
PAGE = 50
MOST_FOUND = 20
# What a person is told apart by on a page; ids of tools and keys say nothing to a reader.
_SHOWN_KINDS = (IdentityKind.EMAIL, IdentityKind.GITHUB)


class Node(NamedTuple):
    """A team at its place in the tree."""

    team: Team
    depth: int
    people: int
    leads: int
    """How many lead it in fact: marked here, and with the role of a lead."""

    @property
    def indent(self) -> range:
        """For templates: one step per level, eight at most so that a phone can show it."""
        return range(min(self.depth, 8))


class Person(NamedTuple):
    """A contributor as the pages of a team show them."""

    contributor: Contributor
    names: Sequence[str]
    role: str
    """Of their membership, in words; "" where they are no member."""
    is_member: bool
    """Of the team."""
    is_marked: bool
    """As its lead."""
    is_lead: bool
    """In fact: marked, and with the role of a lead."""


def team_tree(organization: Organization) -> list[Node]:
    """Every team, parents before their children, those beside each other by name."""
    below: dict[int | None, list[Team]] = {}
    teams = list(Team.objects.filter(organization=organization).order_by("name", "id"))
    for team in teams:
        below.setdefault(team.parent_id, []).append(team)
    counts = _counts(organization)
    ordered = list(_walk(below))
    # A ring can't be made here, but would hide its teams from the walk; they must stay in reach to be mended.
    reached = {team.id for team, _ in ordered}
    ordered += [(team, 0) for team in teams if team.id not in reached]
    return [Node(team, depth, *counts.get(team.id, (0, 0))) for team, depth in ordered]


def _walk(below: dict[int | None, list[Team]]) -> Iterable[tuple[Team, int]]:
    waiting = [(team, 0) for team in reversed(below.get(None, []))]
    while waiting:
        team, depth = waiting.pop()
        yield team, depth
        waiting += [(child, depth + 1) for child in reversed(below.get(team.id, []))]


def _counts(organization: Organization) -> dict[int, tuple[int, int]]:
    leaders = Membership.objects.filter(organization=organization, is_active=True, role__in=LEADING_ROLES)
    is_lead = Q(is_lead=True, contributor__user__in=leaders.values("user"))
    rows = TeamMembership.objects.filter(organization=organization).values("team_id")
    counted = rows.annotate(people=Count("id"), leads=Count("id", filter=is_lead))
    return {row["team_id"]: (row["people"], row["leads"]) for row in counted}


def team_by_slug(organization: Organization, slug: str) -> Team | None:
    rows = Team.objects.filter(organization=organization, slug=slug)
    return rows.select_related("organization", "parent").first()


def team_lines(organization: Organization) -> Iterable[tuple[str, str, str, str, str]]:
    """Every team with its parent, and once for each of its people, with their address, login and "yes" for a lead: as
    an import reads it."""
    rows = TeamMembership.objects.filter(organization=organization).select_related("contributor__user")
    people: dict[int, list[TeamMembership]] = {}
    for row in rows.order_by("-is_lead", "contributor__display_name", "id"):
        people.setdefault(row.team_id, []).append(row)
    names: dict[tuple[int, str], str] = {}
    identities = Identity.objects.filter(organization=organization, kind__in=_SHOWN_KINDS)
    for contributor_id, kind, value in identities.order_by("id").values_list("contributor_id", "kind", "value"):
        names.setdefault((contributor_id, kind), value)
    tree = team_tree(organization)
    called = {node.team.id: node.team.name for node in tree}
    for node in tree:
        parent = called.get(node.team.parent_id or 0, "")
        for row in people.get(node.team.id, []):
            email = names.get((row.contributor_id, IdentityKind.EMAIL), "")
            github = names.get((row.contributor_id, IdentityKind.GITHUB), "")
            yield node.team.name, parent, email, github, "yes" if row.is_lead else "no"
        if node.team.id not in people:
            yield node.team.name, parent, "", "", ""


def possible_parents(organization: Organization, team: Team | None = None) -> list[Node]:
    """Every team that this one could be put into: all but itself and those inside it."""
    found, inside_from = [], None
    for node in team_tree(organization):
        if inside_from is not None and node.depth > inside_from:
            continue
        inside_from = node.depth if team and node.team.id == team.id else None
        if inside_from is None:
            found.append(node)
    return found


def people_in(team: Team, number: str | None) -> Page[Person]:
    """One page of the team's people: leads first, then by name."""
    rows = TeamMembership.objects.filter(organization=team.organization_id, team=team).select_related("contributor")
    page: Page[Any] = Paginator(rows.order_by("-is_lead", "contributor__display_name", "id"), PAGE).get_page(number)
    memberships = list(page.object_list)
    page.object_list = _people(team, [row.contributor for row in memberships], memberships)
    return page


def find_people(team: Team, text: str) -> tuple[list[Person], bool]:
    """Contributors whose name, address or login holds the text, and whether there are more than are shown."""
    if not (text := text.replace("\x00", "").strip()):
        return [], False
    organization = team.organization_id
    named = Identity.objects.filter(organization=organization, kind__in=_SHOWN_KINDS, value__contains=text.lower())
    rows: QuerySet[Contributor] = Contributor.objects.filter(
        Q(display_name__icontains=text) | Q(id__in=named.values("contributor")), organization=organization
    )
    found = list(rows.order_by("display_name", "id")[: MOST_FOUND + 1])
    shown = found[:MOST_FOUND]
    memberships = TeamMembership.objects.filter(organization=organization, team=team, contributor__in=shown)
    return _people(team, shown, list(memberships)), len(found) > MOST_FOUND


def _people(team: Team, contributors: list[Contributor], memberships: list[TeamMembership]) -> list[Person]:
    organization = team.organization_id
    names: dict[int, list[str]] = {}
    identities = Identity.objects.filter(organization=organization, contributor__in=contributors, kind__in=_SHOWN_KINDS)
    for contributor_id, value in identities.order_by("kind", "value").values_list("contributor_id", "value"):
        names.setdefault(contributor_id, []).append(value)
    users = [contributor.user_id for contributor in contributors if contributor.user_id]
    roles = dict(
        Membership.objects.filter(organization=organization, user__in=users, is_active=True).values_list(
            "user_id", "role"
        )
    )
    marks = {row.contributor_id: row.is_lead for row in memberships}
    return [
        Person(
            contributor=one,
            names=names.get(one.id, [])[:3],
            role=str(Role(roles[one.user_id]).label) if one.user_id in roles else "",
            is_member=one.id in marks,
            is_marked=marks.get(one.id, False),
            is_lead=marks.get(one.id, False) and roles.get(one.user_id or 0) in LEADING_ROLES,
        )
        for one in contributors
    ]
