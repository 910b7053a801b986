"""Commits that clients report: one row each. What a SHA stands for (parents, tree, patch) is taken from whoever tells
it; whose it is from the earliest telling that names a session, else from the earliest."""

from collections.abc import Iterator
from typing import Any

from psycopg import Cursor

from events.ledger.attributions import keep_attributions
from events.ledger.batch import Batch, NotLookedUp
from events.models import DimensionKind
from events.schema import AttributedLines, Commit
from events.sources import _ranges
from teams.identities import Sender

_WHOSE = ("branch_id", "tool_id", "session_id", "contributor_id", "identity_id", "committed_at")
# A session that is known beats none, then the earlier beats the later; so the order of arrival doesn't matter.
_IS_BETTER = """((excluded.session_id = 0), excluded.committed_at) < ((kept.session_id = 0), kept.committed_at)"""
_KEEP = f"""
    INSERT INTO events_clientcommit AS kept (organization_id, repository_id, sha, branch_id, tool_id, session_id,
        contributor_id, identity_id, committed_at, authored_at, parents, tree_sha, patch_id)
    SELECT %(org)s, t.repository, t.sha, t.branch, t.tool, t.session, t.contributor, t.identity, t.at, t.authored,
        string_to_array(t.parents, ' '), t.tree, t.patch
    FROM unnest(%(repository)s::int[], %(sha)s::text[], %(branch)s::int[], %(tool)s::int[], %(session)s::bigint[],
        %(contributor)s::bigint[], %(identity)s::bigint[], %(at)s::timestamptz[], %(authored)s::timestamptz[],
        %(parents)s::text[], %(tree)s::text[], %(patch)s::text[])
        AS t(repository, sha, branch, tool, session, contributor, identity, at, authored, parents, tree, patch)
    ON CONFLICT (organization_id, repository_id, sha) DO UPDATE SET
        {", ".join(f"{name} = CASE WHEN {_IS_BETTER} THEN excluded.{name} ELSE kept.{name} END" for name in _WHOSE)},
        authored_at = coalesce(kept.authored_at, excluded.authored_at),
        parents = CASE WHEN kept.parents = '{{}}' THEN excluded.parents ELSE kept.parents END,
        tree_sha = coalesce(nullif(kept.tree_sha, ''), excluded.tree_sha),
        patch_id = coalesce(nullif(kept.patch_id, ''), excluded.patch_id)
    WHERE {_IS_BETTER} OR (kept.authored_at IS NULL AND excluded.authored_at IS NOT NULL)
        OR (kept.parents = '{{}}' AND excluded.parents <> '{{}}') OR (kept.tree_sha = '' AND excluded.tree_sha <> '')
        OR (kept.patch_id = '' AND excluded.patch_id <> '')
    RETURNING repository_id, session_id
"""
# Where nobody connected a repository of this name there is nothing to link. The kind is pulls.chores.ChoreKind.SESSION.
_LEAVE = """
    INSERT INTO events_chore (organization_id, kind, key, attempts, not_before, is_dead, error, created_at)
    SELECT DISTINCT %(org)s, 'session', t.session, 0, now(), false, '', now()
    FROM unnest(%(sessions)s::bigint[], %(repositories)s::int[]) AS t(session, repository)
    WHERE EXISTS (SELECT 1 FROM events_repositoryname n WHERE n.organization_id = %(org)s
        AND (t.repository = 0 OR n.dimension_id = t.repository))
"""


def keep_commits(cursor: Cursor[Any], batch: Batch, commits: list[Commit]) -> int:
    """Stores commits in key order, with the lines that they attribute, and leaves their sessions to be linked; how many
    told something new.

    :raises NotLookedUp: a name or sender has no number yet.
    """
    try:
        rows = _merged(batch, commits)
    except KeyError as error:
        raise NotLookedUp from error
    keys = sorted(rows)
    names = ("branch", "tool", "session", "contributor", "identity", "at", "authored", "parents", "tree", "patch")
    columns = zip(*(rows[key] for key in keys), strict=True)
    parameters: dict[str, Any] = dict(zip(names, map(list, columns), strict=True))
    organization_id = batch.known.organization_id
    parameters |= {"org": organization_id, "repository": [k[0] for k in keys], "sha": [k[1] for k in keys]}
    cursor.execute(_KEEP, parameters)
    changed = cursor.fetchall()
    sessions = [(session, repository) for repository, session in changed if session]
    if sessions:
        told, repositories = (list(column) for column in zip(*sessions, strict=True))
        cursor.execute(_LEAVE, {"org": organization_id, "sessions": told, "repositories": repositories})
    _attribute(cursor, batch, commits)
    return len(changed)


def _merged(batch: Batch, commits: list[Commit]) -> dict[tuple[int, str], tuple[Any, ...]]:
    """Of one commit told several times in a body: as the statement would merge them."""
    repositories = batch.known.dimensions[DimensionKind.REPOSITORY]
    by_key: dict[tuple[int, str], tuple[Any, ...]] = {}
    for commit in commits:
        key, row = (repositories[commit.repository], commit.sha), _row(batch, commit)
        kept = by_key.get(key)
        by_key[key] = row if kept is None else _better(kept, row)
    return by_key


_OWN = 6
"""Columns that say whose it is; what follows is the commit's own."""


def _better(kept: tuple[Any, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    whose = min(kept[:_OWN], row[:_OWN], key=lambda one: (one[2] == 0, one[5]))
    return (*whose, *(old or new for old, new in zip(kept[_OWN:], row[_OWN:], strict=True)))


def _row(batch: Batch, commit: Commit) -> tuple[Any, ...]:
    known = batch.known.dimensions
    tool_id = known[DimensionKind.TOOL][commit.tool]
    touch = batch.touches.get((tool_id, commit.session)) if commit.session else None
    sender = Sender(commit.email, commit.github, commit.user, commit.tool, batch.key_id, batch.key_contributor_id)
    owner = batch.known.owners[sender]
    return (
        known[DimensionKind.BRANCH][commit.branch], tool_id, touch.id if touch else 0, *owner, commit.at,
        commit.authored_at, " ".join(commit.parents), commit.tree_sha or "", commit.patch_id or "",
    )  # fmt: skip


def _attribute(cursor: Cursor[Any], batch: Batch, commits: list[Commit]) -> None:
    telling = [commit for commit in commits if commit.files and commit.repository]
    if not telling:
        return
    lines = [one for commit in telling for one in _lines(commit)]
    named = [(commit.repository or "", commit.sha, _SOURCE) for commit in telling]
    numbers = batch.known.dimensions[DimensionKind.REPOSITORY]
    keep_attributions(cursor, batch.known.organization_id, lines, named, numbers)


_SOURCE = "commit"


def _lines(commit: Commit) -> Iterator[AttributedLines]:
    for file in commit.files:
        ranges = _ranges.merged(file.ai_ranges)
        told = _ranges.count(ranges) if ranges else file.ai_lines
        if told is None and file.human_lines is None:
            continue
        yield AttributedLines(
            source=_SOURCE, repository=commit.repository or "", sha=commit.sha, path=file.path, tool=commit.tool[:60],
            model=(commit.model or "")[:100], session=commit.session or "", ai_lines=told or 0,
            human_lines=file.human_lines, ranges=ranges,
        )  # fmt: skip
