"""Commits that clients report: one row each, the earliest telling's time."""

from typing import Any

from psycopg import Cursor

from events.ledger.batch import Batch, NotLookedUp
from events.models import DimensionKind
from events.schema import Commit
from teams.identities import Sender

_KEEP = """
    INSERT INTO events_clientcommit AS kept (organization_id, repository_id, sha, branch_id, tool_id, session_id,
        contributor_id, identity_id, committed_at)
    SELECT %(org)s, t.* FROM unnest(%(repository)s::int[], %(sha)s::text[], %(branch)s::int[], %(tool)s::int[],
        %(session)s::bigint[], %(contributor)s::bigint[], %(identity)s::bigint[], %(at)s::timestamptz[]) AS t
    ON CONFLICT (organization_id, repository_id, sha) DO UPDATE SET branch_id = excluded.branch_id,
        tool_id = excluded.tool_id, session_id = excluded.session_id, contributor_id = excluded.contributor_id,
        identity_id = excluded.identity_id, committed_at = excluded.committed_at
    WHERE excluded.committed_at < kept.committed_at
"""


def keep_commits(cursor: Cursor[Any], batch: Batch, commits: list[Commit]) -> None:
    """Stores commits in key order. Their sessions are those of the batch's events; a commit makes no session.

    :raises NotLookedUp: a name or sender has no number yet.
    """
    if not commits:
        return
    try:
        earliest = _earliest(batch, commits)
    except KeyError as error:
        raise NotLookedUp from error
    keys = sorted(earliest)
    columns = zip(*(earliest[key] for key in keys), strict=True)
    parameters: dict[str, Any] = dict(
        zip(("branch", "tool", "session", "contributor", "identity", "at"), map(list, columns), strict=True)
    )
    parameters |= {"org": batch.known.organization_id, "repository": [k[0] for k in keys], "sha": [k[1] for k in keys]}
    cursor.execute(_KEEP, parameters)


def _earliest(batch: Batch, commits: list[Commit]) -> dict[tuple[int, str], tuple[Any, ...]]:
    repositories = batch.known.dimensions[DimensionKind.REPOSITORY]
    by_key = {}
    for commit in sorted(commits, key=lambda commit: commit.at, reverse=True):
        by_key[repositories[commit.repository], commit.sha] = _row(batch, commit)
    return by_key


def _row(batch: Batch, commit: Commit) -> tuple[Any, ...]:
    known = batch.known.dimensions
    tool_id = known[DimensionKind.TOOL][commit.tool]
    touch = batch.touches.get((tool_id, commit.session)) if commit.session else None
    sender = Sender(commit.email, commit.github, commit.user, commit.tool, batch.key_id, batch.key_contributor_id)
    owner = batch.known.owners[sender]
    return known[DimensionKind.BRANCH][commit.branch], tool_id, touch.id if touch else 0, *owner, commit.at
