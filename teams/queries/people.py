"""Reads of the people's pages: by which names data know somebody, who told them and when last, never what anybody did.

All inside the tenant.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from teams.matching import Match
from teams.models import Contributor, DifferentPeople, Identity, IdentityKind, Key, Organization, TeamMembership

STATES = {
    "unclaimed": "Nobody has claimed them",
    "claimed": "Signed in",
    "bots": "Bots",
    "no_team": "In no team",
}
SHOWN_IN_A_LIST = 2


class Name(NamedTuple):
    """An identity in words: a key that stands for itself is told by its name, not by its number."""

    identity: Identity
    words: str


@dataclass(frozen=True)
class PersonRow:
    person: Contributor
    names: list[Name]
    teams: list[TeamMembership]

    @property
    def first_names(self) -> list[Name]:
        return self.names[:SHOWN_IN_A_LIST]

    @property
    def more_names(self) -> int:
        return max(0, len(self.names) - SHOWN_IN_A_LIST)

    @property
    def sources(self) -> list[str]:
        return sorted({source for name in self.names for source in name.identity.sources})

    @property
    def last_seen_at(self) -> datetime | None:
        return max((name.identity.last_seen_at for name in self.names if name.identity.last_seen_at), default=None)


class Suggestion(NamedTuple):
    """Two who look like one. If they are merged, `goes` becomes `stays`."""

    match: Match
    goes: PersonRow
    stays: PersonRow


def people_found(organization: Organization, *, text: str = "", state: str = "") -> QuerySet[Contributor]:
    """By name, with their users. `text` is looked for in names, identities and addresses of accounts; `state` is one
    of `STATES`."""
    # Users in a query of their own: joined, thousands of wide rows would be sorted for a page of fifty.
    rows = Contributor.objects.filter(organization=organization).prefetch_related("user")
    if text:
        # Identities are lower case. Not a join: a person with two that match would stand there twice.
        named = Identity.objects.filter(organization=organization, value__contains=text.lower())
        named = named.exclude(kind=IdentityKind.KEY)
        is_called = Q(display_name__icontains=text) | Q(user__email__icontains=text)
        rows = rows.filter(is_called | Q(id__in=named.values("contributor")))
    if state == "unclaimed":
        rows = rows.filter(user=None, is_bot=False)
    elif state == "claimed":
        rows = rows.filter(user__isnull=False)
    elif state == "bots":
        rows = rows.filter(is_bot=True)
    elif state == "no_team":
        in_teams = TeamMembership.objects.filter(organization=organization)
        rows = rows.filter(~Q(id__in=in_teams.values("contributor")), is_bot=False)
    return rows.order_by(Lower("display_name"), "id")


def with_names(organization: Organization, people: Iterable[Contributor]) -> list[PersonRow]:
    """The same people in the same order, three queries however many they are."""
    people = list(people)
    ids = [person.id for person in people]
    names, teams = defaultdict(list), defaultdict(list)
    identities = Identity.objects.filter(organization=organization, contributor__in=ids)
    for name in in_words(organization, list(identities.order_by("kind", "value"))):
        names[name.identity.contributor_id].append(name)
    places = TeamMembership.objects.filter(organization=organization, contributor__in=ids).select_related("team")
    for place in places.order_by("team__name", "team_id"):
        teams[place.contributor_id].append(place)
    return [PersonRow(person, names[person.id], teams[person.id]) for person in people]


def in_words(organization: Organization, identities: Sequence[Identity]) -> list[Name]:
    numbers = [int(row.value) for row in identities if row.kind == IdentityKind.KEY]
    keys = {str(key.id): str(key) for key in Key.objects.filter(organization=organization, id__in=numbers)}
    return [
        Name(row, keys.get(row.value, "deleted") if row.kind == IdentityKind.KEY else row.value) for row in identities
    ]


def suggestions_of(organization: Organization, matches: Sequence[Match]) -> list[Suggestion]:
    """Both sides of each match, without those where one is gone by now."""
    if not matches:
        return []
    ids = {one for match in matches for one in (match.one_id, match.other_id)}
    people = Contributor.objects.filter(organization=organization, id__in=ids).select_related("user")
    rows = {row.person.id: row for row in with_names(organization, people)}
    found = []
    for match in matches:
        one, other = rows.get(match.one_id), rows.get(match.other_id)
        if one and other:
            found.append(Suggestion(match, *by_direction(other, one)))
    return found


def by_direction(goes: PersonRow, stays: PersonRow) -> tuple[PersonRow, PersonRow]:
    """Who goes and who stays: the one who signed in stays, whatever was wished."""
    must_swap = goes.person.is_claimed and not stays.person.is_claimed
    return (stays, goes) if must_swap else (goes, stays)


def told_apart(organization: Organization) -> QuerySet[DifferentPeople]:
    """Pairs that somebody said are two people, the newest first."""
    rows = DifferentPeople.objects.filter(organization=organization).select_related("one", "other")
    return rows.order_by("-at", "-id")
