"""What the forge tells its webhook: one `Delivery` for each thing that happened, in the vendor's words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from events.simulation.chance import seeded
from events.simulation.forge import checks, payloads
from events.simulation.forge.git import Commit, differences
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.state import Told
from events.simulation.forge.world import World

NOBODY = "0" * 40


class Delivery(NamedTuple):
    event: str
    action: str | None
    delivery_id: str
    payload: dict[str, Any]
    at: datetime


def between(world: World, start: datetime, end: datetime) -> Iterator[Delivery]:
    for number, told in world.log.between(start, end):
        repository = world.repositories[told.repository.partition("/")[2]]
        payload: dict[str, Any] = {"action": told.action} if told.action else {}
        payload |= _PAYLOADS[told.event](world, repository, told)
        payload["repository"] = payloads.repository(repository, told.at) | _of_event(repository, told)
        payload["organization"] = payloads.organization(repository.owner)
        payload["sender"] = payloads.account(told.sender)
        payload["installation"] = {
            "id": payloads.INSTALLATION,
            "node_id": payloads.node("Installation", payloads.INSTALLATION),
        }
        yield Delivery(told.event, told.action, _delivery_id(world.seed, number), payload, told.at)


def _delivery_id(seed: int, number: int) -> str:
    return str(UUID(int=seeded(seed, "delivery", number).getrandbits(128), version=4))


def _of_event(repository: Repository, told: Told) -> dict[str, Any]:
    """A push tells its repository as it did when there was nothing else: times in seconds, the owner by name."""
    if told.event != "push":
        return {}
    seconds, owner = int(told.at.timestamp()), repository.owner
    return {
        "created_at": seconds,
        "pushed_at": seconds,
        "stargazers": 0,
        "master_branch": DEFAULT,
        "owner": {**payloads.account(owner), "name": owner.login, "email": owner.email},
    }


def _push(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    before, after, new = told.more["before"], told.more["after"], told.more["new"]
    commits = [_commit(world, repository, commit) for commit in new[-2048:]]
    base = f"{payloads.HTML}/{repository.full_name}"
    old, now = before.sha if before else NOBODY, after.sha if after else NOBODY
    return {
        "ref": f"refs/heads/{told.subject}",
        "before": old,
        "after": now,
        "pusher": {"name": told.sender.login, "email": told.sender.email},
        "created": before is None,
        "deleted": after is None,
        "forced": told.more["forced"],
        "base_ref": None,
        "compare": f"{base}/compare/{old[:12]}...{now[:12]}",
        "commits": commits,
        "head_commit": _commit(world, repository, after) if after else None,
    }


def _commit(world: World, repository: Repository, commit: Commit) -> dict[str, Any]:
    kinds: dict[str, list[str]] = {"added": [], "removed": [], "modified": []}
    for change in differences(commit.parents[0].tree if commit.parents else {}, commit.tree):
        if change.status == "renamed":
            assert change.previous is not None
            kinds["removed"].append(change.previous)
            kinds["added"].append(change.path)
        else:
            kinds[change.status].append(change.path)
    told = payloads.plain_commit(commit)
    if account := world.by_email.get(commit.author.email):
        told["author"]["username"] = account.login
    return {**told, "distinct": True, "url": payloads.commit_page(repository, commit), **kinds}


def _pull_request(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    found = {"number": told.subject.number, "pull_request": payloads.pull(repository, told.subject)}
    more = {name: value for name, value in told.more.items() if name in ("before", "after", "changes", "reason")}
    if "label" in told.more:
        more["label"] = payloads.label(repository, told.more["label"])
    return found | more


def _review(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    review = payloads.review(repository, told.subject, told.more["review"])
    return {
        "review": {**review, "state": told.more["review"].state},
        "pull_request": payloads.short_pull(repository, told.subject),
    }


def _issue(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    found = {"issue": payloads.issue(repository, told.subject)}
    return found | ({"label": payloads.label(repository, told.more["label"])} if "label" in told.more else {})


def _check_run(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    return {"check_run": checks.check_run(repository, told.more["run"], told.subject)}


def _check_suite(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    return {"check_suite": checks.check_suite(repository, told.more["run"], told.subject)}


def _workflow_run(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    run = checks.workflow_run(repository, told.more["run"], told.subject)
    return {"workflow": checks.workflow(repository), "workflow_run": run}


def _merge_group(world: World, repository: Repository, told: Told) -> dict[str, Any]:
    head, base, number = told.subject, told.more["base"], told.more["pull"]
    return {
        "merge_group": {
            "head_sha": head.sha,
            "head_ref": f"refs/heads/gh-readonly-queue/{DEFAULT}/pr-{number}-{base.sha}",
            "base_sha": base.sha,
            "base_ref": f"refs/heads/{DEFAULT}",
            "head_commit": payloads.plain_commit(head),
        }
    }


_PAYLOADS = {
    "push": _push,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "issues": _issue,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "workflow_run": _workflow_run,
    "merge_group": _merge_group,
}
