"""Invitations: made, sent again, revoked, accepted."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.actions.members import OwnersOnlyError, add_member
from teams.actions.teams import TeamRefusedError, join_team
from teams.invitations import REFUSALS, Standing, standing
from teams.keys import digest_of, new_token
from teams.models import Invitation, Membership, Organization, Role, Team, User
from teams.queries.invitations import addresses_taken, unsent

DAYS_AGAIN = 7
"""How long an invitation is open that was sent again."""


class InvitationRefusedError(ValueError):
    """The invitation can't be used, or not by this user; the message says why, in words for them."""


class AddressesTakenError(ValueError):
    """Some were invited, or became members, since they were looked at. Nothing was made."""

    def __init__(self, addresses: set[str]) -> None:
        self.addresses = addresses
        super().__init__("Meanwhile some of these were invited or joined. Nothing was made.")


class NewInvitation(NamedTuple):
    invitation: Invitation
    token: str
    """Shown once, or mailed: only its digest is kept."""


def invite_addresses(
    *,
    organization: Organization,
    addresses: Sequence[str],
    role: Role,
    days: int,
    by: User,
    now: datetime,
    team: Team | None = None,
) -> list[Invitation]:
    """One invitation for each address, all or none. No link works yet: `mail_invitation` makes it when it sends it.

    :raises AddressesTakenError: some are members, or have an open invitation.
    :raises OwnersOnlyError: only an owner invites an owner.
    """
    with tenant(organization.id):
        # Two admins who paste the same list, and a double click: the second sees what the first made.
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        _demand_may_grant(organization, role, by)
        if taken := addresses_taken(organization, addresses, now):
            raise AddressesTakenError(set(taken))
        rows = [_invitation(organization, role, days, by, now, team, email=email) for email in addresses]
        made = Invitation.objects.bulk_create(rows)
        for row in made:
            _note_made(row, by, now)
    return made


def invite_by_link(
    *,
    organization: Organization,
    role: Role,
    days: int,
    most_uses: int,
    by: User,
    now: datetime,
    team: Team | None = None,
) -> NewInvitation:
    """A link for whoever holds it.

    :raises OwnersOnlyError: only an owner invites an owner.
    """
    token = new_token()
    with tenant(organization.id):
        _demand_may_grant(organization, role, by)
        row = _invitation(organization, role, days, by, now, team, most_uses=most_uses, digest=digest_of(token))
        row.save()
        _note_made(row, by, now)
    return NewInvitation(row, token)


def renew_invitation(*, invitation: Invitation, by: User, now: datetime, is_mailed: bool = False) -> NewInvitation:
    """A new token and a week more; the old link stops working at once. `is_mailed`: it waits for `mail_invitation`,
    which makes another token; else whoever asked hands this one on, and no mail may end it.

    :raises InvitationRefusedError: it was withdrawn or used.
    :raises OwnersOnlyError: only an owner invites an owner.
    """
    token = new_token()
    with tenant(invitation.organization_id):
        row = _locked(invitation)
        _demand_may_grant(row.organization, Role(row.role), by)
        state = standing(row, None, None, now)
        if state in {Standing.REVOKED, Standing.USED}:
            raise InvitationRefusedError(REFUSALS[state])
        before = row.expires_at.isoformat()
        row.digest, row.expires_at = digest_of(token), now + timedelta(days=DAYS_AGAIN)
        row.sent_at = None if is_mailed else now
        row.save(update_fields=["digest", "sent_at", "expires_at"])
        after = {"expires_at": row.expires_at.isoformat()}
        audit.record(
            row.organization, "invitation.renewed", row, by=by, now=now, before={"expires_at": before}, after=after
        )
    return NewInvitation(row, token)


def revoke_invitation(*, invitation: Invitation, by: User | None, now: datetime) -> None:
    """Nobody joins by it any more; who did stays. Once is enough."""
    with tenant(invitation.organization_id):
        rows = Invitation.objects.filter(organization_id=invitation.organization_id, id=invitation.id, revoked_at=None)
        if rows.update(revoked_at=now):
            change = {"before": {"revoked_at": None}, "after": {"revoked_at": now.isoformat()}}
            audit.record(invitation.organization, "invitation.revoked", invitation, by=by, now=now, **change)


