"""Pull requests with what was judged of them, as the handlers would have left them."""

from datetime import datetime, timedelta
from typing import Any

from events.models import AiClass, Escape, EscapeState, Latency, LatencyState, PullRequest, Repository
from teams.models import Contributor, Identity, IdentityKind, Organization
from tests.events.dashboards._work import NOW
from tests.pull_requests import make_pull_request


def login_of(acme: Organization, person: Contributor) -> Identity:
    return Identity.objects.get_or_create(
        organization=acme, contributor=person, kind=IdentityKind.GITHUB, value=f"gh-{person.id}"
    )[0]


def make_judged_pull(
    repository: Repository, person: Contributor, at: datetime, minutes: int | None = 60, escape: str = "", **fields: Any
) -> PullRequest:
    pull_request = make_pull_request(
        repository, merged_at=at, author=login_of(repository.organization, person), ai_class=AiClass.AI, **fields
    )
    own: dict[str, Any] = {"organization_id": repository.organization_id, "pull_request": pull_request, "version": 1}
    if minutes is not None:
        Latency.objects.create(
            **own, state=LatencyState.MEASURED, first_prompt_at=at - timedelta(minutes=minutes), ended_at=at,
            seconds=minutes * 60,
        )  # fmt: skip
    due_at = at + timedelta(days=30)
    state = escape or (EscapeState.CLEAN if due_at <= NOW else EscapeState.PENDING)
    Escape.objects.create(**own, horizon_days=30, state=state, due_at=due_at)
    return pull_request
