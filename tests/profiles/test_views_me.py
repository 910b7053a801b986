"""One's own pages: all of one's own work, prompt by prompt, and nobody else's."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from codecard.lib.tenant import tenant
from events.models import Session
from profiles import exporting
from profiles.models import Export
from teams.models import Organization, User
from tests.events.dashboards._work import monday, work
from tests.factories import person
from tests.profiles._life import DAY, TODAY, accept, member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", strip_tags(page)).replace("\u00a0", " "))


def session_of(organization: Organization, user: User) -> int:
    """One, of today."""
    with tenant(organization.id):
        me = person(organization, user)
    accept(organization, me, TODAY)
    with tenant(organization.id):
        return Session.objects.get(organization=organization).id


def test_without_any_data_the_page_says_how_to_begin(bob_client: Client) -> None:
    for page in ("/me/", "/me/sessions/"):
        assert "Connect a tool" in words(bob_client.get(page).text)


def test_ones_own_numbers_of_all_organizations_stand_beside_ones_own_past(
    acme: Organization, globex: Organization, alice: User, bob: User, bob_client: Client
) -> None:
    with tenant(acme.id):
        me, other = person(acme, bob), person(acme, alice)
    for weeks_ago, accepted in ((1, 60), (6, 30)):
        work(acme, me, monday(weeks_ago), accepted=accepted, rejected=60)
        work(globex, member(globex, bob), monday(weeks_ago), accepted=60) if weeks_ago == 1 else None
    work(acme, other, monday(1), accepted=999)
    told = words(bob_client.get("/me/").text)
    assert "66.7%" in told  # 120 of 180
    assert "of 180 suggestions" in told
    assert "Shown to nobody but you: Acme, Globex together." in told
    assert "claude-sonnet-4-5" in told
    assert "999" not in told
    assert "3 days in a row" not in told


def test_a_period_that_can_not_be_read_is_corrected(acme: Organization, bob: User, bob_client: Client) -> None:
    with tenant(acme.id):
        me = person(acme, bob)
    work(acme, me, monday(1), accepted=60)
    assert "can’t be read" in words(bob_client.get("/me/?p=x..y").text).replace("'", "’")


def test_sessions_are_listed_newest_first_and_open(acme: Organization, bob: User, bob_client: Client) -> None:
    with tenant(acme.id):
        me = person(acme, bob)
    accept(acme, me, TODAY - DAY, 2, repository="github.com/acme/shop")
    accept(acme, me, TODAY, 3)
    page = bob_client.get("/me/sessions/").text
    found = re.findall(r'href="(/me/sessions/acme/\d+/)"', page)
    assert len(found) == 2
    opened = words(bob_client.get(found[1]).text)
    assert "github.com/acme/shop" in opened
    assert "Before the first prompt" in opened
    assert "Python tests × 1" in opened or "Python tests" in opened


def test_nobody_opens_the_sessions_of_others(
    acme: Organization, alice: User, bob: User, alice_client: Client, owner_client: Client, charlie_client: Client
) -> None:
    number = session_of(acme, bob)
    for client in (alice_client, owner_client, charlie_client):
        assert client.get(f"/me/sessions/acme/{number}/").status_code == 404
    assert Client().get(f"/me/sessions/acme/{number}/").status_code == 302
    assert charlie_client.get("/me/sessions/?organization=acme").status_code == 404


def test_pages_ask_as_much_of_many_sessions_as_of_one(acme: Organization, bob: User, bob_client: Client) -> None:
    with tenant(acme.id):
        me = person(acme, bob)
    counts = []
    for days in (1, 20):
        for ago in range(days):
            accept(acme, me, TODAY - ago * DAY, repository=f"github.com/acme/{ago}")
        bob_client.get("/me/")
        with CaptureQueriesContext(connection) as asked:
            assert bob_client.get("/me/").status_code == 200
            assert bob_client.get("/me/sessions/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_session_is_corrected_and_taken_back(acme: Organization, bob: User, bob_client: Client) -> None:
    with tenant(acme.id):
        me = person(acme, bob)
    accept(acme, me, TODAY - DAY, repository="github.com/acme/right")
    accept(acme, me, TODAY)
    with tenant(acme.id):
        session = Session.objects.filter(organization=acme).latest("started_at")
        right = Session.objects.filter(organization=acme).earliest("started_at").repository_id
    page = f"/me/sessions/acme/{session.id}/"
    assert "As Claude Code told it: unknown" in words(bob_client.get(page).text)
    for sent, repository, task, told in (
        ({"repository": str(right), "task": "docs"}, right, 11, "Saved."),
        ({"repository": str(right), "task": "docs"}, right, 11, "Nothing to change."),
        ({"repository": "999999", "task": ""}, right, 11, "Choose a repository"),
        ({"repository": "", "task": "nonsense"}, right, 11, "Choose a repository"),
        ({"repository": "", "task": ""}, 0, None, "Saved."),
    ):
        answer = bob_client.post(f"{page}correct/", sent, follow=True)
        assert told in words(answer.text), sent
        with tenant(acme.id):
            row = Session.objects.get(organization=acme, id=session.id)
        assert (row.repository_id, row.corrected_task) == (repository, task), sent
        is_chosen = f'<option value="{right}" selected>' in answer.text
        assert is_chosen == (repository == right)


def test_nobody_corrects_the_sessions_of_others(
    acme: Organization, bob: User, alice_client: Client, charlie_client: Client
) -> None:
    number = session_of(acme, bob)
    for client in (alice_client, charlie_client):
        sent = {"repository": "0", "task": "docs"}
        assert client.post(f"/me/sessions/acme/{number}/correct/", sent).status_code == 404
    with tenant(acme.id):
        assert Session.objects.get(organization=acme).corrected_task is None


def test_a_copy_that_was_prepared_stays_when_a_session_is_corrected(
    acme: Organization, bob: User, bob_client: Client
) -> None:
    number = session_of(acme, bob)
    exporting.ask_for_export(user=bob, now=timezone.now())
    bob_client.post(f"/me/sessions/acme/{number}/correct/", {"repository": "0", "task": "docs"})
    assert Export.objects.filter(user=bob).count() == 1
