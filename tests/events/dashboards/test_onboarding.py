from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.ledger import record
from events.schema import Prompt, Response
from events.sources import all_sources
from events.sources._base import Parsed
from teams.key_cache import Access
from teams.keys import digest_of
from teams.models import AuditEntry, Key, KeyKind, Organization, Role, User
from teams.queries import key_by_digest
from tests import factories
from tests.events.dashboards._work import NOW, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


def _keys(organization: Organization) -> list[Key]:
    with tenant(organization.id):
        return list(Key.objects.order_by("id"))


def _secret(text: str) -> str:
    start = text.index("Bearer cci_") + len("Bearer ")
    return text[start : start + 47]


def _waiting(key: Key, **more: Any) -> str:
    return f"/start/waiting/?organization=acme&tool=claude-code&key={key.id}"


@pytest.fixture
def key(acme: Organization, bob: User) -> Key:
    with tenant(acme.id):
        made = factories.make_key(acme, contributor=factories.person(acme, bob)).key
        Key.objects.filter(id=made.id).update(created_at=NOW - timedelta(seconds=10))
        return Key.objects.get(id=made.id)


def _sends(organization: Organization, key: Key, bob: User, **fields: Any) -> None:
    at = NOW - timedelta(seconds=5)
    with tenant(organization.id):
        person = factories.person(organization, bob)
    common: dict[str, Any] = {"at": at, "tool": "claude-code", "session": "one", "model": "claude-sonnet-4-5"} | fields
    store(organization, person, Prompt(id="p", **common), Response(id="r", input_tokens=70, cost_usd=0.1, **common))


def test_looking_writes_nothing(acme: Organization, bob_client: Client) -> None:
    answer = bob_client.get("/start/")
    assert answer.status_code == 200
    assert "YOUR_KEY" in answer.text
    assert _keys(acme) == []


@pytest.mark.parametrize("source", [source for source in all_sources() if source.steps("", "")], ids=lambda s: s.name)
def test_every_tool_says_how_it_is_set_up_and_what_it_keeps(source: Any, bob_client: Client) -> None:
    answer = bob_client.get("/start/", {"tool": source.name})
    assert answer.context["tool"] == source.name
    assert "http://testserver/otlp" in answer.text
    assert answer.context["kept"]


def test_making_a_key_shows_it_once(acme: Organization, bob: User, bob_client: Client) -> None:
    answer = bob_client.post("/start/", {"tool": "claude-code", "organization": "acme"})
    (key,) = _keys(acme)
    secret = _secret(answer.text)
    assert key.digest == digest_of(secret)
    assert key_by_digest(digest_of(secret)) == key
    assert (key.kind, key.created_by_id) == (KeyKind.INGEST, bob.id)
    with tenant(acme.id):
        assert key.contributor == factories.person(acme, bob)
        assert AuditEntry.objects.filter(action="key.created").exists()
    assert "no-store" in answer["Cache-Control"]
    again = bob_client.get(answer.context["look_again_url"])
    assert secret not in again.text
    assert key.prefix in again.text


def test_the_address_of_the_settings_is_used(bob_client: Client, settings: Any) -> None:
    settings.BASE_URL = "https://code-card.example.com"
    assert "https://code-card.example.com/otlp" in bob_client.get("/start/").text


def test_an_unknown_tool_is_the_first_one(bob_client: Client) -> None:
    assert bob_client.get("/start/?tool=%00nonsense").context["tool"] == "claude-code"


def test_viewers_send_nothing(acme: Organization, client: Client) -> None:
    viewer = factories.make_member(acme, Role.VIEWER).user
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/start/").context["organization"] is None
    assert client.post("/start/", {"organization": "acme"}).status_code == 404
    assert _keys(acme) == []


