"""Invitations as somebody who has none of the rights yet meets them: found by their token, kept until signed in."""

from datetime import datetime
from enum import StrEnum

from django.http import HttpRequest

from codecard.lib.tenant import by_digest
from teams.keys import digest_of
from teams.models import Invitation, Membership

_KEPT = "invitation"
"""Of the session: the token of the invitation that was opened last."""


class Standing(StrEnum):
    """What an invitation is to somebody who opens it, the first that holds."""

    MEMBER = "member"
    DEACTIVATED = "deactivated"
    REVOKED = "revoked"
    EXPIRED = "expired"
    USED = "used"
    OTHER_ADDRESS = "other_address"
    OPEN = "open"


REFUSALS = {
    Standing.DEACTIVATED: "Your membership was deactivated. An owner or admin can activate it again.",
    Standing.REVOKED: "This invitation was withdrawn.",
    Standing.EXPIRED: "This invitation has expired.",
    Standing.USED: "This invitation was used already.",
    Standing.OTHER_ADDRESS: "This invitation is for another e-mail address.",
}
"""Why it can't be accepted, in words for whoever opened it."""


def standing(invitation: Invitation, membership: Membership | None, proven: set[str] | None, now: datetime) -> Standing:
    """`membership`: of the one who opened it, active or not. `proven`: their verified addresses in lower case, None for
    a visitor who has not signed in."""
    if membership is not None:
        return Standing.MEMBER if membership.is_active else Standing.DEACTIVATED
    if invitation.revoked_at is not None:
        return Standing.REVOKED
    if invitation.uses >= invitation.most_uses:
        return Standing.USED
    if now >= invitation.expires_at:
        return Standing.EXPIRED
    if proven is not None and invitation.email and invitation.email.lower() not in proven:
        return Standing.OTHER_ADDRESS
    return Standing.OPEN


def masked(email: str) -> str:
    """Enough for the holder to recognise an address, too little for anybody else to learn it."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"


def find_invitation(token: str) -> Invitation | None:
    """Whatever its state. Its organization is loaded; nothing else of it can be read from outside of the tenant."""
    with by_digest(digest_of(token)):
        return Invitation.objects.filter(digest=digest_of(token)).select_related("organization").first()


def keep_invitation(request: HttpRequest, token: str) -> None:
    """Until the visitor has signed in: then they join what invited them instead of getting a workspace of their own."""
    request.session[_KEPT] = token


def kept_invitation(request: HttpRequest) -> Invitation | None:
    """The one that was opened before signing in, whatever its state now."""
    token = request.session.get(_KEPT, "")
    return find_invitation(token) if token else None


def forget_invitation(request: HttpRequest) -> None:
    request.session.pop(_KEPT, None)
