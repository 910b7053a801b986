from typing import Any

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import AuditEntry, IdentityKind, Membership, Organization, Role, Team, TeamMembership, User
from teams.queries.teams import MOST_FOUND
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TEAMS = "/o/acme/settings/teams/"
TEAM = f"{TEAMS}payments/"
ADDRESSES = (
    TEAMS, TEAM, f"{TEAM}rename/", f"{TEAM}move/", f"{TEAM}delete/", f"{TEAM}people/", f"{TEAM}people/1/remove/",
    f"{TEAM}people/1/lead/",
)  # fmt: skip


def team_names(organization: Organization) -> list[str]:
    with tenant(organization.id):
        return list(Team.objects.order_by("name").values_list("name", flat=True))


def contributor_id(organization: Organization, user: User) -> int:
    with tenant(organization.id):
        return factories.person(organization, user).id


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_admins_of_the_organization_get_here(
    address: str, payments: Team, bob_client: Client, alice_client: Client, charlie_client: Client
) -> None:
    for client, status in ((bob_client, 403), (alice_client, 403), (charlie_client, 404)):
        found = {client.get(address).status_code, client.post(address).status_code}
        assert status in found
        assert found <= {status, 405}


@pytest.mark.parametrize("address", [TEAM, f"{TEAM}rename/", f"{TEAM}move/", f"{TEAM}delete/"])
def test_a_team_of_another_organization_is_not_there(address: str, payments: Team, charlie_client: Client) -> None:
    assert charlie_client.get(address.replace("/acme/", "/globex/")).status_code == 404


def test_a_team_is_made_inside_another(acme: Organization, payments: Team, owner_client: Client) -> None:
    answer = owner_client.post(TEAMS, {"name": " Refunds ", "parent": payments.id}, follow=True)
    assert "Refunds is made" in answer.text
    assert "Nobody is in this team" in answer.text
    with tenant(acme.id):
        assert Team.objects.get(slug="refunds").parent == payments


def test_a_double_click_on_create_makes_one_team_and_says_so(
    acme: Organization, payments: Team, owner_client: Client
) -> None:
    assert owner_client.post(TEAMS, {"name": "Ops"}).status_code == 302
    second = owner_client.post(TEAMS, {"name": "Ops"})
    assert second.status_code == 400
    assert "The team “Ops” has the address t/ops/ already." in second.text
    assert 'value="Ops"' in second.text
    assert team_names(acme) == ["Ops", "Payments"]


@pytest.mark.parametrize("parent", ["9" * 30, "x", "0"])
def test_a_parent_that_is_none_of_the_organization_is_refused(
    acme: Organization, owner_client: Client, parent: str
) -> None:
    assert owner_client.post(TEAMS, {"name": "Ops", "parent": parent}).status_code == 400
    assert team_names(acme) == []


def test_another_organization_s_team_is_no_parent(
    acme: Organization, globex: Organization, owner_client: Client
) -> None:
    foreign = factories.make_team(globex, "Foreign")
    assert owner_client.post(TEAMS, {"name": "Ops", "parent": foreign.id}).status_code == 400
    assert "Foreign" not in owner_client.get(TEAMS).text


def test_a_rename_moves_the_page_and_a_clash_is_said_beside_the_field(
    acme: Organization, payments: Team, owner_client: Client
) -> None:
    factories.make_team(acme, "Search")
    clash = owner_client.post(f"{TEAM}rename/", {"name": "Payments", "slug": "search"})
    assert clash.status_code == 400
    assert "The team “Search” has the address t/search/ already." in clash.text
    assert "autofocus" in clash.text
    assert owner_client.post(f"{TEAM}rename/", {"name": "B", "slug": "b/../"}).status_code == 400
    done = owner_client.post(f"{TEAM}rename/", {"name": "Billing & more", "slug": "Billing"}, follow=True)
    assert done.request["PATH_INFO"] == f"{TEAMS}billing/"
    assert "Billing &amp; more" in done.text
    assert owner_client.get("/o/acme/t/billing/").status_code == 200


def test_a_ring_is_refused_in_words(acme: Organization, payments: Team, owner_client: Client) -> None:
    child = factories.make_team(acme, "Refunds", parent=payments)
    assert f'value="{child.id}"' not in owner_client.get(f"{TEAM}move/").text
    answer = owner_client.post(f"{TEAM}move/", {"parent": child.id})
    assert answer.status_code == 400
    assert "Payments would be inside itself" in answer.text
    moved = owner_client.post(f"{TEAMS}refunds/move/", {"parent": ""}, follow=True)
    assert "Refunds is at the top now." in moved.text


def test_deleting_says_first_what_follows(acme: Organization, payments: Team, owner_client: Client) -> None:
    factories.make_team(acme, "Refunds", parent=payments)
    asked = owner_client.get(f"{TEAM}delete/")
    assert "2\u00a0people will be in this team no more" in asked.text
    assert "1\u00a0team inside it will stay, at the top." in asked.text
    assert team_names(acme) == ["Payments", "Refunds"]
    assert "Payments is deleted." in owner_client.post(f"{TEAM}delete/", follow=True).text
    assert team_names(acme) == ["Refunds"]
    assert owner_client.post(f"{TEAM}delete/").status_code == 404


