"""Integrated pull requests with what was judged of each: work facts, one row each, in one statement."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from codecard.lib.periods import Days
from events.models import AiClass, EscapeState, LatencyState
from events.queries.reading import rows

HORIZON_DAYS = 30


class Pull(NamedTuple):
    """One pull request on the default branch, no bot's and no backport. Weeks are of the organization's days.

    `author`: the contributor who opened it, 0 if nobody knows. `seconds`: prompt to integration, where `latency` is
    measured. `escape` None: not judged. `tokens`: uncached input, output and cache writes of the slices of sessions
    that are linked to it, None without any. `ai_lines` None: no attribution tells.
    """

    id: int
    author: int
    week_on: date
    due_week_on: date
    integrated: int
    """Unix seconds."""
    repository: str
    full_name: str
    number: int
    task: str
    size: int
    change_class: str
    ai_class: AiClass
    tools: list[str]
    models: list[str]
    ai_lines: int | None
    source_lines_added: int | None
    latency: LatencyState | None
    seconds: int | None
    escape: EscapeState | None
    is_due: bool
    defects: int
    weight: float
    tokens: float | None
    accepted_lines: float | None
    """Lines that assistants wrote in those slices, as their tools count them."""
    cost_micros: float | None
    tests: str | None
    """State of `PullTests`: what its first test run told; None where nothing was told."""
    test_lines_changed: int
    review_seconds: int | None
    """From being ready for review to the first one by a person who didn't write it; None without one."""
    is_reworked: bool
    """Has commits made after its first review."""
    is_reverted: bool
    complexity: float | None
    """90th percentile of the functions that it touched; None where no analyser told. Of one tool, radon if it did."""
    complexity_before: float | None
    """Of those of its base, by the same tool; None without a base, or where nothing was there before."""
    violations: int | None
    """Of all style tools, on the lines that it added; None where none of them told by line."""
    checked_lines: int | None
    """The added lines on which those were looked for."""


# Indexes: pull_request_by_integrated, latency_once, escape_horizon, pull_tests_once, session_link_once,
# identity_in_organization, repository_in_organization, dimension_in_organization, pull_request_commit_sha,
# defect_link_of_origin, pull_quality_of_tool (all lead with the organization).
_PULLS = """
    SELECT p.id, coalesce(i.contributor_id, 0),
           date_trunc('week', p.integrated_at AT TIME ZONE %(zone)s)::date,
           date_trunc('week', (p.integrated_at + %(horizon)s * interval '1 day') AT TIME ZONE %(zone)s)::date,
           extract(epoch FROM p.integrated_at)::bigint,
           d.value, r.full_name, p.number, p.task_type, p.size, p.change_class, p.ai_class, p.ai_tools, p.ai_models,
           p.ai_lines, p.source_lines_added, l.state, l.seconds, e.state, coalesce(e.due_at <= %(now)s, false),
           coalesce(e.defects, 0), coalesce(e.weight, 0), s.tokens, s.lines, s.cost, t.state,
           coalesce(t.test_lines_changed, 0),
           extract(epoch FROM p.first_review_at - greatest(p.opened_at, p.ready_at))::bigint,
           p.first_review_at IS NOT NULL AND EXISTS (
               SELECT 1 FROM events_pullrequestcommit c WHERE c.organization_id = p.organization_id
                 AND c.pull_request_id = p.id AND c.committed_at > p.first_review_at),
           EXISTS (
               SELECT 1 FROM events_defectlink x WHERE x.organization_id = p.organization_id AND x.origin_id = p.id
                 AND x.method IN ('revert_sha', 'revert_number', 'revert_title') AND x.decision <> 'rejected'),
           q.complexity, q.complexity_before, q.violations, q.lines
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS stretch (start_at, end_at)
    JOIN events_pullrequest p ON p.integrated_at >= stretch.start_at AND p.integrated_at < stretch.end_at
    JOIN events_repository r ON r.organization_id = p.organization_id AND r.id = p.repository_id
    JOIN events_dimension d ON d.organization_id = r.organization_id AND d.id = r.dimension_id
    LEFT JOIN teams_identity i ON i.organization_id = p.organization_id AND i.id = p.author_id
    LEFT JOIN events_latency l ON l.organization_id = p.organization_id AND l.pull_request_id = p.id
    LEFT JOIN events_escape e ON e.organization_id = p.organization_id AND e.pull_request_id = p.id
         AND e.horizon_days = %(horizon)s
    LEFT JOIN events_pulltests t ON t.organization_id = p.organization_id AND t.pull_request_id = p.id
    LEFT JOIN LATERAL (
        SELECT sum(k.share * (coalesce((k.sums->>'input_tokens')::float8, 0)
                   + coalesce((k.sums->>'output_tokens')::float8, 0)
                   + coalesce((k.sums->>'cache_write_tokens')::float8, 0))) AS tokens,
               sum(k.share * coalesce((k.sums->>'lines_added')::float8, 0)) AS lines,
               sum(k.share * (coalesce((k.sums->>'cost_given_micros')::float8, 0)
                   + coalesce((k.sums->>'cost_estimated_micros')::float8, 0))) AS cost
        FROM events_sessionlink k WHERE k.organization_id = p.organization_id AND k.pull_request_id = p.id
          AND k.confidence IN ('exact', 'strong', 'medium')) s ON true
    LEFT JOIN LATERAL (
        SELECT (array_agg(q.complexity ORDER BY q.tool <> 'radon', q.tool, q.ruleset)
                FILTER (WHERE q.complexity IS NOT NULL))[1] AS complexity,
               (array_agg(q.complexity_before ORDER BY q.tool <> 'radon', q.tool, q.ruleset)
                FILTER (WHERE q.complexity IS NOT NULL))[1] AS complexity_before,
               sum(q.violations) FILTER (WHERE q.kind = 'style' AND q.is_by_line) AS violations,
               max(q.lines_added) FILTER (WHERE q.kind = 'style' AND q.is_by_line) AS lines
        FROM events_pullquality q WHERE q.organization_id = p.organization_id AND q.pull_request_id = p.id) q ON true
    WHERE p.organization_id = %(org)s AND NOT p.is_bot AND NOT p.is_backport
      AND (%(people)s::bigint[] IS NULL OR i.contributor_id = ANY(%(people)s))
"""


def pulls_of(
    organization_id: int, people: Collection[int] | None, stretches: Sequence[Days], zone: str, now: datetime
) -> list[Pull]:
    """Integrated in the days of the stretches, which don't overlap; of all authors where `people` is None."""
    asked = {
        "org": organization_id, "people": None if people is None else sorted(people), "zone": zone, "now": now,
        "horizon": HORIZON_DAYS, **moments_of(stretches, zone),
    }  # fmt: skip
    return [Pull(*row) for row in rows(_PULLS, asked)]


def moments_of(stretches: Sequence[Days], zone: str) -> dict[str, list[datetime]]:
    """The parameters `starts` and `ends`."""
    told = [days.moments(ZoneInfo(zone)) for days in stretches]
    return {"starts": [start for start, _ in told], "ends": [end for _, end in told]}
