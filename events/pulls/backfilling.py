"""The past of a repository, asked page by page, and what deliveries never told: which pages are left is rows.

A claim is a lease on one repository's stage for one turn of some seconds; then others have theirs, of this organization
and of others. Answers come outside of transactions; what they bring and where the next page begins is written in one.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet

from codecard.lib.logs import places
from codecard.lib.tenant import tenant
from events.models import Backfill, Repository, RepositoryState, Stage
from events.pulls import naming, state, troubles
from events.pulls.backfill_stages import STAGES, Step
from events.pulls.github import limits
from events.pulls.github.client import Client, can_ask
from events.pulls.github.errors import GitHubError, Trouble

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
STOPPED: Final = "Stopped by a person."
FAILED: Final = "It failed ({}). It is tried again by itself."
_ORDER: Final = {stage: place for place, stage in enumerate(STAGES)}
_OVERLAP: Final = timedelta(minutes=10)
"""Of two runs, so that nothing falls between two clocks."""


class Claim(NamedTuple):
    row: Backfill
    repository: Repository


# --- beginning -------------------------------------------------------------------------------------------------------


def since_of(now: datetime) -> datetime | None:
    return now - timedelta(days=settings.BACKFILL_DAYS) if settings.BACKFILL_DAYS > 0 else None


def start(organization_id: int, repository_ids: Iterable[int], *, since: datetime | None, now: datetime) -> None:
    """What was never asked, or was stopped; it goes on where it was. Inside the tenant."""
    ids = sorted(repository_ids)
    cursor = {"since": since.isoformat() if since else None}
    Backfill.objects.bulk_create(
        [
            Backfill(organization_id=organization_id, repository_id=id_, stage=stage, cursor=cursor)
            for id_ in ids for stage in STAGES
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    rows = _rows(organization_id).filter(repository_id__in=ids)
    rows.filter(error=STOPPED).update(finished_at=None, error="", resume_at=None, attempts=0)
    rows.filter(finished_at=None).update(resume_at=None)


def restart(organization_id: int, repository_ids: Iterable[int], *, since: datetime | None, now: datetime) -> None:
    """From the beginning. Rows that are there stay, and are found again. Inside the tenant."""
    ids = sorted(repository_ids)
    start(organization_id, ids, since=since, now=now)
    _rows(organization_id).filter(repository_id__in=ids).update(
        cursor={"since": since.isoformat() if since else None}, etag="", done=0, total=None, calls=0, points=0,
        error="", attempts=0, claimed_until=None, resume_at=None, started_at=None, finished_at=None,
    )  # fmt: skip


def stop(organization_id: int, repository_ids: Iterable[int], *, now: datetime) -> None:
    """Ends what is unfinished, so that it isn't taken up by itself. Inside the tenant."""
    rows = _rows(organization_id).filter(repository_id__in=sorted(repository_ids), finished_at=None)
    rows.update(finished_at=now, error=STOPPED, claimed_until=None)


def begin_new(organization_id: int, *, now: datetime) -> bool:
    """Starts it for repositories that can be asked for and never were. Inside the tenant."""
    known = _rows(organization_id).values("repository_id")
    rows = _askable(organization_id).exclude(id__in=known)
    new = [row.id for row in rows if can_ask(row.connection)]
    if new:
        start(organization_id, new, since=since_of(now), now=now)
    return bool(new)


def look_again(organization_id: int, *, now: datetime) -> None:
    """Has asked once more for all that was updated since the last time: GitHub doesn't send a delivery again that
    failed. Of a repository that is finished. Inside the tenant."""
    unfinished = _rows(organization_id).filter(Q(finished_at=None) | Q(error=STOPPED)).values("repository_id")
    rows = _rows(organization_id).exclude(repository_id__in=unfinished).select_for_update().order_by("id")
    again = [row for row in rows if row.finished_at]
    for row in again:
        began = row.started_at or row.finished_at or now
        row.cursor = {"since": (began - _OVERLAP).isoformat(), "is_again": True}
        row.finished_at, row.started_at, row.attempts = None, None, 0
    Backfill.objects.bulk_update(again, ["cursor", "finished_at", "started_at", "attempts"])


def _rows(organization_id: int) -> QuerySet[Backfill]:
    return Backfill.objects.filter(organization_id=organization_id)


def _askable(organization_id: int) -> QuerySet[Repository]:
    rows = Repository.objects.filter(organization_id=organization_id, is_tracked=True, connection__isnull=False)
    return rows.exclude(state=RepositoryState.VANISHED).select_related("connection").order_by("id")


# --- working ---------------------------------------------------------------------------------------------------------


def work(
    organization_id: int,
    *,
    clock: Callable[[], datetime],
    seconds: float,
    repository_ids: Iterable[int] | None = None,
) -> bool:
    """One turn: a page of one repository, and more for some seconds. Whether more is to be done at once.

    :raises OperationalError, InterfaceError: the database is gone; the lease ends by itself.
    """
    claim = _claim(organization_id, clock(), repository_ids)
    if claim is None:
        return False
    assert claim.repository.connection is not None
    with Client(claim.repository.connection, now=clock()) as client:
        until = time.monotonic() + seconds
        row = _step(client, claim.repository, claim.row, clock)
        while row is not None and time.monotonic() < until:
            row = _step(client, claim.repository, row, clock)
        if row is not None:
            _release(row, clock())
    with tenant(organization_id):
        return is_anything_left(organization_id, now=clock(), repository_ids=repository_ids)


