"""Reads of the pages of members. Rights and teams, never what anybody did."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from teams.models import Key, Membership, Organization, Team, TeamMembership


def members_of(
    organization: Organization, *, text: str = "", role: str = "", is_active: bool | None = None
) -> QuerySet[Membership]:
    """By name, with their users. Inside the tenant."""
    rows = Membership.objects.filter(organization=organization).select_related("user")
    if text:
        rows = rows.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    if role:
        rows = rows.filter(role=role)
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    return rows.order_by(Lower(Coalesce(NullIf(F("user__name"), Value("")), F("user__email"))), "id")


def teams_by_user(organization: Organization, user_ids: Iterable[int]) -> dict[int, list[TeamMembership]]:
    """User -> their places in teams, by name of the team. Inside the tenant."""
    rows = TeamMembership.objects.filter(organization=organization, contributor__user__in=list(user_ids))
    found = defaultdict(list)
    for row in rows.select_related("team", "contributor").order_by("team__name", "team_id"):
        found[row.contributor.user_id or 0].append(row)
    return found


def first_steps(organization: Organization) -> dict[str, bool]:
    """What an organization needs before it shows anything, and whether that is there. Inside the tenant."""
    return {
        "members": Membership.objects.filter(organization=organization)[1:2].exists(),
        "teams": Team.objects.filter(organization=organization).exists(),
        "keys": Key.objects.filter(organization=organization).exists(),
    }
