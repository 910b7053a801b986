"""Settings of GitHub: connected, proven, changed, given up; every state with its words, and nothing of another's."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client

from codecard.lib.sealing import seal, unseal
from codecard.lib.tenant import tenant
from events.dashboards.github import views
from events.dashboards.github.words import OF_CONNECTION, OF_REPOSITORY
from events.models import (
    Backfill,
    Connection,
    ConnectionKind,
    ConnectionState,
    Delivery,
    DeliveryState,
    GitHubApp,
    PullRequest,
    Repository,
    RepositoryState,
    Stage,
)
from events.pulls import installations, state
from events.pulls.github.proving import NotProvenError
from events.pulls.installations import digest_of
from events.pulls.records import InstallationRecord, RepositoryRecord, Told
from teams.models import AuditEntry, Organization, User
from tests.factories import NOW, queries_of
from tests.pull_requests import make_pull_request, make_repository
from tests.webhooks import make_connection, send

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/o/acme/settings/github/"


def actions_of(organization: Organization) -> list[str]:
    with tenant(organization.id):
        rows = AuditEntry.objects.filter(organization=organization, action__contains="git").order_by("id")
        return list(rows.values_list("action", flat=True))


def connection_of(organization: Organization) -> Connection:
    with tenant(organization.id):
        return Connection.objects.get(organization=organization)


def test_a_webhook_is_connected_with_a_secret_that_is_shown_once(owner_client: Client, acme: Organization) -> None:
    answer = owner_client.post(f"{PAGE}connect/", {"account": "acme", "token": "github_pat_" + "x" * 30})
    secret = re.search(r'id="secret"[^>]*>([0-9a-f]{64})<', answer.content.decode())
    assert secret
    assert "no-store" in answer["Cache-Control"]
    row = connection_of(acme)
    assert unseal(row.webhook_secret).decode() == secret[1]
    assert unseal(row.token).decode().startswith("github_pat_")
    assert "github_pat" not in row.token
    assert send(owner_client, "/webhooks/github/acme/", "ping", {}, secret=secret[1]).status_code == 202
    page = owner_client.get(PAGE).content.decode()
    assert secret[1] not in page
    assert "Connected" in page
    assert owner_client.post(f"{PAGE}connect/", {}).status_code == 400, "one is enough"
    assert actions_of(acme) == ["github.connected"]


def test_what_is_no_token_is_refused(owner_client: Client, acme: Organization) -> None:
    answer = owner_client.post(f"{PAGE}connect/", {"token": "hello, world"})
    assert answer.status_code == 400
    assert b"look like a token" in answer.content


def test_secret_and_token_can_be_changed(owner_client: Client, acme: Organization) -> None:
    row = make_connection(acme, state=ConnectionState.REFUSED, error="Refused.", last_delivery_at=NOW)
    at = f"{PAGE}{row.id}/"
    assert owner_client.get(f"{at}secret/").status_code == owner_client.get(f"{at}token/").status_code == 200
    assert owner_client.post(f"{at}secret/").status_code == 200
    changed = connection_of(acme)
    assert (changed.former_webhook_secret, changed.webhook_secret != row.webhook_secret) == (row.webhook_secret, True)
    assert owner_client.post(f"{at}token/", {"token": "ghp_" + "y" * 36}).status_code == 302
    changed = connection_of(acme)
    assert (changed.state, changed.error, bool(changed.token)) == (ConnectionState.ACTIVE, "", True)
    assert owner_client.post(f"{at}token/", {"token": ""}).status_code == 302
    assert connection_of(acme).token == ""
    assert actions_of(acme) == ["github.secret_rotated", "github.token_changed", "github.token_changed"]


@pytest.mark.parametrize("data", ["keep", "erase"])
def test_disconnecting_keeps_or_erases(owner_client: Client, acme: Organization, data: str) -> None:
    row = make_connection(acme)
    with tenant(acme.id):
        make_pull_request(make_repository(acme, connection=row))
        Delivery.objects.create(organization=acme, connection=row, delivery_id="1", event="push", received_at=NOW)
    assert owner_client.post(f"{PAGE}{row.id}/disconnect/", {}).status_code == 400
    assert owner_client.post(f"{PAGE}{row.id}/disconnect/", {"data": data}).status_code == 302
    with tenant(acme.id):
        assert not Connection.objects.exists()
        assert not Delivery.objects.exists()
        assert PullRequest.objects.count() == Repository.objects.count() == (1 if data == "keep" else 0)
    assert actions_of(acme) == ["github.disconnected"]


# --- the App ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def app(db: None) -> GitHubApp:
    return GitHubApp.objects.create(
        app_id=1, slug="code-card", name="Code Card", client_id="c", client_secret=seal("s"), private_key=seal("k"),
        webhook_secret=seal("w"),
    )  # fmt: skip


@pytest.fixture
def proving(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """GitHub, as `tests/events/pulls/github/test_proving.py` asks it over HTTP: installation 10 is everybody's here."""
    asked: list[tuple[str, int]] = []

    def prove(app: GitHubApp, *, code: str, installation_id: int) -> str:
        asked.append((code, installation_id))
        if installation_id != 10:
            raise NotProvenError("No access.")
        return "acme"

    monkeypatch.setattr(views, "prove_installation", prove)
    return asked


