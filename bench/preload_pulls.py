"""Fills a database with pull requests as they are once all is judged, by SQL alone: for measuring beside many others.

Run with the environment of a migrated product: `python -m bench.preload_pulls 200000`. One organization with twenty
repositories; nine of ten pull requests are merged, each with three commits, two happenings, its default-branch commit,
its latency, its first test run and its escapes. `--beside-events` shares them out among the organizations of
`bench.preload` that have none yet, by their people, who open them; a third has a session, and edits have distances.
"""

import sys
from typing import Any

import psycopg

from bench.merges import SLUG
from bench.preload import DAYS, connect  # it sets Django up
from events.models import DimensionKind

REPOSITORIES = 20
YEARS = 1825
"""Days over which the pull requests of one organization alone are spread; beside events, those of the events."""

_ORGANIZATION = """
    INSERT INTO teams_organization (slug, name, time_zone, is_personal, is_sample, privacy_floor, cost_visibility,
        settings, identity_epoch, created_at)
    VALUES (%(slug)s, 'Many pull requests', 'UTC', false, false, 5, 'members', '{}', 0, now()) RETURNING id
"""
_REPOSITORIES = [
    """
    INSERT INTO events_dimension (organization_id, kind, value)
    SELECT %(org)s, %(kind)s, 'github.com/bench/many-' || n FROM generate_series(1, %(repositories)s) n
    """,
    """
    INSERT INTO events_repository (organization_id, external_id, dimension_id, full_name, default_branch, is_private,
        is_archived, is_tracked, state, error, bug_labels, generated_paths, test_paths, replayed_to, created_at)
    SELECT %(org)s, row_number() OVER (ORDER BY id), id, substr(value, 12), 'main', true, false, true, 'ok', '',
           '{bug}', '{}', '{}', %(pulls)s / %(repositories)s, now()
    FROM events_dimension WHERE organization_id = %(org)s AND kind = %(kind)s AND value LIKE 'github.com/bench/many-%%'
    """,
    """
    INSERT INTO events_repositoryname (organization_id, repository_id, dimension_id)
    SELECT organization_id, id, dimension_id FROM events_repository WHERE organization_id = %(org)s
    """,
]
_IDENTITIES = """
    INSERT INTO teams_identity (organization_id, contributor_id, kind, value, created_at)
    SELECT %(org)s, id, 'github', 'person-' || id, now() FROM teams_contributor WHERE organization_id = %(org)s
"""
# The newest numbers last. Defaults of the model are written out: the database knows none.
_PULLS = """
    INSERT INTO events_pullrequest (organization_id, repository_id, number, title, title_hash, author_login,
        merged_by_login, is_bot, state, is_draft, opened_at, ready_at, merged_at, closed_at, updated_at, counted_at,
        integrated_at, integration, head_branch, head_repository, head_sha, base_branch, base_sha, merge_sha, patch_id,
        labels, stated, additions, deletions, changed_files, commit_count, files, source_lines_added,
        source_lines_changed, size, change_class, task_type, is_backport, fix_reason, ai_class, ai_tools, ai_models,
        open_sessions, author_id)
    SELECT %(org)s, r.id, n, '', md5(n::text), 'login-' || n %% 200, '', false,
           CASE WHEN n %% 10 = 0 THEN 'closed' ELSE 'merged' END, false, at, at,
           CASE WHEN n %% 10 > 0 THEN at + interval '5 hours' END, at + interval '5 hours', at + interval '5 hours',
           at + interval '5 hours', CASE WHEN n %% 10 > 0 THEN at + interval '5 hours' END,
           CASE WHEN n %% 10 > 0 THEN 'squash' ELSE '' END, 'work/' || n, r.full_name,
           encode(sha256(('h' || r.id || '-' || n)::bytea), 'hex'), 'main', '',
           CASE WHEN n %% 10 > 0 THEN encode(sha256(('m' || r.id || '-' || n)::bytea), 'hex') ELSE '' END,
           md5(r.id || '-' || n), '{}', '{}', 40, 12, 2, 3,
           '[{"path": "src/module.py", "status": "modified", "added": 30, "removed": 12, "is_test": false,
              "is_generated": false}, {"path": "tests/test_module.py", "status": "added", "added": 10, "removed": 0,
              "is_test": true, "is_generated": false}]',
           40, 52, 2, 'feature_with_tests', 'feature', false, CASE WHEN n %% 12 = 0 THEN 'title' ELSE '' END,
           CASE WHEN n %% 3 = 0 THEN 'ai' ELSE 'unknown' END, CASE WHEN n %% 3 = 0 THEN '{claude-code}'::text[]
           ELSE '{}' END, '{}', '{}', people.ids[1 + (n * 7 + r.id) %% nullif(cardinality(people.ids), 0)]
    FROM (SELECT array_agg(id ORDER BY id) AS ids FROM teams_identity WHERE organization_id = %(org)s) people,
         events_repository r, generate_series(1, %(pulls)s / %(repositories)s) n,
         LATERAL (SELECT now() - interval '1 day' - (%(pulls)s / %(repositories)s - n) * %(days)s * interval '1 day'
                         / (%(pulls)s / %(repositories)s) AS at) placed
    WHERE r.organization_id = %(org)s
"""
_OF_EACH = [
    """
    INSERT INTO events_pulltests (organization_id, pull_request_id, state, sha, test_lines_changed)
    SELECT %(org)s, id, CASE WHEN id %% 4 = 0 THEN 'failed' ELSE 'passed' END, head_sha, 10 FROM events_pullrequest
    WHERE organization_id = %(org)s
    """,
    """
    INSERT INTO events_pullrequestcommit (organization_id, pull_request_id, sha, position, authored_at, committed_at,
        tree_sha, patch_id, stated, is_listed)
    SELECT %(org)s, p.id, CASE WHEN n = 2 THEN p.head_sha ELSE encode(sha256((p.id || '-' || n)::bytea), 'hex') END, n,
           p.opened_at - (3 - n) * interval '20 minutes', p.opened_at - (3 - n) * interval '20 minutes', '',
           md5(p.id || '-' || n), '{}', true
    FROM events_pullrequest p, generate_series(0, 2) n WHERE p.organization_id = %(org)s
    """,
    """
    INSERT INTO events_pullrequestevent (organization_id, pull_request_id, kind, at, key, before_sha, after_sha,
        is_by_bot, is_by_author)
    SELECT %(org)s, p.id, told.kind, told.at, '', '', '', false, true
    FROM events_pullrequest p, LATERAL (VALUES ('opened', p.opened_at), (p.state, p.closed_at)) told (kind, at)
    WHERE p.organization_id = %(org)s
    """,
    """
    INSERT INTO events_defaultcommit (organization_id, repository_id, sha, seq, applied_seq, parents, previous_sha,
        tree_sha, patch_id, subject_hash, stated, authored_at, committed_at, pull_request_id, diff_state, changes,
        lines_added, is_gone)
    SELECT %(org)s, p.repository_id, p.merge_sha, seq, seq, '{}', '', '', p.patch_id, p.title_hash, '{}',
           p.merged_at, p.merged_at, p.id, 'complete', decode('789c9307000007000700', 'hex'), 40, false
    FROM (SELECT *, row_number() OVER (PARTITION BY repository_id ORDER BY number) AS seq FROM events_pullrequest
          WHERE organization_id = %(org)s AND merge_sha <> '') p
    """,
    """
    UPDATE events_repository r SET replayed_to = (
        SELECT max(seq) FROM events_defaultcommit d WHERE d.organization_id = %(org)s AND d.repository_id = r.id)
    WHERE organization_id = %(org)s
    """,
    """
    INSERT INTO events_latency (organization_id, pull_request_id, version, state, first_prompt_at, ended_at, seconds,
        stages)
    SELECT %(org)s, p.id, 1, CASE WHEN merge_sha = '' THEN 'closed' WHEN ai_class = 'ai' THEN 'measured'
           ELSE 'no_prompt' END, CASE WHEN ai_class = 'ai' THEN opened_at - interval '2 hours' END, closed_at,
           CASE WHEN ai_class = 'ai' AND merge_sha <> '' THEN 25200 END, '[]'
    FROM events_pullrequest p WHERE p.organization_id = %(org)s
    """,
    """
    INSERT INTO events_escape (organization_id, pull_request_id, horizon_days, version, state, due_at, defects, weight)
    SELECT %(org)s, p.id, days, 1,
           CASE WHEN merged_at + days * interval '1 day' > now() THEN 'pending' ELSE 'clean' END,
           merged_at + days * interval '1 day', 0, 0
    FROM events_pullrequest p, unnest(ARRAY[7, 30, 90]) days WHERE p.organization_id = %(org)s AND p.merge_sha <> ''
    """,
]


