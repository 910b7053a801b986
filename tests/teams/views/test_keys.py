import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.keys import digest_of
from teams.models import AuditEntry, Contributor, Key, KeyKind, Organization, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
KEYS, OWN = "/o/acme/settings/keys/", "/o/acme/keys/"
SECRET = re.compile(r"cc[ia]_[0-9A-Za-z]{43}")


def keys_of(organization: Organization) -> list[Key]:
    with tenant(organization.id):
        return list(Key.objects.select_related("contributor", "created_by").order_by("id"))


def filled(client: Client, address: str, **fields: Any) -> dict[str, Any]:
    """What the form on the page would send."""
    form_id = re.search(r'name="once" value="(\w+)"', client.get(address).text)
    assert form_id
    return {"once": form_id[1], "kind": "ingest", "name": "CI", "whose": "organization", "lifetime": "", **fields}


def made(client: Client, address: str = f"{KEYS}new/", **fields: Any) -> str:
    """The secret that the page shows."""
    answer = client.post(address, filled(client, address, **fields))
    assert answer.status_code == 200, answer.text
    secrets: set[str] = set(SECRET.findall(answer.text))
    assert len(secrets) == 1
    return secrets.pop()


def person_of(organization: Organization, user: User) -> Contributor:
    with tenant(organization.id):
        return factories.person(organization, user)


@pytest.mark.parametrize("rest", ["", "new/", "{key}/", "{key}/rotate/", "{key}/revoke/"])
def test_all_keys_are_for_admins_only(
    rest: str, acme: Organization, bob_client: Client, alice_client: Client, charlie_client: Client
) -> None:
    address = KEYS + rest.format(key=factories.make_key(acme).key.id)
    for client, status in ((bob_client, 403), (alice_client, 403), (charlie_client, 404)):
        assert client.get(address).status_code == status
        assert client.post(address).status_code in {status, 405}
        assert keys_of(acme)[0].revoked_at is None


@pytest.mark.parametrize("rest", ["{key}/", "{key}/rotate/", "{key}/revoke/"])
def test_own_keys_are_one_s_own_only(
    rest: str, acme: Organization, alice: User, bob_client: Client, charlie_client: Client
) -> None:
    for person in (None, person_of(acme, alice)):
        key = factories.make_key(acme, contributor=person, name="not Bob's").key
        address = OWN + rest.format(key=key.id)
        for client in (bob_client, charlie_client):
            assert client.get(address).status_code == client.post(address).status_code == 404
    assert "not Bob" not in bob_client.get(OWN).text
    assert charlie_client.get(OWN).status_code == 404


def test_a_key_of_another_organization_is_not_there(globex: Organization, owner_client: Client) -> None:
    key = factories.make_key(globex, name="of Globex").key
    for rest in ("", "rotate/", "revoke/"):
        assert owner_client.get(f"{KEYS}{key.id}/{rest}").status_code == 404
    assert "of Globex" not in owner_client.get(KEYS).text


def test_the_secret_is_shown_once_and_never_again(acme: Organization, owner: User, owner_client: Client) -> None:
    data = filled(owner_client, f"{KEYS}new/", name="Build <server>")
    answer = owner_client.post(f"{KEYS}new/", data)
    secret = SECRET.findall(answer.text)[0]
    assert "no-store" in answer["Cache-Control"]
    assert "data-copy" in answer.text
    key = keys_of(acme)[0]
    assert bytes(key.digest) == digest_of(secret)
    assert (key.name, key.created_by, key.contributor) == ("Build <server>", owner, None)
    again = owner_client.post(f"{KEYS}new/", data, follow=True)
    assert "This form was sent before" in again.text
    assert again.request["PATH_INFO"] == f"{KEYS}{key.id}/"
    pages = [again.text, *(owner_client.get(address).text for address in (KEYS, f"{KEYS}{key.id}/", f"{KEYS}new/"))]
    assert not any(SECRET.search(page) for page in pages)
    assert len(keys_of(acme)) == 1
    with tenant(acme.id):
        assert secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_key(acme: Organization, owner_client: Client) -> None:
    data = filled(owner_client, f"{KEYS}new/")

    def click(_: int) -> int:
        try:
            client = Client()
            client.cookies = owner_client.cookies
            return client.post(f"{KEYS}new/", data).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        statuses = list(threads.map(click, range(3)))
    assert sorted(statuses) == [200, 302, 302]
    assert len(keys_of(acme)) == 1


