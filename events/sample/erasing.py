"""Removing the sample: at once for everybody who looks, then row by row in the background.

Everything of it goes except the audit entries: the application may not delete those, and they say who removed what.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from psycopg import sql

from codecard.lib.tenant import by_user, tenant
from events.ledger.locks import lock_organization
from events.sample.state import change, find_state, state_of
from events.simulation.people import DOMAIN
from teams import audit
from teams.models import Contributor, Key, Membership, Organization, User

_ROWS = 20_000
_SPAN = timedelta(days=7)


@transaction.atomic
def retire(*, organization: Organization, by: User | None, now: datetime) -> None:
    """Nobody can open it or send to it any more, and its name is free for another; the rows are `erase`d later.

    :raises ValueError: for an organization that is no sample.
    """
    if state_of(organization) is None:
        raise ValueError("only a sample can be removed like this")
    with tenant(organization.id):
        audit.record(organization, "sample.removed", organization, by=by, now=now)
        Key.objects.filter(organization=organization, revoked_at=None).update(revoked_at=now)
        Membership.objects.filter(organization=organization).update(is_active=False)
    change(organization.id, is_retired=True)
    Organization.objects.filter(id=organization.id).update(slug=f"removed-sample-{organization.id}")


def is_invented(user: User) -> bool:
    """Whether the user is one of the sample's people, who go with it."""
    return user.email.endswith(f"@{DOMAIN}")


def erase(*, organization_id: int, tell: Callable[[str], None] = lambda _: None) -> None:
    """Deletes every row of a retired sample, in batches that each commit; safe to repeat and to kill."""
    state = find_state(organization_id)
    if state is None or not state.is_retired:
        return
    _erase_events(organization_id)
    for table in _tables():
        if table != "events_event" and table.startswith("events_"):
            tell(f"{table}: {_erase_in_batches(table, organization_id)} rows")
    _erase_the_rest(organization_id)


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


def _erase_the_rest(organization_id: int) -> None:
    """People, keys, the organization, and what was still written meanwhile: under the ledger's own lock, after which
    the ledger finds no organization to write for. All constraints between these rows are judged at the end."""
    with tenant(organization_id), connection.cursor() as cursor:
        lock_organization(cursor, organization_id, exclusive=True)
        users = list(Membership.objects.filter(organization_id=organization_id).values_list("user_id", flat=True))
        for table in _tables():
            statement = sql.SQL("DELETE FROM {} WHERE organization_id = %s").format(sql.Identifier(table))
            cursor.execute(statement, [organization_id])
        for user in User.objects.filter(id__in=users):
            if is_invented(user) and not _is_somebody_elsewhere(user):
                user.delete()
        cursor.execute("DELETE FROM teams_organization WHERE id = %s", [organization_id])


def _is_somebody_elsewhere(user: User) -> bool:
    """An invented person may have signed in, and been made a member of another organization."""
    with by_user(user.id):
        rows = (Membership.objects.filter(user=user), Contributor.objects.filter(user=user))
        return any(query.exists() for query in rows)
