"""The organization's lock: shared by ingestion, exclusive for whatever takes back, moves or rebuilds."""

from typing import Any, Protocol


class Executes(Protocol):
    def execute(self, query: Any, params: Any = None, /) -> Any: ...


ORGANIZATION_LOCK = 7001
"""First number of the advisory lock; the second is the organization."""


def lock_organization(cursor: Executes, organization_id: int, *, exclusive: bool) -> None:
    """Held until the end of the transaction. Can't be strengthened while it is held: decide first.

    Also keeps the plans of the transaction's statements to indexes: they are made once a connection, maybe while the
    tables are empty, and a sequential scan chosen then would be kept when they are large.
    """
    cursor.execute(locking(organization_id, exclusive=exclusive))


def locking(organization_id: int, *, exclusive: bool) -> str:
    """The statements of `lock_organization`, for whoever has more to say in the same round trip."""
    lock = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    return f"SET LOCAL enable_seqscan = off; SELECT {lock}({ORGANIZATION_LOCK}, {int(organization_id)})"
