"""Members: who may do what in an organization."""

from datetime import datetime

from django.db.models import Q

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.actions.keys import revoke_key
from teams.actions.people import add_identity, claim_identity
from teams.keys import Scope
from teams.models import Contributor, IdentityKind, Invitation, Key, KeyKind, Membership, Organization, Role, User
from teams.permissions import PERMISSIONS, Permission, permissions_of


class LastOwnerError(ValueError):
    """An organization keeps at least one owner."""

    def __init__(self) -> None:
        super().__init__("This is the last owner. Make somebody else an owner first.")


class OwnersOnlyError(ValueError):
    """Only owners make owners, and only owners end that."""

    def __init__(self) -> None:
        super().__init__("Only an owner may make somebody an owner, or change what an owner is.")


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


def change_role(*, membership: Membership, role: Role, by: User | None, now: datetime) -> Membership:
    """The same role again changes nothing. Tokens that read what the new role may not see are revoked, and invitations
    to what it may not grant withdrawn: nobody comes back by a door they left open.

    :raises LastOwnerError: nobody would be left to own the organization.
    :raises OwnersOnlyError: `by` is no owner, and it is about an owner.
    :raises Membership.DoesNotExist: the member was removed meanwhile.
    """
    organization = membership.organization
    with tenant(organization.id):
        row = _locked(membership, by, is_about_owners=role == Role.OWNER, keeps_owner=role == Role.OWNER)
        if row.role != role:
            before, row.role = row.role, role
            row.save(update_fields=["role"])
            audit.record(
                organization, "member.role_changed", row, by=by, now=now, before={"role": before}, after={"role": role}
            )
            _revoke_tokens(row, by, now)
            _withdraw_invitations(row, by, now, kept=grantable_by(row.role))
    membership.role = role
    return row


def deactivate_member(*, membership: Membership, by: User | None, now: datetime) -> None:
    """From the next request on they can open nothing, and their keys are refused. The row stays, so that no invitation
    brings them back. Raises as `change_role` does."""
    organization = membership.organization
    with tenant(organization.id):
        row = _locked(membership, by)
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
            state = {"before": {"is_active": True}, "after": {"is_active": False}}
            audit.record(organization, "member.deactivated", row, by=by, now=now, **state)
            _revoke_keys(row, by, now)
            _withdraw_invitations(row, by, now)
    membership.is_active = False


def reactivate_member(*, membership: Membership, by: User | None, now: datetime) -> None:
    """With the role they had; revoked keys stay revoked. Raises as `change_role` does."""
    organization = membership.organization
    with tenant(organization.id):
        row = _locked(membership, by, keeps_owner=True)
        if not row.is_active:
            row.is_active = True
            row.save(update_fields=["is_active"])
            state = {"before": {"is_active": False}, "after": {"is_active": True}}
            audit.record(organization, "member.reactivated", row, by=by, now=now, **state)
    membership.is_active = True


def remove_member(*, membership: Membership, by: User | None, now: datetime) -> None:
    """Ends the membership and every key that was the user's or made by them. What they did stays, as theirs. Whoever
    removes themselves leaves. Raises as `change_role` does."""
    organization = membership.organization
    with tenant(organization.id):
        row = _locked(membership, by)
        action = "member.left" if by is not None and by.id == row.user_id else "member.removed"
        before = {"role": row.role, "is_active": row.is_active}
        audit.record(organization, action, row, by=by, now=now, before=before)
        _revoke_keys(row, by, now)
        _withdraw_invitations(row, by, now)
        row.delete()


def _locked(
    membership: Membership, by: User | None, *, is_about_owners: bool = False, keeps_owner: bool = False
) -> Membership:
    """The row as it is now, and with it all owners, so that two of them can't end each other at once."""
    rows = Membership.objects.filter(organization=membership.organization).select_related("user", "organization")
    owning = Q(role=Role.OWNER, is_active=True)
    found = list(rows.filter(owning | Q(id=membership.id)).order_by("id").select_for_update(of=("self",)))
    row = next((one for one in found if one.id == membership.id), None)
    if row is None:
        raise Membership.DoesNotExist
    owners = {one.user_id: one for one in found if one.role == Role.OWNER and one.is_active}
    if (is_about_owners or row.role == Role.OWNER) and by is not None and by.id not in owners:
        raise OwnersOnlyError
    if not keeps_owner and owners.keys() == {row.user_id}:
        raise LastOwnerError
    return row


def _revoke_keys(row: Membership, by: User | None, now: datetime) -> None:
    keys = Key.objects.filter(organization=row.organization, revoked_at=None)
    for key in keys.filter(Q(contributor__user=row.user_id) | Q(created_by=row.user_id)):
        revoke_key(key=key, by=by, now=now)


def _revoke_tokens(row: Membership, by: User | None, now: datetime) -> None:
    granted = permissions_of(row.role, row.organization)
    tokens = Key.objects.filter(organization=row.organization, kind=KeyKind.API, revoked_at=None)
    for key in tokens.filter(Q(contributor__user=row.user_id) | Q(created_by=row.user_id)):
        # A scope that is known no more reads nothing, and is nothing to keep.
        if not all(scope in set(Scope) and _needed(key, scope) in granted for scope in key.scopes):
            revoke_key(key=key, by=by, now=now)


def _needed(key: Key, scope: str) -> Permission:
    return Scope(scope).demanded(is_shared=key.contributor_id is None)


def grantable_by(role: str) -> frozenset[str]:
    """To which roles a member with this one may invite."""
    if role == Role.OWNER:
        return frozenset(Role.values)
    return frozenset(Role.values) - {Role.OWNER} if Permission.MANAGE_PEOPLE in PERMISSIONS[role] else frozenset()


def _withdraw_invitations(row: Membership, by: User | None, now: datetime, kept: frozenset[str] = frozenset()) -> None:
    """The open ones that they made, but to roles in `kept`: by its link a second account of theirs would come in."""
    made = Invitation.objects.filter(
        organization=row.organization, invited_by=row.user_id, revoked_at=None, expires_at__gt=now
    )
    for invitation in made.exclude(role__in=kept).order_by("id").select_for_update(of=("self",)):
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        change = {"before": {"revoked_at": None}, "after": {"revoked_at": now.isoformat()}}
        audit.record(row.organization, "invitation.revoked", invitation, by=by, now=now, **change)


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
