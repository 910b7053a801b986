"""Signing a machine in: the codes, the page where a person decides, and the keys that are handed over once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.actions.devices import (
    LIFETIME,
    DeviceRefusedError,
    DeviceState,
    approve_device,
    ask_for_device,
    deny_device,
    device_of,
    hand_keys,
)
from teams.device_codes import ALPHABET, letters_of, new_user_code
from teams.keys import Scope, digest_of
from teams.models import AuditEntry, DeviceRequest, Key, KeyKind, Membership, Organization, Role, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def _asked(may_read: bool = True, now: Any = NOW) -> tuple[str, str, DeviceRequest]:
    asked = ask_for_device(host="laptop", client_version="1.0", may_read=may_read, now=now)
    device = device_of(asked.user_code)
    assert device is not None
    return asked.device_code, asked.user_code, device


def _keys(organization: Organization) -> list[Key]:
    with tenant(organization.id):
        return list(Key.objects.filter(organization=organization).order_by("id"))


def test_codes_are_easy_to_type_and_read_in_one_spelling() -> None:
    code = new_user_code()
    assert set(code.replace("-", "")) <= set(ALPHABET)
    for typed in (code, code.lower(), f" {code.replace('-', ' ')} ", code.replace("-", "")):
        assert letters_of(typed) == code.replace("-", "")
    for wrong in ("", "AEIO-UAEI", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJ\x00", "ßßßß"):
        assert letters_of(wrong) == ""


def test_only_digests_of_the_codes_are_kept(db: None) -> None:
    device_code, user_code, device = _asked()
    assert bytes(device.device_digest) == digest_of(device_code)
    kept = " ".join(map(str, DeviceRequest.objects.values_list().get()))
    assert device_code not in kept
    assert letters_of(user_code) not in kept


def test_an_approved_machine_gets_its_keys_once(acme: Organization, bob: User) -> None:
    device_code, _, device = _asked()
    assert hand_keys(device_code=device_code, now=NOW).state is DeviceState.PENDING
    assert hand_keys(device_code=device_code, now=NOW + timedelta(seconds=1)).state is DeviceState.SLOW_DOWN
    approve_device(device=device, organization=acme, by=bob, now=NOW)
    assert _keys(acme) == []
    handed = hand_keys(device_code=device_code, now=NOW + timedelta(seconds=5))
    ingest, token = _keys(acme)
    assert (ingest.kind, bytes(ingest.digest)) == (KeyKind.INGEST, digest_of(handed.ingest_key))
    assert (token.kind, token.scopes, bytes(token.digest)) == (KeyKind.API, [Scope.OWN], digest_of(handed.api_token))
    with tenant(acme.id):
        assert {ingest.contributor, token.contributor} == {factories.person(acme, bob)}
        told = list(AuditEntry.objects.filter(actor=bob).order_by("id").values_list("action", flat=True))
    assert told[-3:] == ["device.approved", "key.created", "key.created"]
    assert hand_keys(device_code=device_code, now=NOW + timedelta(seconds=9)).state is DeviceState.EXPIRED
    assert len(_keys(acme)) == 2


def test_without_asking_to_read_there_is_no_token(acme: Organization, bob: User) -> None:
    device_code, _, device = _asked(may_read=False)
    approve_device(device=device, organization=acme, by=bob, now=NOW)
    assert hand_keys(device_code=device_code, now=NOW).api_token == ""
    assert [key.kind for key in _keys(acme)] == [KeyKind.INGEST]


@pytest.mark.parametrize("how", ["denied", "late", "gone", "erased"])
def test_other_machines_get_nothing(how: str, acme: Organization, bob: User) -> None:
    device_code, _, device = _asked()
    now, expected = NOW, DeviceState.DENIED
    if how == "denied":
        deny_device(device=device, by=bob, now=NOW)
    else:
        approve_device(device=device, organization=acme, by=bob, now=NOW)
    if how == "late":
        now, expected = NOW + LIFETIME, DeviceState.EXPIRED
    if how == "gone":
        with tenant(acme.id):
            member = Membership.objects.get(organization=acme, user=bob)
        actions.deactivate_member(membership=member, by=None, now=NOW)
    if how == "erased":
        DeviceRequest.objects.update(sends_to=2**40)
    assert hand_keys(device_code=device_code, now=now).state is expected
    assert _keys(acme) == []


def test_what_was_decided_stays_decided(acme: Organization, bob: User, alice: User) -> None:
    _, _, device = _asked()
    deny_device(device=device, by=bob, now=NOW)
    with pytest.raises(DeviceRefusedError):
        approve_device(device=device, organization=acme, by=alice, now=NOW)
    _, _, late = _asked()
    with pytest.raises(DeviceRefusedError):
        approve_device(device=late, organization=acme, by=alice, now=NOW + LIFETIME)


def test_nobody_approves_for_an_organization_where_they_may_not_send(acme: Organization, charlie: User) -> None:
    viewer = factories.make_member(acme, Role.VIEWER).user
    _, _, device = _asked()
    for user in (charlie, viewer):
        with pytest.raises(DeviceRefusedError):
            approve_device(device=device, organization=acme, by=user, now=NOW)


def test_old_requests_are_forgotten(db: None) -> None:
    _asked()
    ask_for_device(host="b", client_version="1", may_read=False, now=NOW + timedelta(hours=2))
    assert list(DeviceRequest.objects.values_list("host", flat=True)) == ["b"]


# --- the API ---------------------------------------------------------------------------------------------------------


def _post(path: str, body: Any) -> Any:
    return Client().post(f"/api/v1/device/{path}/", body, content_type="application/json")


def test_a_machine_asks_and_polls(acme: Organization, bob: User) -> None:
    told = _post("code", {"host": "lap\u202etop\n", "client_version": "1.0", "may_read": True})
    assert told.status_code == 200
    assert "no-store" in told["Cache-Control"]
    asked = told.json()
    assert asked["verification_uri_complete"] == f"http://testserver/device/?code={asked['user_code']}"
    assert (asked["interval"], asked["expires_in"]) == (2, 600)
    device = device_of(asked["user_code"])
    assert device is not None
    assert device.host == "laptop"
    waiting = _post("token", {"device_code": asked["device_code"]})
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    assert _post("token", {"device_code": asked["device_code"]}).json()["error"] == "slow_down"
    approve_device(device=device, organization=acme, by=bob, now=timezone.now())
    got = _post("token", {"device_code": asked["device_code"]})
    assert got.json()["organization"] == {"slug": "acme", "name": "Acme"}
    assert got.json()["ingest_key"].startswith("cci_")
    assert got.json()["api_token"].startswith("cca_")
    assert _post("token", {"device_code": asked["device_code"]}).json()["error"] == "expired_token"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("code", {}),
        ("code", []),
        ("code", {"host": 1, "client_version": "1"}),
        ("code", {"host": "\u202e", "client_version": "1"}),
        ("code", {"host": "a", "client_version": "1", "may_read": "yes"}),
        ("token", {}),
        ("token", {"device_code": "\x00"}),
        ("token", {"device_code": "ü"}),
        ("token", "text"),
    ],
)
def test_what_makes_no_sense_is_a_problem_and_no_more(path: str, body: Any, db: None) -> None:
    answer = _post(path, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not DeviceRequest.objects.exists()


def test_codes_are_given_out_so_often_only(db: None) -> None:
    statuses = [_post("code", {"host": "a", "client_version": "1"}).status_code for _ in range(62)]
    assert (statuses[0], statuses[-1]) == (200, 429)


# --- the page --------------------------------------------------------------------------------------------------------


def test_it_is_for_whoever_is_signed_in_and_keeps_the_code_meanwhile(db: None) -> None:
    answer = Client().get("/device/?code=BCDF-GHJK")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/device/%3Fcode%3DBCDF-GHJK"


def test_the_page_says_who_asks_for_what_and_looking_decides_nothing(bob_client: Client) -> None:
    _, code, _ = _asked(now=timezone.now())
    answer = bob_client.get("/device/", {"code": code.lower()})
    for words in ("laptop", code, "send events as you", "read your own numbers", "Acme"):
        assert words in answer.text
    assert "no-store" in answer["Cache-Control"]
    assert not DeviceRequest.objects.exclude(approved_at=None, denied_at=None).exists()


def test_yes_connects_it(acme: Organization, bob: User, bob_client: Client) -> None:
    device_code, code, _ = _asked(now=timezone.now())
    answer = bob_client.post("/device/", {"code": code, "approve": "1"})
    assert "laptop is connected" in answer.text
    assert hand_keys(device_code=device_code, now=timezone.now()).organization == acme
    assert "used already" in bob_client.post("/device/", {"code": code, "approve": "1"}).text
    assert len(_keys(acme)) == 2


def test_no_denies_it(acme: Organization, bob_client: Client) -> None:
    device_code, code, _ = _asked(now=timezone.now())
    assert "Nothing was connected" in bob_client.post("/device/", {"code": code, "deny": "1"}).text
    assert hand_keys(device_code=device_code, now=timezone.now()).state is DeviceState.DENIED


def test_codes_that_lead_nowhere(bob_client: Client) -> None:
    _, old, _ = _asked(now=timezone.now() - LIFETIME)
    assert "has expired" in bob_client.get("/device/", {"code": old}).text
    assert bob_client.get("/device/").status_code == 200
    for code, status in (("BCDF-GHJK", 404), ("nonsense", 400), ("", 400), ("\x00", 400)):
        for ask in (bob_client.get, bob_client.post):
            answer = ask("/device/", {"code": code, "approve": "1"})
            assert (code, answer.status_code) == (code, status)


def test_guessing_ends_soon(bob_client: Client) -> None:
    assert [bob_client.get("/device/", {"code": new_user_code()}).status_code for _ in range(21)][-1] == 429


def test_who_is_in_several_organizations_chooses_one(acme: Organization, bob: User, bob_client: Client) -> None:
    second = factories.make_organization("second")
    factories.make_member(second, Role.DEVELOPER, bob)
    foreign = factories.make_organization("foreign")
    device_code, code, _ = _asked(now=timezone.now())
    assert "<select" in bob_client.get("/device/", {"code": code}).text
    for wrong in ("", foreign.slug):
        assert bob_client.post("/device/", {"code": code, "approve": "1", "organization": wrong}).status_code == 400
    bob_client.post("/device/", {"code": code, "approve": "1", "organization": "second"})
    assert hand_keys(device_code=device_code, now=timezone.now()).organization == second


def test_who_belongs_nowhere_gets_a_workspace(client: Client) -> None:
    client.force_login(factories.make_user("new@example.com"), backend="django.contrib.auth.backends.ModelBackend")
    device_code, code, _ = _asked(now=timezone.now())
    assert "a workspace of your own" in client.get("/device/", {"code": code}).text
    client.post("/device/", {"code": code, "approve": "1"})
    handed = hand_keys(device_code=device_code, now=timezone.now())
    assert handed.organization is not None
    assert handed.organization.is_personal


def test_viewers_connect_nothing(acme: Organization, client: Client) -> None:
    viewer = factories.make_member(acme, Role.VIEWER).user
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    device_code, code, _ = _asked(now=timezone.now())
    answer = client.post("/device/", {"code": code, "approve": "1"})
    assert "Your role lets you send nothing" in answer.text
    assert hand_keys(device_code=device_code, now=timezone.now()).state is DeviceState.PENDING
