"""Contributors turn out to be one person, or two: identities move, and what is known by them follows.

Every move is written down with what is needed to undo it (`IdentityMove`). Other apps hear of each by one signal.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import (
    Contributor,
    DifferentPeople,
    Identity,
    IdentityKind,
    IdentityMove,
    Key,
    MoveKind,
    Organization,
    Team,
    TeamMembership,
    User,
)
from teams.signals import identities_moved


class MergeRefusedError(ValueError):
    """These two can't become one person."""


class SplitRefusedError(ValueError):
    """These identities can't become a person of their own."""


class UndoRefusedError(ValueError):
    """What was done can't be undone any more; the message says what stands in the way."""


def raise_identity_epoch(organization_id: int) -> None:
    """Makes every process forget whom identities belong to. Holds the organization's row until the end of the
    transaction, so that changes of whom data belong to happen one after the other."""
    Organization.objects.filter(id=organization_id).update(identity_epoch=F("identity_epoch") + 1)


def merge_contributors(
    *, organization: Organization, loser: Contributor, winner: Contributor, by: User | None, now: datetime
) -> IdentityMove:
    """Moves identities, keys, teams, the claim and (through the signal) all data of `loser` to `winner`; `loser` goes.

    :raises MergeRefusedError: when both were claimed by different users, are the same, or one is gone.
    """
    with tenant(organization.id):
        raise_identity_epoch(organization.id)
        found = _locked(organization, {loser.id, winner.id})
        if loser.id == winner.id or len(found) < 2:
            raise MergeRefusedError("A merge needs two people of this organization. One of them may be gone already.")
        loser, winner = found[loser.id], found[winner.id]
        if loser.is_claimed and winner.is_claimed:
            raise MergeRefusedError("Both have signed in, so they are two people.")
        identities = _identities(organization, loser)
        move = IdentityMove.objects.create(
            organization=organization, kind=MoveKind.MERGE, giver_id=loser.id, taker_id=winner.id,
            identity_ids=[row.id for row in identities], giver=_remembered(organization, loser, winner),
            label=f"{loser.display_name} into {winner.display_name}"[:500], by=by, at=now,
        )  # fmt: skip
        audit.record(
            organization,
            "contributors.merged",
            winner,
            by=by,
            now=now,
            loser={"id": loser.id, "name": loser.display_name},
            identities=_named(identities),
        )
        _move_all(organization, loser, winner)
        _tell(move, is_whole=True)
        Contributor.objects.filter(organization=organization, id=loser.id).delete()
    return move


def split_identities(
    *,
    organization: Organization,
    contributor: Contributor,
    identities: Sequence[Identity],
    name: str,
    by: User | None,
    now: datetime,
) -> IdentityMove:
    """Makes a new, unclaimed person of some of the identities; what came by them follows. The new contributor is the
    `taker_id` of what is returned. Nothing moves these identities by itself any more.

    :raises SplitRefusedError: an identity belongs to somebody else by now, or all or none were chosen.
    """
    chosen = {row.id for row in identities}
    with tenant(organization.id):
        raise_identity_epoch(organization.id)
        giver = _locked(organization, {contributor.id}).get(contributor.id)
        if giver is None:
            raise SplitRefusedError("This person is gone: they were merged into another meanwhile.")
        theirs = _identities(organization, giver)
        going = [row for row in theirs if row.id in chosen]
        if len(going) != len(chosen):
            raise SplitRefusedError("Some of these belong to somebody else by now. Nothing was changed; look again.")
        if not going or len(going) == len(theirs):
            raise SplitRefusedError("Choose some, not all: at least one has to stay.")
        taker = Contributor.objects.create(
            organization=organization, display_name=name[:200], time_zone=giver.time_zone, created_at=now
        )
        move = IdentityMove.objects.create(
            organization=organization, kind=MoveKind.SPLIT, giver_id=giver.id, taker_id=taker.id,
            identity_ids=[row.id for row in going], label=f"{taker.display_name} from {giver.display_name}"[:500],
            by=by, at=now,
        )  # fmt: skip
        audit.record(
            organization,
            "contributor.split",
            giver,
            by=by,
            now=now,
            new={"id": taker.id, "name": taker.display_name},
            identities=_named(going),
        )
        _move_identities(organization, going, taker, is_fixed=True)
        # Or the two would be suggested as one at once.
        _tell_apart(organization, taker, [giver.id])
        _tell(move, is_whole=False)
    return move


