"""Writing down who did what. Called by actions, inside their transaction and the tenant."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from teams.models import AuditEntry, Organization, User

LONGEST_LABEL = 300
_address: ContextVar[str | None] = ContextVar("audit_address", default=None)


def from_request(request: HttpRequest) -> AbstractContextManager[None]:
    """Entries made in this block note the visitor's address: behind a trusted proxy what it says, else who connects."""
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:
        # Over a socket nobody has an address.
        address = ""
    return from_address(address)


@contextmanager
def from_address(address: str) -> Iterator[None]:
    """Entries made in this block note where the request came from. What is no IP address (a socket) is left out."""
    try:
        known = str(ip_address(address))
    except ValueError:
        known = None
    token = _address.set(known)
    try:
        yield
    finally:
        _address.reset(token)


def record(
    organization: Organization, action: str, about: Model, *, by: User | None, now: datetime, **details: Any
) -> AuditEntry:
    """`details` say what changed (`before`, `after`), as JSON can hold it; never a secret."""
    made = entry(organization, action, about, by=by, now=now, **details)
    made.save(force_insert=True)
    return made


def record_all(entries: Iterable[AuditEntry]) -> None:
    """What one act did to many things, one entry each."""
    AuditEntry.objects.bulk_create(entries, batch_size=1000)


def entry(
    organization: Organization, action: str, about: Model, *, by: User | None, now: datetime, **details: Any
) -> AuditEntry:
    """As `record`, but not written yet."""
    return AuditEntry(
        organization=organization,
        at=now,
        actor=by,
        actor_label=(f"{by.name} <{by.email}>" if by and by.name else by.email if by else "system")[:LONGEST_LABEL],
        action=action,
        object_type=about._meta.model_name or "",
        object_id=about.pk,
        object_label=str(about)[:LONGEST_LABEL],
        details=details,
        address=_address.get(),
    )
