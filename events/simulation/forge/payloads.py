"""The forge's things in the vendor's words, field by field: what webhooks carry and REST answers."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from events.simulation.forge import diffs
from events.simulation.forge.git import Change, Commit, Signature
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.state import LABELS, Account, Issue, Label, Pull, Review

HTML = "https://git.sample.invalid"
API = f"{HTML}/api/v3"
INSTALLATION, APP = 71_001, 81_001
_REPOSITORY_URLS = {
    "forks_url": "/forks", "keys_url": "/keys{/key_id}", "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams", "hooks_url": "/hooks", "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}", "branches_url": "/branches{/branch}", "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}", "git_tags_url": "/git/tags{/sha}", "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}", "statuses_url": "/statuses/{sha}", "languages_url": "/languages",
    "stargazers_url": "/stargazers", "contributors_url": "/contributors", "subscribers_url": "/subscribers",
    "subscription_url": "/subscription", "commits_url": "/commits{/sha}", "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}", "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}", "compare_url": "/compare/{base}...{head}", "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}", "downloads_url": "/downloads", "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}", "deployments_url": "/deployments",
}  # fmt: skip
_ACCOUNT_URLS = {
    "followers_url": "/followers", "following_url": "/following{/other_user}", "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions", "organizations_url": "/orgs",
    "repos_url": "/repos", "events_url": "/events{/privacy}", "received_events_url": "/received_events",
}  # fmt: skip


def moment(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node(kind: str, number: int | str) -> str:
    return b64encode(f"0:{kind}:{number}".encode()).decode()


def account(of: Account) -> dict[str, Any]:
    url = f"{API}/users/{of.login}"
    return {
        "login": of.login, "id": of.id, "node_id": node(of.type, of.id), "avatar_url": f"{HTML}/avatars/u/{of.id}?v=4",
        "gravatar_id": "", "url": url, "html_url": f"{HTML}/{of.login}",
        **{name: url + path for name, path in _ACCOUNT_URLS.items()}, "type": of.type, "site_admin": False,
    }  # fmt: skip


def organization(of: Account) -> dict[str, Any]:
    url = f"{API}/orgs/{of.login}"
    return {
        "login": of.login, "id": of.id, "node_id": node("Organization", of.id), "url": url, "repos_url": f"{url}/repos",
        "events_url": f"{url}/events", "hooks_url": f"{url}/hooks", "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}", "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{HTML}/avatars/u/{of.id}?v=4", "description": "",
    }  # fmt: skip


def short_repository(of: Repository) -> dict[str, Any]:
    url, page = f"{API}/repos/{of.full_name}", f"{HTML}/{of.full_name}"
    return {
        "id": of.id, "node_id": node("Repository", of.id), "name": of.name, "full_name": of.full_name, "private": True,
        "owner": account(of.owner), "html_url": page, "description": None, "fork": False, "url": url,
        **{name: url + path for name, path in _REPOSITORY_URLS.items()},
    }  # fmt: skip


def repository(of: Repository, at: datetime) -> dict[str, Any]:
    page = f"{HTML}/{of.full_name}"
    return {
        **short_repository(of),
        "created_at": moment(of.created_at), "updated_at": moment(at), "pushed_at": moment(at),
        "git_url": f"git://git.sample.invalid/{of.full_name}.git", "clone_url": f"{page}.git", "svn_url": page,
        "ssh_url": f"git@git.sample.invalid:{of.full_name}.git", "homepage": None, "size": 128, "stargazers_count": 0,
        "watchers_count": 0, "language": of.language, "has_issues": True, "has_projects": False, "has_downloads": True,
        "has_wiki": False, "has_pages": False, "forks_count": 0, "mirror_url": None, "archived": False,
        "disabled": False, "open_issues_count": 0, "license": None, "is_template": False, "topics": [], "forks": 0,
        "web_commit_signoff_required": False, "visibility": "private", "open_issues": 0, "watchers": 0,
        "default_branch": DEFAULT, "custom_properties": {},
    }  # fmt: skip


def label(of: Repository, one: Label) -> dict[str, Any]:
    return {
        "id": one.id, "node_id": node("Label", one.id), "url": f"{API}/repos/{of.full_name}/labels/{one.name}",
        "name": one.name, "color": one.color, "default": one.name == "bug", "description": one.description,
    }  # fmt: skip


def _labels(of: Repository, names: Iterable[str]) -> list[dict[str, Any]]:
    return [label(of, LABELS[name]) for name in names]


# --- commits ---------------------------------------------------------------------------------------------------------


def commit_page(of: Repository, commit: Commit) -> str:
    return f"{HTML}/{of.full_name}/commit/{commit.sha}"


def plain_commit(commit: Commit) -> dict[str, Any]:
    """As pushes and check suites tell it."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree_sha,
        "message": commit.message.rstrip("\n"),
        "timestamp": moment(commit.committer.at),
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }


