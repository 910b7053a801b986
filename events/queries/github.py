"""What the settings page tells of an organization's connections to GitHub: a constant number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import QueryDict

from events.models import Backfill, Connection, Delivery, DeliveryState, Repository
from teams.models import Organization

WINDOW = timedelta(days=7)
MOST_DEAD = 20
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a backfill. `share` is None while the vendor hasn't said how much there is."""

    done: int
    total: int | None
    is_finished: bool
    error: str
    resume_at: datetime | None

    @property
    def share(self) -> float | None:
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    repository: Repository
    progress: Progress | None


def connections_of(organization: Organization) -> list[Connection]:
    rows = Connection.objects.filter(organization=organization).select_related("created_by")
    return list(rows.annotate(repository_count=Count("repositories")).order_by("id"))


def repositories_page(organization: Organization, given: QueryDict) -> "Page[RepositoryRow]":
    """By name; `q` finds parts of it."""
    rows: QuerySet[Repository] = Repository.objects.filter(organization=organization).order_by("full_name", "id")
    if text := given.get("q", "")[:100].replace("\x00", ""):
        rows = rows.filter(full_name__icontains=text)
    page = Paginator(rows, _PAGE).get_page(given.get("page"))
    progress = progress_of(organization, [one.id for one in page])
    rowed: Any = page
    rowed.object_list = [RepositoryRow(one, progress.get(one.id)) for one in page]
    return cast("Page[RepositoryRow]", rowed)


def progress_of(organization: Organization, repository_ids: list[int]) -> Mapping[int, Progress]:
    """By repository, over all stages."""
    rows = Backfill.objects.filter(organization=organization, repository__in=repository_ids)
    found: dict[int, Progress] = {}
    sums = rows.values("repository_id").annotate(
        is_done=Sum("done"),
        of_total=Sum("total"),
        left=Count("id", filter=Q(finished_at=None)),
        unsized=Count("id", filter=Q(total=None)),
    )
    troubled = {row.repository_id: row for row in rows.filter(finished_at=None).order_by("-id")}
    for row in sums:
        open_row = troubled.get(row["repository_id"])
        found[row["repository_id"]] = Progress(
            done=row["is_done"] or 0,
            total=None if row["unsized"] else row["of_total"],
            is_finished=not row["left"],
            error=open_row.error if open_row else "",
            resume_at=open_row.resume_at if open_row else None,
        )
    return found


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    received: int
    digested: int
    ignored: int
    waiting: int
    dead: int


def delivery_counts(organization: Organization, *, now: datetime) -> DeliveryCounts:
    """Of the last seven days; dead ones of any day."""
    recent = Q(received_at__gte=now - WINDOW)
    open_states = [DeliveryState.RECEIVED, DeliveryState.FAILED]
    found = Delivery.objects.filter(organization=organization).aggregate(
        received=Count("id", filter=recent),
        digested=Count("id", filter=recent & Q(state=DeliveryState.DIGESTED)),
        ignored=Count("id", filter=recent & Q(state=DeliveryState.IGNORED)),
        waiting=Count("id", filter=Q(state__in=open_states)),
        dead=Count("id", filter=Q(state=DeliveryState.DEAD)),
    )
    return DeliveryCounts(**found)


def dead_deliveries(organization: Organization) -> list[Delivery]:
    """The newest, without their bodies."""
    rows = Delivery.objects.filter(organization=organization, state=DeliveryState.DEAD).defer("body")
    return list(rows.order_by("-received_at", "-id")[:MOST_DEAD])
