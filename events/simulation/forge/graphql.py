"""What the forge answers over GraphQL. A query is read and resolved, field by field, so that whoever asks for what
isn't there is told so, as by the vendor; only fields that pull requests and blame need are there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from events.simulation.forge import git, payloads
from events.simulation.forge.git import Commit, Signature
from events.simulation.forge.graphql_query import Field, Fragment, Wrong, read
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.rest import Answer
from events.simulation.forge.state import LABELS, Account, Issue, Moment, Pull, Review
from events.simulation.forge.world import World

LIMIT = 5_000


def answer(world: World, query: str, variables: Mapping[str, Any]) -> Answer:
    try:
        fields = read(query, variables)
        data = _resolved({"__typename": "Query", **_query(world, _cost(fields))}, fields)
    except Wrong as error:
        return 200, {}, {"errors": [{"message": str(error), "type": "INVALID"}]}
    missing = data.get("repository", True) is None
    errors = [{"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository."}]
    return 200, {}, {"data": data} | ({"errors": errors} if missing else {})


def _cost(fields: Sequence[Field | Fragment], times: int = 1) -> int:
    """As the vendor counts: how many requests its connections would be, divided by a hundred."""
    return max(1, round(_requests(fields, times) / 100))


def _requests(fields: Sequence[Field | Fragment], times: int) -> int:
    total = 0
    for one in fields:
        inner = times
        if isinstance(one, Field) and (many := one.arguments.get("first") or one.arguments.get("last")):
            total += times
            inner = times * int(many)
        total += _requests(one.fields, inner)
    return total


def _resolved(of: Mapping[str, Any], fields: Sequence[Field | Fragment]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields:
        if isinstance(one, Fragment):
            if one.on in (None, of["__typename"], *of.get("__kinds", ())):
                found |= _resolved(of, one.fields)
            continue
        if one.name not in of:
            raise Wrong(f"Field '{one.name}' doesn't exist on type '{of['__typename']}'")
        value = of[one.name]
        found[one.alias] = _value(value(**one.arguments) if callable(value) else value, one)
    return found


def _value(value: Any, field: Field) -> Any:
    if isinstance(value, list):
        return [_value(item, field) for item in value]
    return _resolved(value, field.fields) if isinstance(value, Mapping) else value


# --- resolving -------------------------------------------------------------------------------------------------------


def _query(world: World, cost: int) -> dict[str, Any]:
    def repository(owner: str = "", name: str = "", **_: Any) -> dict[str, Any] | None:
        found = world.repositories.get(name)
        return _repository(world, found) if found and found.owner.login.lower() == owner.lower() else None

    def by_id(id: str) -> dict[str, Any] | None:  # noqa: A002 - the vendor's name
        rows = world.repositories.values()
        return next((_repository(world, row) for row in rows if payloads.node("Repository", row.id) == id), None)

    return {
        "repository": repository,
        "node": by_id,
        "rateLimit": {
            "__typename": "RateLimit", "cost": cost, "remaining": LIMIT - cost, "limit": LIMIT, "used": cost,
            "nodeCount": cost * 100, "resetAt": payloads.moment(world.until + timedelta(hours=1)),
        },
        "viewer": {"__typename": "User", "login": "code-card[bot]"},
    }  # fmt: skip


def _repository(world: World, of: Repository) -> dict[str, Any]:
    def pulls(**asked: Any) -> dict[str, Any]:
        rows = list(of.pulls.values())
        if states := asked.get("states"):
            wanted = {states} if isinstance(states, str) else set(states)
            rows = [pull for pull in rows if _state(pull) in wanted]
        return _connection("PullRequest", _ordered(rows, asked), lambda pull: _pull(world, of, pull), asked)

    def issues(**asked: Any) -> dict[str, Any]:
        labels = set(asked.get("labels") or ())
        since = (asked.get("filterBy") or {}).get("since") or ""
        rows = [
            row for row in of.issues.values()
            if (not labels or labels & set(row.labels)) and str(payloads.moment(row.updated_at)) >= since
        ]  # fmt: skip
        return _connection("Issue", _ordered(rows, asked), lambda row: _issue(of, row), asked)

    def thing(oid: str | None = None, expression: str | None = None) -> dict[str, Any] | None:
        commit = of.commits.get(oid or expression or "") or of.branches.get(expression or "")
        return _commit(world, of, commit) if commit else None

    def pull(number: int) -> dict[str, Any] | None:
        return _pull(world, of, of.pulls[number]) if number in of.pulls else None

    return {
        "__typename": "Repository", "id": payloads.node("Repository", of.id), "databaseId": of.id, "name": of.name,
        "nameWithOwner": of.full_name, "isPrivate": True, "pullRequests": pulls, "pullRequest": pull, "issues": issues,
        "object": thing, "owner": _actor(of.owner), "url": f"{payloads.HTML}/{of.full_name}",
        "defaultBranchRef": {"__typename": "Ref", "name": DEFAULT, "target": _commit(world, of, of.head)},
        "ref": lambda **asked: _ref(world, of, asked["qualifiedName"]),
    }  # fmt: skip


def _ref(world: World, of: Repository, name: str) -> dict[str, Any] | None:
    head = of.branches.get(name.removeprefix("refs/heads/"))
    return {"__typename": "Ref", "name": name, "target": _commit(world, of, head)} if head else None


def _ordered(rows: list[Any], asked: Mapping[str, Any]) -> list[Any]:
    order = asked.get("orderBy") or {}
    is_by_update = order.get("field") == "UPDATED_AT"
    return sorted(
        rows,
        key=lambda row: (row.updated_at if is_by_update else row.created_at, row.number),
        reverse=order.get("direction") == "DESC",
    )


def _connection(
    kind: str, rows: Sequence[Any], tell: Callable[[Any], dict[str, Any]], asked: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Cursors are numbers of rows, counted from 1."""
    first, last = asked.get("first"), asked.get("last")
    if first is None and last is None:
        raise Wrong(f"You must provide a `first` or `last` value to properly paginate the `{kind}` connection.")
    if (first or last or 0) > 100:
        raise Wrong(
            f"Requesting {first or last} records on the `{kind}` connection exceeds the `first` limit of 100 records."
        )
    start = int(asked.get("after") or 0) if first else max(0, len(rows) - int(last or 0))
    page = rows[start : start + int(first or last or 0)]
    end = start + len(page)
    return {
        "__typename": f"{kind}Connection", "totalCount": len(rows), "nodes": [tell(row) for row in page],
        "edges": [{"__typename": f"{kind}Edge", "cursor": str(start + number + 1), "node": tell(row)}
                  for number, row in enumerate(page)],
        "pageInfo": {
            "__typename": "PageInfo", "hasNextPage": end < len(rows), "hasPreviousPage": start > 0,
            "startCursor": str(start + 1) if page else None, "endCursor": str(end) if page else None,
        },
    }  # fmt: skip


