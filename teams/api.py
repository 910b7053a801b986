"""Keys in API requests: `authentication_classes = [KeyAuthentication]`, `permission_classes = [MayIngest]`."""

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from codecard.lib import requests
from teams import key_cache, key_use, queries
from teams.key_cache import Access, KnownKey
from teams.keys import Scope, digest_of, looks_like_key

if TYPE_CHECKING:
    # That module imports this one, as the settings say.
    from rest_framework.views import APIView

__all__ = ["Access", "KeyAuthentication", "MayIngest", "MayRead"]

UNKNOWN = "This key is not known. Make one on the page “Connect a tool”."
REVOKED = "This key was revoked. Make a new one on the page “Connect a tool”."
EXPIRED = "This key has expired. Make a new one on the page “Connect a tool”."
MISSING = object()
LONGEST_CREDENTIAL = 1024


class KeyAuthentication(BaseAuthentication):
    """A key in the address (`path_key`), as `Authorization: Bearer` or `Basic`, or as `X-API-Key`.

    401 for a key that is not known, 403 for one that was revoked or has expired. Errors of the database go on as they
    are: whether a key is good is not known then.
    """

    def authenticate(self, request: Request) -> tuple[Access, Access] | None:
        offered = list(_offered(request))
        if not offered:
            return None
        secret = next(filter(looks_like_key, offered), None)
        known = find_key(secret) if secret else None
        if known is None:
            raise AuthenticationFailed(UNKNOWN)
        if known.is_revoked:
            raise PermissionDenied(REVOKED)
        if known.is_expired(timezone.now()):
            raise PermissionDenied(EXPIRED)
        requests.organization_id.set(known.access.organization_id)
        return known.access, known.access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Code Card"'


def find_key(secret: str) -> KnownKey | None:
    """The key with this secret, whatever its state, or None. May be 15 seconds old."""
    digest = digest_of(secret)
    known = key_cache.cache.get(digest, MISSING)
    if known is MISSING:
        key = queries.key_by_digest(digest)
        known = KnownKey.of(key) if key else None
        key_cache.cache.put(digest, known)
        if known:
            key_use.note(known, timezone.now())
    return known  # type: ignore[no-any-return]


def _offered(request: Request) -> Iterator[str]:
    """Whatever might be meant as the key, the most explicit first."""
    if path_key := (request.parser_context or {}).get("kwargs", {}).get("path_key"):
        yield path_key
    scheme, _, credential = request.META.get("HTTP_AUTHORIZATION", "")[:LONGEST_CREDENTIAL].partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        yield credential.strip()
    elif scheme.lower() == "basic":
        yield from _basic(credential.strip())
    if header := request.META.get("HTTP_X_API_KEY", ""):
        yield header.strip()


def _basic(credential: str) -> Iterator[str]:
    """The key as user or as password; WakaTime's plugins send it alone, without the colon."""
    try:
        decoded = base64.b64decode(credential, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        decoded = ""
    user, _, password = decoded.partition(":")
    yield user.strip()
    yield password.strip()


class MayIngest(BasePermission):
    """Ingest keys only."""

    message = "This key can't send events. Send them with an ingest key (cci_…)."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return access_of(request).may_ingest()


class MayRead(BasePermission):
    """API tokens with a scope: `permission_classes = [MayRead(Scope.USAGE)]`."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.message = f"This key can't read here. Use an API token (cca_…) with the scope {scope}."

    def __call__(self) -> "MayRead":
        """REST framework calls what stands in `permission_classes`, for it expects classes there."""
        return self

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return access_of(request).may_read(self.scope)


def access_of(request: Request) -> Access:
    """Who sends the request. :raises NotAuthenticated: 401, without a key."""
    if not isinstance(request.auth, Access):
        raise NotAuthenticated("Send a key: Authorization: Bearer <key>.")
    return request.auth
