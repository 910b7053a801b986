import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions, audit
from teams.models import (
    AuditEntry,
    Contributor,
    Identity,
    IdentityKind,
    Membership,
    Organization,
    Role,
    Team,
    TeamMembership,
    User,
)
from tests import factories
from tests.factories import NOW
from tests.teams.imports.github_stand_in import TOKEN, GithubStandIn, github_stand_in

pytestmark = pytest.mark.django_db
IMPORT = "/o/acme/settings/team-import/"
GOOD = "team,parent,email,github,lead\nPlatform,,,,\nPayments,Platform,bob@acme.example,,yes\nOps,Platform,,Octo-Lin,\n"


def uploaded(client: Client, text: str | bytes, address: str = IMPORT) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return client.post(address, {"file": SimpleUploadedFile("teams <1>.csv", raw)})


def previewed(client: Client, text: str) -> str:
    """The address of the preview."""
    answer = uploaded(client, text)
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def digest_on(client: Client, preview: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', client.get(preview).text)
    return found[1] if found else ""


def applied(client: Client, preview: str) -> str:
    return client.post(preview, {"digest": digest_on(client, preview)}, follow=True).text


def tree(organization: Organization) -> dict[str, str | None]:
    with tenant(organization.id):
        return dict(Team.objects.order_by("slug").values_list("slug", "parent__slug"))


def whole(organization: Organization) -> list[Any]:
    """All that an import could change."""
    with tenant(organization.id):
        return [
            list(model.objects.order_by("id").values())
            for model in (Team, TeamMembership, Contributor, Identity, Membership)
        ]


@pytest.mark.parametrize("rest", ["", "github/", "0123456789abcdef/"])
def test_only_admins_of_the_organization_get_here(
    rest: str, bob_client: Client, alice_client: Client, charlie_client: Client
) -> None:
    for client, status in ((bob_client, 403), (alice_client, 403), (charlie_client, 404)):
        assert client.get(IMPORT + rest).status_code == status
        assert client.post(IMPORT + rest, {"login": "octo", "token": TOKEN}).status_code == status


def test_a_preview_says_what_would_change_and_changes_nothing(
    acme: Organization, payments: Team, owner_client: Client
) -> None:
    before = whole(acme)
    page = owner_client.get(previewed(owner_client, GOOD)).text
    assert whole(acme) == before
    assert "teams &lt;1&gt;.csv" in page
    for words in ("Create team: 2", "Move team: 1", "New person: 1", "Add to team: 1", "Make lead: 1", "octo-lin"):
        assert words in page
    assert "Apply 6\u00a0changes" in page


def test_what_was_previewed_is_applied_and_audited(
    acme: Organization, payments: Team, owner: User, owner_client: Client
) -> None:
    assert "6\u00a0changes applied." in applied(owner_client, previewed(owner_client, GOOD))
    assert tree(acme) == {"platform": None, "payments": "platform", "ops": "platform"}
    with tenant(acme.id):
        lin = Identity.objects.get(kind="github", value="octo-lin").contributor
        assert (lin.user, lin.display_name) == (None, "octo-lin")
        seats = {(row.team.slug, str(row.contributor), row.is_lead) for row in TeamMembership.objects.all()}
        assert seats == {("payments", "Alice", True), ("payments", "Bob", True), ("ops", "octo-lin", False)}
        entries = list(AuditEntry.objects.filter(actor=owner).order_by("id"))
        assert Membership.objects.get(user__name="Bob").role == Role.DEVELOPER
    assert sorted(entry.action for entry in entries) == [
        "contributor.created", "team.created", "team.created", "team.joined", "team.lead_changed", "team.nested",
        "teams.imported",
    ]  # fmt: skip
    moved = next(entry for entry in entries if entry.action == "team.nested")
    assert (moved.details["before"]["parent"], moved.details["after"]["parent"]) == (None, "Platform")
    assert {entry.object_label for entry in entries} >= {"octo-lin in Ops", "Bob in Payments"}
    assert all(entry.object_id for entry in entries)


def test_the_same_file_again_changes_nothing(acme: Organization, payments: Team, owner_client: Client) -> None:
    applied(owner_client, previewed(owner_client, GOOD))
    before = whole(acme)
    page = owner_client.get(previewed(owner_client, GOOD)).text
    assert "All of it is there already" in page
    assert "Apply" not in page
    assert whole(acme) == before


def test_lines_that_are_wrong_are_listed_and_the_others_applied(acme: Organization, owner_client: Client) -> None:
    wrong = "=1,,,,\nOps,,nobody,,\nA,B,,,\nB,A,,,\n"
    preview = previewed(owner_client, GOOD + wrong)
    page = owner_client.get(preview, {"show": "problems"}).text
    assert "4\u00a0lines are wrong and would be left out" in page
    for words in ("begins like a formula", "“nobody” is no e-mail address", "Teams would be inside themselves"):
        assert words in page
    for number in (5, 6, 7, 8):
        assert f'data-l="Line">{number}<' in page
    assert "4\u00a0lines were left out." in applied(owner_client, preview)
    assert set(tree(acme)) == {"platform", "payments", "ops"}


def test_a_file_with_nothing_good_offers_nothing_to_apply(acme: Organization, owner_client: Client) -> None:
    page = owner_client.get(previewed(owner_client, "team\n=1\n")).text
    assert "Nothing would change" in page
    assert "Choose another file" in page
    assert "Apply" not in page


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\x00", "This is no text file."),
        (b"name\nx\n", "The first line must name the columns"),
        (b"team\n" + b"x" * (2 * 1024 * 1024), "larger than 2 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    raw: bytes, words: str, acme: Organization, owner_client: Client
) -> None:
    answer = uploaded(owner_client, raw)
    assert answer.status_code == 400
    assert words in answer.text


def test_what_changed_meanwhile_is_shown_instead_of_applied(
    acme: Organization, payments: Team, owner_client: Client
) -> None:
    preview = previewed(owner_client, GOOD)
    digest = digest_on(owner_client, preview)
    factories.make_team(acme, "Ops")
    before = whole(acme)
    answer = owner_client.post(preview, {"digest": digest})
    assert answer.status_code == 409
    assert "so nothing was applied" in answer.text
    assert whole(acme) == before
    assert "changes applied" in applied(owner_client, preview)
    assert len(tree(acme)) == 3


def test_nothing_is_applied_without_its_preview(acme: Organization, owner_client: Client) -> None:
    preview = previewed(owner_client, GOOD)
    for digest in ("", "x", "0" * 64):
        assert owner_client.post(preview, {"digest": digest}).status_code == 409
    assert tree(acme) == {}


def test_a_preview_is_for_the_one_who_made_it_and_once(acme: Organization, owner_client: Client) -> None:
    preview = previewed(owner_client, GOOD)
    other = factories.make_user("second@acme.example")
    factories.make_member(acme, Role.ADMIN, other)
    client = Client()
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert "This preview is over" in client.get(preview, follow=True).text
    digest = digest_on(owner_client, preview)
    assert "changes applied" in owner_client.post(preview, {"digest": digest}, follow=True).text
    assert "This preview is over" in owner_client.post(preview, {"digest": digest}, follow=True).text


@pytest.mark.django_db(transaction=True)
def test_one_file_applied_twice_at_once_is_applied_once(acme: Organization, owner_client: Client) -> None:
    # Two previews of one file, as two admins have them.
    previews = [previewed(owner_client, GOOD) for _ in range(2)]
    data = [{"digest": digest_on(owner_client, preview)} for preview in previews]

    def apply(number: int) -> int:
        try:
            client = Client()
            client.cookies = owner_client.cookies
            return client.post(previews[number], data[number]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(apply, range(2))) == [302, 302]
    assert len(tree(acme)) == 3
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="teams.imported").count() == 1
        assert TeamMembership.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_somebody_who_becomes_known_in_this_moment_is_not_made_twice(
    acme: Organization, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telemetry names the same new person between the look and the write."""
    preview = previewed(owner_client, "team,email\nOps,new@acme.example\n")
    digest = digest_on(owner_client, preview)
    seen: list[int] = []

    def arrive() -> None:
        try:
            with tenant(acme.id):
                person = factories.make_contributor(acme, "From telemetry")
                seen.append(person.id)
            actions.add_identity(
                organization=acme, contributor=person, kind=IdentityKind.EMAIL, value="new@acme.example", now=NOW
            )
        finally:
            connection.close()

    record_all = audit.record_all

    def record_all_after_it(entries: Any) -> None:
        if not seen:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(arrive).result(10)
        record_all(entries)

    monkeypatch.setattr(audit, "record_all", record_all_after_it)
    assert owner_client.post(preview, {"digest": digest}).status_code == 302
    with tenant(acme.id):
        assert TeamMembership.objects.get().contributor_id == seen[0]
        assert Contributor.objects.filter(display_name__in=("new", "From telemetry")).count() == 1


def test_five_thousand_lines_are_previewed_and_applied(
    acme: Organization, owner_client: Client, django_assert_max_num_queries: Any
) -> None:
    rows = [f"Team {number % 200},Area {number % 20},p{number}@acme.example,,no" for number in range(4990)]
    wrong = ["Team 1,,not-an-address,,"] * 10
    preview = previewed(owner_client, "\n".join(["team,parent,email,github,lead", *rows, *wrong]))
    owner_client.get(preview)
    with django_assert_max_num_queries(20):
        page = owner_client.get(preview, {"page": "3"}).text
    assert "10\u00a0lines are wrong" in page
    assert len(page) < 100_000
    with django_assert_max_num_queries(120):
        assert "10\u00a0lines were left out" in applied(owner_client, preview)
    with tenant(acme.id):
        assert TeamMembership.objects.count() == 4990
        assert Team.objects.count() == 220


def test_reading_is_limited(acme: Organization, owner_client: Client) -> None:
    for _ in range(20):
        previewed(owner_client, GOOD)
    answer = uploaded(owner_client, GOOD)
    assert answer.status_code == 400
    assert "often enough for now" in answer.text


# --- GitHub ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def octo(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[GithubStandIn]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github_stand_in() as running:
        settings.GITHUB_URL = running.url
        running.add("platform", maintainer=["Mara"])
        running.add("payments", parent="platform", member=["Lin", "Bo"])
        yield running


def read_from_github(client: Client) -> str:
    answer = client.post(f"{IMPORT}github/", {"login": "octo", "token": TOKEN})
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def test_teams_of_github_come_with_their_people_and_renames_follow(
    acme: Organization, octo: GithubStandIn, owner_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    applied(owner_client, read_from_github(owner_client))
    assert tree(acme) == {"platform": None, "payments": "platform"}
    with tenant(acme.id):
        seats = {(row.team.slug, str(row.contributor), row.is_lead) for row in TeamMembership.objects.all()}
        assert TOKEN not in str(list(AuditEntry.objects.values()))
    assert seats == {("platform", "mara", True), ("payments", "lin", False), ("payments", "bo", False)}
    octo.teams[1] |= {"name": "Money", "slug": "money"}
    octo.members["money"] = octo.members["payments"]
    preview = read_from_github(owner_client)
    assert "to Money; its address stays t/payments/" in owner_client.get(preview).text
    assert "1\u00a0change applied." in applied(owner_client, preview)
    assert "All of it is there already" in owner_client.get(read_from_github(owner_client)).text
    assert TOKEN not in caplog.text


def test_why_github_gave_nothing_is_said_and_the_token_is_not_sent_back(
    acme: Organization, octo: GithubStandIn, owner_client: Client
) -> None:
    octo.trouble = (404, {}, b"{}")
    answer = owner_client.post(f"{IMPORT}github/", {"login": "octo", "token": TOKEN})
    assert answer.status_code == 400
    assert "GitHub shows this token no such organization." in answer.text
    assert 'value="octo"' in answer.text
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    ("login", "token"),
    [("../users", TOKEN), ("a/b", TOKEN), ("octo", "a b"), ("octo", "é"), ("octo", "a\r\nX: y"), ("", "")],
)
def test_what_is_no_login_or_token_is_never_sent(
    login: str, token: str, acme: Organization, octo: GithubStandIn, owner_client: Client
) -> None:
    answer = owner_client.post(f"{IMPORT}github/", {"login": login, "token": token})
    assert answer.status_code == 400
    assert octo.paths == []


def test_whoever_may_not_asks_nothing_of_github(
    octo: GithubStandIn, bob_client: Client, charlie_client: Client
) -> None:
    for client in (bob_client, charlie_client, Client()):
        client.post(f"{IMPORT}github/", {"login": "octo", "token": TOKEN})
    assert octo.paths == []
