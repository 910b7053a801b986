"""What is asked over REST: lists page by page, and the changed files of a commit or a pull request.

Past some 20,000 changed lines in one answer GitHub empties the rows of further files without a word (PULLS.md 2.4).
They are found by the totals, which are told apart, and asked again in smaller pages.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from events.pulls.github import payloads
from events.pulls.github.client import Answer, Client
from events.pulls.github.errors import GitHubError, Trouble
from events.pulls.github.fields import Json, count, part, parts
from events.pulls.github.webhooks import review_of
from events.pulls.records import CheckRecord, CommitRecord, Happened, IssueRecord, RepositoryRecord

PAGE: Final = 100
_COMMIT_PAGE: Final = 300
"""Files in one answer about a commit, where nothing else is asked for."""
MOST_FILES: Final = 3_000
"""GitHub tells no more of them."""
MOST_COMMITS: Final = 250
_SMALLER: Final = {300: 100, 100: 50, 50: 25, 25: 5, 5: 1}
"""Each divides the one before, so that a page falls into whole smaller ones."""
MOST_REPAIRS: Final = 60
"""Calls for the emptied rows of one diff; what is left is opaque."""


class Totals(NamedTuple):
    """What is said of a diff as a whole. `files` is None where it isn't said."""

    additions: int
    deletions: int
    files: int | None = None


class Diff(NamedTuple):
    """`entries`: GitHub's `DiffEntry` of each file. `is_whole`: they add up to the totals. `is_cut_off`: there are
    more files than GitHub tells."""

    entries: list[Json]
    is_whole: bool
    is_cut_off: bool


def repository(client: Client, full_name: str) -> RepositoryRecord:
    found = payloads.repository(_object(client.get(f"/repos/{full_name}")))
    if found is None:
        raise GitHubError(Trouble.ODD)
    return found


def is_unchanged(client: Client, full_name: str, etag: str) -> tuple[bool, str]:
    """Whether no pull request was updated since `etag` was told, and the present one. Costs nothing if so."""
    params: dict[str, str | int] = {"state": "all", "sort": "updated", "direction": "desc", "per_page": 1}
    answer = client.get(f"/repos/{full_name}/pulls", params, etag=etag)
    return answer.json is None, answer.etag or etag


