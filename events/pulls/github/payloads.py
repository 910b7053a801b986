"""GitHub's JSON, of webhooks and of REST, read into records. Fields that are missing or unknown do no harm."""

import re
from typing import Any, Final

import msgspec

from events.pulls.github.fields import (
    Json,
    count,
    flag,
    id_of,
    moment,
    number,
    part,
    parts,
    sha,
    text,
)
from events.pulls.records import (
    SUITE,
    WORKFLOW,
    Account,
    CheckRecord,
    CommitRecord,
    Counts,
    IssueRecord,
    PullRecord,
    RepositoryRecord,
)

_FULL_NAME: Final = re.compile(r"(?!\.+/)[\w.-]+/(?!\.+$)[\w.-]+", re.ASCII)
"""All that GitHub allows. It becomes part of addresses, ours and those of its API."""


class UnreadableError(ValueError):
    """Not JSON, or not an object."""


def decoded(body: bytes) -> Json:
    """:raises UnreadableError:"""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableError("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise UnreadableError("The body is not a JSON object.")
    return found


def account(json: Json) -> Account:
    login = text(json, "login", 100) or text(json, "username", 100)
    return Account(login=login, is_bot=text(json, "type") == "Bot" or login.endswith("[bot]"))


def repository(json: Json) -> RepositoryRecord | None:
    id_, name = id_of(json), text(json, "full_name", 200)
    if id_ is None or not _FULL_NAME.fullmatch(name):
        return None
    times = [at for at in (moment(json, "updated_at"), moment(json, "pushed_at")) if at]
    return RepositoryRecord(
        external_id=id_,
        full_name=name,
        address=text(json, "html_url", 500),
        default_branch=text(json, "default_branch", 255),
        is_private=json.get("private") is not False,
        is_archived=flag(json, "archived"),
        at=max(times, default=None),
    )


def pull(json: Json) -> PullRecord | None:
    """A pull request, whole or as a review quotes it (then without counts)."""
    number_, opened_at = number(json, "number"), moment(json, "created_at")
    if number_ is None or opened_at is None:
        return None
    head, base = part(json, "head"), part(json, "base")
    closed_at, merged_at = moment(json, "closed_at"), moment(json, "merged_at")
    if flag(json, "merged"):
        merged_at = merged_at or closed_at
    return PullRecord(
        number=number_,
        external_id=id_of(json),
        opened_at=opened_at,
        updated_at=moment(json, "updated_at") or opened_at,
        title=text(json, "title"),
        body=text(json, "body"),
        author=account(part(json, "user")),
        is_draft=flag(json, "draft"),
        is_closed=text(json, "state") == "closed" or merged_at is not None,
        merged_at=merged_at,
        closed_at=closed_at or merged_at,
        head_branch=text(head, "ref", 255),
        head_repository=text(part(head, "repo"), "full_name", 200),
        head_sha=sha(head, "sha"),
        base_branch=text(base, "ref", 255),
        base_sha=sha(base, "sha"),
        merge_sha=sha(json, "merge_commit_sha") if merged_at else "",
        labels=labels(json),
        counts=_counts(json),
    )


def _counts(json: Json) -> Counts | None:
    if number(json, "changed_files") is None:
        return None
    return Counts(
        additions=count(json, "additions"),
        deletions=count(json, "deletions"),
        changed_files=count(json, "changed_files"),
        commits=count(json, "commits"),
        merged_by=account(part(json, "merged_by")),
    )


def labels(json: Json) -> tuple[str, ...]:
    found = json.get("labels")
    names = [item if isinstance(item, str) else text(item, "name") for item in found or () if item] if found else []
    return tuple(sorted({name[:100] for name in names if name}))


def commit(json: Json) -> CommitRecord | None:
    """As REST gives it, or a push."""
    return _commit_of_rest(json) if "commit" in json else _commit_of_push(json)


def _commit_of_rest(json: Json) -> CommitRecord | None:
    inner, sha_ = part(json, "commit"), sha(json, "sha")
    author, committer = part(inner, "author"), part(inner, "committer")
    if not sha_:
        return None
    return CommitRecord(
        sha=sha_,
        message=text(inner, "message"),
        author=account(part(json, "author")),
        author_name=text(author, "name", 200),
        author_email=text(author, "email", 320),
        committer_name=text(committer, "name", 200),
        committer_email=text(committer, "email", 320),
        authored_at=moment(author, "date"),
        committed_at=moment(committer, "date"),
        tree_sha=sha(part(inner, "tree"), "sha"),
        parents=tuple(sha(parent, "sha") for parent in parts(json, "parents") if sha(parent, "sha")),
    )


def _commit_of_push(json: Json) -> CommitRecord | None:
    author, committer, sha_ = part(json, "author"), part(json, "committer"), sha(json, "id")
    if not sha_:
        return None
    at = moment(json, "timestamp")
    return CommitRecord(
        sha=sha_,
        message=text(json, "message"),
        author=account(author),
        author_name=text(author, "name", 200),
        author_email=text(author, "email", 320),
        committer_name=text(committer, "name", 200),
        committer_email=text(committer, "email", 320),
        authored_at=at,
        committed_at=at,
        tree_sha=sha(json, "tree_id"),
        is_new=json.get("distinct") is not False,
    )


def issue(json: Json) -> IssueRecord | None:
    """None for a pull request, which REST lists among the issues."""
    number_, opened_at = number(json, "number"), moment(json, "created_at")
    if number_ is None or opened_at is None or part(json, "pull_request"):
        return None
    return IssueRecord(
        number=number_,
        opened_at=opened_at,
        updated_at=moment(json, "updated_at") or opened_at,
        title=text(json, "title"),
        body=text(json, "body"),
        labels=labels(json),
        type=text(part(json, "type"), "name", 60),
        closed_at=moment(json, "closed_at"),
    )


def check_run(json: Json) -> CheckRecord | None:
    return _check(json, 0, text(json, "name", 200), ended_at="completed_at")


def check_suite(json: Json) -> CheckRecord | None:
    return _check(json, SUITE, text(part(json, "app"), "name", 200), ended_at="updated_at")


def workflow_run(json: Json) -> CheckRecord | None:
    return _check(json, WORKFLOW, text(json, "name", 200), ended_at="updated_at")


def _check(json: Json, kind: int, name: str, *, ended_at: str) -> CheckRecord | None:
    id_, head_sha = id_of(json), sha(json, "head_sha")
    if id_ is None or not head_sha:
        return None
    is_over = text(json, "status") == "completed"
    return CheckRecord(
        external_id=id_ | kind,
        head_sha=head_sha,
        name=name,
        run_attempt=number(json, "run_attempt") or 1,
        conclusion=text(json, "conclusion", 20) if is_over else "",
        started_at=moment(json, "run_started_at") or moment(json, "started_at") or moment(json, "created_at"),
        completed_at=moment(json, ended_at) if is_over else None,
    )
