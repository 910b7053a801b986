"""Settings of task types: rules are drafted without keeping any, looked at, saved, undone and reset."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from codecard.lib.tenant import tenant
from events.dashboards.task_types import views
from events.models import Chore, PullRequest
from events.task_types import TABLE, Rule, TaskType, rules_of
from events.task_types.rules import MOST_RULES, as_settings, fingerprint
from teams.models import AuditEntry, Organization, User
from tests.factories import queries_of
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/o/acme/settings/task-types/"
BILLING, SOL = Rule("billing/", TaskType.NUMERIC), Rule("*.sol", TaskType.MODEL)
Rows = list[tuple[str, str]]


def form(*rows: tuple[str, str], do: str = "look", shown: tuple[Rule, ...] = (), **more: str) -> dict[str, Any]:
    globs, types = [glob for glob, _ in rows], [task_type for _, task_type in rows]
    return {"glob": globs, "task_type": types, "do": do, "shown": fingerprint(shown), **more}


def save(client: Client, *rules: Rule, shown: tuple[Rule, ...] = ()) -> Any:
    rows = [(rule.glob, rule.task_type.value) for rule in rules]
    return client.post(PAGE, form(*rows, do="save", shown=shown, seen=fingerprint(rules)), follow=True)


def rows_of(page: str) -> Rows:
    """As the form holds them, without the one for a new rule."""
    found = re.findall(r'name="glob" value="([^"]*)".*?<select[^>]*>(.*?)</select>', page, re.DOTALL)
    chosen = [(glob, re.search(r'value="([^"]*)" selected', options)) for glob, options in found]
    return [(unescape(glob), match[1] if match else "") for glob, match in chosen]


def kept(organization: Organization) -> list[Rule]:
    return rules_of(Organization.objects.get(id=organization.id))


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", strip_tags(page)).replace("\u00a0", " "))


def make_pulls(organization: Organization, *paths: str) -> None:
    with tenant(organization.id):
        repository = make_repository(organization)
        for path in paths:
            files = [{"path": path, "status": "modified", "added": 5, "removed": 0}]
            make_pull_request(repository, files=files, task_type="other")


def test_the_page_shows_the_table_in_order_and_where_rules_reach(acme: Organization, owner_client: Client) -> None:
    page = owner_client.get(PAGE).text
    told = words(page[page.index('id="table"') :])
    places = [told.index(row.says) for row in TABLE]
    assert places == sorted(places)
    assert "No rule of your own yet" in page
    assert "Not those that arrived before" in page
    assert "Undo" not in page
    assert "Reset" not in page
    assert f'href="{PAGE}"' in owner_client.get("/o/acme/settings/").text


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ("add", ["a/", "b/", "c/"]), ("up:1", ["b/", "a/", "c/"]), ("up:0", ["a/", "b/", "c/"]),
        ("down:1", ["a/", "c/", "b/"]), ("down:2", ["a/", "b/", "c/"]), ("remove:0", ["b/", "c/"]),
        ("remove:99", ["a/", "b/", "c/"]), ("up:-1", ["a/", "b/", "c/"]), ("remove:\u0661", ["a/", "b/", "c/"]),
        ("reset", []), ("x" * 9_999, ["a/", "b/", "c/"]), ("\x00", ["a/", "b/", "c/"]), ("", ["a/", "b/", "c/"]),
    ],
)  # fmt: skip
def test_buttons_change_the_draft_and_keep_nothing(
    do: str, after: list[str], acme: Organization, owner_client: Client
) -> None:
    answer = owner_client.post(PAGE, form(("a/", "test"), ("b/", "docs"), ("c/", "model"), ("", ""), do=do))
    assert answer.status_code == 200
    types = {"a/": "test", "b/": "docs", "c/": "model"}
    assert rows_of(answer.text) == [(glob, types[glob]) for glob in after]
    assert kept(acme) == []


def test_saving_shows_first_what_would_change_then_reads_all_again(
    acme: Organization, owner: User, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(views, "ask_to_judge", asked.append)
    make_pulls(acme, "billing/a.py", "billing/b.py", "README.md", "c.zzz")
    rows = [("billing/", "numeric"), ("*.zzz", "other")]
    page = owner_client.post(PAGE, form(*rows, do="save"))
    assert (page.status_code, kept(acme), asked) == (200, [], [])
    assert "3 of the last 4 pull requests would change type" in words(page.text)
    assert "OtherNumeric code2 OtherDocs1" in words(page.text)
    seen = re.search(r'name="seen" value="(\w+)"', page.text)
    assert seen
    page = owner_client.post(PAGE, form(*rows, do="save", seen=seen[1]), follow=True)
    assert page.redirect_chain == [(PAGE, 302)]
    assert kept(acme) == [BILLING, Rule("*.zzz", TaskType.OTHER)]
    assert asked == [acme.id]
    assert "0 of 4 pull requests read again" in words(page.text)
    assert "0 of 4 pull requests read again" in words(owner_client.get(f"{PAGE}progress/").text)
    with tenant(acme.id):
        assert AuditEntry.objects.get(action="task_types.changed").actor == owner
        Chore.objects.all().delete()
    assert words(owner_client.get(f"{PAGE}progress/").text).strip() == ""
    assert "Nothing to save" in save(owner_client, *kept(acme), shown=tuple(kept(acme))).text
    assert asked == [acme.id]


def test_what_was_seen_of_other_rules_is_looked_at_again(acme: Organization, owner_client: Client) -> None:
    page = owner_client.post(PAGE, form(("billing/", "numeric"), do="save", seen=fingerprint([SOL])))
    assert "This is what would change now." in page.text
    assert kept(acme) == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("billing/rates.py", "Numeric code, by your rule billing/."), ("shop/views.py", "API endpoints, by the table"),
        ("dags/nightly.py", "A suggestion in this file is of type Other"),
        ("yarn.lock", "It looks generated"), ("<b>x</b>", "Other, by the table"),
        ("\x00/../%00", "Other, by the table"), ("a/" * 5_000, "by the table"),
    ],
)  # fmt: skip
def test_a_path_is_tried_out_with_rules_that_are_not_saved(
    path: str, told: str, acme: Organization, owner_client: Client
) -> None:
    page = owner_client.post(PAGE, form(("billing/", "numeric"), ("", "test"), do="try", path=path))
    assert told in words(page.text)
    assert "<b>x</b>" not in page.text
    assert rows_of(page.text) == [("billing/", "numeric"), ("", "test")]
    assert kept(acme) == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("", "test"), "Enter a pattern"), (("/", "test"), "Enter a pattern"), (("a/", ""), "Choose one of the types"),
        (("a/", "poetry"), "Choose one of the types"), (("a/", "refactor"), "Choose one of the types"),
        (("a\x00b", "test"), "control characters"), (("a\nb", "test"), "control characters"),
        (("x" * 100_000, "test"), "at most 200 characters"), (("a/" * 21, "test"), "20 folders deep"),
        (("a\\b", "test"), "divided by /"),
    ],
)  # fmt: skip
def test_what_is_no_rule_says_why_in_its_row_and_nothing_typed_is_lost(
    row: tuple[str, str], why: str, acme: Organization, owner_client: Client
) -> None:
    for do in ("look", "save", "add", "up:1"):
        page = owner_client.post(PAGE, form(("docs/", "docs"), row, ("*.sol", "model"), do=do))
        assert page.status_code == 400
        assert page.text.count('aria-invalid="true"') == 1
        assert re.search(rf'id="error-\d" role="alert">[^<]*{re.escape(why)}', page.text)
        assert {("docs/", "docs"), ("*.sol", "model")} < set(rows_of(page.text))
        assert len(rows_of(page.text)) == 3
    assert kept(acme) == []


def test_patterns_that_hold_others_up_are_answered_soon(acme: Organization, owner_client: Client) -> None:
    path = "a" * 200 + "/a" * 350
    make_pulls(acme, *[path] * 3)
    deep = [("*a*/**/" * 8 + "b/" + "?" * (n % 30) + "*", "test") for n in range(MOST_RULES // 2)]
    wide = [("*a" * (40 + n) + "b/**", "test") for n in range(MOST_RULES // 2)]
    page = owner_client.post(PAGE, form(*deep, *wide, path=path))
    assert page.status_code == 200
    assert "Other, by the table" in words(page.text)


def test_too_many_rows_are_told_and_never_cut(acme: Organization, owner_client: Client) -> None:
    many = [(f"a{n}/", "test") for n in range(MOST_RULES + 3)]
    page = owner_client.post(PAGE, form(*many, do="save"))
    assert page.status_code == 400
    assert "At most 100 rules: remove 3 of these 103." in page.text
    assert rows_of(page.text) == many
    full = owner_client.post(PAGE, form(*many[:MOST_RULES], do="look"))
    assert full.status_code == 200
    assert "which is the most" in full.text
    assert 'id="glob-new"' not in full.text
    assert owner_client.post(PAGE, form(*many * 100, do="save")).status_code == 400
    assert kept(acme) == []


def test_the_second_of_two_admins_is_told_and_sees_what_holds(acme: Organization, owner_client: Client) -> None:
    save(owner_client, SOL)
    page = save(owner_client, BILLING)
    assert page.status_code == 400
    told = words(page.text)
    assert "Somebody else changed the rules meanwhile. Nothing was saved" in told
    assert "What holds now: *.sol → Models." in told
    assert rows_of(page.text) == [("billing/", "numeric")]
    assert kept(acme) == [SOL]
    shown = re.search(r'name="shown" value="(\w+)"', page.text)
    assert shown
    assert shown[1] == fingerprint([SOL])
    save(owner_client, BILLING, shown=(SOL,))
    assert kept(acme) == [BILLING]


def test_undoing_brings_back_the_rules_before_and_is_undone_itself(acme: Organization, owner_client: Client) -> None:
    undo = f"{PAGE}undo/"
    assert "There is nothing to undo." in owner_client.post(undo, follow=True).text
    save(owner_client, SOL)
    page = save(owner_client, BILLING, SOL, shown=(SOL,))
    assert "Brings back 1 rule: *.sol → Models." in words(page.text)
    late = owner_client.post(undo, {"shown": fingerprint([])}, follow=True)
    assert "Nothing was undone." in late.text
    assert kept(acme) == [BILLING, SOL]
    for shown, after in (([BILLING, SOL], [SOL]), ([SOL], [BILLING, SOL])):
        owner_client.post(undo, {"shown": fingerprint(shown)})
        assert kept(acme) == after
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="task_types.changed").count() == 4


def test_resetting_asks_first(acme: Organization, owner_client: Client) -> None:
    save(owner_client, BILLING)
    make_pulls(acme, "billing/a.py")
    with tenant(acme.id):
        PullRequest.objects.update(task_type="numeric")
    page = owner_client.post(PAGE, form(("billing/", "numeric"), do="reset", shown=(BILLING,)))
    assert "1 of the last 1 pull request would change type" in words(page.text)
    assert "Save without rules of your own" in page.text
    assert kept(acme) == [BILLING]
    save(owner_client, shown=(BILLING,))
    assert kept(acme) == []


def test_looking_too_often_is_refused_with_what_was_typed(
    acme: Organization, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LOOKS", views.LOOKS._replace(name="looks-tried", most=0))
    page = owner_client.post(PAGE, form(("billing/", "numeric")))
    assert page.status_code == 400
    assert "Nothing was saved; wait a little." in page.text
    assert rows_of(page.text) == [("billing/", "numeric")]


def test_others_are_kept_out(
    acme: Organization, alice_client: Client, charlie_client: Client, owner_client: Client
) -> None:
    for client, status in ((alice_client, 403), (charlie_client, 404)):
        assert client.get(PAGE).status_code == status
        assert client.get(f"{PAGE}progress/").status_code == status
        assert client.post(PAGE, form(("a/", "test"), do="save")).status_code == status
        assert client.post(f"{PAGE}undo/").status_code == status
    assert owner_client.get(f"{PAGE}undo/").status_code == 405
    assert kept(acme) == []


def test_many_rules_and_pull_requests_ask_as_few_queries(acme: Organization, owner_client: Client) -> None:
    make_pulls(acme, "a.py")
    few = queries_of(owner_client, PAGE)
    Organization.objects.filter(id=acme.id).update(settings={"task_type_rules": as_settings([BILLING] * MOST_RULES)})
    make_pulls(acme, *[f"billing/{n}.py" for n in range(20)])
    assert queries_of(owner_client, PAGE) == few
