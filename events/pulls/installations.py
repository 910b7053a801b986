"""What GitHub says of an installation of the App: suspended, removed, and the repositories that it may see."""

from datetime import datetime
from hashlib import sha256
from typing import Final

from events.models import Connection, ConnectionState, Repository, RepositoryState
from events.pulls import naming
from events.pulls.records import InstallationRecord

_STATES: Final = {
    "created": (ConnectionState.ACTIVE, ""),
    "unsuspend": (ConnectionState.ACTIVE, ""),
    "new_permissions_accepted": (ConnectionState.ACTIVE, ""),
    "suspend": (
        ConnectionState.SUSPENDED,
        "The installation is suspended on GitHub; nothing comes in until it is not.",
    ),
    "deleted": (ConnectionState.REMOVED, "The App was removed on GitHub. What is known stays; nothing new comes in."),
}
NO_ACCESS = "The App may no longer see it: it was taken out of the installation on GitHub."


def digest_of(installation_id: int) -> bytes:
    """By which a delivery finds its organization before the tenant is known."""
    return sha256(f"github:{installation_id}".encode()).digest()


def apply(organization_id: int, connection: Connection, record: InstallationRecord, *, now: datetime) -> None:
    """The newest word of the vendor on the state counts, whatever comes first."""
    _apply_state(organization_id, connection.id, record, now)
    for repository in sorted(record.added, key=lambda one: one.external_id):
        row = naming.find_or_make(organization_id, repository, connection, now=now)
        if row.state in {RepositoryState.FORBIDDEN, RepositoryState.VANISHED}:
            _set_repository(row, RepositoryState.WAITING, "", now)
    removed = [one.external_id for one in record.removed]
    rows = Repository.objects.select_for_update(no_key=True).order_by("id")
    for row in rows.filter(organization_id=organization_id, external_id__in=removed):
        _set_repository(row, RepositoryState.FORBIDDEN, NO_ACCESS, now)


def _apply_state(organization_id: int, connection_id: int, record: InstallationRecord, now: datetime) -> None:
    row = Connection.objects.select_for_update().get(organization_id=organization_id, id=connection_id)
    at = record.at or now
    row.account = record.account or row.account
    row.permissions = record.permissions or row.permissions
    if record.action in _STATES and (row.error_at is None or at >= row.error_at):
        row.state, row.error = _STATES[record.action]
        row.error_at = at
    row.save(update_fields=["account", "permissions", "state", "error", "error_at"])


def _set_repository(row: Repository, state: RepositoryState, words: str, now: datetime) -> None:
    row.state, row.error, row.error_at = state, words, now if words else None
    row.save(update_fields=["state", "error", "error_at"])
