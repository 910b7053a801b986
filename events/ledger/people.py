"""When two contributors turn out to be one: everything the ledger holds of the one becomes the other's."""

from typing import Any

from django.db import connection

from events.ledger.instances import join_instances, rename_instances
from events.ledger.locks import lock_organization
from events.ledger.statements import CONTRIBUTOR_KEYS, DETAIL_KEYS, upsert
from events.models import COUNTERS

_MOVED = "UPDATE {table} SET contributor_id = %(winner)s WHERE organization_id = %(org)s AND contributor_id = %(loser)s"
_OWNED = ("events_event", "events_session", "events_clientcommit")


def _move_sums(table: str, keys: tuple[str, ...]) -> str:
    """Adds the loser's sums to the winner's and removes them. Days and counts stay, so that nothing is rebuilt and
    sums that are older than the kept events move as well."""
    others = ", ".join(key for key in keys if key != "contributor_id")
    counters = upsert(table, keys, "moved")
    return f"""
        WITH gone AS (DELETE FROM {table} WHERE organization_id = %(org)s AND contributor_id = %(loser)s RETURNING *),
        moved AS (SELECT %(winner)s::bigint AS contributor_id, {others}, {", ".join(COUNTERS)} FROM gone)
        {counters}
    """


_DETAIL = _move_sums("events_detail_day", DETAIL_KEYS)
_CONTRIBUTOR = _move_sums("events_contributor_day", CONTRIBUTOR_KEYS)


def move_contributor(organization_id: int, loser_id: int, winner_id: int) -> None:
    """Inside the tenant, in the caller's transaction. The organization's own sums don't change."""
    parameters: dict[str, Any] = {"org": organization_id, "loser": loser_id, "winner": winner_id}
    with connection.cursor() as cursor:
        lock_organization(cursor, organization_id, exclusive=True)
        pairs = rename_instances(cursor, organization_id, loser_id, winner_id)
        for table in _OWNED:
            cursor.execute(_MOVED.format(table=table), parameters)
        for statement in (_DETAIL, _CONTRIBUTOR):
            cursor.execute(statement, parameters)
        join_instances(cursor, organization_id, pairs)
