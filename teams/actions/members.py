"""Members: who may do what in an organization."""

from datetime import datetime

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.actions.keys import revoke_key
from teams.actions.people import add_identity, claim_identity
from teams.models import Contributor, IdentityKind, Key, Membership, Organization, Role, User


class LastOwnerError(ValueError):
    """An organization keeps at least one owner."""


def add_member(*, organization: Organization, user: User, role: Role, by: User | None, now: datetime) -> Membership:
    """Makes the user an active member with this role, whatever they were before, and the contributor of their e-mail
    address theirs."""
    with tenant(organization.id):
        row, is_new = Membership.objects.get_or_create(
            organization=organization, user=user, defaults={"role": role, "created_at": now}
        )
        if is_new or row.role != role or not row.is_active:
            before = None if is_new else {"role": row.role, "is_active": row.is_active}
            row.role, row.is_active = role, True
            row.save(update_fields=["role", "is_active"])
            audit.record(organization, "member.added", row, by=by, now=now, before=before, after={"role": role})
        _ensure_contributor(organization, user, now)
    return row


def remove_member(*, membership: Membership, by: User | None, now: datetime) -> None:
    """Ends the membership and every key that was the user's or made by them. What they did stays.

    :raises LastOwnerError: when nobody would be left to own the organization.
    """
    organization = membership.organization
    with tenant(organization.id):
        owners = Membership.objects.select_for_update().filter(
            organization=organization, role=Role.OWNER, is_active=True
        )
        if {row.id for row in owners} == {membership.id}:
            raise LastOwnerError("Make somebody else an owner first.")
        Membership.objects.filter(organization=organization, id=membership.id).update(is_active=False)
        audit.record(organization, "member.removed", membership, by=by, now=now, before={"role": membership.role})
        keys = Key.objects.filter(organization=organization, revoked_at=None)
        for key in keys.filter(contributor__user=membership.user) | keys.filter(created_by=membership.user):
            revoke_key(key=key, by=by, now=now)


def _ensure_contributor(organization: Organization, user: User, now: datetime) -> Contributor:
    """The user's contributor, claimed by their address or made. Nobody signs in without having proven the address."""
    claim_identity(organization=organization, user=user, kind=IdentityKind.EMAIL, value=user.email, now=now)
    found = queries.contributor_of(organization, user)
    if found is None:
        found = Contributor.objects.create(
            organization=organization, user=user, display_name=str(user), time_zone=user.time_zone, created_at=now
        )
    add_identity(organization=organization, contributor=found, kind=IdentityKind.EMAIL, value=user.email, now=now)
    return found
