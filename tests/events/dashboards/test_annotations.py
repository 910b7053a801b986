"""Annotations of a team: who writes them, who reads them, and that one gets back to where one came from."""

from datetime import date, datetime

import pytest
from django.test import Client
from django.utils.html import strip_tags

from codecard.lib.tenant import tenant
from events.actions.annotations import add_annotation
from events.models import Annotation
from teams.models import Organization, Role, Team
from tests.factories import NOW, make_member, make_team, queries_of

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/t/payments/annotations/"
FORM = {"on": "2026-06-09", "text": "tests first"}


def write(organization: Organization, team: Team | None, text: str = "tests first") -> str:
    """The address of a new one."""
    made = add_annotation(organization=organization, team=team, on=date(2026, 6, 9), text=text, by=None, now=NOW)
    assert made
    return f"{PAGE}{made.id}/"


def texts(organization: Organization) -> list[tuple[str, str | None]]:
    with tenant(organization.id):
        rows = Annotation.objects.select_related("team").order_by("id")
        return [(row.text, row.team.slug if row.team else None) for row in rows]


def test_a_lead_adds_changes_and_removes_and_keeps_the_period(
    acme: Organization, payments: Team, alice_client: Client
) -> None:
    kept = "?p=91d&vs=year"
    page = alice_client.get(f"{PAGE}{kept}&next=//evil.example&x=1").text
    assert "Nothing is marked yet" in page
    assert 'href="/o/acme/t/payments/?p=91d&amp;vs=year"' in page
    assert f'action="{PAGE}add/?p=91d&amp;vs=year"' in page
    added = alice_client.post(f"{PAGE}add/{kept}", FORM, follow=True)
    assert added.redirect_chain == [(f"{PAGE}{kept}", 302)]
    assert "Added." in added.text
    assert "It stands there already." in alice_client.post(f"{PAGE}add/", FORM, follow=True).text
    with tenant(acme.id):
        own = f"{PAGE}{Annotation.objects.get().id}/"
    assert 'value="2026-06-09"' in alice_client.get(own).text
    changed = alice_client.post(f"{own}{kept}", {**FORM, "text": "Tests before code"}, follow=True)
    assert changed.redirect_chain == [(f"{PAGE}{kept}", 302)]
    assert "Tests before code" in changed.text
    asks = alice_client.get(f"{own}remove/{kept}").text
    assert "Remove this annotation?" in asks
    assert texts(acme) == [("Tests before code", "payments")]
    removed = alice_client.post(f"{own}remove/{kept}", follow=True)
    assert removed.redirect_chain == [(f"{PAGE}{kept}", 302)]
    assert "“Tests before code” of 2026-06-09 is removed." in removed.text
    assert texts(acme) == []
    assert alice_client.post(f"{own}remove/").status_code == 404


def test_everybody_reads_them_as_plain_text(acme: Organization, payments: Team, bob_client: Client) -> None:
    write(acme, payments, "<b>bold</b>")
    page = bob_client.get(PAGE).text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "New annotation" not in page
    assert "Remove" not in strip_tags(page)


def test_only_admins_write_for_all_teams(
    acme: Organization, payments: Team, alice_client: Client, owner_client: Client
) -> None:
    assert "Show it to all teams" not in alice_client.get(PAGE).text
    alice_client.post(f"{PAGE}add/", {**FORM, "for_all": "on"})
    owner_client.post(f"{PAGE}add/", {**FORM, "text": "new model", "for_all": "on"})
    assert texts(acme) == [("tests first", "payments"), ("new model", None)]
    with tenant(acme.id):
        everybodys = f"{PAGE}{Annotation.objects.get(team=None).id}/"
    page = alice_client.get(PAGE).text
    assert "new model" in page
    assert everybodys not in page
    for path in (everybodys, f"{everybodys}remove/"):
        assert alice_client.get(path).status_code == 403
        assert alice_client.post(path, FORM).status_code == 403
    assert owner_client.post(f"{everybodys}remove/").status_code == 302


def test_who_does_not_lead_the_team_changes_nothing(
    acme: Organization, payments: Team, bob_client: Client, charlie_client: Client, client: Client
) -> None:
    client.force_login(make_member(acme, Role.LEAD).user)
    own = write(acme, payments)
    for path in (f"{PAGE}add/", own, f"{own}remove/"):
        assert bob_client.post(path, FORM).status_code == 403
        assert client.post(path, {**FORM, "text": "mine"}).status_code == 403
        assert charlie_client.post(path, FORM).status_code == 404
    assert client.get(PAGE).status_code == 200
    assert charlie_client.get(PAGE).status_code == 404
    assert texts(acme) == [("tests first", "payments")]


def test_those_of_other_teams_are_not_found_here(
    acme: Organization, payments: Team, globex: Organization, owner_client: Client
) -> None:
    other = write(acme, make_team(acme, "Search"), "of others")
    foreign = write(globex, None, "of others")
    for path in (other, f"{other}remove/", foreign, f"{foreign}remove/", "/o/acme/t/nowhere/annotations/"):
        assert owner_client.get(path).status_code == 404
    assert "of others" not in strip_tags(owner_client.get(PAGE).text)


@pytest.mark.parametrize(
    "form",
    [
        {"on": ""}, {"on": "yesterday"}, {"on": "2014-12-31"}, {"on": "2099-01-01"}, {"text": " "},
        {"text": "x" * 81}, {"text": "a\u202eb"},
    ],
)  # fmt: skip
def test_what_can_not_be_drawn_is_refused_and_what_was_typed_stays(
    form: dict[str, str], acme: Organization, payments: Team, alice_client: Client, clock: datetime
) -> None:
    own = write(acme, payments, "kept")
    for path in (f"{PAGE}add/", own):
        page = alice_client.post(path, {**FORM, **form})
        assert page.status_code == 400
        assert page.text.count("autofocus") == 1
    assert texts(acme) == [("kept", "payments")]


def test_two_that_say_the_same_are_refused_in_words(acme: Organization, payments: Team, alice_client: Client) -> None:
    write(acme, payments)
    page = alice_client.post(write(acme, payments, "new model"), FORM)
    assert page.status_code == 400
    assert "The same stands there already." in page.text


def test_the_number_of_queries_does_not_grow(acme: Organization, payments: Team, owner_client: Client) -> None:
    write(acme, payments, "the first")
    few = queries_of(owner_client, PAGE)
    for number in range(5):
        write(acme, payments, f"one more {number}")
    assert queries_of(owner_client, PAGE) == few
