"""Settings of healthy ranges: who may set which, typed in percent and minutes, and the way back."""

import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from codecard.lib.reading import Band
from codecard.lib.tenant import tenant
from events.actions.ranges import TASK_TYPES, set_range
from events.metrics import all_metrics
from events.models import HealthyRange
from events.queries.ranges import band_of
from teams.models import Organization, Role, Team, User
from tests.factories import NOW, make_member, make_team, queries_of

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/settings/ranges/"
ESCAPE, LATENCY = f"{PAGE}defect-escape-rate/", f"{PAGE}latency-to-integration/"


def bands(organization: Organization) -> dict[tuple[str, str, str], Band]:
    with tenant(organization.id):
        rows = HealthyRange.objects.select_related("team").order_by("id")
        return {(row.metric, row.team.slug if row.team else "", row.task_type): band_of(row) for row in rows}


def words(page: str) -> str:
    return re.sub(r"\s+", " ", strip_tags(page)).replace("\u00a0", " ")


def test_an_admin_sets_the_organizations_and_any_teams_in_what_people_type(
    acme: Organization, payments: Team, owner_client: Client
) -> None:
    assert "It has no default range" in owner_client.get(ESCAPE).text
    for path, form in (
        (ESCAPE, {"team": "", "low": "", "high": "8"}),
        (ESCAPE, {"team": "payments", "task_type": "test", "low": "0.5", "high": "57"}),
        (LATENCY, {"team": "payments", "low": "", "high": "60"}),
    ):
        page = owner_client.post(path, form, follow=True)
        assert page.redirect_chain == [(path, 302)]
        assert "Saved." in page.text
    assert bands(acme) == {
        ("defect-escape-rate", "", ""): Band(None, 0.08),
        ("defect-escape-rate", "payments", "test"): Band(0.005, 0.57),
        ("latency-to-integration", "payments", ""): Band(None, 3_600),
    }
    assert "Nothing to save" in owner_client.post(LATENCY, form, follow=True).text
    overview = words(owner_client.get(PAGE).text)
    for told in ("Defect escape rate none ≤ 8% Payments · Tests: 0.5–57%", "No range set Payments: ≤ 60 minutes"):
        assert told in overview
    page_of_one = words(owner_client.get(ESCAPE).text)
    assert "All teams All work ≤ 8% Olga, " in page_of_one
    assert "Payments Tests 0.5–57% Olga, " in page_of_one


def test_the_form_shows_what_is_set_as_it_was_typed(acme: Organization, payments: Team, owner_client: Client) -> None:
    owner_client.post(ESCAPE, {"team": "payments", "task_type": "test", "low": "0.5", "high": "57"})
    page = owner_client.get(f"{ESCAPE}?team=payments&task_type=test").text
    assert '<option value="payments" selected>' in page
    assert '<option value="test" selected>' in page
    assert 'value="0.5"' in page
    assert 'value="57"' in page
    assert 'value="57"' not in owner_client.get(ESCAPE).text


