"""The list of pull requests, the page of one, and the page of defects: what is shown to whom."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.dashboards.pulls.listing import page_number
from events.metrics.latency_to_integration import BARS_SETTING
from events.models import DefectLink, PullRequest, Repository
from teams import actions
from teams.models import AuditEntry, Identity, Membership, Organization, Role, Team, User
from tests.events.dashboards import _pulls
from tests.factories import NOW, make_member, make_user, person, queries_of
from tests.pull_requests import make_author, make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 5, 18, 12, 2, tzinfo=UTC)
LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def repository(acme: Organization) -> Repository:
    with tenant(acme.id):
        return make_repository(acme, "northwind/payments-api")


@pytest.fixture
def author(acme: Organization, bob: User, payments: Team) -> Identity:
    with tenant(acme.id):
        return make_author(acme, bob, "bob-gh")


@pytest.fixture
def pull(acme: Organization, repository: Repository, author: Identity) -> PullRequest:
    """Bob's, of an afternoon, with a defect."""
    with tenant(acme.id):
        return _pulls.afternoon(repository, author, START, now=LATER)


PAGE = "/o/acme/pulls/northwind/payments-api/2104/"


def role_of(acme: Organization, user: User, role: Role) -> None:
    with tenant(acme.id):
        Membership.objects.filter(organization=acme, user=user).update(role=role)


# --- who opens what --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pull")
def test_a_pull_request_opens_to_its_author_their_leads_and_admins(
    bob_client: Client,
    alice_client: Client,
    owner_client: Client,
    charlie_client: Client,
    acme: Organization,
    bob: User,
) -> None:
    for client in (bob_client, alice_client, owner_client):
        answer = client.get(PAGE)
        assert answer.status_code == 200
        assert "Refund endpoint" in answer.text
        assert b"#2104" in client.get("/o/acme/pulls/").content
        assert b"Issue #1931" in client.get("/o/acme/defects/").content
    for address in (PAGE, "/o/acme/pulls/", "/o/acme/pulls/pull-requests.csv", "/o/acme/defects/"):
        assert charlie_client.get(address).status_code == 404
    role_of(acme, bob, Role.VIEWER)
    for address in (PAGE, "/o/acme/pulls/", "/o/acme/defects/"):
        assert bob_client.get(address).status_code == 403


@pytest.mark.usefixtures("pull")
def test_a_developer_sees_nothing_of_pull_requests_of_others(acme: Organization) -> None:
    client, user = Client(), make_user("eve@acme.example")
    make_member(acme, Role.DEVELOPER, user)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(PAGE).status_code == 404
    assert "2104" not in client.get("/o/acme/pulls/").text
    assert "2104" not in client.get("/o/acme/defects/").text
    assert "2104" not in "".join(client.get("/o/acme/pulls/pull-requests.csv").getvalue().decode())
    with tenant(acme.id):
        link = DefectLink.objects.get()
    for address in (f"/o/acme/defects/{link.id}/", f"{PAGE}defect/", f"{PAGE}class/", f"{PAGE}prompts/"):
        assert client.post(address, {"verdict": "rejected", "reason": "x", "open": "yes"}).status_code == 404
    with tenant(acme.id):
        assert DefectLink.objects.get().decision == ""


def test_a_former_name_and_other_letters_lead_to_the_page(owner_client: Client, pull: PullRequest) -> None:
    answer = owner_client.get(PAGE.replace("northwind", "NorthWind"))
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert owner_client.get(PAGE.replace("2104", "9999")).status_code == 404
    assert owner_client.get(PAGE.replace("2104", "9" * 30)).status_code == 404


# --- single prompts --------------------------------------------------------------------------------------------------

# What only the person behind a session may see: single prompts, and when they were made.
SINGLE = re.compile(r"prompt-\d|Prompt \d|12:08|12:13|12:54|First test run of pytest|Turned down")
SUMS = "4 prompts in 1 session"


def sees_single(client: Client) -> bool:
    text = client.get(PAGE).text.replace("\xa0", " ")
    assert "1 h 12 m to merge" in text, "stages are for everybody"
    assert "16 of 18 lines" in text
    assert "12,600 tokens" in text
    assert (SUMS in text) is not bool(SINGLE.search(text))
    return bool(SINGLE.search(text))


@pytest.mark.usefixtures("pull")
def test_single_prompts_are_shown_to_those_who_made_them_alone(
    bob_client: Client, alice_client: Client, owner_client: Client
) -> None:
    assert sees_single(bob_client)
    assert not sees_single(alice_client)
    assert not sees_single(owner_client)


