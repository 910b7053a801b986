"""Trying again what failed for good. The sweep finds the rows: nothing is queued here."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from codecard.lib.tenant import tenant
from events.models import Chore, Delivery, DeliveryState
from teams import audit
from teams.models import Organization, User


def try_deliveries_again(
    *, organization: Organization, rows: QuerySet[Delivery], by: User | None, now: datetime
) -> int:
    """Those that failed and still have their body; how many. Digested ones stay, whose text is gone."""
    with tenant(organization.id):
        failed = Delivery.objects.filter(
            organization=organization, id__in=_ids(rows), state__in=[DeliveryState.FAILED, DeliveryState.DEAD]
        ).exclude(body=None)
        return _again(
            failed, organization, "deliveries.tried_again", by, now,
            state=DeliveryState.RECEIVED, attempts=0, retry_at=None, error="",
        )  # fmt: skip


def try_chores_again(*, organization: Organization, rows: QuerySet[Chore], by: User | None, now: datetime) -> int:
    """The dead among them; how many."""
    with tenant(organization.id):
        dead = Chore.objects.filter(organization=organization, id__in=_ids(rows), is_dead=True)
        return _again(
            dead, organization, "chores.tried_again", by, now, is_dead=False, attempts=0, not_before=now, error=""
        )


def _ids(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by().values_list("id", flat=True))


def _again(
    rows: QuerySet[Any], organization: Organization, action: str, by: User | None, now: datetime, **values: Any
) -> int:
    ids = list(rows.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    if ids:
        rows.model._default_manager.filter(organization=organization, id__in=ids).update(**values)
        audit.record(organization, action, organization, by=by, now=now, rows=ids[:100], count=len(ids))
    return len(ids)