def test_going_back_removes_one_range_once(acme: Organization, payments: Team, owner_client: Client) -> None:
    for form in ({"team": "payments", "high": "9"}, {"team": "", "high": "8"}):
        owner_client.post(ESCAPE, form)
    which = {"team": "payments", "task_type": ""}
    assert "what held before it holds again" in owner_client.post(f"{ESCAPE}clear/", which, follow=True).text
    assert "It was removed already." in owner_client.post(f"{ESCAPE}clear/", which, follow=True).text
    assert list(bands(acme)) == [("defect-escape-rate", "", "")]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"low": "", "high": ""}, "at least one end"), ({"low": "60", "high": "25"}, "lies above"),
        ({"low": "-1"}, "Between 0 and 100, in percent"), ({"high": "101"}, "Between 0 and 100, in percent"),
        ({"high": "nan"}, "Enter a number"), ({"high": "inf"}, "Enter a number"), ({"high": "9" * 400}, "number"),
        ({"high": "x"}, "Enter a number"), ({"task_type": "poetry", "high": "5"}, "Select a valid choice"),
        ({"team": "reactor", "high": "5"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_what_is_no_range_is_refused_beside_its_field(
    form: dict[str, str], why: str, acme: Organization, owner_client: Client
) -> None:
    page = owner_client.post(ESCAPE, form)
    assert page.status_code == 400
    assert why in page.text
    assert page.text.count("autofocus") == 1
    assert re.search(rf'name="{next(iter(form))}"[^>]*autofocus', page.text)
    assert bands(acme) == {}


def test_a_lead_sets_ranges_of_the_teams_they_lead_and_of_no_other(
    acme: Organization, payments: Team, alice_client: Client, owner_client: Client
) -> None:
    make_team(acme, "Search")
    for team in ("", "search"):
        owner_client.post(ESCAPE, {"team": team, "high": "8"})
        assert alice_client.post(ESCAPE, {"team": team, "high": "9"}).status_code == 400
        assert alice_client.post(f"{ESCAPE}clear/", {"team": team}).status_code == 403
    assert alice_client.post(ESCAPE, {"team": "payments", "high": "9"}).status_code == 302
    page = alice_client.get(ESCAPE).text
    assert page.count(f'action="{ESCAPE}clear/"') == 1
    assert "Search" in strip_tags(page)
    assert '<option value="search"' not in page
    assert f'href="{PAGE}"' in alice_client.get("/o/acme/").text
    assert 'href="/o/acme/settings/"' not in page
    assert bands(acme) == {
        ("defect-escape-rate", "", ""): Band(None, 0.08),
        ("defect-escape-rate", "search", ""): Band(None, 0.08),
        ("defect-escape-rate", "payments", ""): Band(None, 0.09),
    }
    assert alice_client.post(f"{ESCAPE}clear/", {"team": "payments"}).status_code == 302
    assert len(bands(acme)) == 2


def test_a_lead_without_a_team_reads_why_there_is_no_form(acme: Organization, client: Client) -> None:
    client.force_login(make_member(acme, Role.LEAD).user)
    assert "You lead no team here" in client.get(ESCAPE).text
    assert client.post(ESCAPE, {"team": "", "high": "9"}).status_code == 400


def test_others_and_strangers_get_nowhere(acme: Organization, bob_client: Client, charlie_client: Client) -> None:
    for path in (PAGE, ESCAPE, f"{ESCAPE}clear/"):
        assert bob_client.post(path).status_code in {403, 405}
        assert bob_client.get(path).status_code in {403, 405}
        assert charlie_client.post(path).status_code in {404, 405}


def test_an_unknown_metric_and_another_organizations_team_are_not_found(
    acme: Organization, globex: Organization, owner_client: Client
) -> None:
    make_team(globex, "Reactor")
    for path in ("luck/", "luck/clear/"):
        assert owner_client.post(f"{PAGE}{path}", {"team": "", "high": "1"}).status_code == 404
    for team in ("reactor", "no such", "x" * 64):
        assert owner_client.post(f"{ESCAPE}clear/", {"team": team}).status_code == 404


def test_the_number_of_queries_does_not_grow(
    acme: Organization, payments: Team, owner: User, owner_client: Client
) -> None:
    few = [queries_of(owner_client, path) for path in (PAGE, ESCAPE)]
    for metric in all_metrics():
        for team in (None, payments, make_team(acme)):
            for task_type in ("", *TASK_TYPES[:3]):
                set_range(
                    organization=acme, metric=metric, team=team, task_type=task_type, low=0.5, high=0.75,
                    by=owner, now=NOW,
                )  # fmt: skip
    assert [queries_of(owner_client, path) for path in (PAGE, ESCAPE)] == few
    assert "and 7 more" in owner_client.get(PAGE).text
