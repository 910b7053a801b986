"""Lines that tools say they wrote, by commit: one row a file, tool, model and session. Evidence, not a count."""

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

from msgspec.json import encode
from psycopg import Cursor

from events.schema import AttributedLines

_MERGED_ANEW = ("git_ai", "commit")
"""What these tell of a commit is the whole of it: what they told before and tell no more is taken back."""

_GONE = """
    DELETE FROM events_attribution WHERE organization_id = %(org)s AND source = ANY(%(whole)s)
      AND (dimension_id, sha, source) IN (
        SELECT * FROM unnest(%(dimensions)s::int[], %(shas)s::text[], %(sources)s::text[]))
      AND (dimension_id, sha, fact_id) NOT IN (
        SELECT r.dimension_id, r.sha, r.fact_id FROM jsonb_to_recordset(%(rows)s::jsonb)
          AS r(dimension_id int, sha text, fact_id bigint))
    RETURNING sha, session_key
"""
_ROW = """
    dimension_id int, sha text, fact_id bigint, source text, path text, tool text, model text, session_key text,
    ai_lines int, human_lines int, ranges jsonb
"""
_KEEP = f"""
    INSERT INTO events_attribution AS kept (organization_id, dimension_id, sha, fact_id, source, path, tool, model,
        session_key, ai_lines, human_lines, ranges, received_at)
    SELECT %(org)s, r.*, now() FROM jsonb_to_recordset(%(rows)s::jsonb) AS r({_ROW})
    ORDER BY r.dimension_id, r.sha, r.fact_id
    ON CONFLICT (organization_id, dimension_id, sha, fact_id) DO UPDATE SET ai_lines = excluded.ai_lines,
        human_lines = excluded.human_lines, ranges = excluded.ranges, received_at = excluded.received_at
    WHERE (kept.ai_lines, kept.human_lines, kept.ranges)
        IS DISTINCT FROM (excluded.ai_lines, excluded.human_lines, excluded.ranges)
    RETURNING sha, session_key
"""
# Indexes pull_request_commit_by_sha, pull_request_by_merge, session_key. The kinds are those of pulls.chores.ChoreKind.
_LEAVE = """
    INSERT INTO events_chore (organization_id, kind, key, attempts, not_before, is_dead, error, created_at)
    SELECT %(org)s, t.kind, t.key, 0, now(), false, '', now() FROM (
        SELECT 'pull' AS kind, pull_request_id AS key FROM events_pullrequestcommit
        WHERE organization_id = %(org)s AND sha = ANY(%(shas)s)
        UNION SELECT 'pull', p.id FROM events_pullrequest p JOIN events_repository r
          ON r.organization_id = p.organization_id AND r.id = p.repository_id
        WHERE p.organization_id = %(org)s AND p.merge_sha = ANY(%(shas)s)
        UNION SELECT 'session', s.id FROM events_dimension d JOIN events_session s
          ON s.organization_id = d.organization_id AND s.tool_id = d.id
        WHERE d.organization_id = %(org)s AND d.kind = 1 AND s.key = ANY(%(keys)s) AND NOT s.is_instance
          AND EXISTS (SELECT 1 FROM events_repository WHERE organization_id = %(org)s)) AS t
    ORDER BY t.kind, t.key
"""


def keep_attributions(
    cursor: Cursor[Any],
    organization_id: int,
    told: Collection[AttributedLines],
    commits: Collection[tuple[str, str, str]],
    numbers: Mapping[str | None, int],
) -> set[str]:
    """Stores them, and leaves to be judged whatever they are about; the SHAs of which something changed. `commits`:
    (repository, SHA, source) that were told of, also where nothing of them is a tool's. Safe to repeat."""
    rows = {(row["dimension_id"], row["sha"], row["fact_id"]): row for row in (_row(one, numbers) for one in told)}
    named = sorted({(numbers[repository], sha, source) for repository, sha, source in commits})
    parameters = {
        "org": organization_id, "rows": encode([rows[key] for key in sorted(rows)]).decode(),
        "whole": list(_MERGED_ANEW), "dimensions": [one[0] for one in named], "shas": [one[1] for one in named],
        "sources": [one[2] for one in named],
    }  # fmt: skip
    changed: set[tuple[str, str]] = set()
    for statement in (_GONE, _KEEP):
        cursor.execute(statement, parameters)
        changed.update(cursor.fetchall())
    if changed:
        shas, keys = sorted({sha for sha, _ in changed}), sorted({key for _, key in changed if key})
        cursor.execute(_LEAVE, {"org": organization_id, "shas": shas, "keys": keys})
    return {sha for sha, _ in changed}


def _row(one: AttributedLines, numbers: Mapping[str | None, int]) -> dict[str, Any]:
    return {
        "dimension_id": numbers[one.repository], "sha": one.sha, "fact_id": _fact_id(one), "source": one.source,
        "path": one.path, "tool": one.tool, "model": one.model, "session_key": one.session, "ai_lines": one.ai_lines,
        "human_lines": one.human_lines, "ranges": one.ranges,
    }  # fmt: skip


def _fact_id(one: AttributedLines) -> int:
    key = "\0".join((one.source, one.path, one.tool, one.model, one.session))
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
