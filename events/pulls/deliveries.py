"""Deliveries: stored once and sealed, digested once, their text gone with the digest.

A claim is a lease, as of chores: one that a killed worker held is claimed again. The digest is one transaction, so that
a delivery is digested wholly or not at all.
"""

import logging
import time
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q, QuerySet

from codecard.lib.logs import places
from codecard.lib.sealing import SealBrokenError, seal, unseal
from codecard.lib.tenant import tenant
from events.models import Connection, ConnectionState, Delivery, DeliveryState
from events.pulls import state
from events.pulls.github.payloads import UnreadableError
from events.pulls.github.webhooks import READERS, read
from teams.models import Organization

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
KEPT = timedelta(days=7)
MOST_ATTEMPTS = 8
_OPEN = (DeliveryState.RECEIVED, DeliveryState.FAILED)
UNDIGESTED = (*_OPEN, DeliveryState.DEAD)
UNREADABLE = "What GitHub sent can't be read."
SEAL_BROKEN = "The key that sealed it is gone: put the former SECRET_KEY into SECRET_KEY_FALLBACKS."
ENDED_ITS_WORKER = "Whatever digested it was ended each time, by its time or its memory. Nothing of it was used."
FAILED = "The digest failed ({}). It is tried again by itself."
DEAD = "The digest failed {} times ({}). Nothing of it was used."


class EndedTooOftenError(Exception):
    """It was claimed again and again, and nobody came to say what went wrong."""


def store(
    organization_id: int, source: Connection, *, delivery_id: str, event: str, action: str, body: bytes, now: datetime
) -> bool:
    """Whether it is to be digested: False the second time, and for events that nothing is made of. Inside the
    tenant."""
    is_used = event in READERS
    made = Delivery(
        organization_id=organization_id,
        connection=source,
        delivery_id=delivery_id[:64],
        event=event[:60],
        action=action[:60],
        body=_sealed(body) if is_used else None,
        size=len(body),
        state=DeliveryState.RECEIVED if is_used else DeliveryState.IGNORED,
        received_at=now,
        digested_at=None if is_used else now,
    )
    return _insert(made) and is_used


