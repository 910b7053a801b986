"""What becomes of a connection and a repository when asking GitHub fails, and when it works again. Inside no tenant:
each opens its own."""

from datetime import datetime, timedelta
from typing import Final

from codecard.lib.tenant import tenant
from events.models import Connection, ConnectionState, Repository, RepositoryState
from events.pulls.github.client import Client
from events.pulls.github.errors import GitHubError, Trouble

_OF_CONNECTION: Final = {
    Trouble.REFUSED: ConnectionState.REFUSED,
    Trouble.SUSPENDED: ConnectionState.SUSPENDED,
    Trouble.REMOVED: ConnectionState.REMOVED,
    Trouble.UNREACHABLE: ConnectionState.UNREACHABLE,
}
_OF_REPOSITORY: Final = {
    Trouble.FORBIDDEN: RepositoryState.FORBIDDEN,
    Trouble.VANISHED: RepositoryState.VANISHED,
    Trouble.ODD: RepositoryState.FAILED,
}
_AGAIN: Final = {
    Trouble.LIMITED: timedelta(minutes=1),
    Trouble.UNREACHABLE: timedelta(minutes=2),
    Trouble.ODD: timedelta(minutes=10),
    Trouble.REFUSED: timedelta(minutes=30),
    Trouble.FORBIDDEN: timedelta(hours=6),
    Trouble.SUSPENDED: timedelta(hours=1),
    Trouble.REMOVED: timedelta(days=1),
    Trouble.VANISHED: timedelta(days=1),
    Trouble.EMPTY: timedelta(hours=6),
}
_CURABLE: Final = (ConnectionState.REFUSED, ConnectionState.FORBIDDEN, ConnectionState.UNREACHABLE)


def again_at(error: GitHubError, *, now: datetime) -> datetime:
    """When to try again what failed."""
    return error.until or now + _AGAIN[error.trouble]


def note(client: Client, repository_id: int, error: GitHubError, *, now: datetime) -> None:
    """Says on the settings page what is wrong. A limit is no fault: it only pauses the connection."""
    connection = client.connection
    organization_id = connection.organization_id
    with tenant(organization_id):
        mine = Connection.objects.filter(organization_id=organization_id, id=connection.id)
        if error.trouble == Trouble.LIMITED:
            mine.update(paused_until=again_at(error, now=now), limits=client.limits)
        elif state := _OF_CONNECTION.get(error.trouble):
            mine.exclude(state=state).update(state=state, error=error.words, error_at=now)
        elif found := _OF_REPOSITORY.get(error.trouble):
            rows = Repository.objects.filter(organization_id=organization_id, id=repository_id)
            rows.exclude(state=found).update(state=found, error=error.words, error_at=now)


def note_success(client: Client, repository_id: int) -> None:
    """What GitHub said of its limits; and that what was wrong is over. Inside the tenant."""
    connection = client.connection
    organization_id = connection.organization_id
    mine = Connection.objects.filter(organization_id=organization_id, id=connection.id)
    mine.update(limits=client.limits)
    mine.filter(state__in=_CURABLE).update(state=ConnectionState.ACTIVE, error="", error_at=None)
    rows = Repository.objects.filter(organization_id=organization_id, id=repository_id)
    rows.exclude(state=RepositoryState.OK).update(state=RepositoryState.OK, error="", error_at=None)
