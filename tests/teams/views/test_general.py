import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import AuditEntry, Membership, Organization, Role, User
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/settings/"
PATHS = (PAGE, f"{PAGE}delete/")


def save(client: Client, group: str, shown_at: str = "", **fields: object) -> Any:
    """Posts one of the forms, as the page shows it or as it was shown."""
    page = shown_at or client.get(PAGE).text
    form = re.search(rf'<form[^>]*id="{group}".*?</form>', page, re.DOTALL)
    assert form
    shown = re.search(r'name="shown" value="([^"]+)"', form[0])
    assert shown
    return client.post(f"{PAGE}save/{group}/", {"shown": shown[1].replace("&quot;", '"'), **fields}, follow=True)


def now_of(organization: Organization) -> Organization:
    return Organization.objects.get(id=organization.id)


@pytest.mark.parametrize("path", PATHS)
def test_only_whoever_may_gets_there(path: str, acme: Organization, bob_client: Client, charlie_client: Client) -> None:
    assert bob_client.get(path).status_code == 403
    assert charlie_client.get(path).status_code == 404


def test_nobody_else_can_save(acme: Organization, bob_client: Client, charlie_client: Client) -> None:
    assert bob_client.post(f"{PAGE}save/name/").status_code == 403
    assert charlie_client.post(f"{PAGE}save/name/").status_code == 404


def test_an_admin_can_not_delete(acme: Organization, client: Client) -> None:
    client.force_login(factories.make_member(acme, Role.ADMIN).user)
    assert "Delete Acme" not in client.get(PAGE).text
    assert client.post(f"{PAGE}delete/", {"slug": "acme"}).status_code == 403
    assert client.post(f"{PAGE}keep/").status_code == 403


# --- new -------------------------------------------------------------------------------------------------------------


def test_whoever_makes_an_organization_owns_it_and_reads_what_comes_next(bob_client: Client, bob: User) -> None:
    assert "New organization" in bob_client.get("/o/acme/").text
    assert bob_client.get("/organizations/new/").status_code == 200
    form = {"name": "Bob & Sons", "slug": "", "time_zone": "Europe/Berlin"}
    page = bob_client.post("/organizations/new/", form, follow=True)
    assert page.redirect_chain == [("/o/bob-sons/settings/", 302)]
    assert "First steps" in page.text
    made = Organization.objects.get(slug="bob-sons")
    assert (made.name, made.time_zone, made.is_personal) == ("Bob & Sons", "Europe/Berlin", False)
    with tenant(made.id):
        assert Membership.objects.get().role == Role.OWNER


def test_a_slug_that_is_taken_is_said_with_one_that_is_free(bob_client: Client, globex: Organization) -> None:
    page = bob_client.post("/organizations/new/", {"name": "G", "slug": "Globex", "time_zone": "UTC"})
    assert page.status_code == 400
    assert re.search(r"This address is taken. “globex-\w+” is free.", page.text)
    assert 'value="Globex"' in page.text
    page = bob_client.post("/organizations/new/", {"name": "G", "slug": "g_x!", "time_zone": "Mars/Olympus"})
    assert page.status_code == 400
    assert page.text.count("autofocus") == 1


def test_nobody_makes_organizations_without_end(bob_client: Client) -> None:
    forms = [{"name": f"One more {number}", "time_zone": "UTC"} for number in range(11)]
    answers = [bob_client.post("/organizations/new/", form).status_code for form in forms]
    assert answers == [302] * 10 + [429]


def test_a_double_click_makes_one_organization(bob_client: Client) -> None:
    before = Organization.objects.count()
    form = {"name": "Initech", "time_zone": "UTC"}
    answers = [bob_client.post("/organizations/new/", form)["Location"] for _ in range(2)]
    assert answers == ["/o/initech/settings/"] * 2
    assert Organization.objects.count() == before + 1


def test_a_visitor_signs_in_first(client: Client) -> None:
    assert client.get("/organizations/new/").headers["Location"].startswith("/accounts/login/")


# --- settings --------------------------------------------------------------------------------------------------------


def test_each_group_saves_by_itself(acme: Organization, owner_client: Client, owner: User) -> None:
    assert "Saved." in save(owner_client, "days", time_zone="Asia/Tokyo").text
    assert "Saved." in save(owner_client, "privacy", privacy_floor=7).text
    assert "Saved." in save(owner_client, "cost", cost_visibility="members").text
    assert "Nothing to save" in save(owner_client, "cost", cost_visibility="members").text
    now = now_of(acme)
    assert (now.time_zone, now.privacy_floor, now.allows_publication) == ("Asia/Tokyo", 7, False)
    assert (now.cost_visibility, now.name) == ("members", "Acme")
    with tenant(acme.id):
        entry = AuditEntry.objects.filter(action="organization.changed").earliest("id")
    assert entry.details["before"] == {"privacy_floor": 5, "allows_publication": True}
    assert (entry.actor_id, entry.address) == (owner.id, "127.0.0.1")


