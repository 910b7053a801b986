"""Pull requests and issues: the newest state that the vendor told, what happened, and what follows from both."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from events.models import (
    AiEvidence,
    CheckResult,
    ClosingLink,
    DefaultCommit,
    Happening,
    Issue,
    PullRequest,
    PullRequestCommit,
    PullRequestEvent,
    PullRequestState,
    Repository,
)
from events.pulls import stating
from events.pulls.hashing import subject_hash
from events.pulls.names_of_checks import is_test
from events.pulls.people import identities_of, name_of_account
from events.pulls.records import CheckRecord, Counts, Happened, IssueRecord, PullRecord

_RANK = {PullRequestState.OPEN: 0, PullRequestState.CLOSED: 1, PullRequestState.MERGED: 2}
STATE_FIELDS = (
    "external_id", "title_hash", "author_login", "is_bot", "state", "is_draft", "opened_at", "merged_at", "closed_at",
    "head_branch", "head_repository", "head_sha", "base_branch", "base_sha", "merge_sha", "labels", "stated",
)  # fmt: skip
COUNT_FIELDS = ("additions", "deletions", "changed_files", "commit_count", "merged_by_login")


# --- the state of a pull request -------------------------------------------------------------------------------------


def apply_pull(repository: Repository, record: PullRecord, *, stores_titles: bool, now: datetime) -> PullRequest:
    """The pull request, locked, with the record's state where that is not older. The repository is locked."""
    values = _state_values(repository, record)
    title = record.title[:300] if stores_titles else ""
    rows = PullRequest.objects.select_for_update(no_key=True).filter(
        organization_id=repository.organization_id, repository=repository, number=record.number
    )
    row = rows.first()
    if row is None:
        row = PullRequest(organization_id=repository.organization_id, repository=repository, number=record.number)
    if row._state.adding or _order(record.updated_at, values) > _order(row.updated_at, _fields_of(row)):
        _set(row, values | {"updated_at": record.updated_at, "title": title})
        row.author_id = _author(repository.organization_id, record, now)
    if record.counts:
        _apply_counts(row, record.counts, record.updated_at)
    row.save()
    return row


def _state_values(repository: Repository, record: PullRecord) -> dict[str, Any]:
    stated = stating.of_pull(repository.organization_id, record, repository.full_name)
    state = PullRequestState.CLOSED if record.is_closed else PullRequestState.OPEN
    return {
        "external_id": record.external_id,
        "title_hash": subject_hash(repository.organization_id, record.title),
        "author_login": record.author.login,
        "is_bot": stating.is_bot(record.author),
        "state": PullRequestState.MERGED if record.merged_at else state,
        "is_draft": record.is_draft,
        "opened_at": record.opened_at,
        "merged_at": record.merged_at,
        "closed_at": record.closed_at,
        "head_branch": record.head_branch,
        "head_repository": record.head_repository,
        "head_sha": record.head_sha,
        "base_branch": record.base_branch,
        "base_sha": record.base_sha,
        "merge_sha": record.merge_sha,
        "labels": list(record.labels),
        "stated": stated,
    }


def _fields_of(row: PullRequest) -> dict[str, Any]:
    return {name: getattr(row, name) for name in STATE_FIELDS}


def _order(at: datetime, values: dict[str, Any]) -> tuple[Any, ...]:
    """Of two states of one second the further one counts, else the greater in its fields: whichever comes first."""
    return at, _RANK.get(values.get("state", ""), 0), json.dumps(values, sort_keys=True, default=str)