def state_on_page(client: Client) -> str:
    href = re.search(r'href="([^"]+installations/new[^"]+)"', client.get(PAGE).content.decode())
    assert href
    return parse_qs(urlsplit(href[1].replace("&amp;", "&")).query)["state"][0]


def test_an_installation_is_connected_by_whom_github_confirms(
    owner_client: Client, acme: Organization, app: GitHubApp, proving: list[tuple[str, int]]
) -> None:
    query = {"installation_id": "10", "code": "abc", "state": state_on_page(owner_client)}
    sent_on = owner_client.get("/github/installed/", query)
    assert sent_on["Location"].startswith(f"{PAGE}installed/?installation_id=10")
    assert owner_client.get(sent_on["Location"])["Location"] == PAGE
    row = connection_of(acme)
    assert (row.kind, row.installation_id, row.account) == (ConnectionKind.APP, 10, "acme")
    assert bytes(row.digest or b"") == digest_of(10)
    assert proving == [("abc", 10)]
    owner_client.get(sent_on["Location"])
    assert actions_of(acme) == ["github.connected"]


def test_nobody_claims_the_installation_of_another(
    owner_client: Client, acme: Organization, globex: Organization, owner: User, app: GitHubApp, proving: Any
) -> None:
    make_connection(globex, kind=ConnectionKind.APP, installation_id=10, digest=digest_of(10))
    good = state_on_page(owner_client)
    salt = views._STATE_SALT
    foreign = signing.dumps({"slug": "acme", "user": owner.id + 1}, salt=salt)
    elsewhere = signing.dumps({"slug": "globex", "user": owner.id}, salt=salt)
    for given in (
        {"installation_id": "10", "state": good},
        {"installation_id": "11", "state": good},
        {"installation_id": "10", "state": foreign},
        {"installation_id": "10", "state": elsewhere},
        {"installation_id": "10", "state": "x"},
        {"installation_id": "１０", "state": good},
        {"state": good},
        {},
    ):
        assert owner_client.get(f"{PAGE}installed/", given).status_code == 302
    with tenant(acme.id):
        assert not Connection.objects.exists()
    assert {number for _, number in proving} == {10, 11}, "only with a good state is GitHub asked"


def test_without_an_app_only_the_webhook_is_offered(owner_client: Client, acme: Organization) -> None:
    page = owner_client.get(PAGE).content.decode()
    assert "Connect with a webhook" in page
    assert "Install on GitHub" not in page


# --- states and their words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_state", list(ConnectionState))
def test_each_state_of_a_connection_says_what_to_do(owner_client: Client, acme: Organization, of_state: str) -> None:
    make_connection(acme, state=of_state)
    page = owner_client.get(PAGE).content.decode()
    assert OF_CONNECTION[ConnectionState(of_state)].word in page.replace("&#x27;", "'")


@pytest.mark.parametrize("of_state", list(RepositoryState))
def test_each_state_of_a_repository_says_what_to_do(owner_client: Client, acme: Organization, of_state: str) -> None:
    row = make_connection(acme)
    with tenant(acme.id):
        repository = make_repository(acme, connection=row, state=of_state, error="What went wrong.", error_at=NOW)
    for at in (PAGE, f"{PAGE}repositories/{repository.id}/"):
        page = owner_client.get(at).content.decode()
        assert OF_REPOSITORY[RepositoryState(of_state)].word in page
        assert "What went wrong." in page