def test_an_ingest_key_for_a_person_is_found_by_address_or_login(
    acme: Organization, bob: User, owner_client: Client
) -> None:
    for person in ("BOB@acme.example", "Bob"):
        made(owner_client, whose="person", person=person, name=person)
    assert {key.contributor for key in keys_of(acme)} == {person_of(acme, bob)}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"whose": "person"}, "Say whose key it is"),
        ({"whose": "person", "person": "nobody@x.example"}, "Nobody here is known by this."),
        ({"whose": "person", "person": "charlie@globex.example"}, "Nobody here is known by this."),
        ({"kind": "api"}, "Choose what the token may read."),
        ({"kind": "api", "scopes": ["everything"]}, "everything is not one of the available choices"),
        (
            {"kind": "api", "scopes": ["usage:read"], "whose": "person", "person": "bob@acme.example"},
            "make it themselves",
        ),
        ({"lifetime": "date"}, "Give the last day"),
        ({"lifetime": "date", "last_on": "2020-01-01"}, "Give a day from today on"),
        ({"lifetime": "date", "last_on": "9999-12-31"}, "Give a day from today on"),
        ({"lifetime": "date", "last_on": "soon"}, "Enter a valid date"),
        ({"lifetime": "7000"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    fields: dict[str, Any], words: str, acme: Organization, bob: User, charlie: User, owner_client: Client
) -> None:
    data = filled(owner_client, f"{KEYS}new/", **fields)
    answer = owner_client.post(f"{KEYS}new/", data)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'value="{data["name"]}"' in answer.text or not data["name"]
    assert answer.text.count("autofocus") == 1
    assert keys_of(acme) == []
    # It was not used up: corrected, the same form works.
    corrected = {"name": "CI", "kind": "ingest", "whose": "organization", "lifetime": "", "scopes": [], "last_on": ""}
    assert owner_client.post(f"{KEYS}new/", {**data, **corrected}).status_code == 200


def test_a_name_of_several_people_is_asked_again(acme: Organization, owner_client: Client) -> None:
    with tenant(acme.id):
        for _ in range(2):
            factories.make_contributor(acme, "Kim")
    data = filled(owner_client, f"{KEYS}new/", whose="person", person="kim")
    assert "Several people are called so." in owner_client.post(f"{KEYS}new/", data).text


def test_a_token_has_its_scopes_and_reads_with_them(acme: Organization, owner_client: Client) -> None:
    secret = made(owner_client, kind="api", scopes=["usage:read"])
    assert secret.startswith("cca_")
    assert keys_of(acme)[0].scopes == ["usage:read"]
    assert Client().get("/api/v1/usage/", HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 200


def test_a_lifetime_ends_after_its_last_day(acme: Organization, owner_client: Client) -> None:
    Organization.objects.filter(id=acme.id).update(time_zone="Asia/Tokyo")
    last_on = timezone.now().date() + timedelta(days=3)
    made(owner_client, lifetime="date", last_on=last_on.isoformat())
    made(owner_client, lifetime="30")
    by_date, by_days = (key.expires_at for key in keys_of(acme))
    assert by_date == datetime(last_on.year, last_on.month, last_on.day, 15, tzinfo=UTC)
    assert by_days
    assert abs(by_days - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


def test_a_developer_makes_keys_of_their_own_that_can_only_send(
    acme: Organization, bob: User, bob_client: Client
) -> None:
    assert "usage:read" not in bob_client.get(f"{OWN}new/").text
    made(bob_client, f"{OWN}new/", whose="organization", person="owner@acme.example")
    key = keys_of(acme)[0]
    assert (key.contributor, key.kind, key.created_by) == (person_of(acme, bob), KeyKind.INGEST, bob)
    forged = filled(bob_client, f"{OWN}new/", kind="api", scopes=["usage:read"])
    assert bob_client.post(f"{OWN}new/", forged).status_code == 400
    assert len(keys_of(acme)) == 1
    assert key.prefix in bob_client.get(OWN).text
    assert 'href="/o/acme/keys/"' in bob_client.get("/o/acme/").text


def test_a_key_is_renamed(acme: Organization, owner_client: Client) -> None:
    key = factories.make_key(acme).key
    assert "is called Laptop now" in owner_client.post(f"{KEYS}{key.id}/", {"name": "Laptop"}, follow=True).text
    with tenant(acme.id):
        entry = AuditEntry.objects.latest("id")
    assert entry.action == "key.renamed"
    assert entry.details == {"before": {"name": "of a test"}, "after": {"name": "Laptop"}}
    assert owner_client.post(f"{KEYS}{key.id}/", {"name": ""}).status_code == 400
    assert keys_of(acme)[0].name == "Laptop"


def test_a_key_is_revoked_after_a_question_and_only_once(acme: Organization, owner_client: Client) -> None:
    key = factories.make_key(acme).key
    assert "can't be undone" in owner_client.get(f"{KEYS}{key.id}/revoke/").text
    assert keys_of(acme)[0].revoked_at is None
    assert "is refused everywhere" in owner_client.post(f"{KEYS}{key.id}/revoke/", follow=True).text
    assert "was revoked already" in owner_client.post(f"{KEYS}{key.id}/revoke/", follow=True).text
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="key.revoked").count() == 1


def test_a_rotated_key_works_until_its_overlap_is_over(acme: Organization, bob: User, owner_client: Client) -> None:
    old = factories.make_key(acme, contributor=person_of(acme, bob)).key
    address = f"{KEYS}{old.id}/rotate/"
    data = filled(owner_client, address, overlap="24")
    answer = owner_client.post(address, data)
    assert SECRET.search(answer.text)
    first, second = keys_of(acme)
    assert (second.name, second.contributor, second.replaces_id) == (first.name, first.contributor, first.id)
    assert first.expires_at
    assert abs(first.expires_at - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert "This form was sent before" in owner_client.post(address, data, follow=True).text
    other_admin = owner_client.post(address, filled(owner_client, address, overlap="0"))
    assert other_admin.status_code == 400
    assert f"was replaced already, by {second.prefix}…" in other_admin.text
    assert len(keys_of(acme)) == 2
    with tenant(acme.id):
        entry = AuditEntry.objects.latest("id")
    assert entry.action == "key.rotated"
    assert first.prefix in entry.details["before"]["key"]


def test_a_key_that_ended_is_not_rotated(acme: Organization, owner_client: Client) -> None:
    key = factories.make_key(acme, expires_at=NOW).key
    address = f"{KEYS}{key.id}/rotate/"
    assert "has ended already" in owner_client.post(address, filled(owner_client, address, overlap="0")).text
    assert len(keys_of(acme)) == 1


def test_nobody_gets_hold_of_another_person_s_token(acme: Organization, bob: User, owner_client: Client) -> None:
    token = factories.make_token(acme, contributor=person_of(acme, bob)).key
    assert "rotate/" not in owner_client.get(f"{KEYS}{token.id}/").text
    answer = owner_client.post(f"{KEYS}{token.id}/rotate/", {"once": "0" * 32, "overlap": "0"}, follow=True)
    assert "Only its person may hold this token" in answer.text
    assert len(keys_of(acme)) == 1


def test_whoever_may_read_less_than_before_renews_no_token(acme: Organization, bob: User, bob_client: Client) -> None:
    token = factories.make_token(acme, contributor=person_of(acme, bob)).key
    answer = bob_client.post(f"{OWN}{token.id}/rotate/", {"once": "0" * 32, "overlap": "0"}, follow=True)
    assert "your role may see no more" in answer.text
    assert len(keys_of(acme)) == 1


def test_too_many_keys_are_refused_in_words(acme: Organization, owner_client: Client) -> None:
    for _ in range(30):
        made(owner_client)
    answer = owner_client.post(f"{KEYS}new/", filled(owner_client, f"{KEYS}new/"))
    assert answer.status_code == 429
    assert "a lot of keys" in answer.text
    assert len(keys_of(acme)) == 30


def test_the_list_is_filtered(acme: Organization, bob: User, owner_client: Client) -> None:
    later = timezone.now() + timedelta(days=1)
    rows = {
        "active-ingest": factories.make_key(acme, name="active-ingest", contributor=person_of(acme, bob)),
        "active-token": factories.make_token(acme, name="active-token", expires_at=later),
        "expired-key": factories.make_key(acme, name="expired-key", expires_at=NOW),
        "revoked-key": factories.make_key(acme, name="revoked-key"),
    }
    actions.revoke_key(key=rows["revoked-key"].key, by=None, now=NOW)

    def shown(**query: str) -> set[str]:
        page = owner_client.get(KEYS, query)
        assert page.status_code == 200
        return {name for name in rows if name in page.text}

    assert shown() == set(rows)
    assert shown(kind="api") == {"active-token"}
    assert shown(state="active") == {"active-ingest", "active-token"}
    assert shown(state="expired") == {"expired-key"}
    assert shown(state="revoked") == {"revoked-key"}
    assert shown(q="bob") == {"active-ingest"}
    assert shown(q=rows["active-token"].secret) == {"active-token"}
    assert shown(q="nothing") == set()
    assert shown(kind="x", state="y\x00", page="z") == set(rows)


def test_the_number_of_statements_does_not_grow(
    acme: Organization, owner: User, owner_client: Client, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            with tenant(acme.id):
                person = factories.make_contributor(acme)
            actions.create_key(organization=acme, kind=KeyKind.INGEST, name="x", contributor=person, by=owner, now=NOW)

    def statements() -> int:
        with django_assert_max_num_queries(100) as captured:
            assert owner_client.get(KEYS).status_code == 200
        return len(captured)

    statements()
    fill(2)
    before = statements()
    fill(60)
    assert statements() == before
    assert "1–50 of 62" in owner_client.get(KEYS).text
