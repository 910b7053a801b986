"""What is asked over GraphQL: pull requests, 25 a page with all that is known of each, for some 4 points; and blame.

A pull request that has more than a page of something is completed over REST (`Told.is_cut_off`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from events.pulls.github.client import Client
from events.pulls.github.errors import GitHubError, Trouble
from events.pulls.github.fields import Json, count, flag, moment, number, part, parts, sha, text
from events.pulls.records import NOBODY, Account, CommitRecord, Counts, Happened, PullRecord

PULLS_A_PAGE: Final = 25
COMMITS: Final = 100
REVIEWS: Final = 50

_ACTOR = "{ __typename login }"
_TIMELINE = {
    "READY_FOR_REVIEW_EVENT": "ready",
    "CONVERT_TO_DRAFT_EVENT": "drafted",
    "REOPENED_EVENT": "reopened",
    "ADDED_TO_MERGE_QUEUE_EVENT": "queued",
    "REMOVED_FROM_MERGE_QUEUE_EVENT": "unqueued",
    "BASE_REF_CHANGED_EVENT": "base_changed",
    "HEAD_REF_FORCE_PUSHED_EVENT": "force_pushed",
}
_KINDS = {
    "ReadyForReviewEvent": "ready",
    "ConvertToDraftEvent": "drafted",
    "ReopenedEvent": "reopened",
    "AddedToMergeQueueEvent": "queued",
    "RemovedFromMergeQueueEvent": "unqueued",
    "BaseRefChangedEvent": "base_changed",
    "HeadRefForcePushedEvent": "force_pushed",
}
_MOMENTS = " ".join(
    f"... on {kind} {{ createdAt actor {_ACTOR} }}" for kind in _KINDS if kind != "HeadRefForcePushedEvent"
)
PULLS: Final = f"""
query($owner: String!, $name: String!, $first: Int!, $after: String) {{
  rateLimit {{ cost remaining resetAt }}
  repository(owner: $owner, name: $name) {{
    databaseId
    nameWithOwner
    pullRequests(first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      totalCount
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        databaseId number title body isDraft state createdAt updatedAt closedAt mergedAt
        author {_ACTOR}
        mergedBy {_ACTOR}
        mergeCommit {{ oid }}
        headRefName headRefOid headRepository {{ nameWithOwner }} baseRefName baseRefOid
        additions deletions changedFiles
        labels(first: 50) {{ totalCount nodes {{ name }} }}
        closingIssuesReferences(first: 20) {{ nodes {{ number repository {{ nameWithOwner }} }} }}
        commits(first: {COMMITS}) {{
          totalCount
          nodes {{
            commit {{
              oid message authoredDate committedDate
              author {{ name email user {{ __typename login }} }}
              committer {{ name email }}
              tree {{ oid }}
            }}
          }}
        }}
        reviews(first: {REVIEWS}) {{
          totalCount
          nodes {{ databaseId state submittedAt author {_ACTOR} commit {{ oid }} }}
        }}
        timelineItems(first: 50, itemTypes: [{", ".join(_TIMELINE)}]) {{
          totalCount
          nodes {{
            __typename
            {_MOMENTS}
            ... on HeadRefForcePushedEvent {{
              createdAt actor {_ACTOR} beforeCommit {{ oid }} afterCommit {{ oid }}
            }}
          }}
        }}
      }}
    }}
  }}
}}
"""
BLAME: Final = """
query($owner: String!, $name: String!, $sha: GitObjectID!, $path: String!) {
  rateLimit { cost remaining resetAt }
  repository(owner: $owner, name: $name) {
    object(oid: $sha) {
      ... on Commit { blame(path: $path) { ranges { startingLine endingLine commit { oid committedDate } } } }
    }
  }
}
"""


class Told(NamedTuple):
    """A pull request, what happened to it, and its commits, oldest first. `is_cut_off`: it has more of them."""

    pull: PullRecord
    happened: tuple[Happened, ...]
    commits: tuple[CommitRecord, ...]
    is_cut_off: bool
    has_more_reviews: bool = False


class Page(NamedTuple):
    """`after`: where the next one begins; empty after the last."""

    told: list[Told]
    total: int
    after: str


class Blamed(NamedTuple):
    """Lines `first` to `last`, counted from 1, both within."""

    first: int
    last: int
    sha: str
    committed_at: datetime | None


def pulls(
    client: Client, full_name: str, *, id_: int | None = None, after: str = "", first: int = PULLS_A_PAGE
) -> Page:
    """The pull requests by when they were last updated, the newest first. `id_`: the repository that is meant; its name
    may have become another's."""
    found = part(client.query(PULLS, {**_name(full_name), "first": first, "after": after or None}), "repository")
    rows = part(found, "pullRequests")
    if not rows or (id_ is not None and _id_of(found) not in (None, id_)):
        raise GitHubError(Trouble.VANISHED)
    name = text(found, "nameWithOwner", 200) or full_name
    told = [one for one in (_told(node, name) for node in parts(rows, "nodes")) if one]
    info = part(rows, "pageInfo")
    return Page(told, count(rows, "totalCount"), text(info, "endCursor", 500) if flag(info, "hasNextPage") else "")


def blame(client: Client, full_name: str, sha_: str, path: str) -> list[Blamed]:
    """Who last touched each line of a file as it was at a commit: for files older than what is replayed."""
    found = part(client.query(BLAME, {**_name(full_name), "sha": sha_, "path": path}), "repository")
    ranges = parts(part(part(found, "object"), "blame"), "ranges", 1_000_000)
    return [
        Blamed(count(one, "startingLine"), count(one, "endingLine"), sha(part(one, "commit"), "oid"),
               moment(part(one, "commit"), "committedDate"))
        for one in ranges
    ]  # fmt: skip


