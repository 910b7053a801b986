"""The admin site of one organization, `/o/<organization>/admin/`."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.test import Client
from django.urls import get_script_prefix, get_urlconf

from codecard.lib.tenant import current_tenant, tenant
from teams import actions
from teams.admin.site import OrganizationAdmin, site
from teams.models import AuditEntry, Contributor, Invitation, Key, Organization, Role, Team, TeamMembership, User
from teams.permissions import PERMISSIONS, Permission
from tests import factories
from tests.factories import NOW

# Without "operator": a query under that role fails the test.
pytestmark = pytest.mark.django_db(transaction=True)
TABLES = [model._meta.model_name or "" for model in site._registry]
HOME = "/o/acme/admin/"


@pytest.fixture
def ledger(acme: Organization) -> Team:
    """A team that Alice doesn't lead."""
    return factories.make_team(acme, "Ledger")


@pytest.fixture
def a_bit_of_everything(acme: Organization, payments: Team, ledger: Team, globex: Organization) -> str:
    secret = factories.make_key(acme).secret
    factories.make_team(globex, "Reactor")
    with tenant(globex.id):
        factories.make_contributor(globex, "Homer of Globex")
    with tenant(acme.id):
        Invitation.objects.create(organization=acme, digest=b"SECRETDIGEST" * 2, expires_at=NOW)
    return secret


def audited(organization: Organization, action: str) -> list[AuditEntry]:
    with tenant(organization.id):
        return list(AuditEntry.objects.filter(organization=organization, action=action).order_by("id"))


# --- who gets in -----------------------------------------------------------------------------------------------------


def test_strangers_find_nothing_and_visitors_sign_in(charlie_client: Client, payments: Team) -> None:
    for path in (HOME, f"{HOME}teams/team/", f"{HOME}teams/team/{payments.id}/change/", f"{HOME}jsi18n/"):
        assert charlie_client.get(path).status_code == 404
        assert Client().get(path)["Location"].startswith("/accounts/login/?next=/o/acme/admin/")


def test_developers_are_told_that_they_may_not(bob_client: Client, payments: Team) -> None:
    for path in (HOME, f"{HOME}teams/team/{payments.id}/change/", f"{HOME}autocomplete/", f"{HOME}no-such-page/"):
        assert bob_client.get(path).status_code == 403


def test_staff_of_the_instance_is_nobody_here(acme: Organization) -> None:
    client = Client()
    operator = factories.make_user(is_staff=True, is_superuser=True)
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(HOME).status_code == 404


def test_the_frame_links_there_for_those_who_may(owner_client: Client, bob_client: Client, payments: Team) -> None:
    assert f'href="{HOME}"' in owner_client.get("/o/acme/").text
    assert f'href="{HOME}"' not in bob_client.get("/o/acme/").text


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_every_table_and_row_opens_and_shows_no_secret(
    table: str, owner_client: Client, acme: Organization, a_bit_of_everything: str
) -> None:
    page = owner_client.get(f"{HOME}teams/{table}/", {"q": "e"})
    assert page.status_code == 200
    model = next(model for model in site._registry if model._meta.model_name == table)
    with tenant(acme.id):
        row = model._default_manager.order_by("pk").last()
    assert row is not None
    for path in ("change", "history"):
        opened = owner_client.get(f"{HOME}teams/{table}/{row.pk}/{path}/")
        assert opened.status_code == 200, path
        for text in (page.text, opened.text):
            assert a_bit_of_everything[8:] not in text
            assert "digest" not in text.lower()
            assert "Globex" not in text
            assert '"/admin/' not in text, "an address left the organization"


