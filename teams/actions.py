"""What changes organizations, people and keys: atomic, with the audit entry inside, `by` whom and `now`.

`by=None` is the system itself: a command or a task.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.text import slugify

from codecard.lib.tenant import by_user, tenant
from teams import audit, queries
from teams.identity_values import normalise
from teams.keys import Scope, digest_of, new_secret, shown_prefix
from teams.merging import MergeRefusedError, merge_contributors, raise_identity_epoch
from teams.models import (
    Contributor,
    Identity,
    IdentityKind,
    Key,
    KeyKind,
    Membership,
    Organization,
    Role,
    Team,
    TeamMembership,
    User,
)
from teams.time_zones import validate_time_zone

__all__ = [
    "LastOwnerError",
    "MergeRefusedError",
    "NewKey",
    "Provisioned",
    "add_identity",
    "add_member",
    "change_time_zone",
    "claim_identity",
    "create_key",
    "create_organization",
    "create_personal_organization",
    "create_team",
    "delete_organization",
    "join_team",
    "merge_contributors",
    "provision",
    "remove_member",
    "revoke_key",
]
LONGEST_SLUG = 63


class LastOwnerError(ValueError):
    """An organization keeps at least one owner."""


# --- organizations ---------------------------------------------------------------------------------------------------


@transaction.atomic
def create_organization(
    *, name: str, by: User | None, now: datetime, slug: str = "", owner: User | None = None, **fields: Any
) -> Organization:
    """A new organization, with its first owner if there is one. `fields` are those of the model.

    Without a slug one is made of the name. A slug that is given and taken raises IntegrityError.
    """
    organization = Organization(name=name, slug=slug or _free_slug(name), created_at=now, **fields)
    organization.full_clean(exclude=["slug"])
    organization.save()
    with tenant(organization.id):
        audit.record(organization, "organization.created", organization, by=by, now=now)
        if owner:
            add_member(organization=organization, user=owner, role=Role.OWNER, by=by, now=now)
    return organization


def create_personal_organization(*, user: User, now: datetime) -> Organization | None:
    """What a person who signed in alone works in, None if they belong to an organization already."""
    with transaction.atomic():
        # Two sign-ins at once must not make two.
        User.objects.select_for_update().get(id=user.id)
        with by_user(user.id):
            if Membership.objects.filter(user=user, is_active=True).exists():
                return None
        name = user.name or user.email.split("@")[0]
        zone = {"time_zone": user.time_zone} if user.time_zone else {}
        return create_organization(name=name[:150], owner=user, by=user, now=now, is_personal=True, **zone)


def delete_organization(*, organization: Organization, by: User | None, now: datetime) -> None:
    """Everything of the organization goes, in one transaction, but its audit. Users stay."""
    with tenant(organization.id):
        audit.record(organization, "organization.deleted", organization, by=by, now=now, slug=organization.slug)
        organization.delete()


def _free_slug(name: str) -> str:
    base = slugify(re.sub(r"[._@+]", "-", name))[: LONGEST_SLUG - 7].strip("-_") or "workspace"
    while Organization.objects.filter(slug=base).exists():
        base = f"{base[: LONGEST_SLUG - 7]}-{secrets.token_hex(3)}"
    return base


def change_time_zone(
    *, of: Organization | Contributor, time_zone: str, by: User | None, now: datetime
) -> Organization | Contributor:
    """Applies to days from now on; the past stays as it was counted.

    :raises ValidationError: for an unknown zone. Empty is allowed for a contributor: the organization's.
    """
    if time_zone or isinstance(of, Organization):
        validate_time_zone(time_zone)
    organization = of if isinstance(of, Organization) else of.organization
    with tenant(organization.id):
        raise_identity_epoch(organization.id)
        audit.record(organization, "time_zone.changed", of, by=by, now=now, before=of.time_zone, after=time_zone)
        of.time_zone = time_zone
        of.save(update_fields=["time_zone"])
    return of


# --- members, people, teams ------------------------------------------------------------------------------------------


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


def remove_member(*, membership: Membership, by: User | None, now: datetime) -> None:
    """Ends the membership and every key that was the user's or made by them. What they did stays.

    :raises LastOwnerError: when nobody would be left to own the organization.
    """
    organization = membership.organization
    with tenant(organization.id):
        owners = Membership.objects.select_for_update().filter(
            organization=organization, role=Role.OWNER, is_active=True
        )
        if {row.id for row in owners} == {membership.id}:
            raise LastOwnerError("Make somebody else an owner first.")
        Membership.objects.filter(organization=organization, id=membership.id).update(is_active=False)
        audit.record(organization, "member.removed", membership, by=by, now=now, before={"role": membership.role})
        keys = Key.objects.filter(organization=organization, revoked_at=None)
        for key in keys.filter(contributor__user=membership.user) | keys.filter(created_by=membership.user):
            revoke_key(key=key, by=by, now=now)


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


def add_identity(
    *, organization: Organization, contributor: Contributor, kind: IdentityKind, value: str, now: datetime
) -> bool:
    """Makes data under this name the contributor's from now on. False if the name is somebody's already or empty."""
    normal = normalise(kind, value)
    if not normal:
        return False
    with tenant(organization.id):
        row, _ = Identity.objects.get_or_create(
            organization=organization,
            kind=kind,
            value=normal,
            defaults={"contributor": contributor, "created_at": now},
        )
    return row.contributor_id == contributor.id


def claim_identity(
    *, organization: Organization, user: User, kind: IdentityKind, value: str, now: datetime
) -> Contributor | None:
    """Whoever proved to hold the address or login becomes the person whom data know by it.

    An unclaimed contributor becomes the user's, or is merged into the one they have. None where nobody is known by the
    name, or somebody else claimed them. `value` must have been verified.
    """
    with tenant(organization.id):
        identity = _identity(organization, kind, value)
        if identity and not identity.contributor.is_claimed:
            raise_identity_epoch(organization.id)
            # Nobody else merges or claims from here on, but somebody may have until here.
            identity = _identity(organization, kind, value)
        if identity is None or identity.contributor.is_claimed:
            return identity.contributor if identity and identity.contributor.user_id == user.id else None
        person = identity.contributor
        own = queries.contributor_of(organization, user)
        if own is not None:
            merge_contributors(organization=organization, loser=person, winner=own, by=user, now=now)
            return own
        person.user = user
        person.display_name = user.name or person.display_name
        person.save(update_fields=["user", "display_name"])
        audit.record(organization, "contributor.claimed", person, by=user, now=now, identity=f"{kind}:{value}")
    return person


def _identity(organization: Organization, kind: IdentityKind, value: str) -> Identity | None:
    rows = Identity.objects.filter(organization=organization, kind=kind, value=normalise(kind, value))
    return rows.select_related("contributor").first()


def create_team(
    *, organization: Organization, name: str, by: User | None, now: datetime, slug: str = "", parent: Team | None = None
) -> Team:
    with tenant(organization.id):
        team = Team(
            organization=organization, name=name, slug=slug or slugify(name) or "team", parent=parent, created_at=now
        )
        team.full_clean()
        team.save()
        audit.record(organization, "team.created", team, by=by, now=now)
    return team


def join_team(
    *, team: Team, contributor: Contributor, by: User | None, now: datetime, is_lead: bool = False
) -> TeamMembership:
    """Puts a person into a team, or changes whether they lead it."""
    with tenant(team.organization_id):
        row, is_new = TeamMembership.objects.get_or_create(
            organization=team.organization,
            team=team,
            contributor=contributor,
            defaults={"is_lead": is_lead, "created_at": now},
        )
        if is_new or row.is_lead != is_lead:
            row.is_lead = is_lead
            row.save(update_fields=["is_lead"])
            audit.record(team.organization, "team.joined", row, by=by, now=now, after={"is_lead": is_lead})
    return row


# --- keys ------------------------------------------------------------------------------------------------------------


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


# --- by command ------------------------------------------------------------------------------------------------------


class Provisioned(NamedTuple):
    organization: Organization
    user: User
    ingest_key: str
    api_token: str


@transaction.atomic
def provision(*, slug: str, email: str, role: Role, now: datetime) -> Provisioned:
    """Finds or makes the organization and the user, makes the user a member, and gives them new keys."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        organization = create_organization(name=slug, slug=slug, by=None, now=now)
    with tenant(organization.id):
        add_member(organization=organization, user=user, role=role, by=None, now=now)
        person = queries.contributor_of(organization, user)
        ingest = create_key(
            organization=organization, kind=KeyKind.INGEST, name="provisioned", contributor=person, by=None, now=now
        )
        token = create_key(
            organization=organization,
            kind=KeyKind.API,
            name="provisioned",
            contributor=person,
            scopes=Scope,
            by=None,
            now=now,
        )
    return Provisioned(organization, user, ingest.secret, token.secret)
