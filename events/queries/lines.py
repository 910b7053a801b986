"""What became of lines after they were on the default branch: churn, survival, and which are still there.

A commit's lines are those of which owners are kept. They are alive, removed by a later commit, or lost from sight where
a file became opaque: lost ones were followed until then, and are neither alive nor removed.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import connection


class Lines(NamedTuple):
    added: int
    removed: int
    lost: int

    @property
    def alive(self) -> int:
        return self.added - self.removed - self.lost


class Churn(NamedTuple):
    """Of `added` lines those that were `removed` within the days. Only commits that were followed that long."""

    added: int
    removed: int

    @property
    def share(self) -> float | None:
        return self.removed / self.added if self.added else None


class Age(NamedTuple):
    """After so many whole days: lines that a commit removed, that were lost from sight, that nobody followed longer."""

    days: int
    removed: int
    censored: int


# Of each: index pull_request_by_integrated, then default_commit_pull_request, line_removal_once (owner_seq), and
# default_commit_seq for what removed them.
_COMMITS = """
    commits AS (
        SELECT c.organization_id, c.repository_id, c.applied_seq, c.lines_added, p.integrated_at, p.ai_class
        FROM events_pullrequest p
        JOIN events_defaultcommit c ON c.organization_id = p.organization_id AND c.pull_request_id = p.id
        WHERE p.organization_id = %(org)s AND p.integrated_at >= %(start)s AND p.integrated_at < %(end)s
          AND NOT p.is_bot AND NOT p.is_backport AND c.applied_seq IS NOT NULL AND c.lines_added > 0
          AND (%(repositories)s::bigint[] IS NULL OR p.repository_id = ANY(%(repositories)s))),
    newest AS (
        SELECT repository_id, max(committed_at) AS followed_to FROM events_defaultcommit
        WHERE organization_id = %(org)s AND applied_seq IS NOT NULL AND NOT is_gone
          AND repository_id IN (SELECT repository_id FROM commits)
        GROUP BY repository_id),
    gone AS (
        SELECT c.repository_id, c.applied_seq, r.lines, r.lost,
               greatest(b.committed_at - c.integrated_at, interval '0') AS age
        FROM commits c
        JOIN events_lineremoval r ON r.organization_id = c.organization_id AND r.repository_id = c.repository_id
             AND r.owner_seq = c.applied_seq
        JOIN events_defaultcommit b ON b.organization_id = r.organization_id AND b.repository_id = r.repository_id
             AND b.seq = r.by_seq)
"""
_LIVES = f"""
    WITH {_COMMITS}, sums AS (
        SELECT repository_id, applied_seq, sum(lines) AS removed, sum(lost) AS lost FROM gone GROUP BY 1, 2)
    SELECT c.ai_class, sum(c.lines_added), coalesce(sum(s.removed), 0), coalesce(sum(s.lost), 0)
    FROM commits c LEFT JOIN sums s USING (repository_id, applied_seq) GROUP BY 1
"""
_CHURN = f"""
    WITH {_COMMITS}, sums AS (
        SELECT repository_id, applied_seq, sum(lines) AS removed FROM gone
        WHERE age < %(days)s * interval '1 day' GROUP BY 1, 2)
    SELECT c.ai_class, sum(c.lines_added), coalesce(sum(s.removed), 0)
    FROM commits c JOIN newest n USING (repository_id) LEFT JOIN sums s USING (repository_id, applied_seq)
    WHERE c.integrated_at <= n.followed_to - %(days)s * interval '1 day' GROUP BY 1
"""
_AGES = f"""
    WITH {_COMMITS}, sums AS (
        SELECT repository_id, applied_seq, sum(lines + lost) AS gone FROM gone GROUP BY 1, 2)
    SELECT ai_class, days, sum(removed), sum(censored) FROM (
        SELECT c.ai_class, extract(day FROM g.age)::int AS days, g.lines AS removed, g.lost AS censored
        FROM gone g JOIN commits c USING (repository_id, applied_seq)
        UNION ALL
        SELECT c.ai_class, greatest(0, extract(day FROM n.followed_to - c.integrated_at))::int, 0,
               c.lines_added - coalesce(s.gone, 0)
        FROM commits c JOIN newest n USING (repository_id) LEFT JOIN sums s USING (repository_id, applied_seq)
    ) ends GROUP BY 1, 2 ORDER BY 1, 2
"""


def lives_of_lines(
    organization_id: int, start: datetime, end: datetime, repositories: Collection[int] | None = None
) -> dict[str, Lines]:
    """By AI class, of pull requests integrated in [start, end). Inside the tenant."""
    rows = _rows(_LIVES, organization_id, start, end, repositories)
    return {ai_class: Lines(*numbers) for ai_class, numbers in rows}


def churn(
    organization_id: int, start: datetime, end: datetime, *, days: int, repositories: Collection[int] | None = None
) -> dict[str, Churn]:
    """By AI class: lines removed or rewritten within so many days (14, 30, 90), of all that were followed so long. How
    far a repository is followed its newest applied commit says, no clock. Inside the tenant."""
    rows = _rows(_CHURN, organization_id, start, end, repositories, days=days)
    return {ai_class: Churn(*numbers) for ai_class, numbers in rows}


def ends_of_lines(
    organization_id: int, start: datetime, end: datetime, repositories: Collection[int] | None = None
) -> dict[str, list[Age]]:
    """By AI class, youngest first: what `codecard.lib.survival` draws a curve of. Inside the tenant."""
    found: dict[str, list[Age]] = defaultdict(list)
    for ai_class, numbers in _rows(_AGES, organization_id, start, end, repositories):
        found[ai_class].append(Age(*numbers))
    return dict(found)


def survival(ages: Collection[Age]) -> list[tuple[int, float]]:
    """Kaplan-Meier over lines: [(days, share still there), ...] at each day at which some were removed. Lines of one
    pull request go together, so an interval must draw pull requests, not lines."""
    at_risk = sum(age.removed + age.censored for age in ages)
    share, curve = 1.0, []
    for age in sorted(ages):
        if age.removed and at_risk:
            share *= 1 - age.removed / at_risk
            curve.append((age.days, share))
        at_risk -= age.removed + age.censored
    return curve


def _rows(
    statement: str, organization_id: int, start: datetime, end: datetime, repositories: Collection[int] | None,
    **more: int,
) -> list[tuple[str, list[int]]]:  # fmt: skip
    parameters = {
        "org": organization_id, "start": start, "end": end, **more,
        "repositories": None if repositories is None else list(repositories),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(str(ai_class), [int(number) for number in numbers]) for ai_class, *numbers in cursor.fetchall()]
