"""Attributions that come by themselves, not with a client's commits: a transaction of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from psycopg import Cursor

from codecard.lib.tenant import tenant
from events.ledger.attributions import keep_attributions
from events.ledger.locks import lock_organization
from events.ledger.lookups import lookups_of, number_of
from events.models import DimensionKind
from events.sources import git_ai
from events.sources._attributions import Item


@dataclass(frozen=True)
class Attributed:
    """How many of the items told something new, and how many nothing."""

    stored: int
    duplicates: int


def attribute(items: Sequence[Item], *, organization_id: int) -> Attributed:
    """Stores what the items say; returns after the commit. Of one commit the last item of a format counts. Safe to
    repeat. Not for the inside of a transaction, as `record`."""
    known = lookups_of(organization_id)
    numbers = known.dimensions[DimensionKind.REPOSITORY]
    missing = {item.repository for item in items} - numbers.keys()
    if missing:
        number_of(known, DimensionKind.REPOSITORY, {name for name in missing if name})
    told = [one for item in _last_of_each(items) for one in item.lines]
    with tenant(organization_id):
        cursor = Cursor(connection.connection)
        lock_organization(cursor, organization_id, exclusive=False)
        commits = {(item.repository, item.sha, item.source) for item in items}
        changed = keep_attributions(cursor, organization_id, told, commits, numbers)
    stored = sum(item.sha in changed for item in items)
    return Attributed(stored, len(items) - stored)


def _last_of_each(items: Sequence[Item]) -> list[Item]:
    """A commit has one note, and the last one sent is it. Of trace records there may be several, each for a part."""
    notes = {(item.repository, item.sha): item for item in items if item.source == git_ai.NAME}
    return [*notes.values(), *(item for item in items if item.source != git_ai.NAME)]
