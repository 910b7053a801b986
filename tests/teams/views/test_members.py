import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import Contributor, Key, Membership, Organization, Role, Team, TeamMembership, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LIST = "/o/acme/settings/members/"


def row_of(organization: Organization, user: User) -> Membership | None:
    with tenant(organization.id):
        return Membership.objects.filter(user=user).first()


def path_of(organization: Organization, user: User, action: str = "") -> str:
    row = row_of(organization, user)
    assert row
    return f"{LIST}{row.id}/{action}"


@pytest.mark.parametrize("action", ["", "deactivate/", "reactivate/", "remove/"])
def test_only_whoever_may_changes_a_member(
    acme: Organization, bob: User, bob_client: Client, charlie_client: Client, action: str
) -> None:
    path = path_of(acme, bob, action)
    assert bob_client.post(path, {"role": "owner"}).status_code == 403
    assert charlie_client.post(path, {"role": "owner"}).status_code == 404
    assert bob_client.get(LIST).status_code == 403
    assert charlie_client.get(LIST).status_code == 404


def test_a_member_of_another_organization_is_not_there(
    acme: Organization, globex: Organization, charlie: User, owner_client: Client
) -> None:
    theirs = row_of(globex, charlie)
    assert theirs
    for action in ("", "deactivate/", "remove/"):
        assert owner_client.get(f"{LIST}{theirs.id}/{action}").status_code == 404
        assert owner_client.post(f"{LIST}{theirs.id}/{action}", {"role": "viewer"}).status_code == 404
    assert row_of(globex, charlie) == theirs


def test_lists_role_state_and_teams(acme: Organization, payments: Team, owner_client: Client, bob: User) -> None:
    row = row_of(acme, bob)
    assert row
    page = owner_client.get(LIST).text
    assert page.count("Payments") == 3  # twice here, once in the navigation
    assert "Deactivated</span>" not in page
    actions.deactivate_member(membership=row, by=None, now=NOW)
    assert "Deactivated</span>" in owner_client.get(LIST).text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=ALI", {"alice"}),
        ("?q=bob%40acme", {"bob"}),
        ("?role=owner", {"owner"}),
        ("?state=off", {"bob"}),
        ("?state=active&role=developer", set()),
        ("?q=nobody", set()),
        ("?role=king&q=%00&page=x", {"alice", "bob", "owner"}),
    ],
)
def test_finds_by_name_address_role_and_state(
    acme: Organization, alice: User, bob: User, owner_client: Client, query: str, expected: set[str]
) -> None:
    row = row_of(acme, bob)
    assert row
    actions.deactivate_member(membership=row, by=None, now=NOW)
    page = owner_client.get(LIST + query)
    assert {name for name in ("alice", "bob", "owner") if f"{name}@acme.example" in page.text} == expected


def test_the_number_of_queries_does_not_grow(acme: Organization, payments: Team, owner_client: Client) -> None:
    owner_client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        owner_client.get(LIST)
    _crowd(acme, payments, 120)
    with CaptureQueriesContext(connection) as many:
        page = owner_client.get(f"{LIST}?page=2")
    assert (page.context["page"].start_index(), page.context["page"].paginator.count) == (51, 123)
    assert len(many) == len(few) <= 16


def test_a_role_is_given(acme: Organization, bob: User, owner_client: Client) -> None:
    page = owner_client.post(path_of(acme, bob), {"role": "lead"}, follow=True)
    assert "Bob is now lead." in page.text
    row = row_of(acme, bob)
    assert row
    assert row.role == Role.LEAD
    assert owner_client.post(path_of(acme, bob), {"role": "king"}).status_code == 400


def test_an_admin_neither_makes_nor_changes_an_owner(
    acme: Organization, owner: User, bob: User, client: Client
) -> None:
    client.force_login(factories.make_member(acme, Role.ADMIN).user)
    assert 'value="owner"' not in client.get(path_of(acme, bob)).text
    assert client.post(path_of(acme, bob), {"role": "owner"}).status_code == 400
    assert "Only an owner can change that" in client.get(path_of(acme, owner)).text
    assert client.post(path_of(acme, owner), {"role": "viewer"}).status_code == 403
    assert client.post(path_of(acme, owner, "remove/")).status_code == 403
    row = row_of(acme, owner)
    assert row
    assert row.role == Role.OWNER


