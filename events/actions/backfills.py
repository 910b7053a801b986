"""Asking GitHub for the past of repositories: started, begun anew, stopped by people."""

from collections.abc import Callable, Iterable
from datetime import datetime

from codecard.lib.tenant import tenant
from events.models import Repository
from events.pulls import backfilling
from events.pulls.github.client import can_ask
from teams import audit
from teams.models import Organization, User


class NothingToAskError(ValueError):
    """None of the repositories has a connection that can be asked. Says so in words."""


def start_backfill(
    *,
    organization: Organization,
    repository_ids: Iterable[int],
    by: User | None,
    now: datetime,
    since: datetime | None = None,
) -> list[Repository]:
    """Goes on where it was stopped. `since`: how far back the first time; as the settings say by default.

    :raises NothingToAskError:
    """
    return _begin(backfilling.start, "backfill.started", organization, repository_ids, by, now, since)


def restart_backfill(
    *,
    organization: Organization,
    repository_ids: Iterable[int],
    by: User | None,
    now: datetime,
    since: datetime | None = None,
) -> list[Repository]:
    """Asks for everything once more; nothing that is there goes away. :raises NothingToAskError:"""
    return _begin(backfilling.restart, "backfill.restarted", organization, repository_ids, by, now, since)


def stop_backfill(
    *, organization: Organization, repository_ids: Iterable[int], by: User | None, now: datetime
) -> list[Repository]:
    """Where it isn't finished. It doesn't begin again by itself."""
    with tenant(organization.id):
        rows = _repositories(organization, repository_ids)
        backfilling.stop(organization.id, [row.id for row in rows], now=now)
        _record("backfill.stopped", organization, rows, by, now)
    return rows


def _begin(
    begin: Callable[..., None],
    action: str,
    organization: Organization,
    repository_ids: Iterable[int],
    by: User | None,
    now: datetime,
    since: datetime | None,
) -> list[Repository]:
    with tenant(organization.id):
        found = _repositories(organization, repository_ids)
        rows = [row for row in found if row.is_tracked and can_ask(row.connection)]
        if not rows:
            raise NothingToAskError("GitHub can't be asked for it: connect the App, or enter a token.")
        begin(organization.id, [row.id for row in rows], since=since or backfilling.since_of(now), now=now)
        _record(action, organization, rows, by, now)
    return rows


def _repositories(organization: Organization, repository_ids: Iterable[int]) -> list[Repository]:
    rows = Repository.objects.select_related("connection").filter(organization=organization)
    return list(rows.filter(id__in=list(repository_ids)).order_by("id"))


def _record(
    action: str, organization: Organization, rows: Iterable[Repository], by: User | None, now: datetime
) -> None:
    audit.record_all(audit.entry(organization, action, row, by=by, now=now) for row in rows)
