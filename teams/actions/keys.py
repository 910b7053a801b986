"""Keys: made, renamed, replaced, revoked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from codecard.lib.tenant import tenant
from teams import audit
from teams.keys import Scope, digest_of, new_secret, shown_prefix
from teams.models import Contributor, Key, KeyKind, Organization, User


class KeyRefusedError(ValueError):
    """It can't be done with this key. Says why in words."""


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
    replaces: Key | None = None,
) -> NewKey:
    """With a contributor it is that person's key, without it is the organization's.

    :raises KeyRefusedError: when the person has just been merged into another or deleted.
    """
    secret = new_secret(kind)
    with tenant(organization.id):
        if contributor:
            # References are checked at the end of the transaction only, too late for words.
            people = Contributor.objects.filter(organization=organization, id=contributor.id)
            if people.select_for_update(no_key=True).first() is None:
                raise KeyRefusedError(f"{contributor} is gone: merged into somebody else, or deleted.")
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
            replaces=replaces,
        )
        audit.record(
            organization,
            "key.created" if replaces is None else "key.rotated",
            key,
            by=by,
            now=now,
            kind=kind,
            scopes=key.scopes,
            person=str(contributor) if contributor else None,
            before=_facts(replaces) if replaces else None,
            after=_facts(key),
        )
    return NewKey(key, secret)


def rotate_key(*, key: Key, overlap: timedelta, by: User | None, now: datetime) -> NewKey:
    """A new key in the place of this one, with its name, person and scopes, and as long to live as it had. This one
    ends after the overlap, or when it would have ended anyway.

    :raises KeyRefusedError: when it has ended, or was replaced already.
    """
    with tenant(key.organization_id):
        old = _locked(key)
        if not old.is_usable(now):
            raise KeyRefusedError("This key has ended already. Make a new one.")
        if newer := Key.objects.filter(organization=old.organization_id, replaces=old, revoked_at=None).first():
            raise KeyRefusedError(f"This key was replaced already, by {newer.prefix}…: rotate that one, or revoke it.")
        lifetime = old.expires_at - old.created_at if old.expires_at else None
        made = create_key(
            organization=old.organization,
            kind=KeyKind(old.kind),
            name=old.name,
            contributor=old.contributor,
            scopes=[Scope(scope) for scope in old.scopes if scope in set(Scope)],
            expires_at=now + lifetime if lifetime else None,
            replaces=old,
            by=by,
            now=now,
        )
        ends_at = now + overlap
        old.expires_at = min(old.expires_at, ends_at) if old.expires_at else ends_at
        old.save(update_fields=["expires_at"])
    key.expires_at = old.expires_at
    return made


def rename_key(*, key: Key, name: str, by: User | None, now: datetime) -> None:
    with tenant(key.organization_id):
        current = _locked(key)
        before, current.name = {"name": current.name}, name[:100]
        if before["name"] != current.name:
            current.save(update_fields=["name"])
            after = {"name": current.name}
            audit.record(current.organization, "key.renamed", current, by=by, now=now, before=before, after=after)
    key.name = current.name


def revoke_key(*, key: Key, by: User | None, now: datetime) -> None:
    """From now on for the database, within 30 seconds for every process that remembers it."""
    with tenant(key.organization_id):
        rows = Key.objects.filter(organization_id=key.organization_id, id=key.id, revoked_at=None)
        if rows.update(revoked_at=now):
            before, after = {"revoked_at": None}, {"revoked_at": now.isoformat()}
            audit.record(key.organization, "key.revoked", key, by=by, now=now, before=before, after=after)
    key.revoked_at = key.revoked_at or now


def _locked(key: Key) -> Key:
    rows = Key.objects.filter(organization=key.organization_id, id=key.id).select_related("organization", "contributor")
    return rows.select_for_update(of=("self",)).get()


def _facts(key: Key) -> dict[str, str | None]:
    return {"key": str(key), "expires_at": key.expires_at.isoformat() if key.expires_at else None}
