"""Erasing an organization: at once for everybody who looks, then row by row in the background.

Everything of it goes except the audit entries: the application may not delete those, and they say who asked for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from psycopg import sql

from codecard.lib.tenant import tenant
from events.ledger.locks import lock_organization
from teams import audit
from teams.models import Invitation, Key, Membership, Organization, User
from teams.notices import GRACE, is_past_grace

_ROWS = 20_000
_SPAN = timedelta(days=7)


def due(now: datetime) -> list[int]:
    """Organizations whose time of grace is over."""
    return list(Organization.objects.filter(deleted_at__lte=now - GRACE).order_by("id").values_list("id", flat=True))


def erase_organization(*, organization_id: int, now: datetime, tell: Callable[[str], None] = lambda _: None) -> None:
    """Erases an organization whose time of grace is over, any other is left alone; safe to repeat and to kill."""
    with tenant(organization_id):
        # From here on nobody can keep it any more: that asks under the same lock, and for the same time.
        row = Organization.objects.select_for_update(no_key=True).filter(id=organization_id).first()
        if row is None or not is_past_grace(row, now):
            return
        close(row, action="organization.erased", by=None, now=now)
    erase_rows(organization_id, tell=tell)


def close(organization: Organization, *, action: str, by: User | None, now: datetime) -> None:
    """Nobody can open it or send to it any more. Once: doing it again writes no second entry. Inside the tenant."""
    members = Membership.objects.filter(organization=organization)
    keys = Key.objects.filter(organization=organization, revoked_at=None)
    Invitation.objects.filter(organization=organization, revoked_at=None).update(revoked_at=now)
    closed = members.filter(is_active=True).update(is_active=False) + keys.update(revoked_at=now)
    if closed or not members.exists():
        audit.record(organization, action, organization, by=by, now=now, slug=organization.slug)


def erase_rows(
    organization_id: int,
    *,
    tell: Callable[[str], None] = lambda _: None,
    and_then: Callable[[list[int]], None] = lambda _: None,
) -> None:
    """Deletes every row of an organization that is closed, in batches that each commit; safe to repeat and to kill.

    `and_then` is called inside the last transaction with the ids of the users who were members.
    """
    _erase_events(organization_id)
    for table in _tables():
        if table != "events_event" and table.startswith("events_"):
            tell(f"{table}: {_erase_in_batches(table, organization_id)} rows")
    _erase_the_rest(organization_id, and_then)


# Not those that the application may not delete from: audit entries.
_TABLES = """
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND has_table_privilege(c.oid, 'DELETE')
    ORDER BY c.relname
"""


def _tables() -> list[str]:
    """Every table with rows of organizations, those that no model knows included."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for (name,) in cursor.fetchall()]


# Primary key of events_event: (organization_id, occurred_at, id).
_FIRST = "SELECT min(occurred_at) FROM events_event WHERE organization_id = %s"
_ERASE_SPAN = "DELETE FROM events_event WHERE organization_id = %s AND occurred_at >= %s AND occurred_at < %s"


def _erase_events(organization_id: int) -> None:
    """By time: a partitioned table has no row addresses to make batches of."""
    while True:
        with tenant(organization_id), connection.cursor() as cursor:
            cursor.execute(_FIRST, [organization_id])
            (first,) = cursor.fetchone()
            if first is None:
                return
            cursor.execute(_ERASE_SPAN, [organization_id, first, first + _SPAN])


_ERASE_BATCH = sql.SQL(
    "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE organization_id = %s LIMIT %s))"
)


def _erase_in_batches(table: str, organization_id: int) -> int:
    erased = 0
    statement = _ERASE_BATCH.format(table=sql.Identifier(table))
    while True:
        with tenant(organization_id), connection.cursor() as cursor:
            cursor.execute(statement, [organization_id, _ROWS])
            batch: int = cursor.rowcount
        erased += batch
        if batch < _ROWS:
            return erased


def _erase_the_rest(organization_id: int, and_then: Callable[[list[int]], None]) -> None:
    """People, keys, the organization, and what was still written meanwhile: under the ledger's own lock, after which
    the ledger finds no organization to write for. All constraints between these rows are judged at the end."""
    with tenant(organization_id), connection.cursor() as cursor:
        lock_organization(cursor, organization_id, exclusive=True)
        users = list(Membership.objects.filter(organization_id=organization_id).values_list("user_id", flat=True))
        for table in _tables():
            statement = sql.SQL("DELETE FROM {} WHERE organization_id = %s").format(sql.Identifier(table))
            cursor.execute(statement, [organization_id])
        and_then(users)
        cursor.execute("DELETE FROM teams_organization WHERE id = %s", [organization_id])
