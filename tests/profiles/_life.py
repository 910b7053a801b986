"""A person with work in two organizations, as tools and GitHub would have told it."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from codecard.lib.tenant import tenant
from events.models import Repository
from events.schema import Event, Response, Suggestion
from profiles.models import Profile
from teams.models import Contributor, Organization, Role, User
from tests import factories
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, store
from tests.pull_requests import make_repository

_numbers = count(1)


def member(organization: Organization, user: User, role: Role = Role.DEVELOPER) -> Contributor:
    factories.make_member(organization, role, user)
    with tenant(organization.id):
        return factories.person(organization, user)


def accept(
    organization: Organization, person: Contributor, day: date, number: int = 1, *, now: datetime = NOW, **fields: Any
) -> None:
    """Suggestions accepted by a person at noon of a day, and the model call that made them."""
    at = datetime.combine(day, time(12), UTC)
    common: dict[str, Any] = {
        "at": at, "tool": "claude-code", "session": f"life-{day}", "model": "claude-sonnet-4-5", "path_class": "test",
        "language": "Python",
    }  # fmt: skip
    events: list[Event] = [
        Suggestion(id=f"s{next(_numbers)}", outcome="accepted", decided_by="person", count=number, **common | fields),
        Response(id=f"r{next(_numbers)}", input_tokens=30, output_tokens=10, cache_read_tokens=60, **common | fields),
    ]
    store(organization, person, *events, now=now)


def merge_pull(organization: Organization, person: Contributor, at: datetime, name: str, **fields: Any) -> None:
    with tenant(organization.id):
        repository = Repository.objects.filter(organization=organization, full_name=name).first()
        make_judged_pull(repository or make_repository(organization, name), person, at, minutes=5, **fields)


def profile_of(user: User, **fields: Any) -> Profile:
    return Profile.objects.create(user=user, **{"handle": f"h{user.id}", **fields})


DAY = timedelta(days=1)
TODAY = NOW.date()
