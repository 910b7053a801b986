"""Work that tests of linking need: sessions told to the ledger, commits that clients report, and what is concluded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from codecard.lib.tenant import tenant
from events.models import (
    Attribution,
    Chore,
    ClientCommit,
    Dimension,
    DimensionKind,
    Latency,
    PullRequest,
    Repository,
    Session,
    SessionLink,
)
from events.pulls.judging import judge_pull_request, judge_session
from events.schema import Activity, Event, Prompt, Suggestion
from teams.models import Identity, Organization
from tests.events.ledger.books import access, store
from tests.factories import NOW

_numbers = count(1)
TOOL = "claude-code"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def hours_ago(number: float) -> datetime:
    return NOW - timedelta(hours=number)


def work(
    organization: Organization,
    key: str,
    prompts: Sequence[datetime],
    *,
    accepts: Sequence[datetime] | None = None,
    login: str = "alice-gh",
    tool: str = TOOL,
    **names: Any,
) -> int:
    """A session with these prompts, each followed after a minute by an accepted suggestion of ten lines; its id."""
    accepts = [at + minutes(1) for at in prompts] if accepts is None else accepts
    common: dict[str, Any] = {"session": key, "tool": tool, "github": login, **names}
    events: list[Event] = [Prompt(id=f"p{next(_numbers)}", at=at, **common) for at in prompts]
    for at in accepts:
        decided: dict[str, Any] = {"outcome": "accepted", "decided_by": "person", "lines_added": 10}
        events.append(Suggestion(id=f"s{next(_numbers)}", at=at, **decided, **common))
        events.append(Activity(id=f"a{next(_numbers)}", at=at, lines_added=10, **common))
    store(access(organization), *events)
    with tenant(organization.id):
        return Session.objects.get(organization=organization, key=key).id


def client_commit(repository: Repository, sha: str, at: datetime, session_id: int = 0, **fields: Any) -> ClientCommit:
    """Inside the tenant. Reported for the repository, unless another dimension is given."""
    return ClientCommit.objects.create(
        organization_id=repository.organization_id, sha=sha, committed_at=at, session_id=session_id,
        **{"repository_id": repository.dimension_id, "branch_id": 0, "tool_id": 0, "contributor_id": 1, **fields},
    )  # fmt: skip


def attribution(repository: Repository, sha: str, lines: int, **fields: Any) -> Attribution:
    values = {"dimension_id": repository.dimension_id, "source": "git_ai", "path": "src/cart.py", "tool": TOOL}
    return Attribution.objects.create(
        organization_id=repository.organization_id, sha=sha, ai_lines=lines, fact_id=next(_numbers), **values | fields
    )


def known_login(organization: Organization, login: str = "alice-gh") -> Identity:
    """By which a session told who it is; inside the tenant."""
    return Identity.objects.get(organization=organization, value=login)


def branch(organization: Organization, name: str) -> int:
    return Dimension.objects.get_or_create(organization=organization, kind=DimensionKind.BRANCH, value=name)[0].id


def judge(*pulls: PullRequest, now: datetime = NOW) -> None:
    """Judges them, and then whatever that leaves to be judged, until nothing is left."""
    todo = [pull.id for pull in pulls]
    organization_id = pulls[0].organization_id
    for _ in range(20):
        for key in todo:
            judge_pull_request(organization_id, key, now=now)
        todo = left(organization_id, "pull")
        if not todo:
            return
    raise AssertionError("judging doesn't come to an end")


def judge_of(session_id: int, organization: Organization, now: datetime = NOW) -> list[int]:
    judge_session(organization.id, session_id, now=now)
    return left(organization.id, "pull")


def left(organization_id: int, kind: str) -> list[int]:
    """Takes up the chores of a kind; the rows they are about."""
    with tenant(organization_id):
        rows = Chore.objects.filter(organization=organization_id, kind=kind)
        keys = sorted(set(rows.values_list("key", flat=True)))
        rows.delete()
    return keys


def links_of(pull: PullRequest) -> dict[str, SessionLink]:
    """By the session's key."""
    with tenant(pull.organization_id):
        rows = SessionLink.objects.filter(pull_request=pull).select_related("session")
        return {link.session.key: link for link in rows}


def again(pull: PullRequest) -> PullRequest:
    with tenant(pull.organization_id):
        return PullRequest.objects.select_related("repository").get(id=pull.id)


def latency_of(pull: PullRequest) -> Latency:
    with tenant(pull.organization_id):
        return Latency.objects.get(pull_request=pull)