def test_a_table_costs_the_same_for_many_rows(
    owner_client: Client, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        factories.make_team(acme, f"Team {number}", parent=None)
    with django_assert_max_num_queries(22):
        owner_client.get(f"{HOME}teams/team/")
    with django_assert_max_num_queries(22):
        owner_client.get(f"{HOME}teams/auditentry/")


def test_a_lead_reads_the_teams_they_lead(
    alice_client: Client, acme: Organization, payments: Team, ledger: Team
) -> None:
    index = alice_client.get(HOME).text
    assert "Teams" in index
    assert "Keys" not in index
    table = alice_client.get(f"{HOME}teams/team/").text
    assert "Payments" in table
    assert ">Ledger<" not in table
    assert "Add team" not in table
    opened = alice_client.get(f"{HOME}teams/team/{payments.id}/change/").text
    assert 'name="_save"' not in opened
    assert "/history/" not in opened
    members = alice_client.get(f"{HOME}teams/teammembership/").text
    assert "Alice" in members
    assert "Bob" in members


def test_a_lead_reads_no_other_team_and_writes_nothing(alice_client: Client, payments: Team, ledger: Team) -> None:
    assert alice_client.get(f"{HOME}teams/team/{ledger.id}/change/").status_code == 404
    assert alice_client.get(f"{HOME}teams/team/{payments.id}/history/").status_code == 403
    for table in ("membership", "key", "contributor", "identity", "invitation", "auditentry"):
        assert alice_client.get(f"{HOME}teams/{table}/").status_code == 403, table
    assert alice_client.get(f"{HOME}teams/team/add/").status_code == 403
    assert alice_client.post(f"{HOME}teams/team/{payments.id}/change/", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("table", TABLES)
def test_a_row_of_another_organization_is_not_there(
    table: str, owner_client: Client, globex: Organization, charlie: User, acme: Organization
) -> None:
    factories.make_key(globex)
    team = factories.make_team(globex, "Reactor")
    with tenant(globex.id):
        person = factories.person(globex, charlie)
        actions.join_team(team=team, contributor=person, by=None, now=NOW)
        Invitation.objects.create(organization=globex, digest=b"x" * 32, expires_at=NOW)
        model = next(model for model in site._registry if model._meta.model_name == table)
        row = model._default_manager.order_by("pk").last()
        assert row is not None
        shown = str(row)
    for path in ("change", "history", "delete"):
        answer = owner_client.get(f"{HOME}teams/{table}/{row.pk}/{path}/")
        assert answer.status_code in ({404, 403} if path == "delete" else {404}), path
        assert owner_client.get(f"{HOME}teams/{table}/{10**30}/{path}/").status_code == answer.status_code
    assert shown not in owner_client.get(f"{HOME}teams/{table}/", {"q": "o"}).text


def test_what_is_secret_can_not_be_guessed_by_filters(owner_client: Client, acme: Organization) -> None:
    factories.make_key(acme)
    assert owner_client.get(f"{HOME}teams/key/", {"digest__startswith": "x"}).status_code == 400
    assert owner_client.get(f"{HOME}teams/membership/", {"user__password__startswith": "a"}).status_code == 400


# --- what is written -------------------------------------------------------------------------------------------------


def test_an_owner_makes_a_team_and_the_audit_says_so(owner_client: Client, acme: Organization, payments: Team) -> None:
    form = {"name": "Core", "slug": "", "parent": payments.id}
    answer = owner_client.post(f"{HOME}teams/team/add/", form)
    assert (answer.status_code, answer["Location"]) == (302, f"{HOME}teams/team/")
    with tenant(acme.id):
        team = Team.objects.get(slug="core")
        assert team.parent_id == payments.id
    entry = audited(acme, "team.created")[-1]
    assert entry.object_id == team.id
    assert "owner@acme.example" in entry.actor_label
    assert entry.address == "127.0.0.1"
    history = owner_client.get(f"{HOME}teams/team/{team.id}/history/").text
    assert "team.created" in history
    assert not LogEntry.objects.exists()


def test_an_owner_edits_who_leads_a_team(owner_client: Client, acme: Organization, payments: Team, bob: User) -> None:
    with tenant(acme.id):
        row = TeamMembership.objects.get(contributor__user=bob)
    answer = owner_client.post(f"{HOME}teams/teammembership/{row.id}/change/", {"is_lead": "on"})
    assert answer.status_code == 302
    with tenant(acme.id):
        row.refresh_from_db()
    assert row.is_lead
    assert audited(acme, "team.joined")[-1].details == {"after": {"is_lead": True}}


def test_a_name_that_is_taken_is_said_in_the_form(owner_client: Client, acme: Organization, payments: Team) -> None:
    for slug in ("payments", ""):
        answer = owner_client.post(f"{HOME}teams/team/add/", {"name": "Payments", "slug": slug}, follow=True)
        assert answer.status_code == 200
        assert "exists" in answer.text
    with tenant(acme.id):
        assert Team.objects.filter(name="Payments").count() == 1


def test_a_team_of_another_organization_can_not_be_chosen(
    owner_client: Client, acme: Organization, globex: Organization
) -> None:
    foreign = factories.make_team(globex, "Reactor")
    answer = owner_client.post(f"{HOME}teams/team/add/", {"name": "Core", "slug": "core", "parent": foreign.id})
    assert answer.status_code == 200
    assert "not one of the available choices" in answer.text
    with tenant(acme.id):
        assert not Team.objects.filter(slug="core").exists()


def test_keys_are_revoked_by_the_action_and_audited(owner_client: Client, acme: Organization) -> None:
    key = factories.make_key(acme).key
    for _ in range(2):  # a double click
        form = {"action": "revoke", "_selected_action": [str(key.id)]}
        assert owner_client.post(f"{HOME}teams/key/", form).status_code == 302
    with tenant(acme.id):
        assert Key.objects.get(id=key.id).revoked_at is not None
    assert len(audited(acme, "key.revoked")) == 1


def test_a_key_of_another_organization_is_not_revoked(
    owner_client: Client, acme: Organization, globex: Organization
) -> None:
    foreign = factories.make_key(globex).key
    owner_client.post(f"{HOME}teams/key/", {"action": "revoke", "_selected_action": [str(foreign.id)]})
    with tenant(globex.id):
        assert Key.objects.get(id=foreign.id).revoked_at is None


def test_nothing_is_deleted_past_the_audit(owner_client: Client, acme: Organization, payments: Team) -> None:
    form = {"action": "delete_selected", "_selected_action": [str(payments.id)], "post": "yes"}
    owner_client.post(f"{HOME}teams/team/", form)
    assert owner_client.post(f"{HOME}teams/team/{payments.id}/delete/", {"post": "yes"}).status_code == 403
    with tenant(acme.id):
        assert Team.objects.filter(id=payments.id).exists()


# --- widgets ---------------------------------------------------------------------------------------------------------


def _suggested(client: Client, model: str, field: str, term: str) -> list[str]:
    asked = {"app_label": "teams", "model_name": model, "field_name": field, "term": term}
    answer = client.get(f"{HOME}autocomplete/", asked)
    assert answer.status_code == 200
    return [result["text"] for result in answer.json()["results"]]


def test_suggestions_are_of_the_organization(owner_client: Client, a_bit_of_everything: str) -> None:
    assert _suggested(owner_client, "team", "parent", "") == ["Ledger", "Payments"]
    assert _suggested(owner_client, "team", "parent", "Reactor") == []
    assert _suggested(owner_client, "teammembership", "contributor", "Homer") == []
    assert "Bob" in _suggested(owner_client, "teammembership", "contributor", "bo")


def test_suggestions_of_tables_without_a_wall_are_refused(owner_client: Client, acme: Organization) -> None:
    for model, field in (("membership", "user"), ("key", "created_by"), ("membership", "organization")):
        asked = {"app_label": "teams", "model_name": model, "field_name": field, "term": ""}
        assert owner_client.get(f"{HOME}autocomplete/", asked).status_code == 403


def test_a_lead_is_suggested_their_own_teams_only(alice_client: Client, payments: Team, ledger: Team) -> None:
    assert _suggested(alice_client, "team", "parent", "") == ["Payments"]


def test_a_related_row_is_made_in_a_window_of_its_own(owner_client: Client, acme: Organization) -> None:
    page = owner_client.get(f"{HOME}teams/team/add/").text
    assert f'href="{HOME}teams/team/add/?_to_field=id&amp;_popup=1"' in page
    answer = owner_client.post(f"{HOME}teams/team/add/", {"name": "Core", "slug": "core", "_popup": "1"})
    assert answer.status_code == 200
    assert "popup_response.js" in answer.text
    assert "Core" in answer.text


# --- the site itself -------------------------------------------------------------------------------------------------


def test_signing_in_and_out_are_the_products_own(owner_client: Client, acme: Organization) -> None:
    expected = {"login": "/accounts/login/", "logout": "/accounts/logout/", "password_change": "/accounts/email/"}
    for name, target in expected.items():
        assert owner_client.get(f"{HOME}{name}/")["Location"] == target
    assert owner_client.get(f"{HOME}r/1/1/").status_code == 404


def test_nothing_of_the_organization_stays_behind(owner_client: Client, acme: Organization) -> None:
    for path in ("", "teams/team/", "nowhere/", "teams/team/?_to_field=name&_popup=1"):
        owner_client.get(f"{HOME}{path}")
        assert (get_script_prefix(), get_urlconf(), current_tenant()) == ("/", None, None)


def test_two_organizations_have_addresses_of_their_own(owner: User, owner_client: Client, globex: Organization) -> None:
    factories.make_member(globex, Role.OWNER, owner)
    for slug in ("acme", "globex", "acme"):
        text = owner_client.get(f"/o/{slug}/admin/").text
        assert f'href="/o/{slug}/admin/teams/team/"' in text
        assert f"Back to {slug.title()}" in text


def test_a_table_that_an_app_registers_is_read_by_leads_through_its_look_up(
    acme: Organization, alice: User, bob: User, payments: Team, ledger: Team
) -> None:
    """Contributors stand for what is to come, such as pull requests by the team of their repository."""

    class Registered(OrganizationAdmin):
        permission = Permission.SEE_PULL_REQUESTS
        lead_reads = "team_memberships__team"

    factories.make_member(acme, Role.ADMIN)
    table: Any = Registered(Contributor, site)
    request: Any = HttpRequest()
    request.user, request.organization = alice, acme
    with tenant(acme.id):
        actions.join_team(team=ledger, contributor=factories.person(acme, bob), by=None, now=NOW)
        seen = {}
        for role in (Role.ADMIN, Role.LEAD, Role.DEVELOPER):
            request.permissions = PERMISSIONS[role]
            seen[role] = sorted(str(row) for row in table.get_queryset(request))
            assert not table.has_change_permission(request)
    assert len(seen[Role.ADMIN]) == 3
    assert seen[Role.LEAD] == ["Alice", "Bob"]
    assert seen[Role.DEVELOPER] == []


@pytest.mark.parametrize("table", TABLES)
def test_hostile_addresses_break_nothing(table: str, owner_client: Client, acme: Organization) -> None:
    for query in (
        "q=%00",
        "o=%00",
        "p=-1",
        "p=x",
        "e=1",
        "_to_field=x",
        "_popup=1&q=%F0%9F",
        "all=",
        "id=x",
        "at__year=x",
    ):
        for path in ("", "add/", "%00/change/", "9" * 40 + "/change/", "x/history/", "1/delete/"):
            assert owner_client.get(f"{HOME}teams/{table}/{path}?{query}").status_code < 500, (path, query)
    assert owner_client.post(f"{HOME}teams/{table}/", {"action": "x", "_selected_action": "\x00"}).status_code < 500