@pytest.mark.usefixtures("pull")
def test_a_person_opens_their_prompts_and_hides_them_again(
    acme: Organization, bob_client: Client, alice_client: Client, owner_client: Client
) -> None:
    assert bob_client.post(f"{PAGE}prompts/", {"open": "yes"}).status_code == 302
    assert sees_single(alice_client)
    assert sees_single(owner_client)
    # Nobody hides or opens what others made.
    owner_client.post(f"{PAGE}prompts/", {"open": "no"})
    assert sees_single(alice_client)
    bob_client.post(f"{PAGE}prompts/", {"open": "no"})
    assert not sees_single(alice_client)
    owner_client.post(f"{PAGE}prompts/", {"open": "yes"})
    assert not sees_single(owner_client)
    with tenant(acme.id):
        told = AuditEntry.objects.filter(action__startswith="pull_request.prompts").order_by("id")
        assert list(told.values_list("action", flat=True)) == [
            "pull_request.prompts_opened", "pull_request.prompts_closed",
        ]  # fmt: skip


@pytest.mark.usefixtures("pull")
def test_an_organization_opens_them_all_and_says_so_to_every_member(
    acme: Organization, owner: User, alice_client: Client, bob_client: Client, owner_client: Client
) -> None:
    form = owner_client.get("/o/acme/settings/").context["forms"][-1]
    assert owner_client.post(
        "/o/acme/settings/save/pulls/", {"shown": form.initial["shown"], "opens_prompts": "on"}
    ).status_code == 302  # fmt: skip
    assert sees_single(alice_client)
    assert "shows single prompts to everybody who may open this page" in bob_client.get(PAGE).text
    assert "are shown to everybody who may open it" in bob_client.get("/o/acme/health/").text