def test_who_belongs_nowhere_gets_a_workspace_with_the_first_key(client: Client) -> None:
    newcomer = factories.make_user("new@example.com", name="Nia")
    client.force_login(newcomer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/start/").status_code == 200
    client.post("/start/", {"tool": "codex"})
    organization = Organization.objects.get()
    assert organization.is_personal
    assert len(_keys(organization)) == 1


def test_another_organization_gets_no_key(acme: Organization, charlie_client: Client) -> None:
    assert charlie_client.post("/start/", {"organization": "acme"}).status_code == 404
    assert _keys(acme) == []


def test_the_panel_waits_then_says_what_to_check(acme: Organization, key: Key, bob_client: Client) -> None:
    assert bob_client.get(_waiting(key)).context["waiting_state"] == "waiting"
    with tenant(acme.id):
        Key.objects.filter(id=key.id).update(created_at=NOW - timedelta(seconds=61))
    late = bob_client.get(_waiting(key))
    assert "Nothing yet" in late.text
    assert "What to check" in late.text


def test_the_panel_turns_green_with_what_came(acme: Organization, key: Key, bob: User, bob_client: Client) -> None:
    _sends(acme, key, bob)
    answer = bob_client.get(_waiting(key))
    assert "Claude Code is connected" in answer.text
    [panel] = answer.context["panels"]
    assert panel.kinds == ["1\u00a0prompt", "1\u00a0model call"]
    assert {part.name: part.is_there for part in panel.parts} == {
        "Tokens": True,
        "Session": True,
        "Repository": False,
        "Cost": True,
    }
    assert "inside a clone that has a remote" in answer.text
    assert "hx-trigger" not in answer.text


def test_several_tools_share_a_key_and_are_waited_for_by_themselves(
    acme: Organization, key: Key, bob: User, bob_client: Client
) -> None:
    _sends(acme, key, bob)
    answer = bob_client.get(f"{_waiting(key)}&tool=codex")
    assert [panel.state for panel in answer.context["panels"]] == ["arrived", "waiting"]
    assert "Claude Code is connected" in answer.text
    assert "Codex: Waiting" in answer.text
    assert "tool=claude-code&amp;tool=codex" in answer.text
    _sends(acme, key, bob, tool="codex")
    assert bob_client.get(f"{_waiting(key)}&tool=codex").context["is_settled"]


def test_several_tools_are_chosen_one_by_one_and_get_one_key(acme: Organization, bob_client: Client) -> None:
    links = {tool.slug: tool for tool in bob_client.get("/start/").context["tools"]}
    assert [slug for slug, tool in links.items() if tool.is_chosen] == ["claude-code"]
    codex = bob_client.get(f"/start/{links['codex'].href}").context
    assert codex["chosen"] == ["codex"]
    [both] = [tool.href for tool in codex["tools"] if tool.slug == "gemini-cli"]
    shown = bob_client.get(f"/start/{both}")
    assert shown.context["chosen"] == ["codex", "gemini-cli"]
    answer = bob_client.post("/start/", {"tool": ["codex", "gemini-cli"], "organization": "acme"})
    [made] = _keys(acme)
    assert made.name == "Codex, Gemini CLI"
    assert [name for name, _ in answer.context["setups"]] == ["Codex", "Gemini CLI"]
    assert answer.text.count(_secret(answer.text)) >= 2
    assert len(answer.context["panels"]) == 2


def test_one_line_sets_up_all_with_the_file_that_is_served_here(bob_client: Client) -> None:
    line = bob_client.get("/start/").context["commands"][0].text
    assert line == (
        "curl -fsSO http://testserver/code-card.pyz && python3 code-card.pyz connect --server http://testserver"
    )
    served = Client().get("/code-card.pyz")
    assert served.content.startswith(b"#!/usr/bin/env python3\nPK")
    assert Client().get("/code-card.pyz", headers={"if-none-match": served["ETag"]}).status_code == 304


def test_it_waits_on_until_tokens_come(acme: Organization, key: Key, bob: User, bob_client: Client) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    store(acme, person, Prompt(id="p", at=NOW, tool="claude-code"))
    answer = bob_client.get(_waiting(key))
    assert answer.context["waiting_state"] == "arrived"
    assert 'hx-trigger="every 2s"' in answer.text


@pytest.mark.parametrize(
    "fields", [{"tool": "codex"}, {"at": datetime(2026, 6, 2, tzinfo=UTC)}, {"email": "somebody@else.example"}]
)
def test_what_is_not_of_this_tool_person_or_time_does_not_count(
    fields: dict[str, Any], acme: Organization, key: Key, bob: User, bob_client: Client
) -> None:
    _sends(acme, key, bob, **fields)
    assert bob_client.get(_waiting(key)).context["waiting_state"] == "waiting"


def test_a_key_that_was_used_for_somebody_else_gives_the_likely_reason(
    acme: Organization, key: Key, bob_client: Client
) -> None:
    with tenant(acme.id):
        Key.objects.filter(id=key.id).update(last_used_at=NOW, created_at=NOW - timedelta(minutes=2))
    assert "signed in with another e-mail address" in bob_client.get(_waiting(key)).text


def test_a_refusal_is_shown_while_waiting(acme: Organization, key: Key, bob_client: Client) -> None:
    parsed = Parsed()
    parsed.reject(0, "time is more than a day ahead")
    parsed.ignored = Counter({("claude-code", "logs", "x"): 1})
    access = Access(acme.id, key.id, key.contributor_id, KeyKind.INGEST, frozenset())
    record(parsed, access, now=timezone.now(), source="claude-code")
    assert "was refused: time is more than a day ahead" in bob_client.get(_waiting(key)).text


@pytest.mark.parametrize("number", ["", "0", "x", "٣", "9" * 40, "-1", "%00"])
def test_a_key_that_is_not_there_is_not_found(number: str, acme: Organization, bob_client: Client) -> None:
    assert bob_client.get(f"/start/waiting/?organization=acme&key={number}").status_code == 404
    assert bob_client.get(f"/start/?organization=acme&key={number}").status_code == 200


def test_the_key_of_another_person_is_not_there(
    key: Key, alice_client: Client, charlie_client: Client, client: Client
) -> None:
    assert alice_client.get(_waiting(key)).status_code == 404
    assert charlie_client.get(_waiting(key)).status_code == 404
    assert client.get(_waiting(key)).status_code == 302
