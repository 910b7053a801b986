"""What the forge answers over REST: as far as a backfill asks, with pages, ETags, and the trap of very long answers."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from events.simulation.forge import checks, diffs, git, payloads
from events.simulation.forge.git import Change, Commit
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.state import Pull
from events.simulation.forge.world import World

Answer = tuple[int, dict[str, str], Any]
MOST_LINES = 20_000
"""Of a difference in one answer; the rows after that are zeroed, without a word."""
MOST_FILES, MOST_FILES_A_PAGE, MOST_COMMITS = 3_000, 300, 250


class Missing(Exception):
    """Nothing is there, or nothing that the asker may see."""


class Asked(NamedTuple):
    world: World
    repository: Repository
    query: Mapping[str, str]
    args: tuple[str, ...]

    @property
    def per_page(self) -> int:
        return max(1, min(100, int(self.query.get("per_page", "30"))))

    @property
    def page(self) -> int:
        return max(1, int(self.query.get("page", "1")))


class Rows(NamedTuple):
    """A list that is given in pages; `tell` words those of one page."""

    rows: Sequence[Any]
    tell: Callable[[Sequence[Any]], Any]
    per_page: int | None = None


def answer(
    world: World, api_url: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> Answer:  # fmt: skip
    try:
        status, found = _routed(world, method, path, query)
    except Missing:
        return 404, {}, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}
    told: dict[str, str] = {}
    if isinstance(found, Rows):
        asked = Asked(world, next(iter(world.repositories.values())), query, ())
        size = found.per_page or asked.per_page
        start = (asked.page - 1) * size
        if link := _link(f"{api_url}{path}", query, asked.page, -(-len(found.rows) // size)):
            told["link"] = link
        found = found.tell(found.rows[start : start + size])
    told["etag"] = f'W/"{hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()}"'
    if method == "GET" and headers.get("if-none-match") == told["etag"]:
        return 304, told, None
    return status, told, found


def _link(url: str, query: Mapping[str, str], page: int, pages: int) -> str:
    names = {"prev": page - 1, "next": page + 1, "last": pages, "first": 1}
    left_out = {"prev", "first"} if page <= 1 else set()
    left_out |= {"next", "last"} if page >= pages else set()
    return ", ".join(
        f'<{url}?{urlencode({**query, "page": number})}>; rel="{name}"'
        for name, number in names.items()
        if name not in left_out
    )


def _routed(world: World, method: str, path: str, query: Mapping[str, str]) -> tuple[int, Any]:
    for wanted, pattern, found in _OF_THE_APP:
        if wanted == method and (match := re.fullmatch(pattern, path)):
            return (201 if method == "POST" else 200), found(world, *match.groups())
    place = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path) or re.fullmatch(r"/repositories/(\d+)(/.*)?", path)
    repository = _repository(world, place[1]) if place and method == "GET" else None
    if place is None or repository is None:
        raise Missing
    for pattern, tell in _OF_A_REPOSITORY:
        if match := re.fullmatch(pattern, place[2] or ""):
            return 200, tell(Asked(world, repository, query, match.groups()))
    raise Missing


def _repository(world: World, name: str) -> Repository | None:
    rows = world.repositories.values()
    return next((row for row in rows if name.lower() in (row.full_name.lower(), str(row.id))), None)


# --- the app ---------------------------------------------------------------------------------------------------------

_PERMISSIONS = {"checks": "read", "contents": "read", "issues": "read", "metadata": "read", "pull_requests": "read"}


def _installation(world: World, number: str = "") -> dict[str, Any]:
    if number and int(number) != payloads.INSTALLATION:
        raise Missing
    owner = next(iter(world.repositories.values())).owner
    return {
        "id": payloads.INSTALLATION, "account": payloads.account(owner), "app_id": payloads.APP,
        "app_slug": "code-card",
        "access_tokens_url": f"{payloads.API}/app/installations/{payloads.INSTALLATION}/access_tokens",
        "repositories_url": f"{payloads.API}/installation/repositories",
        "html_url": f"{payloads.HTML}/organizations/{owner.login}/settings/installations/{payloads.INSTALLATION}",
        "target_id": owner.id, "target_type": "Organization", "permissions": _PERMISSIONS,
        "events": ["push", "pull_request", "pull_request_review", "issues", "check_suite", "workflow_run"],
        "single_file_name": None, "has_multiple_single_files": False, "single_file_paths": [],
        "repository_selection": "all", "created_at": payloads.moment(world.start),
        "updated_at": payloads.moment(world.start), "suspended_at": None, "suspended_by": None,
    }  # fmt: skip


def _access_token(world: World, number: str) -> dict[str, Any]:
    _installation(world, number)
    return {
        "token": f"ghs_{world.seed:036}", "expires_at": payloads.moment(world.until + timedelta(days=36_500)),
        "permissions": _PERMISSIONS, "repository_selection": "all",
    }  # fmt: skip


def _repositories(world: World) -> Rows:
    rows = list(world.repositories.values())
    return Rows(rows, lambda page: {
        "total_count": len(rows), "repository_selection": "all",
        "repositories": [_told(world, row) for row in page],
    })  # fmt: skip


def _told(world: World, repository: Repository) -> dict[str, Any]:
    merges = {"allow_squash_merge": True, "allow_merge_commit": True, "allow_rebase_merge": True}
    return payloads.repository(repository, world.until) | merges | {"permissions": {"pull": True}}


def _rate_limit(world: World) -> dict[str, Any]:
    core = {"limit": 5_000, "used": 0, "remaining": 5_000, "reset": int((world.until + timedelta(hours=1)).timestamp())}
    return {
        "resources": {"core": core, "graphql": core, "search": {**core, "limit": 30, "remaining": 30}},
        "rate": core,
    }


_OF_THE_APP: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", r"/app/installations/(\d+)", _installation),
    ("GET", r"/app/installations", lambda world: Rows([world], lambda page: [_installation(one) for one in page])),
    ("POST", r"/app/installations/(\d+)/access_tokens", _access_token),
    ("GET", r"/installation/repositories", _repositories),
    ("GET", r"/user/repos|/orgs/[^/]+/repos", lambda world: Rows(
        list(world.repositories.values()), lambda page: [_told(world, row) for row in page])),
    ("GET", r"/rate_limit", _rate_limit),
)  # fmt: skip


# --- a repository ----------------------------------------------------------------------------------------------------


def _pull(asked: Asked) -> Pull:
    found = asked.repository.pulls.get(int(asked.args[0]))
    if found is None:
        raise Missing
    return found


def _pulls(asked: Asked) -> Rows:
    query, wanted = asked.query, asked.query.get("state", "open")
    rows = [pull for pull in asked.repository.pulls.values() if wanted in ("all", pull.state)]
    by_update = query.get("sort", "created") == "updated"
    rows.sort(
        key=lambda pull: (pull.updated_at if by_update else pull.created_at, pull.number),
        reverse=query.get("direction", "asc" if "sort" in query else "desc") == "desc",
    )
    return Rows(rows, lambda page: [payloads.short_pull(asked.repository, pull) for pull in page])


def _pull_commits(asked: Asked) -> Rows:
    return _commits_of(asked, _pull(asked).commits[:MOST_COMMITS])


def _commits_of(asked: Asked, rows: Sequence[Commit]) -> Rows:
    accounts = asked.world.by_email
    return Rows(rows, lambda page: [payloads.commit(asked.repository, one, accounts) for one in page])


def _pull_files(asked: Asked) -> Rows:
    pull = _pull(asked)
    rows = git.differences(pull.fork.tree, pull.head.tree)[:MOST_FILES]
    return Rows(rows, lambda page: _files(asked.repository, pull.head.sha, page))


def _files(repository: Repository, sha: str, changes: Sequence[Change]) -> list[dict[str, Any]]:
    lines, found = 0, []
    for change in changes:
        lines += sum(diffs.counts(*change.lines))
        found.append(payloads.file(repository, sha, change, is_zeroed=lines > MOST_LINES))
    return found


def _commit(asked: Asked, ref: str) -> Commit:
    found = asked.repository.branches.get(ref) or asked.repository.commits.get(ref)
    if found is None and len(ref) >= 7:
        found = next((one for sha, one in asked.repository.commits.items() if sha.startswith(ref)), None)
    if found is None:
        raise Missing
    return found


def _commits(asked: Asked) -> Rows:
    head = _commit(asked, asked.query.get("sha", DEFAULT))
    rows = list(reversed(git.ancestors(head)))
    if since := asked.query.get("since"):
        rows = [one for one in rows if one.committer.at >= datetime.fromisoformat(since)]
    if until := asked.query.get("until"):
        rows = [one for one in rows if one.committer.at <= datetime.fromisoformat(until)]
    return _commits_of(asked, rows)


def _one_commit(asked: Asked) -> Rows:
    """A page of it is a page of its files."""
    one = _commit(asked, asked.args[0])
    changes = one.changes[:MOST_FILES]
    counted = [diffs.counts(*change.lines) for change in changes]
    added, deleted = sum(plus for plus, _ in counted), sum(minus for _, minus in counted)
    size = asked.per_page if "per_page" in asked.query else MOST_FILES_A_PAGE
    told = payloads.commit(asked.repository, one, asked.world.by_email)
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    return Rows(
        changes, lambda page: {**told, "stats": stats, "files": _files(asked.repository, one.sha, page)}, size
    )  # fmt: skip


def _commit_pulls(asked: Asked) -> Rows:
    one = _commit(asked, asked.args[0])
    rows = [
        pull for pull in asked.repository.pulls.values()
        if one in pull.commits or pull.merge_commit is one or asked.repository.integrated.get(one.sha) == pull.number
    ]  # fmt: skip
    return Rows(rows, lambda page: [payloads.short_pull(asked.repository, pull) for pull in page])


def _compare(asked: Asked) -> Rows:
    repository, (old, new) = asked.repository, (_commit(asked, ref.rpartition(":")[2]) for ref in asked.args)
    known = {one.sha for one in git.ancestors(old)}
    ahead = git.ancestors(new, known)
    behind = git.ancestors(old, {one.sha for one in git.ancestors(new)})
    shared = [parent for one in ahead for parent in one.parents if parent.sha in known]
    fork = max(shared, key=lambda one: one.committer.at, default=new)
    files = _files(repository, new.sha, git.differences(fork.tree, new.tree)[:MOST_FILES_A_PAGE])
    url, accounts = f"{payloads.API}/repos/{repository.full_name}/compare/{old.sha}...{new.sha}", asked.world.by_email
    page = f"{payloads.HTML}/{repository.full_name}/compare/{old.sha}...{new.sha}"
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    told = {
        "url": url, "html_url": page, "permalink_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
        "base_commit": payloads.commit(repository, old, accounts),
        "merge_base_commit": payloads.commit(repository, fork, accounts), "status": status, "ahead_by": len(ahead),
        "behind_by": len(behind), "total_commits": len(ahead),
    }  # fmt: skip
    size = asked.per_page if "per_page" in asked.query else MOST_COMMITS
    return Rows(ahead, lambda rows: {
        **told, "commits": [payloads.commit(repository, one, accounts) for one in rows],
        "files": files if asked.page == 1 else [],
    }, size)  # fmt: skip


def _issues(asked: Asked) -> Rows:
    """Pull requests are issues too, and told among them."""
    query, repository = asked.query, asked.repository
    wanted, labels = query.get("state", "open"), set(filter(None, query.get("labels", "").split(",")))
    since = datetime.fromisoformat(query["since"]) if "since" in query else datetime.min.replace(tzinfo=UTC)
    known: list[Any] = [*repository.issues.values(), *repository.pulls.values()]
    rows = [
        row for row in known
        if wanted in ("all", "closed" if row.closed_at else "open")
        and labels <= set(row.labels) and row.updated_at >= since
    ]  # fmt: skip
    by_update = query.get("sort", "created") == "updated"
    rows.sort(
        key=lambda row: (row.updated_at if by_update else row.created_at, row.number),
        reverse=query.get("direction", "desc") == "desc",
    )
    return Rows(rows, lambda page: [_issue_or_pull(repository, row) for row in page])


def _issue_or_pull(repository: Repository, row: Any) -> dict[str, Any]:
    if not isinstance(row, Pull):
        return payloads.issue(repository, row)
    pull = payloads.short_pull(repository, row)
    told = payloads.issue(repository, payloads.as_issue(row))
    links = {name: pull[name] for name in ("url", "html_url", "diff_url", "patch_url", "merged_at")}
    return told | {"draft": row.is_draft, "pull_request": links, "html_url": pull["html_url"]}


def _one_issue(asked: Asked) -> dict[str, Any]:
    number = int(asked.args[0])
    row = asked.repository.issues.get(number) or asked.repository.pulls.get(number)
    if row is None:
        raise Missing
    return _issue_or_pull(asked.repository, row)


def _runs(asked: Asked) -> list[Any]:
    one = _commit(asked, asked.args[0])
    return [run for run in asked.repository.runs if run.head is one]


def _check_runs(asked: Asked) -> Rows:
    """The newest attempt of each, unless all are asked for."""
    rows = _runs(asked)
    if asked.query.get("filter", "latest") == "latest":
        rows = list({run.id: run for run in rows}.values())
    repository = asked.repository
    return Rows(rows, lambda page: {
        "total_count": len(rows),
        "check_runs": [checks.check_run(repository, run, repository.pulls[run.number]) for run in page],
    })  # fmt: skip


def _check_suites(asked: Asked) -> Rows:
    rows, repository = list({run.id: run for run in _runs(asked)}.values()), asked.repository
    of = payloads.short_repository(repository)
    return Rows(rows, lambda page: {
        "total_count": len(rows),
        "check_suites": [
            {**checks.check_suite(repository, run, repository.pulls[run.number]), "repository": of}
            for run in page
        ],
    })  # fmt: skip


def _workflow_runs(asked: Asked) -> Rows:
    repository, sha = asked.repository, asked.query.get("head_sha")
    latest = {run.id: run for run in repository.runs if sha in (None, run.head.sha)}
    rows = sorted(latest.values(), key=lambda run: run.started_at, reverse=True)
    return Rows(rows, lambda page: {
        "total_count": len(rows),
        "workflow_runs": [checks.workflow_run(repository, run, repository.pulls[run.number]) for run in page],
    })  # fmt: skip


def _reviews(asked: Asked) -> Rows:
    pull = _pull(asked)
    return Rows(pull.reviews, lambda page: [payloads.review(asked.repository, pull, one) for one in page])


_OF_A_REPOSITORY: tuple[tuple[str, Callable[[Asked], Any]], ...] = (
    (r"", lambda asked: _told(asked.world, asked.repository)),
    (r"/pulls", _pulls),
    (r"/pulls/(\d+)", lambda asked: payloads.pull(asked.repository, _pull(asked))),
    (r"/pulls/(\d+)/commits", _pull_commits),
    (r"/pulls/(\d+)/files", _pull_files),
    (r"/pulls/(\d+)/reviews", _reviews),
    (r"/commits", _commits),
    (r"/commits/([^/]+)", _one_commit),
    (r"/commits/([^/]+)/pulls", _commit_pulls),
    (r"/commits/([^/]+)/check-runs", _check_runs),
    (r"/commits/([^/]+)/check-suites", _check_suites),
    (r"/compare/(.+?)\.\.\.(.+)", _compare),
    (r"/issues", _issues),
    (r"/issues/(\d+)", _one_issue),
    (r"/actions/runs", _workflow_runs),
)