@pytest.mark.usefixtures("pull")
def test_events_are_not_even_read_for_those_who_may_not_see_them(
    alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def note(organization_id: int, slices: list[Any]) -> list[Any]:
        asked.extend(slices)
        return []

    monkeypatch.setattr("events.dashboards.pulls.page.timeline_of", note)
    alice_client.get(PAGE)
    assert asked == []


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pull")
def test_the_page_tells_from_prompt_to_defect(bob_client: Client) -> None:
    context = bob_client.get(PAGE).context
    assert [badge.text.replace("\xa0", " ") for badge in context["badges"]] == [
        "AI-assisted", "1 h 12 m to merge, baseline 1 h", "First run passed", "1 escaped defect",
        "72% of added lines generated", "12,600 tokens", "API endpoints",
    ]  # fmt: skip
    stages = context["stages"]
    assert sum(row.seconds for row in stages.rows) == stages.seconds == 72 * 60
    titles = [
        re.sub("<[^>]+>", "", str(entry.title)).replace("\xa0", " ") for day in context["days"] for entry in day.entries
    ]
    assert titles[0].startswith("Prompt 1, Claude Code")
    assert titles.index("Opened as #2104, +148 −32 in 5 files") < titles.index("Changes requested")
    assert titles[-1] == "Defect: issue #1931, 500 on empty cart"
    trace = context["traces"][0]
    assert (trace.title, trace.fix, trace.lines.replace("\xa0", " "), trace.prompt) == (
        "Issue #1931",
        "#2117",
        "16 of 18 lines",
        3,
    )
    assert context["origins"].totals == {"generated": 107, "generated, edited": 9, "by hand": 29, "unknown": 3}


@pytest.mark.usefixtures("pull")
def test_the_time_to_merge_is_held_against_the_bar_of_the_organization(acme: Organization, bob_client: Client) -> None:
    acme.settings[BARS_SETTING] = {"feature_with_tests": 90}
    acme.save()
    badge = bob_client.get(PAGE).context["badges"][1]
    assert (badge.text.replace("\xa0", " "), badge.css) == ("1 h 12 m to merge, baseline 1 h 30 m", "tag-ok")


def test_forty_prompts_of_three_days_all_have_their_place(
    acme: Organization, repository: Repository, author: Identity, bob_client: Client
) -> None:
    with tenant(acme.id):
        _pulls.busy(repository, author, START, now=LATER)
    text = bob_client.get("/o/acme/pulls/northwind/payments-api/2110/").text
    anchors = set(re.findall(r'id="(prompt-\d+)"', text))
    assert len(anchors) == 40
    lane = text.split("<g data-lane>")[1]
    linked = re.findall(r'<a href="#(prompt-\d+)" aria-label="([^"]+)"', lane)
    assert all(anchor in anchors for anchor, _ in linked)
    assert sum(int(words.split("\xa0")[0]) if "\xa0prompts" in words else 1 for _, words in linked) == 40
    assert text.count('class="fold"') == 2


def test_a_pull_request_of_which_nothing_is_known_says_so(
    acme: Organization, repository: Repository, author: Identity, owner_client: Client
) -> None:
    with tenant(acme.id):
        make_pull_request(repository, 1, author=author, merged_at=None)
    text = owner_client.get("/o/acme/pulls/northwind/payments-api/1/").text
    for words in ("Not judged yet", "haven’t been asked for yet", "nobody told", "can’t have escaped"):
        assert words in text


def test_stages_that_are_out_of_order_are_said_in_words(
    acme: Organization, repository: Repository, author: Identity, owner_client: Client
) -> None:
    with tenant(acme.id):
        pull = make_pull_request(repository, 3, author=author)
        _pulls.take(pull, [("accepted", 60), ("opened", None), ("merged", 540)], NOW - timedelta(hours=2))
    text = owner_client.get("/o/acme/pulls/northwind/payments-api/3/").text
    assert "“Committed, not opened yet” can’t be told" in text


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pull")
def test_the_list_and_its_file_name_no_author(owner_client: Client) -> None:
    listed = owner_client.get("/o/acme/pulls/")
    written = owner_client.get("/o/acme/pulls/pull-requests.csv?state=merged").getvalue().decode()
    main = listed.text[listed.text.index("<main") : listed.text.index("</main")]
    for text in (main, written):
        assert "2104" in text or "Refund endpoint" in text
        assert "bob" not in text.lower()
    assert "author" not in main.lower()
    assert "login" not in written.lower()
    assert written.splitlines()[0].endswith("Prompt to merge (seconds),Defect")
    for address in ("?author=bob-gh", "?o=author", "?sort=author", "?login=bob-gh"):
        assert "2104" in owner_client.get(f"/o/acme/pulls/{address}").text


def test_teams_under_the_floor_are_no_filter(
    acme: Organization, pull: PullRequest, payments: Team, owner_client: Client
) -> None:
    def teams() -> list[str]:
        return [value for value, _ in owner_client.get("/o/acme/pulls/").context["form"].fields["team"].choices]

    assert teams() == [""]
    with tenant(acme.id):
        for _ in range(3):
            member = person(acme, make_member(acme, Role.DEVELOPER).user)
            actions.join_team(team=payments, contributor=member, by=None, now=NOW)
    assert teams() == ["", "payments"]
    found = owner_client.get("/o/acme/pulls/?team=payments").context["rows"]
    assert pull.number in [row.pull.number for row in found]


def test_empty_lists_say_what_to_do(owner_client: Client, bob_client: Client, acme: Organization) -> None:
    assert 'href="/o/acme/settings/github/"' in owner_client.get("/o/acme/pulls/").text
    assert "settings/github" not in bob_client.get("/o/acme/pulls/").text
    with tenant(acme.id):
        make_repository(acme)
    assert "No pull requests yet" in owner_client.get("/o/acme/pulls/").text
    assert "Clear filters" in owner_client.get("/o/acme/pulls/?state=merged").text
    assert "Nothing matches" in owner_client.get("/o/acme/defects/?tier=possible").text
    assert owner_client.get("/o/acme/pulls/?state=x&page=-1&size=%00&repo=99999999999999999999").status_code == 200
    assert [page_number(text) for text in ("", "2", "-1", "x", "0", "99999999")] == [1, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("address", ["/o/acme/pulls/", "/o/acme/defects/"])
def test_pages_ask_as_often_for_many_rows_as_for_one(
    acme: Organization, pull: PullRequest, repository: Repository, author: Identity, owner_client: Client, address: str
) -> None:
    few = queries_of(owner_client, address)
    with tenant(acme.id):
        for number in range(12):
            other = make_pull_request(repository, 3000 + number, author=author)
            fix = make_pull_request(repository, 4000 + number, author=author)
            _pulls.traced(other, fix, NOW)
            _pulls.take(other, [("accepted", 60), ("merged", 540)], NOW)
    assert queries_of(owner_client, address) == few
    assert few < 25


def test_a_page_asks_as_often_for_a_busy_pull_request_as_for_a_quiet_one(
    acme: Organization, pull: PullRequest, repository: Repository, author: Identity, bob_client: Client
) -> None:
    with tenant(acme.id):
        _pulls.busy(repository, author, START, now=LATER)
    quiet, busy = (queries_of(bob_client, PAGE.replace("2104", number)) for number in ("2104", "2110"))
    assert quiet == busy < 35


@pytest.mark.usefixtures("pull")
def test_the_navigation_counts_what_was_opened_lately(
    acme: Organization, repository: Repository, author: Identity, owner_client: Client
) -> None:
    with tenant(acme.id):
        make_pull_request(repository, 5000, author=author, opened_at=timezone.now() - timedelta(days=2))
    assert "1 opened in the last 28 days" in re.sub("<[^>]+>", "", owner_client.get("/o/acme/pulls/").text)


# --- defects ---------------------------------------------------------------------------------------------------------


def test_rates_by_task_type_are_hollow_where_few_tell(
    acme: Organization, repository: Repository, author: Identity, owner_client: Client
) -> None:
    with tenant(acme.id):
        for number in range(45):
            merged_at = timezone.now() - timedelta(days=60)
            task, state = ("migration", "probable") if number < 22 else ("docs", "clean")
            state = state if number % 2 else "clean"
            task = "config" if number >= 43 else task
            made = make_pull_request(
                repository, 6000 + number, author=author, merged_at=merged_at, ai_class="ai", task_type=task
            )
            _pulls.escape(made, state)
        human = make_pull_request(repository, 7000, author=author, ai_class="human", task_type="docs")
        _pulls.escape(human, "confirmed")
        open_still = make_pull_request(repository, 7001, author=author, ai_class="ai", task_type="docs")
        _pulls.escape(open_still, "probable", due_in_days=3)
    rates = owner_client.get("/o/acme/defects/").context["rates"]
    assert [(row.name, row.k, row.n, row.reading.is_few) for row in rates] == [
        ("Migrations", 11, 22, False), ("Docs", 0, 21, False), ("Configuration", 0, 2, True),
    ]  # fmt: skip
    assert [row.words for row in rates] == ["more than elsewhere", "fewer than elsewhere", "too few to judge"]


def test_a_defect_is_confirmed_rejected_and_taken_back_on_the_page(
    acme: Organization, pull: PullRequest, bob_client: Client, alice_client: Client
) -> None:
    with tenant(acme.id):
        link = DefectLink.objects.get()
    decide = f"/o/acme/defects/{link.id}/"

    def said() -> str:
        with tenant(acme.id):
            return DefectLink.objects.get(id=link.id).decision

    answer = bob_client.post(decide, {"verdict": "rejected", "reason": "That was #2099", "next": PAGE})
    assert (answer.status_code, answer["Location"], said()) == (302, PAGE, "rejected")
    text = alice_client.get(PAGE).text
    assert "That was #2099" in text
    assert "1 escaped defect" not in text
    answer = alice_client.post(decide, {"verdict": "", "next": "https://evil.example/"})
    assert (answer["Location"], said()) == ("/o/acme/defects/", "")
    alice_client.post(decide, {"verdict": "confirmed"})
    assert said() == "confirmed"
    assert alice_client.post(decide, {"verdict": "perhaps"}).status_code == 404


def test_a_defect_is_reported_on_the_page(acme: Organization, pull: PullRequest, bob_client: Client) -> None:
    bob_client.post(f"{PAGE}defect/", {"reason": ""})
    bob_client.post(f"{PAGE}defect/", {"reason": "Wrong sums", "fix": "123456"})
    with tenant(acme.id):
        assert DefectLink.objects.count() == 1
    bob_client.post(f"{PAGE}defect/", {"reason": "Wrong sums"})
    with tenant(acme.id):
        link = DefectLink.objects.get(method="person")
        assert link.defect.key == f"report:{link.defect_id}"
    assert "2 escaped defects" in bob_client.get(PAGE).text


def test_a_class_and_a_session_are_corrected_on_the_page(
    acme: Organization, pull: PullRequest, bob_client: Client, alice_client: Client
) -> None:
    alice_client.post(f"{PAGE}class/", {"ai_class": "human", "reason": "Typed by hand"})
    assert "Known human" in bob_client.get(PAGE).text
    with tenant(acme.id):
        session_id = pull.session_links.get().session_id
    assert bob_client.post(f"{PAGE}sessions/{session_id}/", {"verdict": "rejected"}).status_code == 302
    assert "A session was unlinked by Bob" in alice_client.get(PAGE).text
    assert not SINGLE.search(bob_client.get(PAGE).text)
    assert bob_client.post(f"{PAGE}sessions/{session_id + 99}/", {"verdict": "rejected"}).status_code == 404
    bob_client.post(f"{PAGE}sessions/{session_id}/", {"verdict": ""})
    assert sees_single(bob_client)
