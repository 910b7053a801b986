"""Organizations: made, changed, and gone."""

import re
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from codecard.lib.tenant import by_user, tenant
from teams import audit
from teams.actions.members import add_member
from teams.merging import raise_identity_epoch
from teams.models import Contributor, Membership, Organization, Role, User
from teams.time_zones import validate_time_zone

LONGEST_SLUG = 63


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