def undo_move(*, organization: Organization, move: IdentityMove, by: User | None, now: datetime) -> None:
    """Makes undone what a merge or a split did: everything that came by the identities goes back, and so do keys,
    teams and the claim as far as nobody changed them since.

    :raises UndoRefusedError: it was undone already, or a later change stands in the way.
    """
    with tenant(organization.id):
        raise_identity_epoch(organization.id)
        row = IdentityMove.objects.select_for_update().filter(organization=organization, id=move.id).first()
        if row is None or row.undone_at is not None:
            raise UndoRefusedError("This was undone already.")
        people = _locked(organization, {row.giver_id, row.taker_id})
        taker = people.get(row.taker_id)
        moved = list(Identity.objects.filter(organization=organization, id__in=row.identity_ids).order_by("id"))
        if taker is None or any(one.contributor_id != taker.id for one in moved):
            raise UndoRefusedError("Somebody moved the same identities again since. Undo the later change first.")
        if row.kind == MoveKind.MERGE:
            _undo_merge(organization, row, taker, moved)
        else:
            _undo_split(organization, row, people.get(row.giver_id), taker, moved)
        IdentityMove.objects.filter(organization=organization, id=row.id).update(undone_at=now)
        audit.record(
            organization, "contributors.undone", taker, by=by, now=now, what=str(row), identities=_named(moved)
        )


def _undo_merge(organization: Organization, move: IdentityMove, taker: Contributor, moved: list[Identity]) -> None:
    was = move.giver
    has_claim = was["user_id"] is not None and taker.user_id == was["user_id"]
    if has_claim:
        Contributor.objects.filter(organization=organization, id=taker.id).update(user=None)
    giver = Contributor.objects.create(
        organization=organization, display_name=was["display_name"], time_zone=was["time_zone"],
        is_bot=was["is_bot"], user_id=was["user_id"] if has_claim else None, created_at=was["created_at"],
    )  # fmt: skip
    # Not under the old number: facts may still be on their way from that. Earlier moves are of the new row now.
    for name in ("giver_id", "taker_id"):
        earlier = IdentityMove.objects.filter(organization=organization, id__lt=move.id, **{name: move.giver_id})
        earlier.update(**{name: giver.id})
    _move_identities(organization, moved, giver, is_fixed=True)
    Key.objects.filter(organization=organization, id__in=was["key_ids"], contributor=taker).update(contributor=giver)
    here = Team.objects.filter(organization=organization, id__in=[team_id for team_id, _, _ in was["teams"]])
    kept = set(here.values_list("id", flat=True))
    TeamMembership.objects.bulk_create(
        TeamMembership(
            organization=organization, team_id=team_id, contributor=giver, is_lead=is_lead, created_at=created_at
        )
        for team_id, is_lead, created_at in was["teams"]
        if team_id in kept
    )
    gained = TeamMembership.objects.filter(organization=organization, contributor=taker, team__in=was["gained"])
    gained.delete()
    _tell_apart(organization, giver, [*was["apart"], taker.id])
    DifferentPeople.objects.filter(
        Q(one=taker, other__in=was["gained_apart"]) | Q(other=taker, one__in=was["gained_apart"]),
        organization=organization,
    ).delete()
    identities_moved.send(
        sender=Contributor, organization_id=organization.id, giver_id=taker.id, taker_id=giver.id,
        identity_ids=[one.id for one in moved], is_whole=False,
    )  # fmt: skip


def _undo_split(
    organization: Organization,
    move: IdentityMove,
    giver: Contributor | None,
    taker: Contributor,
    moved: list[Identity],
) -> None:
    if giver is None:
        raise UndoRefusedError("The person whom these came from was merged into another since. Undo that first.")
    if taker.is_claimed and giver.is_claimed:
        raise UndoRefusedError("Somebody has signed in as the new person since, so they are two people.")
    others = Identity.objects.filter(organization=organization, contributor=taker)
    if others.exclude(id__in=move.identity_ids).exists():
        raise UndoRefusedError("More is known of the new person by now. Merge the two instead.")
    _move_all(organization, taker, giver)
    Identity.objects.filter(organization=organization, id__in=move.identity_ids).update(is_fixed=False)
    identities_moved.send(
        sender=Contributor, organization_id=organization.id, giver_id=taker.id, taker_id=giver.id,
        identity_ids=[one.id for one in moved], is_whole=True,
    )  # fmt: skip
    Contributor.objects.filter(organization=organization, id=taker.id).delete()


