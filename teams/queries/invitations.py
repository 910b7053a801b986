"""Reads of the pages of invitations."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from allauth.account.models import EmailAddress
from django.db.models import F, Q, QuerySet

from teams.models import Invitation, Membership, Organization, User

SENT_WITHIN = timedelta(days=1)
"""For so long sending is tried again by itself; afterwards somebody has to ask for it."""


class State(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


def invitations_of(organization: Organization, state: State | None, text: str, now: datetime) -> QuerySet[Invitation]:
    """The newest first, with their teams and who invited. Inside the tenant."""
    rows = Invitation.objects.filter(organization=organization).select_related("team", "invited_by", "accepted_by")
    if state is not None:
        rows = rows.filter(_being(state, now))
    if text:
        rows = rows.filter(Q(email__icontains=text) | Q(invited_by__email__icontains=text))
    return rows


def state_of(invitation: Invitation, now: datetime) -> State:
    if invitation.revoked_at is not None:
        return State.REVOKED
    if invitation.uses >= invitation.most_uses:
        return State.USED
    return State.EXPIRED if now >= invitation.expires_at else State.OPEN


def _being(state: State, now: datetime) -> Q:
    """The same as `state_of`, as the database asks."""
    revoked, used, expired = Q(revoked_at__isnull=False), Q(uses__gte=F("most_uses")), Q(expires_at__lte=now)
    return {
        State.REVOKED: revoked,
        State.USED: used & ~revoked,
        State.EXPIRED: expired & ~used & ~revoked,
        State.OPEN: ~expired & ~used & ~revoked,
    }[state]


def addresses_taken(organization: Organization, addresses: Sequence[str], now: datetime) -> dict[str, str]:
    """Address in lower case -> why nobody needs to be invited by it. Inside the tenant."""
    wanted = [address.lower() for address in addresses]
    invited = Invitation.objects.filter(_being(State.OPEN, now), organization=organization, email__in=wanted)
    members = Membership.objects.filter(organization=organization)
    by_user = members.filter(user__email__in=wanted).values_list("user__email", flat=True)
    # A member may have proven further addresses.
    proven = EmailAddress.objects.filter(email__in=wanted, verified=True, user__in=members.values("user"))
    found = {email.lower(): "is invited already" for email in invited.values_list("email", flat=True)}
    return found | {
        email.lower(): "is a member already" for email in [*by_user, *proven.values_list("email", flat=True)]
    }


def mailed_since(organization: Organization, since: datetime) -> int:
    """How many were invited by mail. Inside the tenant."""
    return Invitation.objects.filter(organization=organization, created_at__gte=since).exclude(email="").count()


def has_waiting(organization: Organization, now: datetime) -> bool:
    """Whether something was made lately and is not sent, though whoever made it has asked for it. Inside the tenant."""
    lately = (now - SENT_WITHIN, now - timedelta(minutes=2))
    return unsent(organization, now).filter(created_at__range=lately).exists()


def unsent(organization: Organization, now: datetime) -> QuerySet[Invitation]:
    """What waits to be mailed. Inside the tenant."""
    rows = Invitation.objects.filter(_being(State.OPEN, now), organization=organization, sent_at=None)
    return rows.exclude(email="").select_related("organization", "team", "invited_by")


def proven_addresses(user: User) -> set[str]:
    """The addresses that the user has verified, in lower case."""
    rows = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {email.lower() for email in rows}
