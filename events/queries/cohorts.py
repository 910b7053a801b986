"""Pull requests by when their first prompt was, whatever became of them: for the share that is merged after a while."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from codecard.lib.periods import Days
from codecard.lib.survival import End, Observation
from events.models import LatencyState
from events.queries.reading import rows


class Begun(NamedTuple):
    change_class: str
    observation: Observation


# Indexes: latency_by_prompt, pull_request_in_organization, identity_in_organization.
_BEGUN = """
    SELECT p.change_class, l.state,
           extract(epoch FROM coalesce(l.ended_at, %(now)s) - l.first_prompt_at)::float8
    FROM events_latency l
    JOIN events_pullrequest p ON p.organization_id = l.organization_id AND p.id = l.pull_request_id
    LEFT JOIN teams_identity i ON i.organization_id = p.organization_id AND i.id = p.author_id
    WHERE l.organization_id = %(org)s AND l.first_prompt_at >= (%(start)s::date::timestamp AT TIME ZONE %(zone)s)
      AND l.first_prompt_at < (%(end)s::date::timestamp AT TIME ZONE %(zone)s)
      AND l.state = ANY(%(states)s) AND p.ai_class = 'ai'
      AND (%(people)s::bigint[] IS NULL OR i.contributor_id = ANY(%(people)s))
"""
_ENDS = {
    LatencyState.MEASURED: End.EVENT,
    LatencyState.CLOSED: End.COMPETING,
    LatencyState.PENDING: End.CENSORED,
}


def begun_in(organization_id: int, people: Collection[int] | None, days: Days, zone: str, now: datetime) -> list[Begun]:
    """AI-assisted, without bots and backports; seconds from the first prompt to the merge, the close, or now. Inside
    the tenant."""
    asked = {
        "org": organization_id, "people": None if people is None else sorted(people), "start": days.start_on,
        "end": days.end_on, "zone": zone, "now": now, "states": [str(state) for state in _ENDS],
    }  # fmt: skip
    return [
        Begun(change_class, Observation(max(0.0, seconds), _ENDS[LatencyState(state)]))
        for change_class, state, seconds in rows(_BEGUN, asked)
    ]