def _state(pull: Pull) -> str:
    return "MERGED" if pull.merged_at else pull.state.upper()


def _pull(world: World, of: Repository, pull: Pull) -> dict[str, Any]:
    accounts = world.by_email

    def commits(**asked: Any) -> dict[str, Any]:
        return _connection("PullRequestCommit", pull.commits, lambda one: {
            "__typename": "PullRequestCommit", "commit": _commit(world, of, one, accounts),
        }, asked)  # fmt: skip

    def timeline(itemTypes: Sequence[str] | None = None, **asked: Any) -> dict[str, Any]:  # noqa: N803
        wanted = None if itemTypes is None else {_camel(kind) for kind in itemTypes}
        rows = [row for row in pull.timeline if wanted is None or row.kind in wanted]
        return _connection("PullRequestTimelineItems", rows, lambda row: _moment(world, of, row), asked)

    return {
        "__typename": "PullRequest", "id": payloads.node("PullRequest", of.id * 10_000 + pull.number),
        "databaseId": of.id * 10_000 + pull.number, "fullDatabaseId": str(of.id * 10_000 + pull.number),
        "number": pull.number, "title": pull.title, "body": pull.body, "bodyText": pull.body, "state": _state(pull),
        "isDraft": pull.is_draft, "isCrossRepository": False, "author": _actor(pull.author),
        "authorAssociation": "MEMBER", "createdAt": payloads.moment(pull.created_at),
        "updatedAt": payloads.moment(pull.updated_at), "closedAt": payloads.moment(pull.closed_at),
        "mergedAt": payloads.moment(pull.merged_at), "merged": pull.merged_at is not None,
        "closed": bool(pull.closed_at),
        "mergedBy": _actor(pull.merged_by) if pull.merged_by else None,
        "url": f"{payloads.HTML}/{of.full_name}/pull/{pull.number}",
        "mergeCommit": _commit(world, of, pull.merge_commit) if pull.merge_commit else None,
        "headRefName": pull.head_ref, "headRefOid": pull.head.sha, "baseRefName": pull.base_ref,
        "baseRefOid": pull.base.sha,
        "headRepository": {"__typename": "Repository", "nameWithOwner": of.full_name, "databaseId": of.id},
        "headRepositoryOwner": _actor(of.owner), "additions": pull.additions, "deletions": pull.deletions,
        "changedFiles": pull.changed_files, "commits": commits, "timelineItems": timeline,
        "labels": lambda **asked: _connection("Label", pull.labels, _label, asked),
        "reviews": lambda **asked: _connection("PullRequestReview", pull.reviews, lambda one: _review(of, one), asked),
        "closingIssuesReferences": lambda **asked: _connection(
            "Issue", [of.issues[number] for number in pull.closes], lambda one: _issue(of, one), asked
        ),
        "baseRepository": {"__typename": "Repository", "nameWithOwner": of.full_name, "databaseId": of.id},
    }  # fmt: skip


