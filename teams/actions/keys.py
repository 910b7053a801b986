"""Keys: made, replaced, revoked."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from codecard.lib.tenant import tenant
from teams import audit
from teams.keys import Scope, digest_of, new_secret, shown_prefix
from teams.models import Contributor, Key, KeyKind, Organization, User


class NewKey(NamedTuple):
    key: Key
    secret: str
    """Shown once: nobody can find it again."""


def create_key(
    *,
    organization: Organization,
    kind: KeyKind,
    name: str,
    by: User | None,
    now: datetime,
    contributor: Contributor | None = None,
    scopes: Iterable[Scope] = (),
    expires_at: datetime | None = None,
) -> NewKey:
    """With a contributor it is that person's key, without it is the organization's."""
    secret = new_secret(kind)
    with tenant(organization.id):
        key = Key.objects.create(
            organization=organization,
            kind=kind,
            name=name[:100],
            prefix=shown_prefix(secret),
            digest=digest_of(secret),
            contributor=contributor,
            scopes=[str(scope) for scope in scopes],
            created_by=by,
            created_at=now,
            expires_at=expires_at,
        )
        audit.record(organization, "key.created", key, by=by, now=now, kind=kind, scopes=key.scopes)
    return NewKey(key, secret)


def revoke_key(*, key: Key, by: User | None, now: datetime) -> None:
    """From now on for the database, within 30 seconds for every process that remembers it."""
    with tenant(key.organization_id):
        rows = Key.objects.filter(organization_id=key.organization_id, id=key.id, revoked_at=None)
        if rows.update(revoked_at=now):
            audit.record(key.organization, "key.revoked", key, by=by, now=now)
    key.revoked_at = key.revoked_at or now
