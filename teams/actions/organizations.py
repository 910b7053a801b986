"""Organizations: made, and gone. What is changed of them: settings.py."""

from datetime import datetime
from typing import Any

from django.db import transaction

from codecard.lib.tenant import by_user, tenant
from teams import audit, slugs
from teams.actions.members import add_member
from teams.merging import raise_identity_epoch
from teams.models import Contributor, Membership, Organization, Role, User
from teams.notices import is_past_grace
from teams.time_zones import validate_time_zone


class TooLateError(ValueError):
    """The organization is on its way out already."""


@transaction.atomic
def create_organization(
    *, name: str, by: User | None, now: datetime, slug: str = "", owner: User | None = None, **fields: Any
) -> Organization:
    """A new organization, with its first owner if there is one. `fields` are those of the model.

    Without a slug one is made of the name.
    :raises SlugTakenError: another organization has the slug, or had it.
    """
    if slug:
        slugs.take(slug)
    else:
        slug = slugs.take_suggestion(name)
    organization = Organization(name=name, slug=slug, created_at=now, **fields)
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
    """From now on its days are numbered: it goes on for the time of grace, then `events.erasing` takes it. Asking again
    changes nothing."""
    with tenant(organization.id):
        if Organization.objects.filter(id=organization.id, deleted_at=None).update(deleted_at=now):
            audit.record(organization, "organization.deleted", organization, by=by, now=now, slug=organization.slug)
    organization.refresh_from_db(fields=["deleted_at"])


def keep_organization(*, organization: Organization, by: User | None, now: datetime) -> None:
    """Takes the wish to delete it back, if there is one.

    :raises TooLateError: the time of grace is over.
    """
    with tenant(organization.id):
        row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        if is_past_grace(row, now):
            raise TooLateError("The time to change one's mind is over, and it is being deleted.")
        if row.deleted_at is not None:
            Organization.objects.filter(id=row.id).update(deleted_at=None)
            before = row.deleted_at.isoformat()
            audit.record(row, "organization.kept", row, by=by, now=now, before={"deleted_at": before})
    organization.deleted_at = None


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