def _signature(of: Signature) -> dict[str, Any]:
    return {"name": of.name, "email": of.email, "date": moment(of.at)}


def commit(of: Repository, one: Commit, accounts: dict[str, Account]) -> dict[str, Any]:
    """As lists of commits tell it: without files. `accounts` by e-mail address."""
    url = f"{API}/repos/{of.full_name}"
    verification = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    author, committer = accounts.get(one.author.email), accounts.get(one.committer.email)
    return {
        "sha": one.sha,
        "node_id": node("Commit", one.sha),
        "commit": {
            "author": _signature(one.author),
            "committer": _signature(one.committer),
            "message": one.message.rstrip("\n"),
            "tree": {"sha": one.tree_sha, "url": f"{url}/git/trees/{one.tree_sha}"},
            "url": f"{url}/git/commits/{one.sha}",
            "comment_count": 0,
            "verification": verification,
        },
        "url": f"{url}/commits/{one.sha}",
        "html_url": commit_page(of, one),
        "comments_url": f"{url}/commits/{one.sha}/comments",
        "author": account(author) if author else None,
        "committer": account(committer) if committer else None,
        "parents": [
            {"sha": parent.sha, "url": f"{url}/commits/{parent.sha}", "html_url": commit_page(of, parent)}
            for parent in one.parents
        ],
    }


def file(of: Repository, sha: str, change: Change, *, is_zeroed: bool = False) -> dict[str, Any]:
    """A row of a difference. `is_zeroed`: beyond what one answer tells, without a word about it."""
    added, deleted = (0, 0) if is_zeroed else diffs.counts(*change.lines)
    blob = change.new or change.old
    assert blob is not None
    found: dict[str, Any] = {
        "sha": blob.sha,
        "filename": change.path,
        "status": change.status,
        "additions": added,
        "deletions": deleted,
        "changes": added + deleted,
        "blob_url": f"{HTML}/{of.full_name}/blob/{sha}/{change.path}",
        "raw_url": f"{HTML}/{of.full_name}/raw/{sha}/{change.path}",
        "contents_url": f"{API}/repos/{of.full_name}/contents/{change.path}?ref={sha}",
    }
    if added + deleted:
        found["patch"] = diffs.patch(*change.lines)
    return found | ({"previous_filename": change.previous} if change.previous else {})


# --- issues and pull requests ----------------------------------------------------------------------------------------


def issue(of: Repository, one: Issue) -> dict[str, Any]:
    url = f"{API}/repos/{of.full_name}/issues/{one.number}"
    number = of.id * 10_000 + one.number
    return {
        "url": url, "repository_url": f"{API}/repos/{of.full_name}", "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments", "events_url": f"{url}/events",
        "html_url": f"{HTML}/{of.full_name}/issues/{one.number}", "id": number, "node_id": node("Issue", number),
        "number": one.number, "title": one.title, "user": account(one.author), "labels": _labels(of, one.labels),
        "state": "closed" if one.closed_at else "open", "locked": False, "assignee": None, "assignees": [],
        "milestone": None, "comments": 0, "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
        "closed_at": moment(one.closed_at), "author_association": "MEMBER", "active_lock_reason": None,
        "body": one.body,
        "reactions": {
            "url": f"{url}/reactions", "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0, "confused": 0,
            "heart": 0, "rocket": 0, "eyes": 0,
        },
        "timeline_url": f"{url}/timeline", "performed_via_github_app": None,
        "state_reason": "completed" if one.closed_at else None,
    }  # fmt: skip


