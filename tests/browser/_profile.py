"""A published profile with something in every part of it."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from codecard.lib.tenant import tenant
from events.models import Repository
from events.schema import Event, Response, Suggestion
from profiles import actions
from profiles.handles import profile_of
from profiles.models import Audience, Section
from teams.models import Organization, User
from tests import factories
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import store
from tests.pull_requests import make_repository

MODELS = ("claude-sonnet-4-5", "gpt-5-codex", "claude-sonnet-4-5", "gemini-3-pro")
CODE = (("test", "Python"), ("view", "Python"), ("docs", "Markdown"), ("other", "SQL"), ("model", "Python"))


def publish_profile(organization: Organization, user: User, handle: str, *, days: int, now: datetime) -> None:
    with tenant(organization.id):
        person = factories.person(organization, user)
    store(organization, person, *(event for back in range(days) for event in _of_day(back, now)), now=now)
    _pull_requests(organization, user, now)
    profile = profile_of(user)
    actions.rename(profile=profile, handle=handle, now=now)
    links = [("GitHub", "https://github.com/mara"), ("Notes", "https://mara.example")]
    bio = "Backend engineer in Malmö. Writes the tests first, lets the model write the boring half."
    actions.edit(profile=profile, name="Mara Lindqvist", bio=bio, links=links, now=now)
    actions.choose_audiences(profile=profile, audiences={Section.TOKENS: Audience.PUBLIC}, now=now)
    actions.choose_rest_days(profile=profile, days=[5, 6], now=now)
    actions.publish(profile=profile, by=user, now=now)


_numbers = count(1)


def _of_day(back: int, now: datetime) -> list[Event]:
    """More of late than a year ago, nothing on every fifth day."""
    if back % 5 == 3:
        return []
    path_class, language = CODE[back % len(CODE)]
    common: dict[str, Any] = {
        "at": now - timedelta(days=back, minutes=1), "tool": "claude-code", "session": f"of-{back}",
        "model": MODELS[back % len(MODELS)], "path_class": path_class, "language": language,
        "repository": "github.com/mara/pgqueue",
    }  # fmt: skip
    number, size = 3 + back * 7 % 23, max(1, 400 - back) * 700
    return [
        Suggestion(id=_id(), outcome="accepted", decided_by="person", count=number, **common),
        Suggestion(id=_id(), outcome="rejected", decided_by="person", count=number + 2, **common),
        Response(id=_id(), output_tokens=size // 9, input_tokens=size // 5, cache_read_tokens=size, **common),
    ]


def _id() -> str:
    return f"profile-{next(_numbers)}"


def _pull_requests(organization: Organization, user: User, now: datetime) -> None:
    with tenant(organization.id):
        person = factories.person(organization, user)
        for name, number in (("mara/pgqueue", 4), ("mara/typed-forms", 2), ("tides/tidewatch", 1)):
            repository = make_repository(organization, name)
            Repository.objects.filter(id=repository.id, organization=organization).update(is_private=False)
            for back in range(number):
                make_judged_pull(repository, person, now - timedelta(days=8 + back), minutes=7 + back, additions=30)
