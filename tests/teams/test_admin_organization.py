"""The admin site of one organization, `/o/<organization>/admin/`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client
from django.urls import get_script_prefix, get_urlconf

from codecard.lib.tenant import current_tenant, tenant
from teams import actions
from teams.admin.site import OrganizationAdmin, site
from teams.models import (
    AuditEntry,
    Contributor,
    Identity,
    Invitation,
    Key,
    Membership,
    Organization,
    Role,
    Team,
    TeamMembership,
    User,
)
from teams.permissions import PERMISSIONS, Permission
from tests import factories
from tests.factories import NOW

# Without "operator": a query under that role fails the test.
pytestmark = pytest.mark.django_db(transaction=True)
# Those of `events` have their own test.
TABLES = [model._meta.model_name or "" for model in site._registry if model._meta.app_label == "teams"]
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
    entry = audited(acme, "team.lead_changed")[-1]
    assert entry.details == {"before": {"is_lead": False}, "after": {"is_lead": True}}


def test_a_name_that_is_taken_is_said_in_the_form(owner_client: Client, acme: Organization, payments: Team) -> None:
    for slug, words in (("payments", "exists"), ("", "has the address t/payments/ already. Nothing was saved")):
        answer = owner_client.post(f"{HOME}teams/team/add/", {"name": "Payments", "slug": slug}, follow=True)
        assert answer.status_code == 200
        assert words in answer.text
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
    with tenant(acme.id):
        assert Team.objects.filter(id=payments.id).exists()
        bob = Contributor.objects.get(display_name="Bob")
    for table, row in (("contributor", bob), ("key", factories.make_key(acme).key)):
        assert owner_client.post(f"{HOME}teams/{table}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


# --- what is written: teams -------------------------------------------------------------------------------------------


def _save(client: Client, table: str, row: Model, form: dict[str, Any]) -> str:
    """The page after the form is sent."""
    answer = client.post(f"{HOME}teams/{table}/{row.pk}/change/", form, follow=True)
    assert answer.status_code == 200
    return answer.text


def test_an_owner_renames_and_moves_a_team(
    owner_client: Client, acme: Organization, payments: Team, ledger: Team
) -> None:
    _save(owner_client, "team", ledger, {"name": "Books", "slug": "Books", "parent": payments.id})
    with tenant(acme.id):
        ledger.refresh_from_db()
    assert (ledger.name, ledger.slug, ledger.parent_id) == ("Books", "books", payments.id)
    renamed, nested = audited(acme, "team.renamed")[-1].details, audited(acme, "team.nested")[-1].details
    assert renamed["before"] == {"name": "Ledger", "slug": "ledger", "parent": None}
    assert renamed["after"]["name"] == nested["before"]["name"] == "Books"
    assert (nested["before"]["parent"], nested["after"]["parent"]) == (None, "Payments")


def test_a_ring_of_teams_is_refused_in_words_and_nothing_is_saved(
    owner_client: Client, acme: Organization, payments: Team, ledger: Team
) -> None:
    actions.nest_team(team=ledger, parent=payments, by=None, now=NOW)
    page = _save(owner_client, "team", payments, {"name": "Pay", "slug": "pay", "parent": ledger.id})
    assert "Pay would be inside itself: Pay in Ledger in Pay." in page
    assert "Nothing was saved" in page
    assert "can’t be inside itself" in _save(
        owner_client, "team", payments, {"name": "Pay", "slug": "pay", "parent": payments.id}
    )
    with tenant(acme.id):
        payments.refresh_from_db()
    assert (payments.name, payments.parent_id) == ("Payments", None)
    assert not audited(acme, "team.renamed")


def test_a_deleted_team_leaves_its_people_and_the_teams_inside(
    owner_client: Client, acme: Organization, payments: Team, ledger: Team
) -> None:
    top = factories.make_team(acme, "Company")
    for team, parent in ((payments, top), (ledger, payments)):
        actions.nest_team(team=team, parent=parent, by=None, now=NOW)
    page = owner_client.get(f"{HOME}teams/team/{payments.id}/delete/").text
    assert "2\N{NO-BREAK SPACE}people will be in this team no more" in page
    assert "Ledger lies in it, and will lie inside Company." in page
    assert owner_client.post(f"{HOME}teams/team/{payments.id}/delete/", {"post": "yes"}).status_code == 302
    assert owner_client.post(f"{HOME}teams/team/{payments.id}/delete/", {"post": "yes"}).status_code == 404
    with tenant(acme.id):
        ledger.refresh_from_db()
        assert ledger.parent_id == top.id
        assert Contributor.objects.filter(display_name="Bob").exists()
    assert audited(acme, "team.deleted")[-1].details["before"]["teams_inside"] == ["Ledger"]


def test_a_person_is_put_into_a_team_and_taken_out(
    owner_client: Client, acme: Organization, bob: User, payments: Team, ledger: Team
) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    form = {"team": ledger.id, "contributor": person.id}
    assert owner_client.post(f"{HOME}teams/teammembership/add/", form).status_code == 302
    with tenant(acme.id):
        row = TeamMembership.objects.get(team=ledger, contributor=person)
    assert "in Ledger no more" in owner_client.get(f"{HOME}teams/teammembership/{row.id}/delete/").text
    owner_client.post(f"{HOME}teams/teammembership/{row.id}/delete/", {"post": "yes"})
    with tenant(acme.id):
        assert list(TeamMembership.objects.filter(contributor=person).values_list("team", flat=True)) == [payments.id]
    assert len(audited(acme, "team.left")) == 1


# --- what is written: people ------------------------------------------------------------------------------------------


def _membership(organization: Organization, user: User) -> Membership:
    with tenant(organization.id):
        return Membership.objects.get(user=user)


def test_an_owner_changes_a_role_and_deactivates(owner_client: Client, acme: Organization, bob: User) -> None:
    row = _membership(acme, bob)
    _save(owner_client, "membership", row, {"role": "lead", "is_active": "on"})
    assert audited(acme, "member.role_changed")[-1].details == {
        "before": {"role": "developer"},
        "after": {"role": "lead"},
    }
    _save(owner_client, "membership", row, {"role": "lead"})
    changed = _membership(acme, bob)
    assert (changed.role, changed.is_active) == ("lead", False)
    _save(owner_client, "membership", row, {"role": "lead", "is_active": "on"})
    assert _membership(acme, bob).is_active
    assert len(audited(acme, "member.deactivated")) == len(audited(acme, "member.reactivated")) == 1


def test_the_last_owner_stays_one(owner_client: Client, acme: Organization, owner: User) -> None:
    for form in ({"role": "admin", "is_active": "on"}, {"role": "owner"}):
        assert "This is the last owner. Make somebody else an owner first." in _save(
            owner_client, "membership", _membership(acme, owner), form
        )
    kept = _membership(acme, owner)
    assert (kept.role, kept.is_active) == ("owner", True)


def test_an_admin_makes_no_owner(acme: Organization, owner: User, bob: User) -> None:
    client, admin = Client(), factories.make_user("admin@acme.example")
    factories.make_member(acme, Role.ADMIN, admin)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    for user, role in ((bob, "owner"), (owner, "developer")):
        page = _save(client, "membership", _membership(acme, user), {"role": role, "is_active": "on"})
        assert "Only an owner may" in page
        assert "Nothing was saved" in page
    assert not audited(acme, "member.role_changed")


def test_a_bot_is_marked_and_somebody_renamed(owner_client: Client, acme: Organization) -> None:
    with tenant(acme.id):
        row = factories.make_contributor(acme, "renovate")
    page = owner_client.get(f"{HOME}teams/contributor/{row.id}/change/").text
    assert f'href="/o/acme/people/{row.id}/"' in page
    _save(owner_client, "contributor", row, {"display_name": "Renovate", "is_bot": "on"})
    with tenant(acme.id):
        row.refresh_from_db()
    assert (row.display_name, row.is_bot) == ("Renovate", True)
    assert audited(acme, "contributor.renamed")[-1].details == {"before": "renovate", "after": "Renovate"}
    assert audited(acme, "contributor.bot")[-1].details == {"before": False, "after": True}


def test_a_person_gets_one_more_name(owner_client: Client, acme: Organization) -> None:
    with tenant(acme.id):
        row = factories.make_contributor(acme, "Kim")
    form = {"contributor": row.id, "kind": "github", "value": " Kim-GH "}
    assert owner_client.post(f"{HOME}teams/identity/add/", form).status_code == 302
    with tenant(acme.id):
        assert Identity.objects.get(value="kim-gh").contributor_id == row.id
    entry = audited(acme, "contributor.identity_added")[-1]
    assert (entry.object_id, entry.details["after"]) == (row.id, {"identities": ["github:kim-gh"]})


def test_a_name_that_is_somebodys_or_nobodys_is_refused_in_words(
    owner_client: Client, acme: Organization, bob: User, globex: Organization
) -> None:
    with tenant(acme.id):
        row = factories.make_contributor(acme, "Kim")
    with tenant(globex.id):
        foreign = factories.make_contributor(globex, "Homer")
    for form, words in (
        ({"contributor": row.id, "kind": "email", "value": bob.email.upper()}, "already exists"),
        ({"contributor": row.id, "kind": "email", "value": "unknown"}, "Nobody can be known by this"),
        ({"contributor": row.id, "kind": "github", "value": "\u200b"}, "Nobody can be known by this"),
        ({"contributor": foreign.id, "kind": "github", "value": "homer"}, "not one of the available choices"),
    ):
        answer = owner_client.post(f"{HOME}teams/identity/add/", form)
        assert answer.status_code == 200
        assert words in answer.text
    assert not audited(acme, "contributor.identity_added")


# --- what is written: keys and invitations ----------------------------------------------------------------------------


def test_a_key_gets_another_name(owner_client: Client, acme: Organization) -> None:
    key = factories.make_key(acme).key
    before = key.name
    _save(owner_client, "key", key, {"name": "Build server", "prefix": "x", "revoked_at": "2026-01-01"})
    with tenant(acme.id):
        kept = Key.objects.get(id=key.id)
    assert (kept.name, kept.prefix, kept.revoked_at) == ("Build server", key.prefix, None)
    assert audited(acme, "key.renamed")[-1].details == {"before": {"name": before}, "after": {"name": "Build server"}}


def test_invitations_are_revoked_once(owner_client: Client, acme: Organization) -> None:
    with tenant(acme.id):
        row = Invitation.objects.create(organization=acme, digest=b"x" * 32, expires_at=NOW)
    for words in ("1\N{NO-BREAK SPACE}invitation revoked", "0\N{NO-BREAK SPACE}invitations revoked"):
        form = {"action": "revoke", "_selected_action": [str(row.id)]}
        assert words in owner_client.post(f"{HOME}teams/invitation/", form, follow=True).text
    with tenant(acme.id):
        row.refresh_from_db()
    assert row.revoked_at is not None
    assert len(audited(acme, "invitation.revoked")) == 1


def test_a_lead_changes_nothing_of_it(
    alice_client: Client, acme: Organization, bob: User, payments: Team, ledger: Team
) -> None:
    with tenant(acme.id):
        seat = TeamMembership.objects.get(contributor__user=bob)
        person = factories.person(acme, bob)
    key = factories.make_key(acme).key
    rows: dict[str, Model] = {"teammembership": seat, "team": payments, "membership": _membership(acme, bob)}
    for table, row in {**rows, "contributor": person, "key": key}.items():
        for path in ("change", "delete"):
            answer = alice_client.post(f"{HOME}teams/{table}/{row.pk}/{path}/", {"post": "yes", "name": "Mine"})
            assert answer.status_code == 403, (table, path)
    assert alice_client.post(f"{HOME}teams/identity/add/", {}).status_code == 403


def test_who_was_faster_is_said_in_words(
    owner_client: Client, acme: Organization, payments: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the form's look and the action's lock the row goes."""
    monkeypatch.setattr(actions, "rename_team", _deleting_first(actions.rename_team))
    form = {"name": "Pay", "slug": "pay", "parent": ""}
    answer = owner_client.post(f"{HOME}teams/team/{payments.id}/change/", form)
    assert answer.status_code == 302
    assert "deleted meanwhile" in owner_client.get(HOME).text


def _deleting_first(rename: Callable[..., Team]) -> Callable[..., Team]:
    def renamed(*, team: Team, **how: Any) -> Team:
        actions.delete_team(team=team, by=None, now=NOW)
        return rename(team=team, **how)

    return renamed


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