_BESIDE_EVENTS = [
    """
    INSERT INTO events_sessionlink (organization_id, pull_request_id, session_id, method, confidence, facts, sums,
        share)
    SELECT %(org)s, p.id, s.ids[1 + p.id %% cardinality(s.ids)], 1, 'strong', '[]',
           '{"input_tokens": 40000, "output_tokens": 9000, "cache_write_tokens": 20000, "lines_added": 60}', 1
    FROM events_pullrequest p, (SELECT array_agg(id) AS ids FROM events_session WHERE organization_id = %(org)s) s
    WHERE p.organization_id = %(org)s AND p.ai_class = 'ai' AND cardinality(s.ids) > 0
    """,
    """
    INSERT INTO events_edit_day (organization_id, day, contributor_id, tool_id, model_id, repository_id, language_id,
        path_class, horizon, bucket, count, lines)
    SELECT %(org)s, day, contributor_id, tool_id, max(model_id), repository_id, language_id, path_class, 3, bucket,
           1, 12
    FROM events_detail_day, LATERAL (VALUES ((day - date '2020-01-01' + contributor_id) %% 60), (0)) b (bucket)
    WHERE organization_id = %(org)s AND language_id <> 0
    GROUP BY day, contributor_id, tool_id, repository_id, language_id, path_class, bucket
    """,
]