def commits(
    client: Client, full_name: str, sha: str, since: datetime | None, *, etag: str = ""
) -> tuple[list[CommitRecord] | None, str]:
    """A page of what leads to `sha` (or to the head of the branch of that name), newest first, `sha` itself first;
    None where that is as it was at `etag`. And the present ETag."""
    params: dict[str, str | int] = {"sha": sha, "per_page": PAGE}
    if since:
        params["since"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = client.get(f"/repos/{full_name}/commits", params, etag=etag)
    return (None if answer.json is None else _commits(answer)), answer.etag or etag


def pull_commits(client: Client, full_name: str, number: int) -> list[CommitRecord]:
    """Oldest first; of more than 250 the first ones."""
    found: list[CommitRecord] = []
    for page in _pages(client, f"/repos/{full_name}/pulls/{number}/commits"):
        found += _commits(page)
    return found


def reviews(client: Client, full_name: str, number: int) -> list[Happened]:
    found: list[Happened | None] = []
    for page in _pages(client, f"/repos/{full_name}/pulls/{number}/reviews", 1_000):
        found += [review_of(item) for item in _items(page)]
    return [one for one in found if one]


def issues(client: Client, full_name: str, page: int, since: datetime | None) -> tuple[list[IssueRecord], bool]:
    """A page of the issues in the order in which they were opened, and whether there are more."""
    params: dict[str, str | int] = {
        "state": "all", "sort": "created", "direction": "asc", "per_page": PAGE, "page": page,
    }  # fmt: skip
    if since:
        params["since"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = client.get(f"/repos/{full_name}/issues", params)
    found = [payloads.issue(item) for item in _items(answer)]
    return [record for record in found if record], answer.has_more


def check_runs(client: Client, full_name: str, sha: str) -> list[CheckRecord]:
    answer = client.get(f"/repos/{full_name}/commits/{sha}/check-runs", {"per_page": PAGE})
    found = [payloads.check_run(item) for item in parts(_object(answer), "check_runs")]
    return [record for record in found if record]


# --- changed files ---------------------------------------------------------------------------------------------------


def commit(client: Client, full_name: str, sha: str) -> tuple[CommitRecord, Diff]:
    """A commit with what it changed against its first parent."""
    path = f"/repos/{full_name}/commits/{sha}"
    first = client.get(path)
    found = _object(first)
    record = payloads.commit(found)
    if record is None or record.committed_at is None:
        raise GitHubError(Trouble.ODD)
    stats = part(found, "stats")
    totals = Totals(count(stats, "additions"), count(stats, "deletions"))
    return record, _diff(client, path, _COMMIT_PAGE, lambda answer: parts(_object(answer), "files"), first, totals)


def pull_files(client: Client, full_name: str, number: int, totals: Totals) -> Diff:
    """What a pull request changes against where it left its base branch."""
    path = f"/repos/{full_name}/pulls/{number}/files"
    first = client.get(path, {"per_page": PAGE})
    return _diff(client, path, PAGE, _items, first, totals)


def _diff(
    client: Client, path: str, size: int, rows: Callable[[Answer], list[Json]], first: Answer, totals: Totals
) -> Diff:
    entries, answer, page = rows(first), first, 1
    while answer.has_more and len(entries) < MOST_FILES:
        page += 1
        answer = client.get(path, {"per_page": min(size, PAGE), "page": page} if size <= PAGE else {"page": page})
        entries += rows(answer)
    if not _adds_up(entries, totals) and any(map(_may_be_emptied, entries)):
        _Repair(client, path, rows).run(entries, size, totals)
    is_cut_off = len(entries) >= MOST_FILES and (totals.files is None or totals.files > len(entries))
    return Diff(entries, _adds_up(entries, totals), is_cut_off)


def _adds_up(entries: list[Json], totals: Totals) -> bool:
    sums = (sum(count(entry, "additions") for entry in entries), sum(count(entry, "deletions") for entry in entries))
    return sums == (totals.additions, totals.deletions) and totals.files in (None, len(entries))


def _may_be_emptied(entry: Json) -> bool:
    return not entry.get("changes") and not entry.get("patch")


class _Repair:
    """Asks for the emptied rows again, in ever smaller pages, until the totals are met."""

    def __init__(self, client: Client, path: str, rows: Callable[[Answer], list[Json]]) -> None:
        self._client = client
        self._path = path
        self._rows = rows
        self._left = MOST_REPAIRS

    def run(self, entries: list[Json], size: int, totals: Totals) -> None:
        while (size := _SMALLER.get(size, 0)) and not _adds_up(entries, totals):
            pages = sorted({place // size for place, entry in enumerate(entries) if _may_be_emptied(entry)})
            for page in pages:
                if not self._left or _adds_up(entries, totals):
                    return
                self._left -= 1
                self._put(entries, page, size)

    def _put(self, entries: list[Json], page: int, size: int) -> None:
        """Only rows of the same file: the list may have changed meanwhile."""
        answer = self._client.get(self._path, {"per_page": size, "page": page + 1})
        for place, entry in enumerate(self._rows(answer), page * size):
            if place < len(entries) and entries[place].get("filename") == entry.get("filename"):
                entries[place] = entry if _may_be_emptied(entries[place]) else entries[place]


# --- pages -----------------------------------------------------------------------------------------------------------


def _pages(client: Client, path: str, most: int = MOST_COMMITS) -> Iterator[Answer]:
    page, answer = 0, Answer(None, has_more=True)
    while answer.has_more and page * PAGE < most:
        page += 1
        answer = client.get(path, {"per_page": PAGE, "page": page})
        yield answer


def _commits(answer: Answer) -> list[CommitRecord]:
    found = [payloads.commit(item) for item in _items(answer)]
    if any(record is None or record.committed_at is None for record in found):
        raise GitHubError(Trouble.ODD)
    return [record for record in found if record]


def _items(answer: Answer) -> list[Json]:
    if not isinstance(answer.json, list):
        raise GitHubError(Trouble.ODD)
    return [item for item in answer.json if isinstance(item, dict)]


def _object(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer.json, dict):
        raise GitHubError(Trouble.ODD)
    return answer.json
