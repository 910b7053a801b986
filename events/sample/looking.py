"""Looking around in the sample as each of its roles, without a sign-in for each."""

from events.simulation.people import DOMAIN
from teams.models import Membership, Organization, Role, User


def person_with(organization: Organization, role: Role) -> User | None:
    """The first of the sample's invented people who has a role; None for any other organization. Inside the tenant."""
    if not organization.is_sample:
        return None
    rows = Membership.objects.filter(organization=organization, role=role, is_active=True, user__is_active=True)
    member = rows.filter(user__email__endswith=f"@{DOMAIN}").select_related("user").order_by("id").first()
    return member.user if member else None
