"""Lists of the settings as files."""

import csv
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.actions.team_imports import plan_import
from teams.imports import csv_file
from teams.models import AuditEntry, KeyKind, Organization, Role, Team, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
FILES = {
    "members": "/o/acme/settings/members/members.csv",
    "people": "/o/acme/people/people.csv",
    "teams": "/o/acme/settings/teams/teams.csv",
    "keys": "/o/acme/settings/keys/keys.csv",
    "invitations": "/o/acme/settings/invitations/invitations.csv",
    "own-keys": "/o/acme/keys/keys.csv",
}


def content(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('-acme.csv"')
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def rows(client: Client, address: str) -> list[list[str]]:
    return list(csv.reader(StringIO(content(client, address).decode().removeprefix("\ufeff"))))[1:]


@pytest.mark.parametrize("what", FILES)
def test_whoever_may_not_see_a_list_gets_no_file(
    what: str, payments: Team, alice: User, client: Client, charlie_client: Client
) -> None:
    client.force_login(alice)
    assert client.get(FILES[what]).status_code == (200 if what == "own-keys" else 403)
    assert charlie_client.get(FILES[what]).status_code == 404


@pytest.mark.parametrize("what", FILES)
def test_a_file_is_audited_with_its_filters(what: str, acme: Organization, owner: User, owner_client: Client) -> None:
    owner_client.head(FILES[what])
    content(owner_client, f"{FILES[what]}?q=ab%00c&state=nonsense")
    with tenant(acme.id):
        entry = AuditEntry.objects.get(action__endswith=".downloaded")
    assert (entry.action, entry.actor_id) == (f"{what}.downloaded", owner.id)
    assert "\x00" not in str(entry.details)


def test_members_as_the_page_filters_them(payments: Team, owner_client: Client) -> None:
    found = rows(owner_client, FILES["members"])
    assert [row[:5] for row in found] == [
        ["Alice", "alice@acme.example", "Lead", "active", "Payments"],
        ["Bob", "bob@acme.example", "Developer", "active", "Payments"],
        ["Olga", "owner@acme.example", "Owner", "active", ""],
    ]
    assert [row[0] for row in rows(owner_client, f"{FILES['members']}?role=developer")] == ["Bob"]


def test_people_with_the_names_that_data_know_them_by(payments: Team, owner_client: Client) -> None:
    found = rows(owner_client, FILES["people"])
    assert ["Bob", "bob@acme.example", "Payments", "person", "yes"] in [row[:5] for row in found]
    assert not rows(owner_client, f"{FILES['people']}?state=bots")


def test_what_a_spreadsheet_would_run_is_text(acme: Organization, owner: User, owner_client: Client) -> None:
    with tenant(acme.id):
        person = factories.person(acme, owner)
        actions.rename_contributor(organization=acme, contributor=person, name="=1+1", by=owner, now=NOW)
    assert "'=1+1" in [row[0] for row in rows(owner_client, FILES["people"])]


def test_keys_are_told_without_their_secret(acme: Organization, owner: User, owner_client: Client) -> None:
    with tenant(acme.id):
        made = actions.create_key(
            organization=acme, kind=KeyKind.INGEST, name="CI", contributor=None, by=owner, now=NOW
        )
    told = content(owner_client, FILES["keys"]).decode()
    assert "CI" in told
    assert made.secret not in told
    assert rows(owner_client, FILES["own-keys"]) == []
    assert rows(owner_client, f"{FILES['keys']}?state=revoked") == []


def test_invitations_are_told_without_their_link(acme: Organization, owner: User, owner_client: Client) -> None:
    with tenant(acme.id):
        actions.invite_addresses(
            organization=acme, addresses=["new@acme.example"], role=Role.LEAD, days=7, by=owner, now=timezone.now()
        )
    assert [row[:6] for row in rows(owner_client, FILES["invitations"])] == [
        ["new@acme.example", "Lead", "", "open", "0", "1"]
    ]
    assert rows(owner_client, f"{FILES['invitations']}?state=used") == []


def test_teams_come_back_the_same(acme: Organization, payments: Team, owner: User, owner_client: Client) -> None:
    with tenant(acme.id):
        actions.create_team(organization=acme, name="Cards", parent=payments, by=owner, now=NOW)
    told = content(owner_client, FILES["teams"])
    assert list(csv.reader(StringIO(told.decode().removeprefix("\ufeff")))) == [
        ["team", "parent", "email", "github", "lead"],
        ["Payments", "", "alice@acme.example", "", "yes"],
        ["Payments", "", "bob@acme.example", "", "no"],
        ["Cards", "Payments", "", "", ""],
    ]
    source = csv_file.read(told, "teams.csv")
    assert not source.problems
    with tenant(acme.id):
        assert not plan_import(acme, source).changes
