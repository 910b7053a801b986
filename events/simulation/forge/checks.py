"""Tests on the heads of pull requests, in the vendor's words: check runs, their suites, and workflow runs."""

from typing import Any

from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.payloads import API, HTML, account, moment, node, plain_commit, short_repository
from events.simulation.forge.state import Account, Pull, Run

_ACTIONS = Account("github", 9_919, "GitHub", "", "Organization")
_APP_ID = 15_368
_SINCE = "2018-07-30T09:30:17Z"


def _app() -> dict[str, Any]:
    return {
        "id": _APP_ID, "slug": "github-actions", "node_id": node("App", _APP_ID), "owner": account(_ACTIONS),
        "name": "GitHub Actions", "description": "Automates a workflow", "external_url": "https://help.github.com",
        "html_url": f"{HTML}/apps/github-actions", "created_at": _SINCE, "updated_at": _SINCE,
        "permissions": {"actions": "write", "checks": "write", "metadata": "read"}, "events": ["push"],
    }  # fmt: skip


def _pulls(of: Repository, pull: Pull) -> list[dict[str, Any]]:
    url = f"{API}/repos/{of.full_name}"
    repo = {"id": of.id, "url": url, "name": of.name}
    return [
        {
            "url": f"{url}/pulls/{pull.number}", "id": of.id * 10_000 + pull.number, "number": pull.number,
            "head": {"ref": pull.head_ref, "sha": pull.head.sha, "repo": repo},
            "base": {"ref": pull.base_ref, "sha": pull.base.sha, "repo": repo},
        }
    ]  # fmt: skip


def _short_suite(of: Repository, run: Run, pull: Pull) -> dict[str, Any]:
    return {
        "id": run.id, "node_id": node("CheckSuite", run.id), "head_branch": run.branch, "head_sha": run.head.sha,
        "status": "completed", "conclusion": run.conclusion, "url": f"{API}/repos/{of.full_name}/check-suites/{run.id}",
        "before": run.head.parents[0].sha, "after": run.head.sha, "pull_requests": _pulls(of, pull), "app": _app(),
        "created_at": moment(run.started_at), "updated_at": moment(run.completed_at),
    }  # fmt: skip


def check_suite(of: Repository, run: Run, pull: Pull) -> dict[str, Any]:
    return {
        **_short_suite(of, run, pull), "latest_check_runs_count": 1,
        "check_runs_url": f"{API}/repos/{of.full_name}/check-suites/{run.id}/check-runs",
        "head_commit": plain_commit(run.head),
    }  # fmt: skip


def check_run(of: Repository, run: Run, pull: Pull) -> dict[str, Any]:
    number = run.id * 10 + run.attempt
    url = f"{API}/repos/{of.full_name}/check-runs/{number}"
    return {
        "id": number, "node_id": node("CheckRun", number), "head_sha": run.head.sha, "external_id": "", "url": url,
        "html_url": f"{HTML}/{of.full_name}/runs/{number}",
        "details_url": f"{HTML}/{of.full_name}/actions/runs/{run.id}",
        "status": "completed", "conclusion": run.conclusion, "started_at": moment(run.started_at),
        "completed_at": moment(run.completed_at), "name": "tests", "check_suite": _short_suite(of, run, pull),
        "app": _app(),
        "output": {
            "title": None, "summary": None, "text": None, "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        },
        "pull_requests": _pulls(of, pull),
    }  # fmt: skip


def workflow(of: Repository) -> dict[str, Any]:
    number = of.id * 10
    page = f"{HTML}/{of.full_name}"
    return {
        "badge_url": f"{page}/workflows/Tests/badge.svg", "created_at": moment(of.created_at),
        "html_url": f"{page}/blob/{DEFAULT}/.github/workflows/tests.yml", "id": number, "name": "Tests",
        "node_id": node("Workflow", number), "path": ".github/workflows/tests.yml", "state": "active",
        "updated_at": moment(of.created_at), "url": f"{API}/repos/{of.full_name}/actions/workflows/{number}",
    }  # fmt: skip


def workflow_run(of: Repository, run: Run, pull: Pull) -> dict[str, Any]:
    url, number = f"{API}/repos/{of.full_name}/actions/runs/{run.id}", of.id * 10
    suite = f"{API}/repos/{of.full_name}/check-suites/{run.id}"
    actor, at = account(pull.author), moment(run.completed_at)
    return {
        "artifacts_url": f"{url}/artifacts", "cancel_url": f"{url}/cancel", "check_suite_id": run.id,
        "check_suite_node_id": node("CheckSuite", run.id), "check_suite_url": suite, "conclusion": run.conclusion,
        "created_at": moment(run.started_at), "event": "pull_request", "head_branch": run.branch,
        "head_commit": plain_commit(run.head), "head_repository": short_repository(of),
        "head_sha": run.head.sha,
        "html_url": f"{HTML}/{of.full_name}/actions/runs/{run.id}", "id": run.id, "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs", "name": "Tests", "node_id": node("WorkflowRun", run.id),
        "previous_attempt_url": f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None,
        "pull_requests": _pulls(of, pull), "repository": short_repository(of), "rerun_url": f"{url}/rerun",
        "run_attempt": run.attempt, "run_number": run.number, "run_started_at": moment(run.started_at),
        "status": "completed", "updated_at": at, "url": url, "workflow_id": number,
        "workflow_url": f"{API}/repos/{of.full_name}/actions/workflows/{number}", "actor": actor,
        "triggering_actor": actor, "path": ".github/workflows/tests.yml", "display_title": pull.title,
    }  # fmt: skip