def _set(row: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _author(organization_id: int, record: PullRecord, now: datetime) -> int | None:
    name = name_of_account(record.author)
    return identities_of(organization_id, [name], now).get(name) if name else None


def _apply_counts(row: PullRequest, counts: Counts, at: datetime) -> None:
    values = {
        "additions": counts.additions,
        "deletions": counts.deletions,
        "changed_files": counts.changed_files,
        "commit_count": counts.commits,
        "merged_by_login": counts.merged_by.login,
    }
    former = {name: getattr(row, name) for name in COUNT_FIELDS}
    if row.counted_at is None or _order(at, values) > _order(row.counted_at, former):
        _set(row, values | {"counted_at": at})


# --- what happened ---------------------------------------------------------------------------------------------------


def add_happenings(pull: PullRequest, happened: Iterable[Happened]) -> bool:
    """Each once; what one telling leaves open another fills in. Whether there was anything new."""
    changed = False
    for one in happened:
        row, is_new = PullRequestEvent.objects.get_or_create(
            organization_id=pull.organization_id,
            pull_request=pull,
            kind=one.kind,
            at=one.at,
            key=one.key,
            defaults=_told(pull, one),
        )
        changed |= is_new or _fill(row, _told(pull, one))
    return changed


def _told(pull: PullRequest, one: Happened) -> dict[str, Any]:
    return {
        "before_sha": one.before_sha,
        "after_sha": one.after_sha,
        "is_by_bot": one.by.is_bot,
        "is_by_author": bool(one.by.login) and one.by.login == pull.author_login,
    }


def _fill(row: PullRequestEvent, told: dict[str, Any]) -> bool:
    news = {name: value for name, value in told.items() if value and not getattr(row, name)}
    if news:
        _set(row, news)
        row.save(update_fields=list(news))
    return bool(news)


_REVIEWS = frozenset({Happening.REVIEWED, Happening.APPROVED, Happening.CHANGES_REQUESTED})


def derive_times(pull: PullRequest) -> None:
    """Of all that happened, not of what came last."""
    rows = PullRequestEvent.objects.filter(organization_id=pull.organization_id, pull_request=pull)
    events = list(rows.order_by("at", "kind", "key"))
    reviews = [one for one in events if one.kind in _REVIEWS and not (one.is_by_bot or one.is_by_author)]
    pull.first_review_at = next((one.at for one in reviews), None)
    pull.approved_at = next((one.at for one in reviews if one.kind == Happening.APPROVED), None)
    pull.ready_at = _ready_at(pull, events)
    pull.save(update_fields=["first_review_at", "approved_at", "ready_at"])


def _ready_at(pull: PullRequest, events: Iterable[PullRequestEvent]) -> datetime | None:
    """When it was first ready for review: at once, unless it began as a draft."""
    first = next((one for one in events if one.kind in {Happening.READY, Happening.DRAFTED}), None)
    if first and first.kind == Happening.READY:
        return first.at
    return None if first is None and pull.is_draft else pull.opened_at


# --- what follows from the state -------------------------------------------------------------------------------------


def derive_evidence(pull: PullRequest) -> bool:
    """Marks of assistants in the pull request and in every commit that it holds or held."""
    wanted = {_mark(mark, "") for mark in pull.stated.get("marks", ())}
    commits = PullRequestCommit.objects.filter(organization_id=pull.organization_id, pull_request=pull)
    for sha, stated in commits.values_list("sha", "stated"):
        wanted |= {_mark(mark, sha) for mark in stated.get("marks", ())}
    rows = AiEvidence.objects.filter(organization_id=pull.organization_id, pull_request=pull)
    present = {(r.kind, r.sha, r.tool, r.model, r.role, r.session_key): r.id for r in rows}
    rows.filter(id__in=[id_ for key, id_ in present.items() if key not in wanted]).delete()
    names = ("kind", "sha", "tool", "model", "role", "session_key")
    AiEvidence.objects.bulk_create(
        [
            AiEvidence(organization_id=pull.organization_id, pull_request=pull, **dict(zip(names, key, strict=True)))
            for key in sorted(wanted - present.keys())
        ],
        ignore_conflicts=True,
    )
    return wanted != present.keys()


def _mark(mark: list[str], sha: str) -> tuple[str, ...]:
    kind, tool, model, role, session_key = mark
    return kind, sha, tool, model, role, session_key


def derive_closing(pull: PullRequest, listed: Iterable[int], default_branch: str) -> bool:
    """Keywords close issues only where the default branch is the base. What the vendor lists is only ever added."""
    rows = ClosingLink.objects.filter(organization_id=pull.organization_id, pull_request=pull)
    present = dict(rows.values_list("issue_number", "source"))
    stated = set(pull.stated.get("closes", ())) if pull.base_branch == default_branch else set()
    wanted = {**dict.fromkeys(stated, "keyword"), **dict.fromkeys(listed, "vendor")}
    gone = [number for number, source in present.items() if source == "keyword" and number not in wanted]
    better = [number for number, source in wanted.items() if source == "vendor" and present.get(number) == "keyword"]
    rows.filter(issue_number__in=[*gone, *better]).delete()
    new = {number: source for number, source in wanted.items() if number not in present or number in better}
    ClosingLink.objects.bulk_create(
        [
            ClosingLink(organization_id=pull.organization_id, pull_request=pull, issue_number=number, source=source)
            for number, source in sorted(new.items())
        ]
    )
    return bool(gone or new)


def mark_landing(pull: PullRequest) -> None:
    """Says of the commit with which it landed whose it is."""
    if pull.merge_sha:
        rows = DefaultCommit.objects.filter(
            organization_id=pull.organization_id, repository=pull.repository_id, sha=pull.merge_sha
        )
        rows.exclude(pull_request=pull).update(pull_request=pull)


# --- issues and checks -----------------------------------------------------------------------------------------------


def apply_issue(repository: Repository, record: IssueRecord, *, stores_titles: bool) -> tuple[Issue, bool]:
    """The issue, and whether the record changed it. The repository is locked."""
    values = {
        "labels": list(record.labels),
        "type": record.type,
        "is_bug": is_bug(repository, record.labels, record.type),
        "stated": stating.of_issue(record, repository.full_name),
        "opened_at": record.opened_at,
        "closed_at": record.closed_at,
    }
    rows = Issue.objects.filter(organization_id=repository.organization_id, repository=repository)
    row = rows.filter(number=record.number).first()
    if row is None:
        row = Issue(organization_id=repository.organization_id, repository=repository, number=record.number)
    elif _order(record.updated_at, values) <= _order(row.updated_at, {name: getattr(row, name) for name in values}):
        return row, False
    _set(row, values | {"updated_at": record.updated_at, "title": record.title[:300] if stores_titles else ""})
    row.save()
    return row, True


def is_bug(repository: Repository, labels: Iterable[str], type_: str) -> bool:
    bugs = {label.lower() for label in repository.bug_labels}
    return type_.lower() == "bug" or any(label.lower() in bugs for label in labels)


def apply_check(repository: Repository, record: CheckRecord, *, is_asked: bool = False) -> bool:
    """Whether it changed anything. One that is over doesn't begin to run again: another attempt is another row."""
    rows = CheckResult.objects.filter(organization_id=repository.organization_id, repository=repository)
    row = rows.filter(external_id=record.external_id, run_attempt=record.run_attempt).first()
    values = {
        "head_sha": record.head_sha,
        "name": record.name,
        "conclusion": record.conclusion,
        "started_at": record.started_at,
        "completed_at": record.completed_at,
        "is_test": is_test(record.name),
    }
    if row is None:
        row = CheckResult(
            organization_id=repository.organization_id, repository=repository, external_id=record.external_id,
            run_attempt=record.run_attempt, is_asked=is_asked,
        )  # fmt: skip
    elif _progress(values) <= _progress({name: getattr(row, name) for name in values}):
        return False
    _set(row, values)
    row.save()
    return True


def _progress(values: dict[str, Any]) -> tuple[Any, ...]:
    return (
        bool(values["conclusion"]),
        str(values["completed_at"] or ""),
        json.dumps(values, sort_keys=True, default=str),
    )
