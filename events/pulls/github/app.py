"""A GitHub App proves itself: by a token signed with its private key, and gets one of an hour for each installation."""

from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from codecard.lib.sealing import SealBrokenError, seal, unseal
from codecard.lib.tenant import tenant
from events.models import Connection, GitHubApp
from events.pulls.github.errors import GitHubError, Trouble
from events.pulls.github.fields import moment, text

EARLY: Final = timedelta(minutes=5)
# GitHub takes ten minutes at most, and its clock may be behind ours.
_BEFORE, _AFTER = timedelta(seconds=60), timedelta(minutes=8)


def kept_token(connection: Connection, *, now: datetime) -> str | None:
    """The installation's token, if it is good for five more minutes."""
    expires_at = connection.access_token_expires_at
    if not connection.access_token or expires_at is None or expires_at - EARLY <= now:
        return None
    try:
        return unseal(connection.access_token).decode()
    except SealBrokenError:
        return None


def proof(*, now: datetime) -> str:
    """:raises GitHubError: there is no App, or its key can't be opened."""
    app = GitHubApp.objects.order_by("-id").first()
    if app is None:
        raise GitHubError(Trouble.REFUSED)
    claims = {"iss": str(app.app_id), "iat": now - _BEFORE, "exp": now + _AFTER}
    try:
        return jwt.encode(claims, unseal(app.private_key).decode(), algorithm="RS256")
    except (SealBrokenError, ValueError, TypeError, jwt.PyJWTError):
        raise GitHubError(Trouble.REFUSED) from None


def keep_token(connection: Connection, answer: Any) -> str:
    """Sealed. :raises GitHubError: it is no token."""
    found = answer if isinstance(answer, dict) else {}
    token, expires_at = text(found, "token", 500), moment(found, "expires_at")
    if not token or expires_at is None:
        raise GitHubError(Trouble.ODD)
    connection.access_token, connection.access_token_expires_at = seal(token), expires_at
    with tenant(connection.organization_id):
        Connection.objects.filter(organization_id=connection.organization_id, id=connection.id).update(
            access_token=connection.access_token, access_token_expires_at=expires_at
        )
    return token
