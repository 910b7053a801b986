"""What nobody said has changed: sessions that grew or became known after their pull request was judged, and changes
that came onto the default branch by other ways. Asked now and then of the pull requests that are open or just ended."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from codecard.lib.tenant import tenant
from events.models import DimensionKind, PullRequest
from events.pulls import chores
from events.pulls.chores import ChoreKind
from events.pulls.latency import VERSION

OPEN_FOR, JUST_ENDED = timedelta(days=90), timedelta(days=2)
LANDED_WITHIN = timedelta(days=60)
MOST_ANEW = 5_000

# Index pull_request_by_opened. A session counts as grown when it began before, or went on after, what its link holds;
# where the slice ends with the pull request, only an hour long, in which what was under way still arrives.
_RECENT = """
    WITH recent AS (
        SELECT p.id, p.repository_id, p.head_branch, p.author_id, p.integrated_at, p.closed_at
        FROM events_pullrequest p
        WHERE p.organization_id = %(org)s AND p.opened_at >= %(opened_since)s
          AND (p.state = 'open' OR p.closed_at >= %(ended_since)s OR p.integrated_at >= %(ended_since)s))
"""
_GROWN = """
    SELECT l.pull_request_id FROM recent r
    JOIN events_sessionlink l ON l.organization_id = %(org)s AND l.pull_request_id = r.id
    JOIN events_session s ON s.organization_id = %(org)s AND s.id = l.session_id
    WHERE s.started_at < l.slice_from
      OR (s.ended_at >= l.slice_to AND s.ended_at >= %(ended_since)s
        AND (r.closed_at IS NULL OR r.closed_at >= %(lately)s))
"""
# Index session_by_branch.
_ON_BRANCH = f"""
    SELECT r.id FROM recent r
    JOIN teams_identity i ON i.organization_id = %(org)s AND i.id = r.author_id
    JOIN events_dimension b ON b.organization_id = %(org)s AND b.kind = {int(DimensionKind.BRANCH)}
      AND b.value = r.head_branch
    JOIN events_repositoryname n ON n.organization_id = %(org)s AND n.repository_id = r.repository_id
    JOIN events_session s ON s.organization_id = %(org)s AND s.repository_id = n.dimension_id AND s.branch_id = b.id
      AND s.branch_id > 0 AND s.contributor_id = i.contributor_id AND s.ended_at >= %(ended_since)s
    WHERE NOT EXISTS (SELECT 1 FROM events_sessionlink l WHERE l.organization_id = %(org)s
      AND l.pull_request_id = r.id AND l.session_id = s.id)
"""
# Indexes ai_evidence_once, attribution_of_commit, session_key.
_BY_KEY = f"""
    SELECT k.id FROM (
        SELECT r.id, e.session_key FROM recent r
        JOIN events_aievidence e ON e.organization_id = %(org)s AND e.pull_request_id = r.id
        UNION SELECT r.id, a.session_key FROM recent r
        JOIN events_pullrequestcommit c ON c.organization_id = %(org)s AND c.pull_request_id = r.id
        JOIN events_attribution a ON a.organization_id = %(org)s AND a.sha = c.sha) AS k
    JOIN events_dimension t ON t.organization_id = %(org)s AND t.kind = {int(DimensionKind.TOOL)}
    JOIN events_session s ON s.organization_id = %(org)s AND s.tool_id = t.id AND s.key = k.session_key
    WHERE k.session_key <> '' AND NOT EXISTS (SELECT 1 FROM events_sessionlink l WHERE l.organization_id = %(org)s
      AND l.pull_request_id = k.id AND l.session_id = s.id)
"""
# Indexes default_commit_patch and default_commit_sha.
_LANDED = """
    SELECT p.id FROM events_pullrequest p
    JOIN events_defaultcommit d ON d.organization_id = p.organization_id AND d.repository_id = p.repository_id
      AND NOT d.is_gone AND d.pull_request_id IS NULL
      AND ((p.state = 'closed' AND p.patch_id <> '' AND d.patch_id = p.patch_id)
        OR (p.state = 'merged' AND p.merge_sha <> '' AND d.sha = p.merge_sha))
    WHERE p.organization_id = %(org)s AND p.integrated_at IS NULL AND p.closed_at >= %(closed_since)s
      AND p.opened_at >= %(opened_since)s
"""


def leave_what_was_late(organization_id: int, *, now: datetime) -> int:
    """Leaves to be judged anew what may come out otherwise; how many pull requests. Judging finds out whether."""
    parameters: dict[str, Any] = {
        "org": organization_id, "opened_since": now - OPEN_FOR, "ended_since": now - JUST_ENDED,
        "closed_since": now - LANDED_WITHIN, "lately": now - timedelta(hours=1),
    }  # fmt: skip
    found: set[int] = set()
    with tenant(organization_id), connection.cursor() as cursor:
        for statement in (f"{_RECENT} {_GROWN}", f"{_RECENT} {_ON_BRANCH}", f"{_RECENT} {_BY_KEY}", _LANDED):
            cursor.execute(statement, parameters)
            found.update(number for (number,) in cursor.fetchall())
        chores.leave(organization_id, ChoreKind.PULL, found, not_before=now)
    return len(found)


def leave_what_is_outdated(organization_id: int, *, now: datetime) -> int:
    """Leaves to be judged what has no latency of this version; how many, at most `MOST_ANEW` at a time."""
    with tenant(organization_id):
        pulls = PullRequest.objects.filter(organization=organization_id)
        outdated = pulls.exclude(latencies__version=VERSION).order_by("-opened_at")
        found = list(outdated.values_list("id", flat=True)[:MOST_ANEW])
        chores.leave(organization_id, ChoreKind.PULL, found, not_before=now)
    return len(found)
