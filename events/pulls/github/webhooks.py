"""One delivery of GitHub read into what it tells: a table from event to reader. Other events tell nothing."""

from collections.abc import Callable
from typing import Final

import msgspec

from events.pulls.github import payloads
from events.pulls.github.fields import Json, id_of, moment, part, parts, sha, text
from events.pulls.records import (
    Account,
    CheckRecord,
    CommitRecord,
    Happened,
    InstallationRecord,
    PullRecord,
    PushRecord,
    RepositoryRecord,
    Told,
)

_BRANCH = "refs/heads/"
# GitHub tells no more commits of one push.
_MOST_COMMITS = 2_048


def read(event: str, body: bytes) -> Told:
    """:raises UnreadableError: it is no JSON object."""
    reader = READERS.get(event)
    return reader(payloads.decoded(body)) if reader else Told()


def _pull_request(json: Json) -> Told:
    pull = payloads.pull(part(json, "pull_request"))
    if pull is None:
        return Told()
    return Told(repository=_repository(json), pull=pull, happened=tuple(happened_to(pull, json)))


def happened_to(pull: PullRecord, json: Json) -> list[Happened]:
    """What the state tells by itself, and what the action adds."""
    by = payloads.account(part(json, "sender"))
    found = [Happened(kind="opened", at=pull.opened_at, by=pull.author)]
    if pull.merged_at:
        found.append(Happened(kind="merged", at=pull.merged_at, by=by))
    elif pull.is_closed and pull.closed_at:
        found.append(Happened(kind="closed", at=pull.closed_at, by=by))
    return [*found, *_of_action(pull, json, by)]


_SIMPLE: Final = {
    "ready_for_review": "ready",
    "converted_to_draft": "drafted",
    "enqueued": "queued",
    "dequeued": "unqueued",
    "reopened": "reopened",
}


def _of_action(pull: PullRecord, json: Json, by: Account) -> list[Happened]:
    action = text(json, "action")
    if action in _SIMPLE:
        return [Happened(kind=_SIMPLE[action], at=pull.updated_at, by=by)]
    if action == "opened":
        return [Happened(kind="opened", at=pull.opened_at, after_sha=pull.head_sha, by=pull.author)]
    if action == "synchronize":
        before, after = sha(json, "before"), sha(json, "after")
        return [Happened(kind="pushed", at=pull.updated_at, key=after, before_sha=before, after_sha=after, by=by)]
    if action == "edited" and part(part(json, "changes"), "base"):
        return [Happened(kind="base_changed", at=pull.updated_at, by=by)]
    return []


def _review(json: Json) -> Told:
    pull, review = payloads.pull(part(json, "pull_request")), review_of(part(json, "review"))
    if pull is None:
        return Told()
    return Told(repository=_repository(json), pull=pull, happened=(review,) if review else ())


_REVIEWS: Final = {"approved": "approved", "changes_requested": "changes_requested", "commented": "reviewed"}


def review_of(json: Json) -> Happened | None:
    """None for one that is pending or was dismissed. GitHub spells the state in either case."""
    kind, at, id_ = _REVIEWS.get(text(json, "state").lower()), moment(json, "submitted_at"), id_of(json)
    if kind is None or at is None or id_ is None:
        return None
    by = payloads.account(part(json, "user"))
    return Happened(kind=kind, at=at, key=str(id_), after_sha=sha(json, "commit_id"), by=by)


def _push(json: Json) -> Told:
    ref, found = text(json, "ref"), part(json, "repository")
    pushed_at = moment(found, "pushed_at") or moment(part(json, "head_commit"), "timestamp")
    if not ref.startswith(_BRANCH) or pushed_at is None:
        return Told()
    told = [payloads.commit(item) for item in parts(json, "commits")]
    commits: tuple[CommitRecord, ...] = tuple(commit for commit in told if commit)
    push = PushRecord(
        branch=ref.removeprefix(_BRANCH)[:255],
        before_sha=sha(json, "before"),
        after_sha=sha(json, "after"),
        is_forced=json.get("forced") is True,
        is_cut_off=len(told) >= _MOST_COMMITS,
        pushed_at=pushed_at,
        commits=commits,
    )
    return Told(repository=_repository(json), push=push)


def _issues(json: Json) -> Told:
    return Told(repository=_repository(json), issue=payloads.issue(part(json, "issue")))


def _checks(read_one: Callable[[Json], CheckRecord | None], name: str) -> Callable[[Json], Told]:
    def reader(json: Json) -> Told:
        check = read_one(part(json, name))
        return Told(repository=_repository(json), checks=(check,) if check else ())

    return reader


def _repository_event(json: Json) -> Told:
    record, action, changes = _repository(json), text(json, "action"), part(json, "changes")
    if record is None:
        return Told()
    owner, _, name = record.full_name.partition("/")
    former = ""
    if action == "renamed" and (old := text(part(part(changes, "repository"), "name"), "from", 100)):
        former = f"{owner}/{old}"
    elif action == "transferred":
        before = part(part(changes, "owner"), "from")
        old = text(part(before, "user"), "login", 100) or text(part(before, "organization"), "login", 100)
        former = f"{old}/{name}" if old else ""
    changed = msgspec.structs.replace(record, former_name=former, is_deleted=action == "deleted")
    return Told(repository=changed, is_about_repository=True)


def _installation(json: Json) -> Told:
    found = part(json, "installation")
    id_ = id_of(found)
    if id_ is None:
        return Told()
    permissions = {str(name)[:60]: str(level)[:20] for name, level in part(found, "permissions").items()}
    added = [*parts(json, "repositories"), *parts(json, "repositories_added")]
    return Told(
        installation=InstallationRecord(
            external_id=id_,
            action=text(json, "action", 60),
            at=moment(found, "updated_at"),
            account=text(part(found, "account"), "login", 100),
            permissions=permissions,
            added=_repositories(added),
            removed=_repositories(parts(json, "repositories_removed")),
        )
    )


def _repositories(found: list[Json]) -> tuple[RepositoryRecord, ...]:
    records = [payloads.repository(item) for item in found]
    return tuple(record for record in records if record)


def _ping(json: Json) -> Told:
    return Told(repository=_repository(json), is_ping=True)


def _repository(json: Json) -> RepositoryRecord | None:
    return payloads.repository(part(json, "repository"))


READERS: Final[dict[str, Callable[[Json], Told]]] = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "push": _push,
    "issues": _issues,
    "check_run": _checks(payloads.check_run, "check_run"),
    "check_suite": _checks(payloads.check_suite, "check_suite"),
    "workflow_run": _checks(payloads.workflow_run, "workflow_run"),
    "repository": _repository_event,
    "installation": _installation,
    "installation_repositories": _installation,
    "ping": _ping,
}
"""By `X-GitHub-Event`."""