def test_an_installation_is_suspended_and_comes_back(acme: Organization) -> None:
    row = make_connection(acme, kind=ConnectionKind.APP, installation_id=10)
    found = RepositoryRecord(external_id=5, full_name="acme/shop")

    def told(action: str, minutes: int, **fields: Any) -> ConnectionState:
        at = NOW.replace(minute=minutes)
        record = InstallationRecord(external_id=10, action=action, at=at, account="acme", **fields)
        with tenant(acme.id):
            installations.apply(acme.id, row, record, now=NOW)
        return ConnectionState(connection_of(acme).state)

    assert told("created", 1, added=(found,)) == ConnectionState.ACTIVE
    assert told("suspend", 3) == ConnectionState.SUSPENDED
    assert told("created", 2) == ConnectionState.SUSPENDED, "older word that came late"
    assert told("unsuspend", 4) == ConnectionState.ACTIVE
    told("removed", 5, removed=(found,))
    with tenant(acme.id):
        assert Repository.objects.get().state == RepositoryState.FORBIDDEN
    told("added", 6, added=(found,))
    with tenant(acme.id):
        assert Repository.objects.get().state == RepositoryState.WAITING
    assert told("deleted", 7) == ConnectionState.REMOVED


def test_a_repository_that_was_deleted_keeps_what_is_known(acme: Organization) -> None:
    row = make_connection(acme)
    gone = RepositoryRecord(external_id=5, full_name="acme/shop", is_deleted=True, at=NOW)
    with tenant(acme.id):
        state.apply(acme, Told(repository=gone, is_about_repository=True), row, now=NOW)
        found = Repository.objects.get()
    assert (found.state, bool(found.error)) == (RepositoryState.VANISHED, True)


def test_dead_deliveries_are_shown_and_tried_again(owner_client: Client, acme: Organization) -> None:
    row = make_connection(acme)
    with tenant(acme.id):
        Delivery.objects.create(
            organization=acme, connection=row, delivery_id="a-delivery", event="push", received_at=NOW,
            state=DeliveryState.DEAD, body=b"x", error="It can't be read.", attempts=8,
        )  # fmt: skip
    page = owner_client.get(PAGE).content.decode()
    assert "a-delivery" in page
    assert "read." in page
    owner_client.post(f"{PAGE}retry/")
    owner_client.post(f"{PAGE}retry/")
    with tenant(acme.id):
        again = Delivery.objects.get()
    assert (again.state, again.attempts) == (DeliveryState.RECEIVED, 0)
    assert actions_of(acme) == ["github.deliveries_retried"]


# --- repositories ----------------------------------------------------------------------------------------------------


def test_a_repository_is_set_up(owner_client: Client, acme: Organization) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        make_pull_request(repository)
    at = f"{PAGE}repositories/{repository.id}/"
    given = {"is_tracked": "on", "bug_labels": "bug\r\n defect \n\nbug", "generated_paths": "gen/*", "test_paths": ""}
    assert owner_client.post(at, given).status_code == 302
    with tenant(acme.id):
        repository.refresh_from_db()
        assert AuditEntry.objects.filter(action="repository.changed").count() == 1
    assert (repository.bug_labels, repository.generated_paths) == (["bug", "defect"], ["gen/*"])
    assert owner_client.post(at, given).status_code == 302
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="repository.changed").count() == 1, "nothing changed"
    assert owner_client.post(at, {**given, "test_paths": "x" * 300}).status_code == 400


def test_titles_go_at_once_when_they_are_switched_off(owner_client: Client, acme: Organization) -> None:
    Organization.objects.filter(id=acme.id).update(stores_titles=True)
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme), title="Words")
    owner_client.post(f"{PAGE}options/", {"takes_new": "on"})
    with tenant(acme.id):
        pull.refresh_from_db()
    assert pull.title == ""
    assert not Organization.objects.get(id=acme.id).stores_titles


def test_the_page_asks_as_much_for_one_repository_as_for_many(owner_client: Client, acme: Organization) -> None:
    row = make_connection(acme)

    def more(count: int) -> int:
        with tenant(acme.id):
            for _ in range(count):
                repository = make_repository(acme, connection=row)
                Backfill.objects.create(organization=acme, repository=repository, stage=Stage.PULLS, done=5, total=10)
        return queries_of(owner_client, PAGE)

    assert more(1) == more(20)
    assert re.search(r"50\s?% read", owner_client.get(PAGE).content.decode())


def test_nothing_of_another_organization_is_found(
    charlie_client: Client, owner_client: Client, acme: Organization, globex: Organization
) -> None:
    theirs = make_connection(globex)
    with tenant(globex.id):
        repository = make_repository(globex)
    pages = (*(f"{theirs.id}/{name}/" for name in ("secret", "token", "disconnect")), f"repositories/{repository.id}/")
    for at in pages:
        assert owner_client.get(f"{PAGE}{at}").status_code == 404
        assert owner_client.post(f"{PAGE}{at}", {"data": "erase"}).status_code == 404
    assert charlie_client.get(PAGE).status_code == 404
    assert connection_of(globex) == theirs
