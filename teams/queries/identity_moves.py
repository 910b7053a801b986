"""What was done to whom data belong to: the history, and where somebody who is gone went. All inside the tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q, QuerySet

from teams.models import Contributor, Identity, IdentityMove, MoveKind, Organization
from teams.queries.people import Name, in_words

MOST_HOPS, SHOWN_IN_A_TABLE = 50, 5


class Heir(NamedTuple):
    """Whose it is now, and what became of the one who is gone, as a sentence."""

    person: Contributor
    words: str


@dataclass(frozen=True)
class MoveRow:
    move: IdentityMove
    names: list[Name]

    @property
    def more_names(self) -> int:
        """Of those that a table leaves out."""
        return len(self.names) - SHOWN_IN_A_TABLE


def moves_of(organization: Organization, person: Contributor | None = None) -> QuerySet[IdentityMove]:
    """Merges and splits, the newest first: all, or those that this person had a part in."""
    rows = IdentityMove.objects.filter(organization=organization).select_related("by")
    if person is not None:
        rows = rows.filter(Q(giver_id=person.id) | Q(taker_id=person.id))
    return rows.order_by("-at", "-id")


def with_moved_names(organization: Organization, moves: Sequence[IdentityMove]) -> list[MoveRow]:
    """What moved with each, two queries however many they are."""
    ids = {identity_id for move in moves for identity_id in move.identity_ids}
    rows = Identity.objects.filter(organization=organization, id__in=ids).order_by("kind", "value")
    names = {name.identity.id: name for name in in_words(organization, list(rows))}
    return [MoveRow(move, [names[one] for one in move.identity_ids if one in names]) for move in moves]


def heir_of(organization: Organization, person_id: int) -> Heir | None:
    """Who has by now what this person had who is gone. None: nobody of this number was ever here."""
    moves = IdentityMove.objects.filter(organization=organization)
    first: IdentityMove | None = None
    for _ in range(MOST_HOPS):
        undone_split = Q(kind=MoveKind.SPLIT, taker_id=person_id, undone_at__isnull=False)
        move = moves.filter(Q(kind=MoveKind.MERGE, giver_id=person_id) | undone_split).order_by("-id").first()
        if move is None:
            return None
        first, person_id = first or move, _next(organization, move)
        person = Contributor.objects.filter(organization=organization, id=person_id).select_related("user").first()
        if person is not None:
            return Heir(person, _told(first, person))
    return None


def _next(organization: Organization, move: IdentityMove) -> int:
    if move.kind == MoveKind.SPLIT:
        return move.giver_id
    if move.undone_at is None:
        return move.taker_id
    # Undoing made a new row of them, which the move doesn't name.
    identity = Identity.objects.filter(organization=organization, id__in=move.identity_ids).order_by("id").first()
    if identity is not None:
        return identity.contributor_id
    again = Contributor.objects.filter(organization=organization, created_at=move.giver["created_at"])
    found = again.filter(display_name=move.giver["display_name"], id__gt=move.giver_id).order_by("id").first()
    return found.id if found else move.taker_id


def _told(move: IdentityMove, person: Contributor) -> str:
    if move.kind == MoveKind.SPLIT:
        return f"That person was split off from {person}, and the split was undone."
    was = move.giver["display_name"]
    if move.undone_at is not None:
        return f"{was} was merged into somebody and given back: this is the page of {person} now."
    return f"{was} was merged into {person}."
