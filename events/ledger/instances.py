"""Exporters' processes of two contributors who turn out to be one.

The key of such a row ends in its contributor, so that equal names of different people's processes stay apart. Once the
two are one person, one process must be one row again: its channels are compared within it.
"""

from datetime import date, datetime
from itertools import zip_longest
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from events.ledger.channels import poorer_channels
from events.ledger.sessions import NO_RANK
from events.ledger.statements import PRUNE, SUPERSEDE
from events.models import COUNTERS
from events.schema import Kind

_KEY = "regexp_replace(l.key, '@[0-9]+$', '@' || %(winner)s)"
_OF_LOSER = "l.organization_id = %(org)s AND l.contributor_id = %(loser)s AND l.is_instance"
# Constraint session_key.
_PAIRS = f"""
    SELECT l.id, w.id, least(l.started_at, w.started_at), greatest(l.ended_at, w.ended_at), l.ranks, w.ranks
    FROM events_session l JOIN events_session w
      ON w.organization_id = l.organization_id AND w.tool_id = l.tool_id AND w.key = {_KEY}
    WHERE {_OF_LOSER} ORDER BY w.id
"""
_MOVE_EVENTS = """
    UPDATE events_event SET session_id = %(winner)s
    WHERE organization_id = %(org)s AND occurred_at BETWEEN %(from)s AND %(to)s AND session_id = %(loser)s
"""
_ADD = f"""
    WITH l AS (DELETE FROM events_session WHERE organization_id = %(org)s AND id = %(loser)s RETURNING *)
    UPDATE events_session w SET {", ".join(f"{name} = w.{name} + l.{name}" for name in COUNTERS)},
        started_on = CASE WHEN l.started_at < w.started_at THEN l.started_on ELSE w.started_on END,
        started_at = %(from)s, ended_at = %(to)s, ranks = %(ranks)s
    FROM l WHERE w.organization_id = %(org)s AND w.id = %(winner)s
"""
_RENAME = f"UPDATE events_session l SET key = {_KEY} WHERE {_OF_LOSER}"


class _Pair(NamedTuple):
    """One process, known as the loser's and as the winner's."""

    loser_id: int
    winner_id: int
    started_at: datetime
    ended_at: datetime
    loser_ranks: list[int]
    winner_ranks: list[int]

    def ranks(self) -> list[tuple[int, int]]:
        return list(zip_longest(self.loser_ranks, self.winner_ranks, fillvalue=NO_RANK))


def rename_instances(
    cursor: CursorWrapper, organization_id: int, loser_id: int, winner_id: int
) -> list[tuple[Any, ...]]:
    """Gives the loser's processes the winner's keys; those that the winner has as well are returned, for
    `join_instances`. Before the sessions move, while it can be seen whose they are."""
    parameters: dict[str, Any] = {"org": organization_id, "loser": loser_id, "winner": str(winner_id)}
    cursor.execute(_PAIRS, parameters)
    pairs: list[tuple[Any, ...]] = cursor.fetchall()
    cursor.execute(f"{_RENAME} AND l.id <> ALL(%(pairs)s)", {**parameters, "pairs": [pair[0] for pair in pairs]})
    return pairs


def join_instances(cursor: CursorWrapper, organization_id: int, pairs: list[tuple[Any, ...]]) -> None:
    """Makes one row of each pair, and takes back what the better channel of the two supersedes. After everything
    else has moved, so that it is taken back where it is summed."""
    days: list[date] = []
    for pair in map(_Pair._make, pairs):
        best = [min(filter(None, ranks), default=NO_RANK) for ranks in pair.ranks()]
        common: dict[str, Any] = {"org": organization_id, "from": pair.started_at, "to": pair.ended_at}
        own = {**common, "loser": pair.loser_id, "winner": pair.winner_id, "ranks": best}
        cursor.execute(_MOVE_EVENTS, own)
        cursor.execute(_ADD, own)
        for kind, ranks in enumerate(pair.ranks()):
            if all(ranks) and len(set(ranks)) == 2:
                channels = list(poorer_channels(Kind(kind), best[kind]))
                told = {"nobody": [], "soon": None, "session": pair.winner_id, "kind": kind, "channels": channels}
                cursor.execute(SUPERSEDE, {**common, **told})
                days += [day for row in cursor.fetchall() for day in row[-2:]]
    if days:
        for statement in PRUNE:
            cursor.execute(statement, {"org": organization_id, "first": min(days), "last": max(days)})
