"""A machine asks for keys, a person who is signed in decides, the machine fetches them once (RFC 8628).

The keys are made when they are fetched, so that no secret ever waits anywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from codecard.lib.tenant import tenant
from teams import audit, queries
from teams.actions.keys import KeyRefusedError, create_key
from teams.device_codes import digest_of_user_code, letters_of, new_user_code
from teams.keys import Scope, digest_of, new_token
from teams.models import DeviceRequest, KeyKind, Membership, Organization, User
from teams.permissions import Permission, permissions_of

LIFETIME = timedelta(minutes=10)
INTERVAL = timedelta(seconds=2)
"""How long a machine waits between two questions."""


class DeviceRefusedError(ValueError):
    """It can't be approved. Says why in words."""


class Asked(NamedTuple):
    device_code: str
    user_code: str


class DeviceState(StrEnum):
    """The errors of RFC 8628, and that it is approved."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Handed:
    """What a machine gets when it asks. The secrets are shown this once."""

    state: DeviceState
    organization: Organization | None = None
    key_id: int = 0
    ingest_key: str = ""
    api_token: str = ""


def ask_for_device(*, host: str, client_version: str, may_read: bool, now: datetime) -> Asked:
    """A new request, for ten minutes. Those that ended an hour ago are forgotten."""
    DeviceRequest.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()
    while True:
        device_code, user_code = new_token(), new_user_code()
        _, is_new = DeviceRequest.objects.get_or_create(
            user_digest=digest_of_user_code(user_code),
            defaults={
                "device_digest": digest_of(device_code),
                "host": host[:100],
                "client_version": client_version[:40],
                "may_read": may_read,
                "created_at": now,
                "expires_at": now + LIFETIME,
            },
        )
        if is_new:
            return Asked(device_code, user_code)


def device_of(user_code: str) -> DeviceRequest | None:
    """The request with this code, whatever its state."""
    if not letters_of(user_code):
        return None
    return DeviceRequest.objects.filter(user_digest=digest_of_user_code(user_code)).first()


def is_open(device: DeviceRequest, now: datetime) -> bool:
    return device.approved_at is None and device.denied_at is None and now < device.expires_at


def approve_device(*, device: DeviceRequest, organization: Organization, by: User, now: datetime) -> None:
    """From now on the machine may fetch keys of this person in this organization.

    :raises DeviceRefusedError: it was decided already, its time is over, or the person may not send there.
    """
    with tenant(organization.id):
        if not _may_send(organization, by):
            raise DeviceRefusedError("You can't send data of your own to this organization.")
        if _open(device, now).update(approved_at=now, user=by, sends_to=organization) != 1:
            raise DeviceRefusedError("This request was answered already, or its time is over.")
        audit.record(organization, "device.approved", device, by=by, now=now, may_read=device.may_read)


def deny_device(*, device: DeviceRequest, by: User, now: datetime) -> None:
    """The machine is told so. A request that was answered stays answered as it was."""
    _open(device, now).update(denied_at=now, user=by)


def _open(device: DeviceRequest, now: datetime) -> QuerySet[DeviceRequest]:
    return DeviceRequest.objects.filter(id=device.id, approved_at=None, denied_at=None, expires_at__gt=now)


def hand_keys(*, device_code: str, now: datetime) -> Handed:
    """What the machine with this code gets now: keys once, when it was approved, and else why not yet or never."""
    with transaction.atomic():
        rows = DeviceRequest.objects.filter(device_digest=digest_of(device_code)).select_related("user")
        device = rows.select_for_update(of=("self",)).first()
        if device is None or device.used_at or now >= device.expires_at:
            return Handed(DeviceState.EXPIRED)
        if device.denied_at:
            return Handed(DeviceState.DENIED)
        if device.approved_at is None or device.user is None:
            return Handed(_waiting(device, now))
        device.used_at = now
        device.save(update_fields=["used_at"])
        organization = Organization.objects.filter(id=device.sends_to_id or 0).first()
        return _made(device, organization, device.user, now) if organization else Handed(DeviceState.DENIED)


def _waiting(device: DeviceRequest, now: datetime) -> DeviceState:
    is_early = device.asked_at is not None and now < device.asked_at + INTERVAL
    device.asked_at = now
    device.save(update_fields=["asked_at"])
    return DeviceState.SLOW_DOWN if is_early else DeviceState.PENDING


def _made(device: DeviceRequest, organization: Organization, user: User, now: datetime) -> Handed:
    """An ingest key of the person, and a token that reads what is the person's own, if it was asked for."""
    with tenant(organization.id):
        person = queries.contributor_of(organization, user)
        if person is None or not _may_send(organization, user):
            return Handed(DeviceState.DENIED)
        try:
            made = [
                create_key(
                    organization=organization, kind=kind, name=str(device), contributor=person, scopes=scopes, by=user,
                    now=now,
                )
                for kind, scopes in ((KeyKind.INGEST, ()), (KeyKind.API, (Scope.OWN,)))[: 1 + device.may_read]
            ]  # fmt: skip
        except KeyRefusedError:
            return Handed(DeviceState.DENIED)
    return Handed(DeviceState.APPROVED, organization, made[0].key.id, *(one.secret for one in made))


def _may_send(organization: Organization, user: User) -> bool:
    """Asked again when keys are made: memberships end, and accounts too. Inside the tenant."""
    found = Membership.objects.filter(organization=organization, user=user, user__is_active=True, is_active=True)
    role = found.values_list("role", flat=True).first()
    return role is not None and Permission.USE_OWN_DATA in permissions_of(role, organization)