def _camel(kind: str) -> str:
    return "".join(part.title() for part in kind.split("_"))


def _moment(world: World, of: Repository, row: Moment) -> dict[str, Any]:
    told: dict[str, Any] = {
        "__typename": row.kind, "__kinds": ("Node",), "id": payloads.node(row.kind, str(row.at)),
        "createdAt": payloads.moment(row.at), "actor": _actor(row.actor),
    }  # fmt: skip
    for name, value in row.told.items():
        if isinstance(value, Commit):
            told[name] = _commit(world, of, value)
        elif name == "label":
            told[name] = _label(value.name)
        else:
            told[name] = value
    return told


def _label(name: str) -> dict[str, Any]:
    one = LABELS[name]
    return {
        "__typename": "Label", "id": payloads.node("Label", one.id), "name": name, "color": one.color,
        "description": one.description,
    }  # fmt: skip


def _review(of: Repository, one: Review) -> dict[str, Any]:
    return {
        "__typename": "PullRequestReview", "id": payloads.node("PullRequestReview", one.id), "databaseId": one.id,
        "fullDatabaseId": str(one.id), "state": one.state.upper(), "author": _actor(one.author), "body": "",
        "submittedAt": payloads.moment(one.at), "createdAt": payloads.moment(one.at),
        "commit": {"__typename": "Commit", "oid": one.commit_sha},
    }  # fmt: skip


def _issue(of: Repository, one: Issue) -> dict[str, Any]:
    return {
        "__typename": "Issue", "id": payloads.node("Issue", of.id * 10_000 + one.number),
        "databaseId": of.id * 10_000 + one.number, "number": one.number, "title": one.title, "body": one.body,
        "state": "CLOSED" if one.closed_at else "OPEN", "createdAt": payloads.moment(one.created_at),
        "updatedAt": payloads.moment(one.updated_at), "closedAt": payloads.moment(one.closed_at),
        "author": _actor(one.author),
        "labels": lambda **asked: _connection("Label", one.labels, _label, asked),
        "repository": {"__typename": "Repository", "nameWithOwner": of.full_name, "databaseId": of.id},
    }  # fmt: skip


def _actor(of: Account) -> dict[str, Any]:
    """The vendor's GraphQL leaves `[bot]` off the logins of bots."""
    return {
        "__typename": of.type, "__kinds": ("Actor", "Node"), "login": of.login.removesuffix("[bot]"),
        "databaseId": of.id,
        "id": payloads.node(of.type, of.id), "url": f"{payloads.HTML}/{of.login}",
        "avatarUrl": f"{payloads.HTML}/avatars/u/{of.id}",
    }  # fmt: skip


def _commit(
    world: World, of: Repository, one: Commit, accounts: Mapping[str, Account] | None = None
) -> dict[str, Any]:  # fmt: skip
    known = accounts if accounts is not None else {}

    def blame(path: str) -> dict[str, Any]:
        if path not in one.tree:
            raise Wrong(f"No such path {path!r}")
        return {"__typename": "Blame", "ranges": [_range(world, of, *row) for row in _runs(git.blame(one, path))]}

    def parents(**asked: Any) -> dict[str, Any]:
        return _connection("Commit", one.parents, lambda parent: _commit(world, of, parent, accounts), asked)

    return {
        "__typename": "Commit", "__kinds": ("GitObject", "Node"), "id": payloads.node("Commit", one.sha),
        "oid": one.sha,
        "abbreviatedOid": one.sha[:7], "message": one.message.rstrip("\n"), "messageHeadline": one.subject,
        "messageBody": one.message.partition("\n\n")[2].rstrip("\n"), "authoredDate": payloads.moment(one.author.at),
        "committedDate": payloads.moment(one.committer.at), "author": _signed(one.author, known),
        "committer": _signed(one.committer, known), "blame": blame, "parents": parents,
        "tree": lambda: {"__typename": "Tree", "oid": one.tree_sha},
    }  # fmt: skip


def _signed(of: Signature, known: Mapping[str, Account]) -> dict[str, Any]:
    user = known.get(of.email)
    return {
        "__typename": "GitActor", "name": of.name, "email": of.email, "date": payloads.moment(of.at),
        "user": _actor(user) if user and user.type == "User" else None,
    }  # fmt: skip


def _runs(owners: Sequence[str]) -> list[tuple[int, int, str]]:
    """Runs of lines of one commit: first and last line, counted from 1, both within."""
    found: list[tuple[int, int, str]] = []
    for number, sha in enumerate(owners, 1):
        if found and found[-1][2] == sha:
            found[-1] = (found[-1][0], number, sha)
        else:
            found.append((number, number, sha))
    return found


def _range(world: World, of: Repository, start: int, end: int, sha: str) -> dict[str, Any]:
    return {
        "__typename": "BlameRange", "startingLine": start, "endingLine": end, "age": 1,
        "commit": _commit(world, of, of.commits[sha]),
    }  # fmt: skip