def mail_invitation(
    *, organization: Organization, now: datetime, send: Callable[[Invitation, str], None], after_id: int = 0
) -> int | None:
    """Mails the next invitation that was not sent yet; its id, None when there is none after `after_id`.

    The token is made here and goes into the mail only: no queue and no table ever holds it. The row is locked
    meanwhile, so that two workers don't send two links of which one is dead. When `send` raises nothing has changed.
    """
    with tenant(organization.id):
        row = unsent(organization, now).filter(id__gt=after_id).order_by("id").select_for_update(
            of=("self",), skip_locked=True
        ).first()  # fmt: skip
        if row is None:
            return None
        token = new_token()
        row.digest, row.sent_at = digest_of(token), now
        row.save(update_fields=["digest", "sent_at"])
        send(row, token)
    return row.id


def ask_for_another(*, invitation: Invitation, by: User | None, now: datetime) -> User | None:
    """Writes down that whoever holds a link that works no more wants a new one. Who is to be told: the person that
    invited, if they are still a member."""
    with tenant(invitation.organization_id):
        audit.record(invitation.organization, "invitation.asked_again", invitation, by=by, now=now)
        inviters = Membership.objects.filter(
            organization_id=invitation.organization_id, user=invitation.invited_by_id, is_active=True
        )
        found = inviters.select_related("user").first()
    return found.user if found else None


def accept_invitation(*, invitation: Invitation, user: User, proven: set[str], now: datetime) -> Membership:
    """Makes the user a member. Who is one already stays what they are, and nothing is used up.

    `proven`: the addresses that the user has verified, in lower case.
    :raises InvitationRefusedError: revoked, expired, used up, meant for somebody else's address, or for somebody whose
        membership was deactivated.
    """
    with tenant(invitation.organization_id):
        # The lock makes the last use go to one, and a double click find itself a member.
        row = _locked(invitation)
        member = Membership.objects.filter(organization=row.organization, user=user).first()
        state = standing(row, member, proven, now)
        if state == Standing.MEMBER and member is not None:
            return member
        if state != Standing.OPEN:
            raise InvitationRefusedError(REFUSALS[state])
        member = add_member(organization=row.organization, user=user, role=Role(row.role), by=user, now=now)
        if row.team is not None and (person := queries.contributor_of(row.organization, user)):
            # The team may be going at this moment; who joins is a member all the same.
            with suppress(TeamRefusedError):
                join_team(team=row.team, contributor=person, is_lead=row.role == Role.LEAD, by=user, now=now)
        Invitation.objects.filter(organization_id=row.organization_id, id=row.id).update(
            uses=F("uses") + 1, accepted_at=now, accepted_by=user
        )
        change = {"before": {"uses": row.uses}, "after": {"uses": row.uses + 1}}
        audit.record(row.organization, "invitation.accepted", row, by=user, now=now, **change)
    return member


def _locked(invitation: Invitation) -> Invitation:
    """:raises InvitationRefusedError: it went with its team."""
    rows = Invitation.objects.filter(organization_id=invitation.organization_id, id=invitation.id)
    row = rows.select_for_update(of=("self",)).select_related("organization", "team").first()
    if row is None:
        raise InvitationRefusedError(REFUSALS[Standing.REVOKED])
    return row


def _invitation(
    organization: Organization,
    role: Role,
    days: int,
    by: User,
    now: datetime,
    team: Team | None,
    *,
    email: str = "",
    most_uses: int = 1,
    digest: bytes = b"",
) -> Invitation:
    return Invitation(
        organization=organization,
        email=email,
        role=role,
        team=team,
        # Of a token that nobody knows, until the mail is sent.
        digest=digest or digest_of(new_token()),
        invited_by=by,
        created_at=now,
        expires_at=now + timedelta(days=days),
        most_uses=most_uses,
    )


def _note_made(row: Invitation, by: User, now: datetime) -> None:
    audit.record(
        row.organization,
        "invitation.created",
        row,
        by=by,
        now=now,
        role=row.role,
        team=row.team.slug if row.team else None,
        expires_at=row.expires_at.isoformat(),
        most_uses=row.most_uses,
    )


def _demand_may_grant(organization: Organization, role: Role, by: User) -> None:
    owners = Membership.objects.filter(organization=organization, user=by, role=Role.OWNER, is_active=True)
    if role == Role.OWNER and not owners.exists():
        raise OwnersOnlyError
