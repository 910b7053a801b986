"""Invitations: made, sent again, revoked, accepted."""

from datetime import datetime

from django.db.models import F

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.actions.members import add_member
from teams.actions.teams import join_team
from teams.models import Invitation, Membership, Role, User


class InvitationRefusedError(ValueError):
    """The invitation can't be used, or not by this user; the message says why, in words for them."""


def accept_invitation(*, invitation: Invitation, user: User, proven: set[str], now: datetime) -> Membership:
    """Makes the user a member. Who is one already stays what they are, and nothing is used up.

    `proven`: the addresses that the user has verified, in lower case.
    :raises InvitationRefusedError: revoked, expired, used up, or meant for somebody else's address.
    """
    with tenant(invitation.organization_id):
        row = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("organization", "team")
            .get(organization_id=invitation.organization_id, id=invitation.id)
        )
        member = Membership.objects.filter(organization=row.organization, user=user, is_active=True).first()
        if member is not None:
            return member
        _demand_usable(row, proven, now)
        member = add_member(organization=row.organization, user=user, role=Role(row.role), by=user, now=now)
        if row.team is not None and (person := queries.contributor_of(row.organization, user)):
            join_team(team=row.team, contributor=person, is_lead=row.role == Role.LEAD, by=user, now=now)
        Invitation.objects.filter(organization_id=row.organization_id, id=row.id).update(
            uses=F("uses") + 1, accepted_at=now, accepted_by=user
        )
        audit.record(row.organization, "invitation.accepted", row, by=user, now=now)
    return member


def _demand_usable(invitation: Invitation, proven: set[str], now: datetime) -> None:
    if invitation.revoked_at is not None:
        raise InvitationRefusedError("This invitation was withdrawn.")
    if now >= invitation.expires_at:
        raise InvitationRefusedError("This invitation has expired.")
    if invitation.uses >= invitation.most_uses:
        raise InvitationRefusedError("This invitation was used already.")
    if invitation.email and invitation.email.lower() not in proven:
        raise InvitationRefusedError("This invitation is for another e-mail address.")
