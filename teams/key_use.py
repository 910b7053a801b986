"""When a key was last used: written after the answer was sent, at most once a minute, and never a reason to fail."""

import logging
from datetime import datetime, timedelta
from threading import local

from django.core.signals import request_finished
from django.db import DatabaseError, InterfaceError
from django.db.models import Q
from django.dispatch import receiver

from codecard.lib.tenant import tenant
from teams.key_cache import KnownKey
from teams.models import Key

log = logging.getLogger(__name__)
PRECISION = timedelta(minutes=1)


class _Noted(local):
    def __init__(self) -> None:
        self.uses: dict[tuple[int, int], datetime] = {}


noted = _Noted()


def note(key: KnownKey, now: datetime) -> None:
    """Remembers the use until the request is finished. Called when the key was read, not for every request."""
    if key.last_used_at is None or key.last_used_at < now - PRECISION:
        noted.uses[key.access.organization_id, key.access.key_id] = now


@receiver(request_finished)
def write_noted(**_: object) -> None:
    uses, noted.uses = noted.uses, {}
    for (organization_id, key_id), now in uses.items():
        try:
            _write(organization_id, key_id, now)
        except (DatabaseError, InterfaceError) as error:
            log.warning("the last use of a key was not written: %s", error)


def _write(organization_id: int, key_id: int, now: datetime) -> None:
    is_older = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - PRECISION)
    with tenant(organization_id):
        Key.objects.filter(is_older, organization=organization_id, id=key_id).update(last_used_at=now)
