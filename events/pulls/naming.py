"""Repositories by the vendor's id, through all their names."""

from datetime import datetime
from typing import Any

from events.models import (
    Connection,
    Dimension,
    DimensionKind,
    Repository,
    RepositoryName,
    RepositoryState,
)
from events.pulls.records import RepositoryRecord
from events.sources._repository import normalise

DELETED = "It was deleted on GitHub. What is known of it stays."
REPLACED = "Another repository has its name now: it was renamed or deleted on GitHub."
BUG_LABELS = ["bug", "type: bug", "kind/bug", "regression", "hotfix"]


def find_or_make(
    organization_id: int, record: RepositoryRecord, connection: Connection | None, *, now: datetime
) -> Repository:
    """The repository, locked, with the state of the record if that is not older. Inside the tenant."""
    row = _locked(organization_id, record.external_id)
    if row is None:
        _make(organization_id, record, connection, now)
        row = _locked(organization_id, record.external_id)
        assert row is not None
    elif connection and row.connection_id is None:
        row.connection = connection
        row.save(update_fields=["connection"])
    _remember(row, record.full_name, record.address)
    if record.former_name:
        _remember(row, record.former_name, record.address)
    apply_state(row, record, now=now)
    return row


def _locked(organization_id: int, external_id: int) -> Repository | None:
    rows = Repository.objects.select_for_update(no_key=True)
    return rows.filter(organization_id=organization_id, external_id=external_id).first()


def _make(organization_id: int, record: RepositoryRecord, connection: Connection | None, now: datetime) -> None:
    """Two deliveries may make it at once: one of them finds it made."""
    number = _number(organization_id, record.full_name, record.address)
    taken = Repository.objects.filter(organization_id=organization_id, dimension_id=number).exists()
    if taken:
        number = _number(organization_id, _placeholder(record.full_name, record.external_id), "")
    Repository.objects.bulk_create(
        [
            Repository(
                organization_id=organization_id,
                connection=connection,
                external_id=record.external_id,
                dimension_id=number,
                full_name=record.full_name,
                is_private=record.is_private,
                is_tracked=connection.takes_new_repositories if connection else True,
                bug_labels=BUG_LABELS,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def apply_state(row: Repository, record: RepositoryRecord, *, now: datetime) -> bool:
    """Whether it changed anything. `record.at` decides; of two states of one second, the greater in its fields."""
    if record.is_deleted and row.state != RepositoryState.VANISHED:
        _vanish(row, DELETED, now)
    if record.at is None or (row.updated_at and _order_of_record(record) <= _order_of_row(row)):
        return False
    row.full_name, row.is_private, row.is_archived = record.full_name, record.is_private, record.is_archived
    row.default_branch, row.updated_at = record.default_branch or row.default_branch, record.at
    number = _number(row.organization_id, row.full_name, record.address)
    if number != row.dimension_id and _give_up(row, number, now):
        row.dimension_id = number
        if is_replaced(row) and not record.is_deleted:
            row.state, row.error, row.error_at = RepositoryState.WAITING, "", None
    row.save(update_fields=_KEPT)
    return True


_KEPT = (
    "full_name", "is_private", "is_archived", "default_branch", "updated_at", "dimension_id", "state", "error",
    "error_at",
)  # fmt: skip


def is_replaced(row: Repository) -> bool:
    """Whoever asks GitHub for it by its name gets what is another's."""
    return row.state == RepositoryState.VANISHED and row.error == REPLACED


def _order_of_record(record: RepositoryRecord) -> tuple[Any, ...]:
    return record.at, record.full_name, record.default_branch, record.is_private, record.is_archived


def _order_of_row(row: Repository) -> tuple[Any, ...]:
    return row.updated_at, row.full_name, row.default_branch, row.is_private, row.is_archived


def _give_up(row: Repository, number: int, now: datetime) -> bool:
    """Whether the name is free for `row` now: another repository that had it, and is known less recently, loses it."""
    other = Repository.objects.filter(organization_id=row.organization_id, dimension_id=number).first()
    if other is None:
        return True
    if other.updated_at and row.updated_at and other.updated_at > row.updated_at:
        return False
    other.dimension_id = _number(row.organization_id, _placeholder(other.full_name, other.external_id or 0), "")
    other.save(update_fields=["dimension_id"])
    _vanish(other, REPLACED, now)
    RepositoryName.objects.filter(organization_id=row.organization_id, dimension_id=number).update(repository=row)
    return True


def _vanish(row: Repository, words: str, now: datetime) -> None:
    row.state, row.error, row.error_at = RepositoryState.VANISHED, words, now
    row.save(update_fields=["state", "error", "error_at"])


def _remember(row: Repository, full_name: str, address: str) -> None:
    """Every name it has had. One that another repository took over meanwhile is that one's."""
    RepositoryName.objects.bulk_create(
        [
            RepositoryName(
                organization_id=row.organization_id,
                repository=row,
                dimension_id=_number(row.organization_id, full_name, address),
            )
        ],
        ignore_conflicts=True,
    )


def _placeholder(full_name: str, external_id: int) -> str:
    return f"{full_name}~{external_id}"


def _number(organization_id: int, full_name: str, address: str) -> int:
    """The name's number among the ledger's dimensions: a session calls the repository the same."""
    host = (normalise(address) or "github.com/").partition("/")[0]
    value = normalise(f"https://{host}/{full_name}") or f"{host}/{full_name.lower()}"[:200]
    kind = DimensionKind.REPOSITORY
    return Dimension.objects.get_or_create(organization_id=organization_id, kind=kind, value=value)[0].id


def names_of(row: Repository) -> set[str]:
    """owner/name in lower case, all it has had."""
    numbers = RepositoryName.objects.filter(organization_id=row.organization_id, repository=row)
    values = Dimension.objects.filter(
        organization_id=row.organization_id, id__in=numbers.values("dimension_id")
    ).values_list("value", flat=True)
    return {value.partition("/")[2] for value in values} | {row.full_name.lower()}
