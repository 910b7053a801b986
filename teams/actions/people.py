"""People as data know them: names, and who claims them."""

from datetime import datetime

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.actions.keys import revoke_key
from teams.identity_values import normalise
from teams.merging import MergeRefusedError, merge_contributors, raise_identity_epoch
from teams.models import (
    Contributor,
    DifferentPeople,
    Identity,
    IdentityKind,
    IdentityMove,
    Key,
    KeyKind,
    Membership,
    Organization,
    Role,
    User,
)
from teams.signals import name_added


def add_identity(
    *,
    organization: Organization,
    contributor: Contributor,
    kind: IdentityKind,
    value: str,
    now: datetime,
    by: User | None = None,
) -> bool:
    """Makes data under this name the contributor's from now on. False if the name is somebody's already or empty, or
    the contributor is gone. Without `by` it is part of another act, whose audit entry is enough."""
    normal = normalise(kind, value)
    if not normal:
        return False
    with tenant(organization.id):
        people = Contributor.objects.filter(organization=organization, id=contributor.id)
        # References are checked at the end of the transaction only, too late for an answer.
        person = people.select_for_update(no_key=True).first()
        if person is None:
            return False
        row, is_new = Identity.objects.get_or_create(
            organization=organization, kind=kind, value=normal, defaults={"contributor": person, "created_at": now}
        )
        if is_new:
            name_added.send(sender=Contributor, organization_id=organization.id, contributor_id=person.id)
        if is_new and by is not None:
            after = {"identities": [f"{kind}:{normal}"]}
            audit.record(organization, "contributor.identity_added", person, by=by, now=now, before=None, after=after)
    return row.contributor_id == contributor.id


def claim_identity(
    *, organization: Organization, user: User, kind: IdentityKind, value: str, now: datetime
) -> Contributor | None:
    """Whoever proved to hold the address or login becomes the person whom data know by it.

    An unclaimed contributor becomes the user's, or is merged into the one they have. None where nobody is known by the
    name, or somebody else claimed them. `value` must have been verified.
    """
    with tenant(organization.id):
        identity = _identity(organization, kind, value)
        if identity and not identity.contributor.is_claimed:
            raise_identity_epoch(organization.id)
            # Nobody else merges or claims from here on, but somebody may have until here.
            identity = _identity(organization, kind, value)
        if identity is None or identity.contributor.is_claimed:
            return identity.contributor if identity and identity.contributor.user_id == user.id else None
        person = identity.contributor
        own = queries.contributor_of(organization, user)
        if own is not None and identity.is_fixed:
            # An admin said that this is somebody else.
            return None
        if own is not None:
            merge_contributors(organization=organization, loser=person, winner=own, by=user, now=now)
            return own
        person.user = user
        person.display_name = user.name or person.display_name
        person.save(update_fields=["user", "display_name"])
        audit.record(organization, "contributor.claimed", person, by=user, now=now, identity=f"{kind}:{value}")
    return person


def _identity(organization: Organization, kind: IdentityKind, value: str) -> Identity | None:
    rows = Identity.objects.filter(organization=organization, kind=kind, value=normalise(kind, value))
    return rows.select_related("contributor").first()


def merge_by_hand(
    *, organization: Organization, loser: Contributor, winner: Contributor, by: User, now: datetime
) -> IdentityMove:
    """What an admin decides about others. What would become their own numbers another admin has to decide, if there is
    one: nobody gets another person's by calling them oneself.

    :raises MergeRefusedError: as `merge_contributors`, and for that.
    """
    with tenant(organization.id):
        if by.id in (loser.user_id, winner.user_id) and _has_other_admin(organization, by):
            raise MergeRefusedError(
                "What they did would become yours. Ask another admin to merge them, or confirm the address or connect "
                "the GitHub account in your own account: then it becomes yours by itself."
            )
        return merge_contributors(organization=organization, loser=loser, winner=winner, by=by, now=now)


def _has_other_admin(organization: Organization, user: User) -> bool:
    admins = Membership.objects.filter(organization=organization, is_active=True, role__in=[Role.OWNER, Role.ADMIN])
    return admins.exclude(user=user).exists()


def rename_contributor(
    *, organization: Organization, contributor: Contributor, name: str, by: User | None, now: datetime
) -> None:
    with tenant(organization.id):
        row = Contributor.objects.select_for_update().get(organization=organization, id=contributor.id)
        if row.display_name != name:
            before, row.display_name = row.display_name, name
            row.save(update_fields=["display_name"])
            audit.record(organization, "contributor.renamed", row, by=by, now=now, before=before, after=name)


def mark_bot(
    *, organization: Organization, contributor: Contributor, is_bot: bool, by: User | None, now: datetime
) -> Contributor:
    """A bot is in no count of people and in no number of a team; its usage stays in the organization's."""
    with tenant(organization.id):
        row = Contributor.objects.select_for_update().get(organization=organization, id=contributor.id)
        if row.is_bot != is_bot:
            row.is_bot = is_bot
            row.save(update_fields=["is_bot"])
            audit.record(organization, "contributor.bot", row, by=by, now=now, before=not is_bot, after=is_bot)
    return row


def release_contributor(
    *, organization: Organization, contributor: Contributor, by: User | None, now: datetime
) -> None:
    """Takes a claim away: the user is this person no longer, and a person of their own from now on, so that no later
    sign-in claims this one again. API tokens that they had as this person are revoked."""
    with tenant(organization.id):
        raise_identity_epoch(organization.id)
        row = Contributor.objects.select_for_update().get(organization=organization, id=contributor.id)
        if row.user is not None:
            user = row.user
            before, row.user = str(user), None
            row.save(update_fields=["user"])
            Identity.objects.filter(organization=organization, contributor=row).update(is_fixed=True)
            tokens = Key.objects.filter(organization=organization, contributor=row, kind=KeyKind.API, revoked_at=None)
            for token in tokens:
                revoke_key(key=token, by=by, now=now)
            own = Contributor.objects.create(
                organization=organization, user=user, display_name=str(user), time_zone=user.time_zone, created_at=now
            )
            DifferentPeople.objects.create(organization=organization, one=row, other=own)
            audit.record(organization, "contributor.released", row, by=by, now=now, before=before, after=None)
