"""People as data know them: names, and who claims them."""

from datetime import datetime

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.identity_values import normalise
from teams.merging import merge_contributors, raise_identity_epoch
from teams.models import Contributor, Identity, IdentityKind, Organization, User


def add_identity(
    *, organization: Organization, contributor: Contributor, kind: IdentityKind, value: str, now: datetime
) -> bool:
    """Makes data under this name the contributor's from now on. False if the name is somebody's already or empty."""
    normal = normalise(kind, value)
    if not normal:
        return False
    with tenant(organization.id):
        row, _ = Identity.objects.get_or_create(
            organization=organization,
            kind=kind,
            value=normal,
            defaults={"contributor": contributor, "created_at": now},
        )
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
