import csv
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events.queries.people import number_of_people
from teams import actions
from teams.models import Contributor, Organization, Team
from tests import factories
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, monday, work
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
ACME = "/o/acme/"


def test_without_data_there_is_one_thing_to_do(alice_client: Client) -> None:
    answer = alice_client.get(ACME)
    assert answer.context["state"] == "empty"
    assert "Connect a tool" in answer.text


def test_teams_stand_in_the_order_of_the_alphabet_and_small_ones_are_withheld(
    acme: Organization, crew: list[Contributor], ledger: Team, owner_client: Client
) -> None:
    tiny = factories.make_team(acme, "Almost nobody")
    with tenant(acme.id):
        loner = factories.make_contributor(acme)
        actions.join_team(team=tiny, contributor=loner, by=None, now=NOW)
    for person in crew:
        work(acme, person, monday(1), accepted=20, rejected=20, auto=10)
    work(acme, loner, monday(1), accepted=123)
    context = owner_client.get(ACME).context
    withheld, shown = context["rows"]
    assert (withheld.name, shown.name) == ("Almost nobody", "Ledger")
    assert withheld.is_withheld
    assert withheld.active.value is withheld.newest_at is None
    assert withheld.readings[0][1].is_withheld
    assert shown.active.value == 1.0
    assert next((metric.slug, reading.value) for metric, reading, _ in shown.readings) == ("acceptance-rate", 0.5)
    with tenant(acme.id):
        assert context["people"] == number_of_people(acme.id)
    lines = list(csv.reader(b"".join(owner_client.get(context["export"])).decode("utf-8-sig").splitlines()))
    told = {(line[0], line[2]): (line[5], line[-1]) for line in lines}
    assert told["Ledger", "Suggestion acceptance rate"][0] == "0.5"
    assert told["Almost nobody", "Suggestion acceptance rate"] == ("", "Withheld")


def test_usage_is_for_owners_at_any_size(
    acme: Organization, crew: list[Contributor], owner_client: Client, alice_client: Client
) -> None:
    work(acme, crew[0], monday(1), tokens=4321, model="opus", cost_usd=2.5)
    work(acme, crew[0], monday(5), tokens=1000, model="opus", cost_usd=1.0)
    work(acme, crew[0], monday(1), tokens=100, model="mystery", cost_usd=None)
    usage = owner_client.get(ACME).context["usage"]
    assert usage["tokens"].value == 4421
    assert usage["tokens"].previous == 1000
    assert usage["cost"].value == 2_500_000
    assert usage["unpriced_tokens"] == 100
    assert [(row.name, row.tokens, row.cost) for row in usage["models"]] == [
        ("opus", 4321, 2_500_000),
        ("mystery", 100, None),
    ]
    hidden = alice_client.get(ACME)
    assert hidden.context["usage"] is None
    assert "4,421" not in hidden.text


def test_htmx_gets_the_part(alice_client: Client) -> None:
    part = alice_client.get(ACME, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div class="stack dims" id="dash">')
    assert "HX-Request" in part["Vary"]


def test_another_organization_is_not_there(acme: Organization, charlie_client: Client, client: Client) -> None:
    assert charlie_client.get(ACME).status_code == 404
    assert client.get(ACME).status_code == 302


def test_who_has_just_begun_sees_their_tokens(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    work(acme, crew[0], monday(0), tokens=70)
    context = owner_client.get(ACME).context
    assert context["is_first_week"]
    assert context["usage"]["tokens"].value == 70


def test_a_row_says_the_same_as_the_team_s_own_page(
    acme: Organization, crew: list[Contributor], ledger: Team, owner_client: Client
) -> None:
    with tenant(acme.id):
        inner = factories.make_team(acme, "Inner")
        for person in crew[:5]:
            actions.join_team(team=inner, contributor=person, by=None, now=NOW)
        repository = make_repository(acme)
        for number, person in enumerate(crew * 4):
            at = datetime.combine(monday(1), time(10), UTC) + timedelta(minutes=number)
            make_judged_pull(repository, person, at, minutes=number + 5, change_class="small_patch")
    for person in crew:
        work(acme, person, monday(1), accepted=20, rejected=25)
        work(acme, person, monday(5), accepted=30, rejected=25)
    for row in owner_client.get(ACME).context["rows"]:
        tiles = {one.metric.slug: one.reading for one in owner_client.get(f"{ACME}t/{row.slug}/").context["tiles"]}
        assert [reading for _, reading, _ in row.readings] == [tiles[metric.slug] for metric, *_ in row.readings]
    assert ledger.slug == "ledger"


def test_many_teams_take_as_many_queries_as_few(
    acme: Organization, crew: list[Contributor], ledger: Team, owner_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=20, rejected=25)
    asked = []
    for turn in range(2):
        owner_client.get(ACME)
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(ACME)
        asked.append(len([one for one in captured.captured_queries if one["sql"] not in {"BEGIN", "COMMIT"}]))
        for number in range(20):
            team = factories.make_team(acme, f"Team {turn} {number}")
            with tenant(acme.id):
                actions.join_team(team=team, contributor=crew[number % 6], by=None, now=NOW)
    assert asked[0] == asked[1]
    assert ledger.slug == "ledger"
