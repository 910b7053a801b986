"""Named reads. Those that come before a tenant is known open the narrow look-ups themselves."""

from typing import Final, NamedTuple

from codecard.lib.tenant import by_digest, by_user, rows_of_user
from teams.models import Contributor, Identity, Key, Membership, Organization, Role, Team, TeamMembership, User


def key_by_digest(digest: bytes) -> Key | None:
    """The key with this digest in whichever organization, revoked and expired ones included."""
    with by_digest(digest):
        return Key.objects.filter(digest=digest).first()


def memberships_of(user: User) -> list[Membership]:
    """The user's active memberships with their organizations, by name of the organization."""
    with by_user(user.id):
        rows = Membership.objects.filter(user=user, is_active=True).select_related("organization")
        return list(rows.order_by("organization__name", "organization_id"))


def publications_of(user_id: int) -> str:
    """Whose work counts, in one word that changes with it: the organizations of the user's active memberships, whether
    each allows that what is done in it is published, and who the user is in data. Asked for every embedded picture, so
    by hand: Django takes as long to write such a statement as to run ten."""
    [[told]] = rows_of_user(user_id, f"SELECT {PUBLICATIONS.format(user='%(user)s')}", {"user": user_id})
    return str(told)


PUBLICATIONS: Final = """concat_ws(';', (
    SELECT string_agg(o.id || ' ' || o.allows_publication, ',' ORDER BY o.id)
    FROM teams_membership m JOIN teams_organization o ON o.id = m.organization_id
    WHERE m.user_id = {user} AND m.is_active), (
    SELECT string_agg(c.id::text, ',' ORDER BY c.id) FROM teams_contributor c WHERE c.user_id = {user}))"""
"""As SQL, for whoever asks for more at once; as `rows_of_user` of that user."""


def membership_of(user: User, slug: str) -> Membership | None:
    """The user's active membership in one organization, with the organization."""
    with by_user(user.id):
        rows = Membership.objects.filter(user=user, is_active=True, organization__slug=slug)
        return rows.select_related("organization").first()


def teams_of(organization: Organization) -> list[tuple[str, str]]:
    """Slug and name of every team, by name. Inside the tenant."""
    return list(Team.objects.filter(organization=organization).order_by("name", "id").values_list("slug", "name"))


def contributor_of(organization: Organization, user: User) -> Contributor | None:
    """The person that a user is in the data of an organization. Inside the tenant."""
    return Contributor.objects.filter(organization=organization, user=user).first()


def teams_led_by(organization: Organization, user: User) -> set[int]:
    """Ids of the teams that a user leads: as a contributor, and as a member with the role of a lead or above.
    Inside the tenant."""
    leading = (Role.LEAD, Role.ADMIN, Role.OWNER)
    if not Membership.objects.filter(organization=organization, user=user, is_active=True, role__in=leading).exists():
        return set()
    led = TeamMembership.objects.filter(organization=organization, is_lead=True, contributor__user=user)
    return set(led.values_list("team_id", flat=True))


class Person(NamedTuple):
    contributor: Contributor
    identities: list[Identity]


def people_of(organization: Organization) -> list[Person]:
    """Every contributor with their identities, by name. Inside the tenant."""
    rows = Contributor.objects.filter(organization=organization).prefetch_related("identities")
    return [Person(row, list(row.identities.all())) for row in rows.order_by("display_name", "id")]


def own_people(user: User) -> list[Contributor]:
    """Who the user is in the data of each organization that they are a member of, with the organization, by its id."""
    with by_user(user.id):
        mine = Membership.objects.filter(user=user, is_active=True).values_list("organization_id", flat=True)
        rows = Contributor.objects.filter(user=user, organization_id__in=list(mine))
        return list(rows.select_related("organization").order_by("organization_id", "id"))
