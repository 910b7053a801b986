"""Many suggestions accepted at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from codecard.lib.tenant import tenant
from teams.actions.people import merge_by_hand
from teams.merging import MergeRefusedError
from teams.models import Contributor, DifferentPeople, Organization, User


class Done(NamedTuple):
    merged: int
    refused: list[str]
    """Why others were not merged, in sentences."""


class _Gathered:
    """Who has become one person on the way, so that chains (A is B, B is C) end in one and what was told apart stays
    apart however long the chain."""

    def __init__(self, organization: Organization) -> None:
        rows = DifferentPeople.objects.filter(organization=organization)
        self._apart = {frozenset(pair) for pair in rows.values_list("one_id", "other_id")}
        self._winners: dict[int, Contributor] = {}
        self._members: dict[int, set[int]] = {}

    def now(self, person: Contributor) -> Contributor:
        while person.id in self._winners:
            person = self._winners[person.id]
        return person

    def members(self, person: Contributor) -> set[int]:
        return self._members.setdefault(person.id, {person.id})

    def are_told_apart(self, one: Contributor, other: Contributor) -> bool:
        return any(frozenset((a, b)) in self._apart for a in self.members(one) for b in self.members(other))

    def join(self, loser: Contributor, winner: Contributor) -> None:
        self._winners[loser.id] = winner
        self.members(winner).update(self.members(loser))


def merge_suggested(
    *,
    organization: Organization,
    pairs: Iterable[tuple[Contributor, Contributor]],
    by: User,
    now: datetime,
) -> Done:
    """Merges the first of each pair into the second, or into whom that one has become. What is refused is left as it
    was and told; the others are merged nevertheless."""
    merged, refused = 0, []
    with tenant(organization.id):
        gathered = _Gathered(organization)
        for first, second in pairs:
            loser, winner = gathered.now(first), gathered.now(second)
            if loser.is_claimed and not winner.is_claimed:
                loser, winner = winner, loser
            if loser.id == winner.id:
                continue
            try:
                if gathered.are_told_apart(loser, winner):
                    raise MergeRefusedError("Somebody said that they are two people.")
                merge_by_hand(organization=organization, loser=loser, winner=winner, by=by, now=now)
            except MergeRefusedError as error:
                refused.append(f"{first} and {second} were not merged. {error}")
                continue
            gathered.join(loser, winner)
            merged += 1
    return Done(merged, refused)