def _insert(made: Delivery) -> bool:
    """By RETURNING: what conflicts returns nothing."""
    fields = [field for field in made._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(made, field.attname), connection) for field in fields]
    columns = ", ".join(str(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_delivery ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"
            " ON CONFLICT (organization_id, delivery_id) DO NOTHING RETURNING id",
            values,
        )
        return cursor.fetchone() is not None


def _sealed(body: bytes) -> bytes:
    """Compressed first: JSON shrinks to a tenth, and sealing costs by size."""
    return seal(zlib.compress(body, 1)).encode()


def body_of(row: Delivery) -> bytes:
    """:raises SealBrokenError:"""
    return zlib.decompress(unseal(bytes(row.body or b"").decode()))


# --- digesting -------------------------------------------------------------------------------------------------------


def digest_some(organization_id: int, *, clock: Callable[[], datetime], seconds: float) -> bool:
    """Digests for so long, the oldest first. Whether there is more.

    :raises OperationalError, InterfaceError: the database is gone; the lease ends by itself.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        claimed = _claim(organization_id, clock())
        if claimed is None:
            return False
        _digest_or_fail(organization_id, claimed, clock)
    return True


def _claim(organization_id: int, now: datetime) -> int | None:
    with tenant(organization_id):
        row = _due(organization_id, now).defer("body").select_for_update(skip_locked=True).order_by("id").first()
        if row is None:
            return None
        row.attempts, row.retry_at = row.attempts + 1, now + LEASE
        row.save(update_fields=["attempts", "retry_at"])
        return row.id


def _due(organization_id: int, now: datetime) -> QuerySet[Delivery]:
    is_due = Q(retry_at=None) | Q(retry_at__lte=now)
    return Delivery.objects.filter(is_due, organization_id=organization_id, state__in=_OPEN)


def is_anything_left(organization_id: int, *, now: datetime) -> bool:
    """Inside the tenant."""
    return _due(organization_id, now).exists()


def _digest_or_fail(organization_id: int, delivery_id: int, clock: Callable[[], datetime]) -> None:
    try:
        digest(organization_id, delivery_id, now=clock())
    except EndedTooOftenError:
        _fail(organization_id, delivery_id, ENDED_ITS_WORKER, clock(), is_hopeless=True)
    except (OperationalError, InterfaceError):
        raise
    except SealBrokenError:
        _fail(organization_id, delivery_id, SEAL_BROKEN, clock(), is_hopeless=True)
    except (UnreadableError, zlib.error):
        _fail(organization_id, delivery_id, UNREADABLE, clock(), is_hopeless=True)
    except Exception as error:
        # Its name and its place only: a message may quote what was read.
        told = {"delivery": delivery_id, "error": type(error).__name__, "at": places(error)}
        log.error("delivery failed", extra={"fields": told})
        _fail(organization_id, delivery_id, type(error).__name__, clock())


def digest(organization_id: int, delivery_id: int, *, now: datetime) -> None:
    """Makes rows of one delivery and forgets its body. Nothing happens to one that is digested already.

    :raises SealBrokenError, UnreadableError, EndedTooOftenError: it can never be digested.
    """
    with tenant(organization_id):
        row = Delivery.objects.select_for_update().filter(organization_id=organization_id, id=delivery_id).first()
        if row is None or row.state not in _OPEN:
            return
        if row.attempts > MOST_ATTEMPTS:
            raise EndedTooOftenError
        told = read(row.event, body_of(row))
        organization = Organization.objects.get(id=organization_id)
        source = row.connection
        change = state.apply(organization, told, source, now=now) if told.is_used else None
        _finish(row, DeliveryState.DIGESTED if change and change.is_used else DeliveryState.IGNORED, "", now)


def _finish(row: Delivery, into: DeliveryState, words: str, now: datetime) -> None:
    row.state, row.error, row.body, row.retry_at, row.digested_at = into, words[:300], None, None, now
    row.save(update_fields=["state", "error", "body", "retry_at", "digested_at"])


def _fail(organization_id: int, delivery_id: int, why: str, now: datetime, *, is_hopeless: bool = False) -> None:
    """The body of a dead one stays until it expires, so that it can be tried again."""
    with tenant(organization_id):
        row = Delivery.objects.select_for_update().get(organization_id=organization_id, id=delivery_id)
        if row.state not in _OPEN:
            return
        is_dead = is_hopeless or row.attempts >= MOST_ATTEMPTS
        row.state = DeliveryState.DEAD if is_dead else DeliveryState.FAILED
        row.error = why if is_hopeless else (DEAD.format(row.attempts, why) if is_dead else FAILED.format(why))
        row.retry_at = None if is_dead else now + timedelta(seconds=15 * 2 ** min(row.attempts, 10))
        row.save(update_fields=["state", "error", "retry_at"])


# --- the rest of their lives -----------------------------------------------------------------------------------------


def try_again(organization_id: int, delivery_ids: list[int] | None = None) -> int:
    """Puts dead ones back, all or those named; how many. Inside the tenant."""
    rows = Delivery.objects.filter(organization_id=organization_id, state=DeliveryState.DEAD, body__isnull=False)
    rows = rows if delivery_ids is None else rows.filter(id__in=delivery_ids)
    return rows.update(state=DeliveryState.RECEIVED, attempts=0, retry_at=None, error="")


def expire(organization_id: int, *, now: datetime) -> int:
    """Ends those that could not be digested for a week: their text may not lie longer. Inside the tenant."""
    rows = Delivery.objects.filter(
        organization_id=organization_id, body__isnull=False, received_at__lt=now - KEPT, state__in=UNDIGESTED
    )
    return rows.update(state=DeliveryState.EXPIRED, body=None, retry_at=None)


def mark_seen(source: Connection, *, is_new_secret: bool, now: datetime) -> None:
    """The connection works. Written once a minute, or deliveries would wait for each other. Inside the tenant."""
    is_fresh = source.last_delivery_at and now - source.last_delivery_at < timedelta(minutes=1)
    ends_former = is_new_secret and source.former_webhook_secret
    if is_fresh and not ends_former and source.state != ConnectionState.WAITING:
        return
    # Each where it still is as it was read: meanwhile it may be suspended, or its secret changed once more.
    mine = Connection.objects.filter(organization_id=source.organization_id, id=source.id)
    mine.update(last_delivery_at=now)
    mine.filter(state=ConnectionState.WAITING).update(state=ConnectionState.ACTIVE)
    if ends_former:
        mine.filter(webhook_secret=source.webhook_secret).update(former_webhook_secret="")
