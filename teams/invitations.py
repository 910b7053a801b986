"""Invitations as somebody who has none of the rights yet meets them: found by their token, kept until signed in."""

from django.http import HttpRequest

from codecard.lib.tenant import by_digest
from teams.keys import digest_of
from teams.models import Invitation

_KEPT = "invitation"
"""Of the session: the token of the invitation that was opened last."""


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
