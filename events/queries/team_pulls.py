"""Pull requests of a team's people, with what was judged of each: one statement for all that its dashboard says."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from events.models import EscapeState, LatencyState, Repository


class TeamPull(NamedTuple):
    """One integrated pull request. `escape` None: not judged yet."""

    author: int
    integrated_at: datetime
    change_class: str
    task_type: str
    ai_class: str
    ai_lines: int | None
    repository: int
    size: int
    latency: LatencyState | None
    first_prompt_at: datetime | None
    seconds: int | None
    escape: EscapeState | None
    due_at: datetime | None
    defects: int
    weight: float


# Indexes: pull_request_by_integrated, latency_once, escape_horizon, identity_in_organization (all lead with the
# organization).
_PULLS = """
    SELECT i.contributor_id, p.integrated_at, p.change_class, p.task_type, p.ai_class, p.ai_lines, p.repository_id,
           p.size, l.state, l.first_prompt_at, l.seconds, e.state, e.due_at, coalesce(e.defects, 0),
           coalesce(e.weight, 0)
    FROM events_pullrequest p
    JOIN teams_identity i ON i.organization_id = p.organization_id AND i.id = p.author_id
    LEFT JOIN events_latency l ON l.organization_id = p.organization_id AND l.pull_request_id = p.id
    LEFT JOIN events_escape e ON e.organization_id = p.organization_id AND e.pull_request_id = p.id
         AND e.horizon_days = %(horizon)s
    WHERE p.organization_id = %(org)s AND p.integrated_at >= %(start)s AND p.integrated_at < %(end)s
      AND NOT p.is_bot AND NOT p.is_backport AND i.contributor_id = ANY(%(people)s)
"""


def pulls_of_team(
    organization_id: int, people: Collection[int], start: datetime, end: datetime, *, horizon_days: int
) -> list[TeamPull]:
    """Integrated in [start, end), without bots and backports. Inside the tenant."""
    parameters: dict[str, Any] = {
        "org": organization_id, "people": sorted(people), "start": start, "end": end, "horizon": horizon_days,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PULLS, parameters)
        return [TeamPull(*row) for row in cursor.fetchall()]


def has_repositories(organization_id: int) -> bool:
    return Repository.objects.filter(organization_id=organization_id, is_tracked=True).exists()
