"""The client against the stand-in for GitHub: tokens, redirects, sizes."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from codecard.lib.sealing import seal, unseal
from events.models import Connection, ConnectionKind, GitHubApp
from events.pulls.github import app, client
from events.pulls.github.client import Client, can_ask
from events.pulls.github.errors import WORDS, GitHubError, Trouble
from events.simulation.forge.payloads import INSTALLATION
from teams.models import Organization
from tests._github_api import GithubApi
from tests.events.pulls import asking
from tests.events.pulls.asking import NAME, Clock, connect, forge_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(github_api: GithubApi) -> GithubApi:
    github_api.serve(forge_of(8))
    return github_api


@pytest.fixture
def connection(acme: Organization) -> Connection:
    found: Connection | None = connect(acme).connection
    assert found
    return found


def make_app() -> GitHubApp:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return GitHubApp.objects.create(app_id=7, slug="code-card", name="Code Card", private_key=seal(pem))


def asks(connection: Connection, path: str = f"/repos/{NAME}", clock: Clock | None = None) -> Any:
    with Client(connection, now=(clock or Clock())()) as made:
        return made.get(path).json


def trouble_of(connection: Connection, path: str = f"/repos/{NAME}") -> Trouble:
    with pytest.raises(GitHubError) as error:
        asks(connection, path)
    return error.value.trouble


def test_an_app_gets_a_token_for_an_hour_keeps_it_sealed_and_renews_it_five_minutes_early(
    acme: Organization, api: GithubApi
) -> None:
    make_app()
    found = connect(acme, token="", kind=ConnectionKind.APP, installation_id=INSTALLATION).connection
    assert found
    clock = Clock()
    for _ in range(3):
        assert asks(asking.connection_of(acme), clock=clock)["full_name"] == NAME
    tokens = [asked for asked in api.asked if asked.startswith("POST")]
    assert tokens == [f"POST /api/v3/app/installations/{INSTALLATION}/access_tokens"]
    kept = asking.connection_of(acme)
    assert unseal(kept.access_token).decode().startswith("ghs_")
    assert "ghs_" not in kept.access_token
    assert kept.access_token_expires_at
    assert app.kept_token(kept, now=kept.access_token_expires_at - timedelta(minutes=6))
    assert app.kept_token(kept, now=kept.access_token_expires_at - timedelta(minutes=5)) is None
    # GitHub ends one early where permissions change: a new one is asked for, once.
    api.revoke()
    assert asks(kept)["full_name"] == NAME
    assert len([asked for asked in api.asked if asked.startswith("POST")]) == 2


def test_an_app_that_was_removed_or_has_no_key_says_so(acme: Organization, api: GithubApi) -> None:
    found = connect(acme, token="", kind=ConnectionKind.APP, installation_id=1).connection
    assert found
    assert trouble_of(found) == Trouble.REFUSED
    made = make_app()
    assert trouble_of(found) == Trouble.REMOVED
    GitHubApp.objects.filter(id=made.id).update(private_key="sealed by a key that is gone")
    assert trouble_of(found) == Trouble.REFUSED
    api.suspend()
    assert trouble_of(found) == Trouble.REFUSED


def test_a_webhook_without_a_token_only_listens(acme: Organization, api: GithubApi) -> None:
    silent = connect(acme, token="").connection
    assert not can_ask(silent)
    assert not can_ask(None)
    assert api.asked == []


def test_a_renamed_repository_is_followed_on_the_same_server_and_nowhere_else(
    connection: Connection, api: GithubApi
) -> None:
    number = api.forge.repositories[NAME].id
    api.fail(301, on="/repos/", location=f"{api.api_url}/repositories/{number}")
    assert asks(connection, "/repos/quillmere/old-name")["full_name"] == NAME
    for elsewhere in ("http://127.0.0.2:9/", "https://evil.example/", "//evil.example/x", "http://[", "ftp://x/"):
        api.recover()
        api.fail(302, location=elsewhere)
        assert trouble_of(connection) == Trouble.ODD
    api.recover()
    api.fail(307, times=None, location=f"{api.api_url}/repos/{NAME}")
    assert trouble_of(connection) == Trouble.ODD


def test_the_token_goes_to_https_or_ones_own_machine_only(
    connection: Connection, api: GithubApi, settings: Any
) -> None:
    for address in ("http://github.example.com/api/v3", "ftp://127.0.0.1/", ""):
        settings.GITHUB_API_URL = address
        assert trouble_of(connection) == Trouble.UNREACHABLE
    assert api.asked == []


def test_answers_have_a_largest_size_and_must_be_json(
    connection: Connection, api: GithubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 100)
    assert trouble_of(connection) == Trouble.ODD
    monkeypatch.undo()
    for body in (b"<html>", b'{"a": ', b"\xff\xfe", b"[" * 100_000):
        api.fail(200)
        api._bad[-1].body = body
        assert trouble_of(connection) == Trouble.ODD
    api.fail(200, content_encoding="gzip")
    assert trouble_of(connection) == Trouble.ODD


def test_a_token_that_can_t_be_opened_any_more_is_refused(acme: Organization, api: GithubApi) -> None:
    found = connect(acme).connection
    assert found
    found.token = "sealed by a key that is gone"
    assert trouble_of(found) == Trouble.REFUSED


def test_nothing_is_asked_while_the_connection_is_paused(connection: Connection, api: GithubApi) -> None:
    connection.paused_until = Clock()() + timedelta(minutes=1)
    assert trouble_of(connection) == Trouble.LIMITED
    assert api.asked == []


def test_every_trouble_has_words_that_say_what_to_do() -> None:
    assert WORDS.keys() == set(Trouble)
    assert all(words.endswith(".") and len(words) <= 300 for words in WORDS.values())


def test_a_message_of_a_refusal_is_nowhere(connection: Connection, api: GithubApi) -> None:
    api.fail(403, message="secret words")
    with pytest.raises(GitHubError) as error:
        asks(connection)
    assert "secret" not in f"{error.value!r} {error.value.words} {error.value.__cause__}"