def test_nobody_locks_themselves_out_by_accident(acme: Organization, owner: User, owner_client: Client) -> None:
    path = path_of(acme, owner)
    assert owner_client.post(path, {"role": "viewer"}).status_code == 400
    page = owner_client.post(path, {"role": "viewer", "is_sure": "on"}, follow=True)
    assert "last owner" in page.text
    for action in ("deactivate/", "remove/"):
        assert "This is you" in owner_client.get(path + action).text
        assert "last owner" in owner_client.post(path + action, follow=True).text


def test_ownership_is_handed_over(acme: Organization, owner: User, bob: User, owner_client: Client) -> None:
    owner_client.post(path_of(acme, bob), {"role": "owner"})
    page = owner_client.post(path_of(acme, owner), {"role": "viewer", "is_sure": "on"}, follow=True)
    assert page.status_code == 200
    assert owner_client.get(LIST).status_code == 403


def test_whoever_is_removed_is_out_with_the_next_click(
    acme: Organization, bob: User, bob_client: Client, owner_client: Client
) -> None:
    with tenant(acme.id):
        key = factories.make_key(acme, contributor=factories.person(acme, bob)).key
    assert bob_client.get("/o/acme/").status_code == 200
    path = path_of(acme, bob, "remove/")
    assert "Remove Bob?" in owner_client.get(path).text
    assert row_of(acme, bob)
    assert "no member any more" in owner_client.post(path, follow=True).text
    assert owner_client.post(path).status_code == 404
    assert bob_client.get("/o/acme/").status_code == 404
    assert bob_client.get("/home/")["Location"] == "/start/"
    with tenant(acme.id):
        assert Key.objects.get(id=key.id).revoked_at
        assert Contributor.objects.filter(user=bob).exists()


def test_whoever_is_deactivated_is_out_until_activated_again(
    acme: Organization, bob: User, bob_client: Client, owner_client: Client
) -> None:
    path = path_of(acme, bob)
    for _ in range(2):
        assert owner_client.post(f"{path}deactivate/", follow=True).status_code == 200
    assert bob_client.get("/o/acme/").status_code == 404
    assert "Activate again" in owner_client.get(path).text
    for _ in range(2):
        assert owner_client.post(f"{path}reactivate/", follow=True).status_code == 200
    assert bob_client.get("/o/acme/").status_code == 200


def test_everybody_but_the_last_owner_can_leave(
    acme: Organization, bob: User, bob_client: Client, owner_client: Client, charlie_client: Client
) -> None:
    leave = "/o/acme/leave/"
    assert charlie_client.post(leave).status_code == 404
    assert "Leave Acme?" in bob_client.get(leave).text
    page = bob_client.post(leave, follow=True)
    assert page.status_code == 200
    assert "You left Acme." in page.text
    assert row_of(acme, bob) is None
    assert bob_client.post(leave).status_code == 404
    assert "last owner" in owner_client.post(leave, follow=True).text


def _crowd(organization: Organization, team: Team, count: int) -> None:
    users = User.objects.bulk_create(User(email=f"m{n}@acme.example", name=f"M {n}") for n in range(count))
    with tenant(organization.id):
        Membership.objects.bulk_create(Membership(organization=organization, user=user) for user in users)
        people = Contributor.objects.bulk_create(
            Contributor(organization=organization, user=user, display_name=user.name) for user in users
        )
        TeamMembership.objects.bulk_create(
            TeamMembership(organization=organization, team=team, contributor=person) for person in people
        )


def test_a_member_s_teams_stand_beside_those_of_the_navigation(
    owner_client: Client, acme: Organization, payments: Team, bob: User
) -> None:
    page = owner_client.get(path_of(acme, bob)).text
    assert '<li class="break">Payments' in page
    assert 'href="/o/acme/t/payments/"' in page