@pytest.mark.parametrize("floor", ["2", "51", "", "x", "4.5"])
def test_a_floor_out_of_range_is_refused_in_words(acme: Organization, owner_client: Client, floor: str) -> None:
    page = save(owner_client, "privacy", privacy_floor=floor, allows_publication="on")
    assert page.status_code == 400
    assert page.text.count("autofocus") == 1
    assert now_of(acme).privacy_floor == 5


def test_keeping_events_for_a_shorter_time_asks_once_more(acme: Organization, owner_client: Client) -> None:
    assert save(owner_client, "keeping", retention_days=30).status_code == 400
    assert now_of(acme).retention_days is None
    assert "Saved." in save(owner_client, "keeping", retention_days=30, is_sure="on").text
    assert "Saved." in save(owner_client, "keeping", retention_days=60).text
    assert "Saved." in save(owner_client, "keeping", retention_days="").text
    assert now_of(acme).retention_days is None


def test_a_page_that_lay_open_does_not_undo_what_others_did(acme: Organization, owner_client: Client) -> None:
    lay_open = owner_client.get(PAGE).text
    save(owner_client, "name", name="First", slug="acme")
    page = save(owner_client, "name", lay_open, name="Second", slug="acme")
    assert page.status_code == 400
    assert "Now it is: First" in page.text
    assert 'value="Second"' in page.text
    assert now_of(acme).name == "First"
    save(owner_client, "name", page.text, name="Second", slug="acme")
    assert now_of(acme).name == "Second"


def test_what_a_form_was_shown_with_can_not_be_invented(acme: Organization, owner_client: Client) -> None:
    for shown in ("", "x", '{"name": "Acme"}'):
        answer = owner_client.post(f"{PAGE}save/name/", {"shown": shown, "name": "New", "slug": "acme"})
        assert answer.status_code == 400
    assert now_of(acme).name == "Acme"
    assert owner_client.post(f"{PAGE}save/nothing/").status_code == 404


# --- moved -----------------------------------------------------------------------------------------------------------


def test_members_who_follow_an_old_address_are_sent_on(
    acme: Organization, owner_client: Client, bob_client: Client, charlie_client: Client, client: Client
) -> None:
    page = save(owner_client, "name", name="Acme", slug="labs")
    assert page.redirect_chain == [("/o/labs/settings/", 302)]
    answer = bob_client.get("/o/acme/health/?p=28d&next=/o/acme/")
    assert (answer.status_code, answer["Location"]) == (307, "/o/labs/health/?p=28d&next=/o/acme/")
    assert bob_client.get("/o/acme/", follow=True).status_code == 200
    answer = owner_client.post("/o/acme/settings/delete/", {"slug": "labs"})
    assert (answer.status_code, answer["Location"]) == (307, "/o/labs/settings/delete/")
    assert charlie_client.get("/o/acme/").status_code == 404
    assert client.get("/o/acme/")["Location"].startswith("/accounts/login/")


# --- notices ---------------------------------------------------------------------------------------------------------


def test_every_member_reads_for_thirty_days_that_smaller_groups_are_shown(
    acme: Organization, owner_client: Client, bob_client: Client
) -> None:
    assert "Smaller groups" not in bob_client.get("/o/acme/").text
    save(owner_client, "privacy", privacy_floor=3, allows_publication="on")
    for path in ("/o/acme/", "/o/acme/health/"):
        assert "of 3 people or more; before, it was 5" in bob_client.get(path).text
    Organization.objects.update(privacy_floor_changed_at=timezone.now() - timedelta(days=30))
    assert "Smaller groups" not in bob_client.get("/o/acme/").text


def test_deletion_is_confirmed_told_to_all_and_taken_back(
    acme: Organization, owner_client: Client, bob_client: Client
) -> None:
    delete = f"{PAGE}delete/"
    assert "Type acme to confirm" in owner_client.get(delete).text
    for typed in ("", "globex", "ACME"):
        assert owner_client.post(delete, {"slug": typed}).status_code == 400
    assert now_of(acme).deleted_at is None
    for _ in range(2):
        assert owner_client.post(delete, {"slug": "acme"}, follow=True).status_code == 200
    told = bob_client.get("/o/acme/").text
    assert "Acme will be deleted on" in told
    assert "Keep it" not in told
    assert "Keep it" in owner_client.get("/o/acme/").text
    for _ in range(2):
        assert "Acme stays" in owner_client.post(f"{PAGE}keep/", follow=True).text
    assert "will be deleted" not in bob_client.get("/o/acme/").text


def test_after_the_time_of_grace_it_is_too_late(acme: Organization, owner_client: Client, owner: User) -> None:
    actions.delete_organization(organization=acme, by=owner, now=timezone.now() - timedelta(days=8))
    assert "is over" in owner_client.post(f"{PAGE}keep/", follow=True).text
    assert now_of(acme).deleted_at