def fill(pulls: int) -> None:
    """Of one organization that has nothing else."""
    with connect() as connection:
        if connection.execute("SELECT 1 FROM teams_organization WHERE slug = %s", [SLUG]).fetchone():
            return
        with connection.transaction():
            for made in connection.execute(_ORGANIZATION, {"slug": SLUG}):
                _fill(connection, made[0], pulls, YEARS, _OF_EACH)
        connection.execute("VACUUM (ANALYZE)")


_WITHOUT = """
    SELECT c.organization_id, count(*)::int FROM teams_contributor c
    JOIN teams_organization o ON o.id = c.organization_id AND o.slug LIKE 'bench-%'
    WHERE NOT EXISTS (SELECT 1 FROM events_repository r WHERE r.organization_id = o.id)
    GROUP BY c.organization_id ORDER BY c.organization_id
"""


def fill_beside_events(pulls: int) -> None:
    with connect() as connection:
        people = connection.execute(_WITHOUT).fetchall()
        everybody = sum(number for _, number in people)
        for organization_id, number in people:
            with connection.transaction():
                share = max(REPOSITORIES, pulls * number // everybody)
                connection.execute(_IDENTITIES, {"org": organization_id})
                _fill(connection, organization_id, share, DAYS, [*_OF_EACH, *_BESIDE_EVENTS])
        connection.execute("VACUUM (ANALYZE)")


def _fill(connection: psycopg.Connection[Any], organization_id: int, pulls: int, days: int, of_each: list[str]) -> None:
    parameters = {
        "org": organization_id,
        "pulls": pulls,
        "days": days,
        "repositories": REPOSITORIES,
        "kind": int(DimensionKind.REPOSITORY),
    }
    for statement in (*_REPOSITORIES, _PULLS, *of_each):
        connection.execute(statement, parameters)


if __name__ == "__main__":
    (fill_beside_events if "--beside-events" in sys.argv else fill)(int(sys.argv[1]))