def test_people_are_found_by_name_address_and_login(acme: Organization, payments: Team, owner_client: Client) -> None:
    with tenant(acme.id):
        mara = factories.make_contributor(acme, "Mara <b>Ops</b>")
    actions.add_identity(organization=acme, contributor=mara, kind=IdentityKind.GITHUB, value="octo-mara", now=NOW)
    for text in ("mara", "OCTO-MARA", "ops"):
        answer = owner_client.get(TEAM, {"q": text})
        assert "Mara &lt;b&gt;Ops&lt;/b&gt;" in answer.text, text
        assert "octo-mara" in answer.text
    assert "Nobody here is called or known by “zzz”" in owner_client.get(TEAM, {"q": "zzz"}).text
    done = owner_client.post(f"{TEAM}people/", {"contributor": mara.id, "q": "mara"}, follow=True)
    assert "is in Payments now." in done.text
    assert done.request["QUERY_STRING"] == "q=mara"
    again = owner_client.post(f"{TEAM}people/", {"contributor": mara.id}, follow=True)
    assert "is in Payments already." in again.text


def test_adding_again_takes_no_mark_away(acme: Organization, payments: Team, alice: User, owner_client: Client) -> None:
    owner_client.post(f"{TEAM}people/", {"contributor": contributor_id(acme, alice)})
    with tenant(acme.id):
        assert TeamMembership.objects.get(contributor__user=alice).is_lead


def test_nobody_of_another_organization_is_added(
    acme: Organization, payments: Team, globex: Organization, charlie: User, owner_client: Client
) -> None:
    stranger = contributor_id(globex, charlie)
    for given in (stranger, "x", "", "9" * 30):
        assert owner_client.post(f"{TEAM}people/", {"contributor": given}).status_code == 404
    assert owner_client.post(f"{TEAM}people/{stranger}/lead/", {"lead": "yes"}).status_code == 404
    assert owner_client.post(f"{TEAM}people/{stranger}/remove/").status_code == 404
    assert "Charlie" not in owner_client.get(TEAM, {"q": "charlie"}).text


def test_a_mark_gives_no_rights_and_the_page_says_so(
    acme: Organization, payments: Team, bob: User, owner_client: Client
) -> None:
    person = contributor_id(acme, bob)
    page = owner_client.post(f"{TEAM}people/{person}/lead/", {"lead": "yes"}, follow=True)
    assert "Bob is marked as lead of Payments." in page.text
    assert page.text.count("Marked, no rights") == 1
    assert page.text.count(">Leads<") == 1  # Alice, by her role
    with tenant(acme.id):
        assert Membership.objects.get(user=bob).role == Role.DEVELOPER
        entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.details["after"]) == ("team.lead_changed", {"is_lead": True})
    undone = owner_client.post(f"{TEAM}people/{person}/lead/", {"lead": "no"}, follow=True)
    assert "Marked, no rights" not in undone.text


def test_removing_twice_is_told_and_marking_does_not_bring_back(
    acme: Organization, payments: Team, bob: User, owner_client: Client
) -> None:
    person = contributor_id(acme, bob)
    first = owner_client.post(f"{TEAM}people/{person}/remove/", follow=True)
    assert "Bob is in Payments no more." in first.text
    assert "was not in Payments any more" in owner_client.post(f"{TEAM}people/{person}/remove/", follow=True).text
    late = owner_client.post(f"{TEAM}people/{person}/lead/", {"lead": "yes"}, follow=True)
    assert "nothing was changed" in late.text
    with tenant(acme.id):
        assert not TeamMembership.objects.filter(contributor=person).exists()


def test_a_search_shows_no_more_than_it_should(acme: Organization, payments: Team, owner_client: Client) -> None:
    with tenant(acme.id):
        for number in range(MOST_FOUND + 5):
            factories.make_contributor(acme, f"Many {number:02}")
    answer = owner_client.get(TEAM, {"q": "many"})
    assert answer.text.count(">Add<") == MOST_FOUND
    assert "There are more." in answer.text


def test_the_number_of_statements_does_not_grow(
    acme: Organization, payments: Team, owner_client: Client, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            team = factories.make_team(acme, parent=payments)
            with tenant(acme.id):
                person = factories.make_contributor(acme, f"Row {number}")
            for into in (team, payments):
                actions.join_team(team=into, contributor=person, is_lead=True, by=None, now=NOW)

    def statements(address: str) -> int:
        with django_assert_max_num_queries(100) as captured:
            assert owner_client.get(address).status_code == 200
        return len(captured)

    addresses = (TEAMS, f"{TEAM}?q=row", f"{TEAM}move/")
    statements(TEAMS)  # the session learns where one was last
    fill(2)
    before = [statements(address) for address in addresses]
    fill(12)
    assert [statements(address) for address in addresses] == before
