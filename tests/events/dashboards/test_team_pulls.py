"""The tiles about pull requests on a team's dashboard: what they say, and of whom they don't."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events.models import EscapeState
from teams.models import Contributor, Organization
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, monday, work
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock", "ledger")]
LEDGER = "/o/acme/t/ledger/"
COUNTED = datetime.combine(monday(1), time(10), UTC)
"""In the newest full week."""


def _pulls(client: Client, query: str = "") -> Any:
    answer = client.get(LEDGER + query)
    assert answer.status_code == 200
    return answer.context["pulls"], answer.text


def test_without_a_repository_it_says_where_to_connect_one(
    acme: Organization, crew: list[Contributor], owner_client: Client, bob_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1))
    pulls, text = _pulls(owner_client)
    assert not pulls.is_connected
    assert "/o/acme/settings/github/" in text
    assert "/o/acme/settings/github/" not in _pulls(bob_client)[1]


def test_both_tiles_say_how_many_when_and_how_sure(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        for number, person in enumerate(crew * 4):
            make_judged_pull(repository, person, COUNTED, minutes=10 + number)
            make_judged_pull(repository, person, COUNTED - timedelta(days=30), None,
                  escape=[EscapeState.CLEAN, EscapeState.PROBABLE][number < 3])  # fmt: skip
    for person in crew:
        work(acme, person, monday(1))
    pulls, text = _pulls(alice_client)
    assert pulls.latency.value == pytest.approx(21.5 * 60)
    assert (pulls.latency.n, pulls.latency.is_few) == (24, False)
    assert pulls.latency.interval is not None
    assert (pulls.escape.value, pulls.escape.n, pulls.escape.is_few) == (0.125, 24, False)
    assert pulls.pending == 24
    assert pulls.watched == pulls.merged.shifted(-timedelta(days=30))
    for words in ("?team=ledger", "12.5", "24 pending", "95% interval"):
        assert words in text


def test_few_are_too_few_to_judge(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        for person in crew:
            make_judged_pull(repository, person, COUNTED)
            make_judged_pull(repository, person, COUNTED - timedelta(days=30), None)
    for person in crew:
        work(acme, person, monday(1))
    pulls, text = _pulls(alice_client)
    assert pulls.latency.is_few
    assert pulls.escape.is_few
    assert "Too few to judge" in text


def test_latency_of_fewer_people_than_the_floor_is_withheld_and_the_work_is_not(
    acme: Organization, crew: list[Contributor], alice_client: Client, owner_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        for person in crew[:4] * 6:
            make_judged_pull(repository, person, COUNTED, minutes=77)
            make_judged_pull(repository, person, COUNTED - timedelta(days=30), None)
    for client in (alice_client, owner_client):
        pulls, text = _pulls(client)
        assert (pulls.latency.value, pulls.latency.is_withheld, pulls.latency.n) == (None, True, 0)
        assert "1 h 17" not in text.replace("\u00a0", " ")
        assert pulls.escape.n == 24


def test_others_bots_and_backports_are_not_in_it(
    acme: Organization, crew: list[Contributor], contributor_charlie: Contributor, alice_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        make_judged_pull(repository, contributor_charlie, COUNTED)
        make_judged_pull(repository, crew[0], COUNTED, is_bot=True)
        make_judged_pull(repository, crew[0], COUNTED, is_backport=True)
    pulls, _ = _pulls(alice_client)
    assert (pulls.is_connected, pulls.latency.value, pulls.pending) == (True, None, 0)


@pytest.fixture
def contributor_charlie(acme: Organization) -> Contributor:
    """Somebody of the organization who isn't in the team."""
    with tenant(acme.id):
        return Contributor.objects.create(organization=acme, display_name="Elsewhere", created_at=NOW)


def test_it_asks_the_database_as_often_for_many_as_for_few(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=5)
    with tenant(acme.id):
        repository = make_repository(acme)
        make_judged_pull(repository, crew[0], COUNTED)
    asked = []
    for _ in range(2):
        owner_client.get(LEDGER)
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(LEDGER)
        asked.append(len([one for one in captured.captured_queries if one["sql"] not in {"BEGIN", "COMMIT"}]))
        with tenant(acme.id):
            for person in crew:
                make_judged_pull(repository, person, COUNTED)
    assert asked[0] == asked[1] <= 12
