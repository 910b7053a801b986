"""Exporters' processes of people who turn out to be one, or two.

The key of such a row ends in its contributor, so that equal names of different people's processes stay apart. Once two
are one person, one process must be one row: its channels are compared within it. Each row keeps what each identity
told (`sessions.Part`), so that it can be taken apart again. All of this happens under the exclusive lock.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper
from msgspec.json import encode

from events.ledger.channels import poorer_channels
from events.ledger.sessions import NO_RANK, Part, as_stored, moment, part_of, parts_of
from events.ledger.statements import PRUNE, RESTORE, SUPERSEDE
from events.models import COUNTERS
from events.schema import Kind

_ROW = """
    SELECT id, tool_id, key, started_at, ended_at, ranks, parts::text FROM events_session
    WHERE organization_id = %(org)s
"""
# Index session_by_day (organization first).
_OF_GIVER = f"{_ROW} AND contributor_id = %(giver)s AND is_instance ORDER BY id"
# Constraint session_key.
_FIND = f"{_ROW} AND tool_id = %(tool)s AND key = %(key)s"
_RENAME = """
    UPDATE events_session SET key = %(key)s, contributor_id = %(taker)s WHERE organization_id = %(org)s AND id = %(id)s
"""
_MAKE = """
    INSERT INTO events_session (organization_id, tool_id, key, is_instance, contributor_id, started_at, ended_at,
        started_on, ranks, parts)
    SELECT organization_id, tool_id, %(key)s, true, %(taker)s, started_at, ended_at, started_on, '{}', '{}'
    FROM events_session WHERE organization_id = %(org)s AND id = %(id)s RETURNING id
"""
# The span of the process bounds the search, so that the primary key serves it.
_MOVE_EVENTS = """
    UPDATE events_event SET session_id = %(to)s
    WHERE organization_id = %(org)s AND occurred_at BETWEEN %(first)s AND %(last)s AND session_id = %(from)s
      AND identity_id = ANY(%(identities)s)
"""
_KEEP = f"""
    UPDATE events_session s SET started_at = %(first)s, ended_at = %(last)s, ranks = %(ranks)s,
        parts = %(parts)s::jsonb, identity_id = %(identity)s,
        started_on = (%(first)s AT TIME ZONE coalesce(nullif(c.time_zone, ''), o.time_zone))::date,
        {", ".join(f"{name} = sums.{name}" for name in COUNTERS)}
    FROM teams_organization o
         LEFT JOIN teams_contributor c ON c.organization_id = o.id AND c.id = %(owner)s,
         (SELECT {", ".join(f"coalesce({sql}, 0)::bigint AS {name}" for name, sql in COUNTERS.items())}
          FROM events_event WHERE organization_id = %(org)s AND occurred_at BETWEEN %(first)s AND %(last)s
            AND session_id = %(id)s AND NOT is_superseded) AS sums
    WHERE s.organization_id = %(org)s AND s.id = %(id)s AND o.id = %(org)s
"""
_DROP = "DELETE FROM events_session WHERE organization_id = %(org)s AND id = %(id)s"


class _Process(NamedTuple):
    id: int
    tool_id: int
    key: str
    started_at: datetime
    ended_at: datetime
    ranks: list[int]
    parts: str | None


Parts = dict[int, Part]


def move_instances(
    cursor: CursorWrapper, organization_id: int, giver_id: int, taker_id: int, identity_ids: Sequence[int] | None
) -> None:
    """Gives the taker what these identities told in the giver's processes (None: all of it). Before the giver's row
    of people is gone and after its facts have moved, so that they are judged where they are summed."""
    common: dict[str, Any] = {"org": organization_id, "giver": giver_id, "taker": taker_id}
    cursor.execute(_OF_GIVER, common)
    days: list[date] = []
    for row in map(_Process._make, cursor.fetchall()):
        parts = parts_of(row)
        going = {name: part for name, part in parts.items() if identity_ids is None or name in identity_ids}
        staying = {name: part for name, part in parts.items() if name not in going}
        if going:
            days += _move(cursor, {**common, "id": row.id}, row, going, staying)
    if days:
        for statement in PRUNE:
            cursor.execute(statement, {**common, "first": min(days), "last": max(days)})


def _move(cursor: CursorWrapper, common: dict[str, Any], row: _Process, going: Parts, staying: Parts) -> list[date]:
    """The days whose sums changed."""
    key = f"{row.key.rpartition('@')[0]}@{common['taker']}"
    cursor.execute(_FIND, {**common, "tool": row.tool_id, "key": key})
    found = cursor.fetchone()
    if found is None and not staying:
        cursor.execute(_RENAME, {**common, "key": key})
        return []
    if found is None:
        cursor.execute(_MAKE, {**common, "key": key})
        target_id, joined, judged = cursor.fetchone()[0], {}, [row.ranks]
    else:
        target = _Process._make(found)
        target_id, joined, judged = target.id, parts_of(target), [row.ranks, target.ranks]
    cursor.execute(
        _MOVE_EVENTS,
        {
            **common, "from": row.id, "to": target_id, "first": row.started_at, "last": row.ended_at,
            "identities": [*going],
        },
    )  # fmt: skip
    for name, part in going.items():
        joined.setdefault(name, part_of(part.first_us, part.last_us)).add(part)
    days = _judge(cursor, {**common, "id": target_id, "owner": common["taker"]}, joined, judged)
    if staying:
        return days + _judge(cursor, {**common, "owner": common["giver"]}, staying, [row.ranks])
    cursor.execute(_DROP, common)
    return days


def _judge(cursor: CursorWrapper, common: dict[str, Any], parts: Parts, judged: list[list[int]]) -> list[date]:
    """Writes down what a process consists of now, and which of its facts count: those of the best channel that its
    parts know. `judged`: the ranks by which its facts were judged before."""
    whole = part_of(*_span(parts))
    for part in parts.values():
        whole.add(part)
    span = {**common, "first": moment(whole.first_us), "last": moment(whole.last_us)}
    days: list[date] = []
    for kind, best in enumerate(whole.ranks):
        if best != NO_RANK and any(kind < len(ranks) and ranks[kind] not in (NO_RANK, best) for ranks in judged):
            channels = list(poorer_channels(Kind(kind), best))
            told = {"nobody": [], "soon": None, "session": common["id"], "kind": kind, "channels": channels}
            for statement in (SUPERSEDE, RESTORE):
                cursor.execute(statement, {**span, "from": span["first"], "to": span["last"], **told})
                days += [day for found in cursor.fetchall() for day in found[-2:]]
    earliest = min(parts, key=lambda name: (parts[name].first_us, name))
    stored = encode(as_stored(parts)).decode()
    cursor.execute(_KEEP, {**span, "ranks": whole.ranks, "parts": stored, "identity": earliest})
    return days


def _span(parts: Parts) -> tuple[int, int]:
    return min(part.first_us for part in parts.values()), max(part.last_us for part in parts.values())
