"""What has arrived from one person since they made a key: the one read of raw events outside a person's own pages."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from events.models import DimensionKind
from events.queries.reading import rows
from events.schema import Kind

_EARLY = timedelta(minutes=5)
"""Senders' clocks differ a little, and a batch may hold what happened just before the key was made."""
_LONGEST = timedelta(hours=24)


@dataclass(slots=True)
class Arrived:
    """Facts of one tool. `at`: the newest; `kinds`: how many of each."""

    kinds: dict[Kind, int] = field(default_factory=lambda: defaultdict(int))
    tokens: int = 0
    cost_micros: int = 0
    sessions: int = 0
    repositories: int = 0
    at: datetime | None = None

    @property
    def events(self) -> int:
        return sum(self.kinds.values())


# Primary key of events_event (organization_id, occurred_at, id): a day at most, in one or two partitions.
_ARRIVED = """
    SELECT kind, count(*),
           sum(input_tokens::bigint + output_tokens + cache_read_tokens + cache_write_tokens)::bigint,
           sum(cost_micros)::bigint, array_agg(DISTINCT session_id) FILTER (WHERE session_id <> 0),
           count(*) FILTER (WHERE repository_id <> 0), max(occurred_at)
    FROM events_event
    WHERE organization_id = %(org)s AND occurred_at >= %(from)s AND occurred_at < %(to)s
      AND contributor_id = %(person)s AND NOT is_superseded
      AND tool_id IN (SELECT id FROM events_dimension
                     WHERE organization_id = %(org)s AND kind = %(tool_kind)s AND value = ANY(%(tools)s))
    GROUP BY 1
"""


def arrived_since(organization_id: int, person: int, tools: Sequence[str], since: datetime) -> Arrived:
    """What one person's tools sent in the day after `since`."""
    found, sessions = Arrived(), set[int]()
    parameters = {
        "org": organization_id,
        "person": person,
        "from": since - _EARLY,
        "to": since + _LONGEST,
        "tools": list(tools),
        "tool_kind": DimensionKind.TOOL,
    }
    for kind, items, tokens, cost, in_sessions, with_repository, at in rows(_ARRIVED, parameters):
        found.kinds[Kind(kind)] += items
        found.tokens += tokens
        found.cost_micros += cost
        found.repositories += with_repository
        found.at = max(filter(None, (found.at, at)))
        sessions |= set(in_sessions or ())
    found.sessions = len(sessions)
    return found


# Primary key of events_event, as above: the days of one person, by tool.
_BY_TOOL = """
    SELECT d.value, count(*),
           sum(e.input_tokens::bigint + e.output_tokens + e.cache_read_tokens + e.cache_write_tokens)::bigint,
           sum(e.cost_micros)::bigint, count(DISTINCT nullif(e.session_id, 0)),
           count(*) FILTER (WHERE e.repository_id <> 0), max(e.occurred_at)
    FROM events_event e
    JOIN events_dimension d ON d.organization_id = e.organization_id AND d.id = e.tool_id AND d.kind = %(tool_kind)s
    WHERE e.organization_id = %(org)s AND e.occurred_at >= %(from)s AND e.occurred_at < %(to)s
      AND e.contributor_id = %(person)s AND NOT e.is_superseded
    GROUP BY 1 ORDER BY 1
"""


class FromTool(NamedTuple):
    tool: str
    events: int
    tokens: int
    cost_micros: int
    sessions: int
    with_repository: int
    last_at: datetime


def arrivals(organization_id: int, person: int, now: datetime) -> list[FromTool]:
    """What one person's tools sent in the last 24 hours, by tool."""
    span = {"from": now - _LONGEST, "to": now + _EARLY}
    found = rows(_BY_TOOL, {"org": organization_id, "person": person, "tool_kind": DimensionKind.TOOL, **span})
    return [FromTool(*row) for row in found]
