"""Two contributors turn out to be one person."""

from datetime import datetime

from django.db.models import F

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import Contributor, Identity, Key, Organization, TeamMembership, User
from teams.signals import contributors_merged


class MergeRefusedError(ValueError):
    """These two can't become one person."""


def raise_identity_epoch(organization_id: int) -> None:
    """Makes every process forget whom identities belong to. Holds the organization's row until the end of the
    transaction, so that changes of whom data belong to happen one after the other."""
    Organization.objects.filter(id=organization_id).update(identity_epoch=F("identity_epoch") + 1)


def merge_contributors(
    *, organization: Organization, loser: Contributor, winner: Contributor, by: User | None, now: datetime
) -> None:
    """Moves identities, keys, teams, the claim and (through the signal) all data of `loser` to `winner`; `loser` goes.

    :raises MergeRefusedError: when both were claimed by different users, are the same, or one is gone.
    """
    with tenant(organization.id):
        raise_identity_epoch(organization.id)
        found = _locked(organization, {loser.id, winner.id})
        if loser.id == winner.id or len(found) < 2:
            raise MergeRefusedError("A merge needs two people of this organization.")
        loser, winner = found[loser.id], found[winner.id]
        if loser.is_claimed and winner.is_claimed:
            raise MergeRefusedError("Both have signed in, so they are two people.")
        audit.record(
            organization,
            "contributors.merged",
            winner,
            by=by,
            now=now,
            loser={"id": loser.id, "name": loser.display_name},
            identities=[f"{kind}:{value}" for kind, value in _values(organization, loser)],
        )
        _move(organization, loser, winner)
        contributors_merged.send(
            sender=Contributor, organization_id=organization.id, loser_id=loser.id, winner_id=winner.id
        )
        Contributor.objects.filter(organization=organization, id=loser.id).delete()


def _locked(organization: Organization, ids: set[int]) -> dict[int, Contributor]:
    rows = Contributor.objects.filter(organization=organization, id__in=ids).order_by("id").select_for_update()
    return {row.id: row for row in rows}


def _values(organization: Organization, contributor: Contributor) -> list[tuple[str, str]]:
    rows = Identity.objects.filter(organization=organization, contributor=contributor).order_by("kind", "value")
    return list(rows.values_list("kind", "value"))


def _move(organization: Organization, loser: Contributor, winner: Contributor) -> None:
    of_loser = {"organization": organization, "contributor": loser}
    Identity.objects.filter(**of_loser).update(contributor=winner)
    Key.objects.filter(**of_loser).update(contributor=winner)
    in_teams = TeamMembership.objects.filter(organization=organization, contributor=winner)
    TeamMembership.objects.filter(**of_loser, team__in=in_teams.values("team")).delete()
    TeamMembership.objects.filter(**of_loser).update(contributor=winner)
    if loser.user_id:
        Contributor.objects.filter(organization=organization, id=loser.id).update(user=None)
        Contributor.objects.filter(organization=organization, id=winner.id).update(user=loser.user_id)
