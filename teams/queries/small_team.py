"""An organization of fewer than five people may see numbers of the whole: an owner asked, and every member agreed."""

from typing import Final, NamedTuple

from django.db.models import Count, F, Q

from teams.models import Contributor, Membership, Organization

TOO_MANY: Final = 5
"""From so many people on nobody has to see less than the whole, and the mode ends by itself."""


class SmallTeam(NamedTuple):
    """`people`: contributors without bots, whether they ever signed in or not; five means five or more. `members`: who
    can sign in, of any role. `agreed`: how many of those did; who, no page tells."""

    is_asked: bool
    people: int
    members: int
    agreed: int

    @property
    def is_few(self) -> bool:
        return self.people < TOO_MANY

    @property
    def is_shown(self) -> bool:
        """Whether there is something to say of it: the floor never hides what is only one's own."""
        return self.is_asked or 1 < self.people < TOO_MANY

    @property
    def is_on(self) -> bool:
        """Judged anew each time: it ends with a fifth person, with a member who did not agree yet, with one who takes
        it back, and when no owner asks any more."""
        return self.is_asked and self.is_few and self.agreed == self.members


def small_team_of(organization: Organization) -> SmallTeam:
    """As it is now, whatever the row in hand says. Inside the tenant. Indexes: membership_once_per_organization,
    contributor_in_organization."""
    since = Organization.objects.values_list("small_team_since", flat=True).get(id=organization.id)
    people = Contributor.objects.filter(organization=organization, is_bot=False)[:TOO_MANY]
    active = Membership.objects.filter(organization=organization, is_active=True)
    agreed = Q(agreed_small_team_at__gte=F("organization__small_team_since"))
    members = active.aggregate(all=Count("id"), agreed=Count("id", filter=agreed))
    return SmallTeam(since is not None, len(people), members["all"], members["agreed"])


def is_small_team(organization: Organization) -> bool:
    """Whether all members see numbers of whole groups, however few people those are of.

    Never a split of them (by task type, model, tool, repository, person): with so few people it would isolate one. A
    team of one person is such a split, too, and so is a team of all but one.
    Inside the tenant. Costs nothing where nobody asked.
    """
    return organization.small_team_since is not None and small_team_of(organization).is_on