def short_pull(of: Repository, one: Pull) -> dict[str, Any]:
    """As lists of pull requests and their reviews tell it."""
    url, page = f"{API}/repos/{of.full_name}/pulls/{one.number}", f"{HTML}/{of.full_name}/pull/{one.number}"
    issue_url, number = f"{API}/repos/{of.full_name}/issues/{one.number}", of.id * 10_000 + one.number
    statuses = f"{API}/repos/{of.full_name}/statuses/{one.head.sha}"
    links = {
        "self": url, "html": page, "issue": issue_url, "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{API}/repos/{of.full_name}/pulls/comments{{/number}}",
        "commits": f"{url}/commits", "statuses": statuses,
    }  # fmt: skip
    return {
        "url": url, "id": number, "node_id": node("PullRequest", number), "html_url": page, "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch", "issue_url": issue_url, "number": one.number, "state": one.state, "locked": False,
        "title": one.title, "user": account(one.author), "body": one.body, "created_at": moment(one.created_at),
        "updated_at": moment(one.updated_at), "closed_at": moment(one.closed_at), "merged_at": moment(one.merged_at),
        "merge_commit_sha": _merge_commit_sha(one), "assignee": None, "assignees": [], "requested_reviewers": [],
        "requested_teams": [], "labels": _labels(of, one.labels), "milestone": None, "draft": one.is_draft,
        "commits_url": f"{url}/commits", "review_comments_url": f"{url}/comments",
        "review_comment_url": links["review_comment"], "comments_url": f"{issue_url}/comments",
        "statuses_url": statuses,
        "head": _end(of, one.head_ref, one.head, one.updated_at),
        "base": _end(of, one.base_ref, one.base, one.updated_at),
        "_links": {name: {"href": href} for name, href in links.items()}, "author_association": "MEMBER",
        "auto_merge": None, "active_lock_reason": None,
    }  # fmt: skip


def pull(of: Repository, one: Pull) -> dict[str, Any]:
    return {
        **short_pull(of, one), "merged": one.merged_at is not None, "mergeable": None if one.closed_at else True,
        "rebaseable": None if one.closed_at else True, "mergeable_state": "unknown" if one.closed_at else "clean",
        "merged_by": account(one.merged_by) if one.merged_by else None, "comments": 0,
        "review_comments": 0, "maintainer_can_modify": False, "commits": len(one.commits), "additions": one.additions,
        "deletions": one.deletions, "changed_files": one.changed_files,
    }  # fmt: skip


def _merge_commit_sha(one: Pull) -> str:
    """While a pull request is open, of the merge that was tried: a commit that nobody will ever see."""
    if one.merge_commit:
        return one.merge_commit.sha
    return one.base.sha[:20] + one.head.sha[20:]


def _end(of: Repository, ref: str, at: Commit, when: datetime) -> dict[str, Any]:
    owner = account(of.owner)
    return {"label": f"{of.owner.login}:{ref}", "ref": ref, "sha": at.sha, "user": owner, "repo": repository(of, when)}


def review(of: Repository, pull: Pull, one: Review) -> dict[str, Any]:
    page = f"{HTML}/{of.full_name}/pull/{pull.number}"
    url = f"{API}/repos/{of.full_name}/pulls/{pull.number}"
    return {
        "id": one.id, "node_id": node("PullRequestReview", one.id), "user": account(one.author), "body": None,
        "commit_id": one.commit_sha, "submitted_at": moment(one.at), "state": one.state.upper(),
        "html_url": f"{page}#pullrequestreview-{one.id}", "pull_request_url": url, "author_association": "MEMBER",
        "_links": {"html": {"href": f"{page}#pullrequestreview-{one.id}"}, "pull_request": {"href": url}},
    }  # fmt: skip


def as_issue(one: Pull) -> Issue:
    """Every pull request is an issue as well."""
    return Issue(
        one.number, one.title, one.body, one.author, one.labels, one.created_at, one.updated_at, one.closed_at
    )  # fmt: skip