def is_anything_left(organization_id: int, *, now: datetime, repository_ids: Iterable[int] | None = None) -> bool:
    """To be done now. Inside the tenant."""
    return bool(_due(organization_id, now, repository_ids))


def _claim(organization_id: int, now: datetime, repository_ids: Iterable[int] | None) -> Claim | None:
    """The first unfinished stage of the repository that waits longest."""
    with tenant(organization_id):
        for row in _due(organization_id, now, repository_ids):
            mine = _rows(organization_id).filter(Q(claimed_until=None) | Q(claimed_until__lte=now), id=row.id)
            if mine.filter(finished_at=None).update(claimed_until=now + LEASE) == 1:
                row.claimed_until = now + LEASE
                return Claim(row, row.repository)
    return None


def _due(organization_id: int, now: datetime, repository_ids: Iterable[int] | None = None) -> list[Backfill]:
    rows = _rows(organization_id).filter(finished_at=None, repository__is_tracked=True)
    if repository_ids is not None:
        rows = rows.filter(repository_id__in=list(repository_ids))
    first: dict[int, Backfill] = {}
    for row in rows.select_related("repository__connection"):
        known = first.setdefault(row.repository_id, row)
        if _ORDER[Stage(row.stage)] < _ORDER[Stage(known.stage)]:
            first[row.repository_id] = row
    due = [row for row in first.values() if _is_due(row, now)]
    return sorted(due, key=lambda row: (row.claimed_until is not None, row.claimed_until or now, row.id))


def _is_due(row: Backfill, now: datetime) -> bool:
    connection = row.repository.connection
    times = [row.resume_at, row.claimed_until, connection.paused_until if connection else None]
    can_be_asked = can_ask(connection) and not naming.is_replaced(row.repository)
    return can_be_asked and all(at is None or at <= now for at in times)


def _step(client: Client, repository: Repository, row: Backfill, clock: Callable[[], datetime]) -> Backfill | None:
    """One page. The row as it is now; None where the turn is over."""
    client.now = now = clock()
    if until := _kept_for_others(client, Stage(row.stage), now):
        _put_off(row, until, "", now)
        return None
    calls, points = client.calls, client.points
    try:
        step = STAGES[Stage(row.stage)](client, repository, row)
    except GitHubError as error:
        troubles.note(client, repository.id, error, now=now)
        _put_off(row, troubles.again_at(error, now=now), error.words, now, error.trouble)
        return None
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Its name and its place only: a message may quote what was read.
        told = {"backfill": row.id, "stage": row.stage, "error": type(error).__name__, "at": places(error)}
        log.error("backfill failed", extra={"fields": told})
        _put_off(row, now + _pause(row.attempts), FAILED.format(type(error).__name__), now)
        return None
    return _keep(client, repository, row, step, (client.calls - calls, client.points - points), clock())


def _kept_for_others(client: Client, stage: Stage, now: datetime) -> datetime | None:
    """The last tenth of a limit is for what has just happened."""
    resource = limits.GRAPHQL if stage == Stage.PULLS else limits.CORE
    return limits.used_up_until(client.limits, resource, now=now, kept=limits.KEPT_SHARE)


def _keep(
    client: Client, repository: Repository, row: Backfill, step: Step, cost: tuple[int, int], now: datetime
) -> Backfill | None:
    """Nothing, where the lease was over and another worker went on."""
    with tenant(row.organization_id):
        locked = state.lock(row.organization_id, repository.id)
        fresh = _rows(row.organization_id).select_for_update().filter(id=row.id).first()
        if fresh is None or (fresh.claimed_until, fresh.cursor) != (row.claimed_until, row.cursor):
            return None
        step.keep(locked, now)
        _move(fresh, step, cost, now)
        troubles.note_success(client, repository.id)
        return None if fresh.finished_at else fresh


def _move(row: Backfill, step: Step, cost: tuple[int, int], now: datetime) -> None:
    row.started_at = row.started_at or now
    row.done += step.done
    row.calls, row.points = row.calls + cost[0], row.points + cost[1]
    row.total = step.total if step.total is not None else row.total
    row.etag = step.etag if step.etag is not None else row.etag
    row.error, row.attempts, row.resume_at, row.claimed_until = "", 0, None, now + LEASE
    if step.cursor is None:
        row.finished_at, row.claimed_until, row.total = now, now, row.done
        # It was this repository's turn: its next stage waits like any other.
        _rows(row.organization_id).filter(repository=row.repository_id, finished_at=None).update(claimed_until=now)
    else:
        row.cursor = step.cursor
    row.save()


def _put_off(row: Backfill, until: datetime, words: str, now: datetime, trouble: Trouble | None = None) -> None:
    changes: dict[str, Any] = {"resume_at": until, "error": words, "claimed_until": now}
    if trouble in (Trouble.UNREACHABLE, Trouble.ODD) and row.stage == Stage.PULLS:
        # GitHub gives up on pages that are too much for it.
        changes["cursor"] = {**row.cursor, "first": max(1, row.cursor.get("first", 25) // 2)}
    if trouble != Trouble.LIMITED and words:
        changes["attempts"] = row.attempts + 1
    with tenant(row.organization_id):
        mine = _rows(row.organization_id).filter(id=row.id, claimed_until=row.claimed_until)
        mine.update(**changes)


def _release(row: Backfill, now: datetime) -> None:
    with tenant(row.organization_id):
        _rows(row.organization_id).filter(id=row.id, claimed_until=row.claimed_until).update(claimed_until=now)


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=30 * 2 ** min(attempts, 8))
