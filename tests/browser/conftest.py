"""A browser for the whole run, and a person signed in to a workspace with data."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from codecard.lib.periods import monday
from codecard.lib.tenant import tenant
from events.actions.annotations import add_annotation
from events.actions.ranges import set_range
from events.metrics import all_metrics
from teams import actions
from teams.models import Organization, Role, Team, User
from tests import factories
from tests.browser import _chromium
from tests.browser._chromium import Chromium, Page
from tests.browser._profile import publish_profile
from tests.events.dashboards import _pulls
from tests.events.dashboards._work import work
from tests.pull_requests import make_author, make_repository

SignedIn = Callable[..., Page]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if _chromium.executable() is None:
        pytest.skip("Chromium is not installed (apt-get install chromium): pages were not looked at by a browser.")
    with Chromium(Path(tmp_path_factory.mktemp("chromium"))) as running:
        yield running


@pytest.fixture
def northwind(transactional_db: None) -> Organization:
    """Three weeks of work by six people, a team of one, and pull requests from prompt to defect."""
    organization = factories.make_organization("northwind")
    team, tiny = factories.make_team(organization, "Payments"), factories.make_team(organization, "Tiny")
    last_week = monday(timezone.now().date()) - timedelta(weeks=1)
    for number in range(7):
        with tenant(organization.id):
            person = factories.make_contributor(organization)
            actions.join_team(team=team if number else tiny, contributor=person, by=None, now=timezone.now())
        for weeks in range(3):
            day = last_week - timedelta(weeks=weeks)
            work(
                organization, person, day, accepted=9, rejected=7 + weeks, auto=4, lines=30, tokens=9000 + 100 * weeks,
                model=("claude-sonnet-4-5", "gpt-5-codex")[number % 2], now=timezone.now(),
            )  # fmt: skip
    _pull_requests(organization)
    _said_by_leads(organization, team)
    return organization


def _said_by_leads(organization: Organization, team: Team) -> None:
    """Healthy ranges in every place, and an annotation of each kind, one as long as it may be."""
    now = timezone.now()
    [escape] = [metric for metric in all_metrics() if metric.slug == "defect-escape-rate"]
    for whom, work_kind in product((None, team), ("", "test")):
        set_range(
            organization=organization,
            metric=escape,
            team=whom,
            task_type=work_kind,
            low=None,
            high=0.1,
            by=None,
            now=now,
        )
    for whom, text in ((team, "tests first"), (None, "a longer word: " + "w" * 65)):
        add_annotation(organization=organization, team=whom, on=now.date(), text=text, by=None, now=now)


def _pull_requests(organization: Organization) -> None:
    """#2104 as its leads see it, with sums of prompts; #2110, whose forty prompts its author opened."""
    now = timezone.now()
    with tenant(organization.id):
        repository, author = make_repository(organization, "northwind/payments-api"), make_author(organization)
        _pulls.afternoon(repository, author, now - timedelta(days=8), now=now)
        busy = _pulls.busy(repository, author, now - timedelta(days=12), now=now)
        busy.open_sessions = list(busy.session_links.values_list("session_id", flat=True))
        busy.save()


@pytest.fixture
def olga(northwind: Organization) -> User:
    """The owner; beside her Mara, who has published her profile."""
    user = factories.make_user("olga@northwind.example", name="Olga Owner")
    factories.make_member(northwind, Role.OWNER, user)
    mara = factories.make_user("mara@northwind.example", name="Mara Lindqvist")
    factories.make_member(northwind, Role.DEVELOPER, mara)
    publish_profile(northwind, mara, "mara", days=30, now=timezone.now())
    return user


@pytest.fixture
def open_page(browser: Chromium, live_server: object, olga: User) -> SignedIn:
    """Opens an address as Olga, at a width and in a theme."""
    client = Client()
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def opened(address: str, **window: object) -> Page:
        page = browser.page(**window)  # type: ignore[arg-type]
        page.set_cookie(str(live_server), settings.SESSION_COOKIE_NAME, session)
        page.open(f"{live_server}{address}")
        return page

    return opened