def _locked(organization: Organization, ids: set[int]) -> dict[int, Contributor]:
    rows = Contributor.objects.filter(organization=organization, id__in=ids).order_by("id").select_for_update()
    return {row.id: row for row in rows}


def _identities(organization: Organization, contributor: Contributor) -> list[Identity]:
    rows = Identity.objects.filter(organization=organization, contributor=contributor)
    return list(rows.order_by("kind", "value"))


def _named(identities: Iterable[Identity]) -> list[str]:
    return [f"{row.kind}:{row.value}" for row in identities]


def _tell(move: IdentityMove, *, is_whole: bool) -> None:
    identities_moved.send(
        sender=Contributor, organization_id=move.organization_id, giver_id=move.giver_id, taker_id=move.taker_id,
        identity_ids=move.identity_ids, is_whole=is_whole,
    )  # fmt: skip


def _remembered(organization: Organization, loser: Contributor, winner: Contributor) -> dict[str, Any]:
    """What makes the loser again."""
    of_loser = TeamMembership.objects.filter(organization=organization, contributor=loser).order_by("team_id")
    of_winner = TeamMembership.objects.filter(organization=organization, contributor=winner)
    had = set(of_winner.values_list("team_id", flat=True))
    teams = list(of_loser.values_list("team_id", "is_lead", "created_at"))
    keys = Key.objects.filter(organization=organization, contributor=loser).order_by("id")
    return {
        "display_name": loser.display_name,
        "user_id": loser.user_id,
        "time_zone": loser.time_zone,
        "is_bot": loser.is_bot,
        "created_at": loser.created_at.isoformat(),
        "key_ids": list(keys.values_list("id", flat=True)),
        "teams": [[team_id, is_lead, created_at.isoformat()] for team_id, is_lead, created_at in teams],
        "gained": [team_id for team_id, _, _ in teams if team_id not in had],
        "apart": sorted(_told_apart(organization, loser) - {winner.id}),
        "gained_apart": sorted(_told_apart(organization, loser) - _told_apart(organization, winner) - {winner.id}),
    }


def _told_apart(organization: Organization, person: Contributor) -> set[int]:
    """Of whom somebody said that this is another."""
    pairs = DifferentPeople.objects.filter(Q(one=person) | Q(other=person), organization=organization)
    return {number for pair in pairs.values_list("one_id", "other_id") for number in pair} - {person.id}


def _tell_apart(organization: Organization, person: Contributor, others: Iterable[int]) -> None:
    here = Contributor.objects.filter(organization=organization, id__in=list(others)).values_list("id", flat=True)
    DifferentPeople.objects.bulk_create(
        [
            DifferentPeople(organization=organization, one_id=min(person.id, number), other_id=max(person.id, number))
            for number in here
        ],
        ignore_conflicts=True,
    )


def _move_all(organization: Organization, loser: Contributor, winner: Contributor) -> None:
    of_loser = {"organization": organization, "contributor": loser}
    Identity.objects.filter(**of_loser).update(contributor=winner)
    Key.objects.filter(**of_loser).update(contributor=winner)
    in_teams = TeamMembership.objects.filter(organization=organization, contributor=winner)
    TeamMembership.objects.filter(**of_loser, team__in=in_teams.values("team")).delete()
    TeamMembership.objects.filter(**of_loser).update(contributor=winner)
    _tell_apart(organization, winner, _told_apart(organization, loser) - {winner.id})
    if loser.user_id:
        Contributor.objects.filter(organization=organization, id=loser.id).update(user=None)
        Contributor.objects.filter(organization=organization, id=winner.id).update(user=loser.user_id)


def _move_identities(
    organization: Organization, identities: Sequence[Identity], to: Contributor, *, is_fixed: bool
) -> None:
    """A key that stands for itself goes with its name, or what it sends next would be the giver's again."""
    ids = [row.id for row in identities]
    Identity.objects.filter(organization=organization, id__in=ids).update(contributor=to, is_fixed=is_fixed)
    keys = [int(row.value) for row in identities if row.kind == IdentityKind.KEY]
    Key.objects.filter(organization=organization, id__in=keys, contributor__isnull=False).update(contributor=to)
