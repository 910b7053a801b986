"""What people do to their own data on their own pages."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.actions import own_data
from events.models import Deletion, Event, Session
from profiles import exporting
from profiles.exporting import ask_for_export, prepare_export
from profiles.models import Export, ExportPart, ExportState
from teams.models import AuditEntry, Contributor, Organization, User
from tests.events.dashboards._work import NOW
from tests.factories import make_user, person
from tests.profiles._life import DAY, TODAY, accept, member
from tests.profiles.test_views_me import words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


@pytest.fixture
def me(acme: Organization, bob: User) -> Contributor:
    with tenant(acme.id):
        return person(acme, bob)


def facts(organization: Organization) -> int:
    with tenant(organization.id):
        return Event.objects.filter(organization_id=organization.id).count()


def last_action(organization: Organization) -> str:
    with tenant(organization.id):
        return AuditEntry.objects.filter(organization=organization).latest("id").action


def files_of(client: Client) -> dict[str, str]:
    export = Export.objects.get()
    response: Any = client.get(f"/me/data/export/{export.id}.zip")
    assert response.status_code == 200
    body = b"".join(response.streaming_content)
    assert response["Content-Length"] == str(len(body))
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        assert file.testzip() is None
        return {name: file.read(name).decode() for name in file.namelist()}


def test_the_page_says_who_sees_what(acme: Organization, me: Contributor, bob_client: Client) -> None:
    accept(acme, me, TODAY - DAY)
    told = words(bob_client.get("/me/data/").text)
    assert "I am in no team" in told
    assert "Totals and stages. When my single prompts were made, only where I open it myself." in told
    assert "Until somebody deletes them" in told


def test_without_anything_it_says_how_to_begin(client: Client) -> None:
    client.force_login(make_user("new@nowhere.test"))
    assert "No organization knows anything of you" in words(client.get("/me/data/").text)


def test_a_session_is_deleted_after_asking(acme: Organization, me: Contributor, bob_client: Client) -> None:
    accept(acme, me, TODAY - DAY)
    with tenant(acme.id):
        number = Session.objects.get(organization=acme).id
    address = f"/me/sessions/acme/{number}/delete/"
    assert address in bob_client.get(f"/me/sessions/acme/{number}/").text
    assert "Delete this session?" in words(bob_client.get(address).text)
    assert facts(acme) == 2
    response = bob_client.post(address, follow=True)
    assert "The session is deleted: 2 facts and their sums are gone." in words(response.text)
    assert (facts(acme), last_action(acme)) == (0, "own_data.session_deleted")
    assert bob_client.get(address).status_code == 404


def test_a_day_is_deleted_after_asking(acme: Organization, me: Contributor, bob_client: Client) -> None:
    accept(acme, me, TODAY - DAY)
    accept(acme, me, TODAY - 2 * DAY)
    address, day = "/me/data/acme/day/", (TODAY - DAY).isoformat()
    assert "streaks and badges follow at once" in words(bob_client.get(address, {"day": day}).text)
    assert facts(acme) == 4
    bob_client.post(address, {"day": day})
    assert (facts(acme), last_action(acme)) == (2, "own_data.day_deleted")


@pytest.mark.parametrize("day", ["", "yesterday", "1899-01-01", "2999-01-01", "2026-13-01"])
def test_what_is_no_day_changes_nothing(acme: Organization, me: Contributor, bob_client: Client, day: str) -> None:
    accept(acme, me, TODAY - DAY)
    for send in (bob_client.get, bob_client.post):
        response = send("/me/data/acme/day/", {"day": day}, follow=True)
        assert "Choose a day" in words(response.text)
    assert facts(acme) == 2


def test_everything_goes_only_where_the_name_was_typed(acme: Organization, me: Contributor, bob_client: Client) -> None:
    accept(acme, me, TODAY - DAY)
    address = "/me/data/acme/everything/"
    assert bob_client.post(address, {"sure": "globex"}).status_code == 400
    assert facts(acme) == 2
    response = bob_client.post(address, {"sure": "acme"}, follow=True)
    assert "Everything of yours in Acme is deleted." in words(response.text)
    with tenant(acme.id):
        assert not Contributor.objects.filter(organization=acme, id=me.id).exists()
    assert facts(acme) == 0
    assert bob_client.get(address).status_code == 404


def test_a_long_deletion_shows_how_far_it_is(
    acme: Organization, me: Contributor, bob: User, bob_client: Client
) -> None:
    accept(acme, me, TODAY - DAY)
    with tenant(acme.id):
        mark = own_data._bury(acme, [], None, None, NOW)
        Deletion.objects.create(
            organization=acme, contributor_id=me.id, user_id=bob.id, tombstone=mark,
            first_at=NOW - 4 * DAY, last_at=NOW, done_until=NOW - DAY,
        )  # fmt: skip
    page = bob_client.get("/me/data/")
    assert "being deleted: 75 %" in words(page.text)
    assert 'hx-trigger="every 2s"' in page.text
    response = bob_client.post("/me/data/acme/pause/", follow=True)
    assert "Everything of yours is being deleted already." in words(response.text)


def test_pause_and_going_on(acme: Organization, me: Contributor, bob_client: Client) -> None:
    assert "Paused:" in words(bob_client.post("/me/data/acme/pause/", follow=True).text)
    assert last_action(acme) == "own_data.paused"
    assert "Paused since" in words(bob_client.get("/me/data/").text)
    with pytest.raises(AssertionError):
        accept(acme, me, TODAY)
    assert facts(acme) == 0
    assert "Going on" in words(bob_client.post("/me/data/acme/resume/", follow=True).text)
    assert "Paused since" not in words(bob_client.get("/me/data/").text)


def test_nobody_reaches_the_data_of_an_organization_that_is_not_theirs(
    acme: Organization, globex: Organization, me: Contributor, bob_client: Client, charlie_client: Client
) -> None:
    accept(acme, me, TODAY - DAY)
    with tenant(acme.id):
        number = Session.objects.get(organization=acme).id
    for client, slug in ((bob_client, "globex"), (charlie_client, "acme")):
        for what in ("pause", "resume", "day", "everything"):
            address = f"/me/data/{slug}/{what}/"
            assert client.post(address, {"sure": slug, "day": TODAY.isoformat()}).status_code == 404
        assert client.post(f"/me/sessions/{slug}/{number}/delete/").status_code == 404
    assert facts(acme) == 2


# --- a copy ---------------------------------------------------------------------------------------------------------


def test_a_copy_holds_everything_that_is_ones_own_and_nothing_else(
    acme: Organization, globex: Organization, me: Contributor, alice: User, bob: User, bob_client: Client
) -> None:
    accept(acme, me, TODAY - DAY, 3, repository="=cmd|evil")
    accept(acme, me, TODAY - 9 * DAY, 4)
    accept(globex, member(globex, bob), TODAY - DAY, 5)
    with tenant(acme.id):
        other = person(acme, alice)
    accept(acme, other, TODAY - DAY, 77, session="of-alice")
    response = bob_client.post("/me/data/export/", follow=True)
    assert "Your copy is being prepared" in words(response.text)
    prepare_export(export_id=Export.objects.get().id, now=NOW)
    assert "Download" in words(bob_client.get("/me/data/").text)
    files = files_of(bob_client)
    assert "of-alice" not in "".join(files.values())
    account = json.loads(files["account.json"])
    assert account["account"]["email"] == bob.email
    assert [one["organization"] for one in account["organizations"]] == ["acme", "globex"]
    told = list(csv.DictReader(io.StringIO(files["acme/events.csv"])))
    assert sorted((row["kind"], row["count"]) for row in told) == [
        ("response", "1"), ("response", "1"), ("suggestion", "3"), ("suggestion", "4"),
    ]  # fmt: skip
    assert len(told) == 4
    assert {row["repository"] for row in told} == {"", "'=cmd|evil"}
    assert sum(int(row["accepted"]) for row in csv.DictReader(io.StringIO(files["acme/daily-sums.csv"]))) == 7
    assert sum(int(row["accepted"]) for row in csv.DictReader(io.StringIO(files["globex/sessions.csv"]))) == 5


def test_it_comes_in_parts_and_may_be_done_twice(
    acme: Organization, me: Contributor, bob: User, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(acme, me, TODAY - DAY)
    monkeypatch.setattr(exporting, "PART", 100)
    export, is_new = ask_for_export(user=bob, now=NOW)
    assert is_new
    assert ask_for_export(user=bob, now=NOW) == (export, False)
    prepare_export(export_id=export.id, now=NOW)
    assert ExportPart.objects.filter(export=export).count() > 3
    before = files_of(bob_client)
    prepare_export(export_id=export.id, now=NOW + DAY)
    assert files_of(bob_client) == before


def test_a_run_that_was_killed_is_done_anew(acme: Organization, me: Contributor, bob: User, bob_client: Client) -> None:
    accept(acme, me, TODAY - DAY)
    export, _ = ask_for_export(user=bob, now=NOW)
    Export.objects.filter(id=export.id).update(state=ExportState.RUNNING, started_at=NOW, finished_at=NOW)
    prepare_export(export_id=export.id, now=NOW)
    assert Export.objects.get().state == ExportState.RUNNING
    ExportPart.objects.create(export=export, number=0, data=b"half")
    prepare_export(export_id=export.id, now=NOW + exporting.LEASE)
    assert "acme/events.csv" in files_of(bob_client)


def test_one_that_fails_says_so_and_can_be_asked_for_again(
    acme: Organization, me: Contributor, bob: User, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(acme, me, TODAY - DAY)
    export, _ = ask_for_export(user=bob, now=NOW)

    def breaks(*args: Any) -> Any:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(exporting, "blocks_of", breaks)
    with pytest.raises(RuntimeError):
        prepare_export(export_id=export.id, now=NOW)
    assert "could not be prepared" in words(bob_client.get("/me/data/").text)
    monkeypatch.undo()
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    again, is_new = ask_for_export(user=bob, now=NOW)
    assert (is_new, again.id) != (True, export.id)


def test_nobody_else_loads_it_and_deleting_takes_it_away(
    acme: Organization, me: Contributor, bob: User, bob_client: Client, owner_client: Client
) -> None:
    accept(acme, me, TODAY - DAY)
    export, _ = ask_for_export(user=bob, now=NOW)
    prepare_export(export_id=export.id, now=NOW)
    address = f"/me/data/export/{export.id}.zip"
    assert owner_client.get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert bob_client.get(address).status_code == 200
    bob_client.post("/me/data/acme/day/", {"day": (TODAY - DAY).isoformat()})
    assert bob_client.get(address).status_code == 404
    assert not ExportPart.objects.exists()
