"""What happened in the sessions of one pull request, event by event. Only for sessions whose events the reader may see:
this is the one place besides a person's own pages at which raw events are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from events.models import Dimension, DimensionKind
from events.queries.reading import rows
from events.schema import Kind

MOST_EVENTS: Final = 2000
"""Of one session's slice; what comes after isn't drawn, and the page says so."""
LONGEST: Final = timedelta(days=14)
"""How far back from its end a slice is read."""
_KINDS: Final = (Kind.PROMPT, Kind.RESPONSE, Kind.SUGGESTION, Kind.EDIT, Kind.TEST_RUN, Kind.ACTIVITY)


@dataclass(frozen=True, slots=True)
class Slice:
    """[start, end) of one session."""

    session_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    session_id: int
    at: datetime
    kind: Kind
    outcome: int
    model_id: int
    language_id: int
    path_class: int
    count: int
    tokens_in: int
    """Not read from a cache, cache writes included."""
    tokens_out: int
    lines_added: int
    lines_removed: int
    active_ms: int
    is_human: bool
    runner: str
    place: str
    """Of a test run: local or ci."""


# Primary key of events_event (organization_id, occurred_at, id): the span of each slice, its session picked out.
_EVENTS = """
    SELECT s.id, e.occurred_at, e.kind, e.outcome, e.model_id, e.language_id, e.path_class, e.count,
           e.input_tokens::bigint + e.cache_write_tokens, e.output_tokens, e.lines_added, e.lines_removed,
           coalesce(e.active_ms, 0), e.is_human,
           coalesce(e.detail ->> 'runner', ''), coalesce(e.detail ->> 'place', '')
    FROM unnest(%(sessions)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS s (id, start_at, end_at)
    CROSS JOIN LATERAL (
        SELECT * FROM events_event
        WHERE organization_id = %(org)s AND occurred_at >= s.start_at AND occurred_at < s.end_at
          AND session_id = s.id AND NOT is_superseded AND kind = ANY(%(kinds)s)
        ORDER BY occurred_at, id LIMIT %(most)s) AS e
    ORDER BY e.occurred_at, e.id
"""


def timeline_of(organization_id: int, slices: Sequence[Slice]) -> list[TimelineEvent]:
    """Oldest first; at most `MOST_EVENTS` of each slice."""
    if not slices:
        return []
    parameters = {
        "org": organization_id, "kinds": [int(kind) for kind in _KINDS], "most": MOST_EVENTS,
        "sessions": [one.session_id for one in slices],
        "starts": [max(one.start, one.end - LONGEST) for one in slices],
        "ends": [one.end for one in slices],
    }  # fmt: skip
    return [
        TimelineEvent(session_id, at, Kind(kind), *rest) for session_id, at, kind, *rest in rows(_EVENTS, parameters)
    ]


def names_of(organization_id: int, numbers: set[int]) -> dict[int, str]:
    """Of models, languages and tools, by number."""
    kinds = (DimensionKind.MODEL, DimensionKind.LANGUAGE, DimensionKind.TOOL)
    named = Dimension.objects.filter(organization=organization_id, id__in=sorted(numbers), kind__in=kinds)
    return dict(named.values_list("id", "value"))