def _name(full_name: str) -> Mapping[str, str]:
    owner, _, name = full_name.partition("/")
    return {"owner": owner, "name": name}


# --- reading ---------------------------------------------------------------------------------------------------------


def _told(json: Json, full_name: str) -> Told | None:
    number_, opened_at = number(json, "number"), moment(json, "createdAt")
    if number_ is None or opened_at is None:
        return None
    pull = _pull(json, number_, opened_at, full_name)
    commits = [record for record in (_commit(part(node, "commit")) for node in _nodes(json, "commits")) if record]
    return Told(
        pull,
        tuple(_happened(json, pull)),
        tuple(commits),
        is_cut_off=count(part(json, "commits"), "totalCount") > COMMITS,
        has_more_reviews=count(part(json, "reviews"), "totalCount") > REVIEWS,
    )


def _pull(json: Json, number_: int, opened_at: datetime, full_name: str) -> PullRecord:
    """As `payloads.pull` reads it of a webhook, so that both make the same row."""
    merged_at, closed_at = moment(json, "mergedAt"), moment(json, "closedAt")
    labels = {text(node, "name", 100) for node in _nodes(json, "labels")}
    return PullRecord(
        number=number_,
        external_id=number(json, "databaseId", (1 << 60) - 1),
        opened_at=opened_at,
        updated_at=moment(json, "updatedAt") or opened_at,
        title=text(json, "title"),
        body=text(json, "body"),
        author=account(part(json, "author")),
        is_draft=flag(json, "isDraft"),
        is_closed=text(json, "state") != "OPEN",
        merged_at=merged_at,
        closed_at=closed_at or merged_at,
        head_branch=text(json, "headRefName", 255),
        head_repository=text(part(json, "headRepository"), "nameWithOwner", 200),
        head_sha=sha(json, "headRefOid"),
        base_branch=text(json, "baseRefName", 255),
        base_sha=sha(json, "baseRefOid"),
        merge_sha=sha(part(json, "mergeCommit"), "oid") if merged_at else "",
        labels=tuple(sorted(labels - {""})),
        counts=Counts(
            additions=count(json, "additions"),
            deletions=count(json, "deletions"),
            changed_files=count(json, "changedFiles"),
            commits=count(part(json, "commits"), "totalCount"),
            merged_by=account(part(json, "mergedBy")),
        ),
        closes=tuple(sorted(_closes(json, full_name))),
    )


def account(json: Json) -> Account:
    """GraphQL leaves `[bot]` off the logins of bots, REST and webhooks don't; there Copilot has a name of its own."""
    login, is_bot = text(json, "login", 100), text(json, "__typename") == "Bot"
    if not login:
        return NOBODY
    if is_bot:
        login = "Copilot" if login == "copilot-swe-agent" else f"{login.removesuffix('[bot]')}[bot]"
    return Account(login=login, is_bot=is_bot)


def _closes(json: Json, full_name: str) -> Iterator[int]:
    """Of the same repository."""
    for node in _nodes(json, "closingIssuesReferences"):
        name = text(part(node, "repository"), "nameWithOwner", 200)
        if name.lower() == full_name.lower() and (found := number(node, "number")):
            yield found


def _commit(json: Json) -> CommitRecord | None:
    author, committer, sha_ = part(json, "author"), part(json, "committer"), sha(json, "oid")
    if not sha_:
        return None
    return CommitRecord(
        sha=sha_,
        message=text(json, "message"),
        author=account(part(author, "user")),
        author_name=text(author, "name", 200),
        author_email=text(author, "email", 320),
        committer_name=text(committer, "name", 200),
        committer_email=text(committer, "email", 320),
        authored_at=moment(json, "authoredDate"),
        committed_at=moment(json, "committedDate"),
        tree_sha=sha(part(json, "tree"), "oid"),
    )


_REVIEWS = {"APPROVED": "approved", "CHANGES_REQUESTED": "changes_requested", "COMMENTED": "reviewed"}


def _happened(json: Json, pull: PullRecord) -> Iterator[Happened]:
    yield Happened(kind="opened", at=pull.opened_at, by=pull.author)
    if pull.merged_at:
        yield Happened(kind="merged", at=pull.merged_at, by=pull.counts.merged_by if pull.counts else NOBODY)
    elif pull.is_closed and pull.closed_at:
        yield Happened(kind="closed", at=pull.closed_at)
    for node in _nodes(json, "reviews"):
        kind, at, id_ = _REVIEWS.get(text(node, "state")), moment(node, "submittedAt"), _id_of(node)
        if kind and at and id_:
            seen = sha(part(node, "commit"), "oid")
            yield Happened(kind=kind, at=at, key=str(id_), after_sha=seen, by=account(part(node, "author")))
    for node in _nodes(json, "timelineItems"):
        kind, at = _KINDS.get(text(node, "__typename")), moment(node, "createdAt")
        if kind and at:
            before, after = sha(part(node, "beforeCommit"), "oid"), sha(part(node, "afterCommit"), "oid")
            by = account(part(node, "actor"))
            yield Happened(kind=kind, at=at, key=after, before_sha=before, after_sha=after, by=by)


def _id_of(json: Json) -> int | None:
    return number(json, "databaseId", (1 << 60) - 1)


def _nodes(json: Json, name: str) -> list[Json]:
    return parts(part(json, name), "nodes")
