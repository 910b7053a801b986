"""Connections that ask the stand-in for GitHub, clocks that can be moved, and tables that can be compared."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import httpx
from django.db import connection as database
from django.utils import timezone

from codecard.lib.sealing import seal
from codecard.lib.tenant import tenant
from events.models import (
    Backfill,
    CheckResult,
    ClosingLink,
    Connection,
    ConnectionKind,
    ConnectionState,
    DefaultCommit,
    Issue,
    PullRequest,
    PullRequestCommit,
    PullRequestEvent,
    Repository,
)
from events.pulls import backfilling
from events.simulation.forge import Forge
from teams.models import Organization
from tests._github_api import TOKEN
from tests.pull_requests import make_repository

NAME = "quillmere/monolith"


class Clock:
    """The real time, for GitHub's limits are told in it, until it is moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return timezone.now() + self.ahead

    def move(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@lru_cache(maxsize=4)
def forge_of(pulls: int) -> Forge:
    """Never changed by who asks it, so that it is made once."""
    return Forge.big(pulls=pulls)


def connect(organization: Organization, name: str = NAME, token: str = TOKEN, **fields: Any) -> Repository:
    with tenant(organization.id):
        connection = Connection.objects.create(
            organization=organization,
            **{"kind": ConnectionKind.WEBHOOK, "token": seal(token) if token else "", "state": ConnectionState.ACTIVE}
            | fields,
        )
        repository = make_repository(organization, name, connection=connection)
        repository.external_id = forge_of(8).repositories[NAME].id
        repository.save()
        return repository


def begin(repository: Repository, clock: Clock) -> None:
    with tenant(repository.organization_id):
        backfilling.start(repository.organization_id, [repository.id], since=None, now=clock())


def run(organization: Organization, clock: Callable[[], datetime], most: int = 200) -> int:
    """Turns of one page until nothing is due; how many."""
    for turn in range(most):
        if not backfilling.work(organization.id, clock=clock, seconds=0):
            return turn + 1
    raise AssertionError("it never ends")


def rows_of(organization: Organization) -> dict[str, Backfill]:
    with tenant(organization.id):
        return {row.stage: row for row in Backfill.objects.filter(organization=organization)}


def connection_of(organization: Organization) -> Connection:
    with tenant(organization.id):
        return Connection.objects.get(organization=organization)


def repository_of(organization: Organization) -> Repository:
    with tenant(organization.id):
        return Repository.objects.get(organization=organization)


_NEVER_THE_SAME = {
    "id",
    "organization_id",
    "repository_id",
    "pull_request_id",
    "author_id",
    "title_hash",
    "subject_hash",
}
_KEYED = {"stated"}


def tables(organization: Organization, leave_out: Iterable[str] = ()) -> dict[str, list[Any]]:
    """What GitHub told, by natural keys: the same for two organizations that were told the same."""
    left_out = _NEVER_THE_SAME | _KEYED | set(leave_out)
    with tenant(organization.id):
        pulls = dict(PullRequest.objects.values_list("id", "number"))
        found = {}
        for model in (PullRequest, PullRequestCommit, PullRequestEvent, DefaultCommit, Issue, ClosingLink, CheckResult):
            rows = [
                {key: value for key, value in row.items() if key not in left_out}
                | {"of": pulls.get(cast("int", row.get("pull_request_id")))}
                for row in model.objects.filter(organization=organization).values()
            ]
            found[model.__name__] = sorted(rows, key=str)
        return found


def texts_in_database(organization: Organization) -> str:
    """All that is stored of an organization, as text."""
    with tenant(organization.id), database.cursor() as cursor:
        names = [name for name in database.introspection.table_names(cursor) if name.startswith(("events_", "teams_"))]
        found = []
        for name in sorted(names):
            columns = {column.name for column in database.introspection.get_table_description(cursor, name)}
            if "organization_id" in columns:
                cursor.execute(f"SELECT t::text FROM {name} t WHERE organization_id = %s", [organization.id])
                found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


class Killed(BaseException):
    """The worker, by the operating system: nobody catches it."""


class Dying(httpx.BaseTransport):
    """Dies after every answer that it sees for the first time."""

    seen: set[tuple[str, str, bytes]]

    def __init__(self, seen: set[tuple[str, str, bytes]]) -> None:
        self.seen = seen
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        asked = (request.method, str(request.url), request.read())
        if asked not in self.seen:
            self.seen.add(asked)
            response.close()
            raise Killed
        return response

    def close(self) -> None:
        self._transport.close()
