"""The page of one metric: what it answers, what it corrects, what it withholds, and that files and the API agree."""

import csv
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events.dashboards.rulers import metric_named
from events.metrics import all_metrics
from events.models import ChangeClass, HealthyRange, IntakeDay, PullTests
from events.schema import Edit
from teams import actions
from teams.models import Contributor, Organization, Role, Team, User
from tests import factories
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, monday, store, work
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
LEDGER = "/o/acme/t/ledger/m/"
ACCEPTANCE = f"{LEDGER}acceptance-rate/"


def _context(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.context


@pytest.fixture
def worked(acme: Organization, crew: list[Contributor], ledger: Team) -> Team:
    """Nine weeks of decisions by six people with two models: 10 of 16 accepted, before the last four weeks 14 of 16."""
    for weeks_ago in range(1, 10):
        for number, person in enumerate(crew):
            accepted = 10 if weeks_ago <= 4 else 14
            model = ("claude-sonnet-4-5", "gpt-5-codex")[number % 2]
            work(acme, person, monday(weeks_ago), accepted=accepted, rejected=16 - accepted, model=model)
    return ledger


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.slug)
def test_without_data_every_metric_says_what_to_switch_on(alice_client: Client, metric: Any) -> None:
    for address in (f"{LEDGER}{metric.slug}/", f"/o/acme/m/{metric.slug}/"):
        answer = alice_client.get(address)
        assert answer.context["state"] == "empty", address
        assert metric.needs.split(":")[0] in answer.text


@pytest.mark.usefixtures("worked")
def test_the_page_tells_value_change_course_and_parts(alice_client: Client) -> None:
    context = _context(alice_client, ACCEPTANCE)
    reading = context["reading"]
    assert (context["state"], reading.numerator, reading.n, reading.previous) == ("ready", 240, 384, 0.875)
    assert reading.is_real_change
    assert "Probably a real change" in alice_client.get(ACCEPTANCE).text
    assert [week.value for week in context["chart"].points if week.value] == [0.875] * 5 + [0.625] * 4
    by_tool = _context(alice_client, f"{ACCEPTANCE}?by=tool")
    assert sum(part.reading.n for part in by_tool["parts"]) == reading.n


@pytest.mark.usefixtures("worked")
def test_what_too_few_people_have_is_withheld_together(alice_client: Client) -> None:
    """Each model is three people's, and the floor is five."""
    parts = _context(alice_client, f"{ACCEPTANCE}?by=model")["parts"]
    assert [(part.name, part.reading.n, part.href) for part in parts] == [("Withheld, together", 384, "")]


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("query", "notice", "filters", "by"),
    [
        ("?by=person", "first way is shown", [], "task"),
        ("?size=2", "not known by change size", [], "task"),
        ("?tool=claude-code&lang=Go", "only tool was kept", [("tool", "claude-code")], None),
        ("?from=2026-01-01&to=2025-01-01", "", [], "task"),
        ("?p=nonsense", "", [], "task"),
    ],
)
def test_what_may_not_be_asked_is_corrected_and_said(
    alice_client: Client, query: str, notice: str, filters: list[tuple[str, str]], by: str | None
) -> None:
    context = _context(alice_client, f"{ACCEPTANCE}{query}")
    assert any(notice in one for one in context["notices"])
    assert [pair for pair in context["kept"] if pair[0] != "by"] == filters
    assert (context["by"].value if context["by"] else None) == by


@pytest.fixture
def shipped(acme: Organization, crew: list[Contributor], worked: Team) -> Team:
    """Besides decisions: pull requests of nine weeks, with what was judged of them, and what was left of edits."""
    of_class = (ChangeClass.SMALL_PATCH, ChangeClass.FEATURE_WITH_TESTS)
    with tenant(acme.id):
        shop = make_repository(acme, "acme/shop")
        for number in range(126):
            at = datetime.combine(monday(1 + number % 9), time(12), UTC)
            pull = make_judged_pull(
                shop, crew[number % 6], at, 20 + number, task_type=("test", "docs")[number % 3 > 0], number=number + 1,
                change_class=of_class[number % 2], ai_tools=["claude-code"], source_lines_added=40, size=2,
            )  # fmt: skip
            PullTests.objects.create(
                organization=acme, pull_request=pull, state=("passed", "failed")[number % 4 == 0], sha=pull.head_sha
            )
    for weeks_ago, person in product(range(1, 10), crew):
        at = datetime.combine(monday(weeks_ago), time(13), UTC)
        edits = [
            Edit(id=f"{person.id}-{weeks_ago}-{n}", at=at, tool="quill", horizon="commit", distance=n / 10, lines=9)
            for n in range(6)
        ]
        store(acme, person, *edits)
    return worked


def _lines_of(client: Client, address: str) -> list[list[str]]:
    return list(csv.reader(b"".join(client.get(address)).decode("utf-8-sig").splitlines()))


@pytest.mark.usefixtures("shipped")
def test_pages_files_and_api_say_the_same_of_every_metric(alice_client: Client) -> None:
    tiles = {tile.metric.slug: tile.reading for tile in _context(alice_client, "/o/acme/t/ledger/")["tiles"]}
    known = set()
    for metric in all_metrics():
        context = _context(alice_client, f"{LEDGER}{metric.slug}/?by={metric.dimensions[-1]}")
        reading, parts = context["reading"], context["parts"]
        api = alice_client.get(context["api"]).json()
        assert (api["value"], api["n"], api["coverage"]) == (reading.value, reading.n, reading.coverage), metric.slug
        assert api["interval"] == (list(reading.interval) if reading.interval else None), metric.slug
        assert [(row["value"], row["n"]) for row in api["rows"]] == [
            (one.reading.value, one.reading.n) for one in parts
        ]
        assert metric.slug not in tiles or tiles[metric.slug] == reading
        series = alice_client.get(context["api"].replace("/?", "/series/?").replace(f"by={metric.dimensions[-1]}", ""))
        drawn = {week.label: week.value for week in context["chart"].points}
        assert {one["value"] for one in series.json()["weeks"]} <= set(drawn.values()), metric.slug
        lines = _lines_of(alice_client, context["export"])
        told = {line[0]: (line[4], int(line[6])) for line in lines if line[0] == "Total"}
        assert told == {"Total": ("" if reading.value is None else str(reading.value), reading.n)}, metric.slug
        label = metric.dimensions[-1].label
        assert [int(line[6]) for line in lines if line[0] == label] == [one.reading.n for one in parts], metric.slug
        known |= {metric.slug} if reading.value is not None else set()
    assert known >= {
        "acceptance-rate", "first-run-pass-rate", "latency-small-patches", "latency-features-with-tests",
        "latency-to-integration", "defect-escape-rate", "edit-distance", "ai-assisted-share", "revert-rate",
    }  # fmt: skip


@pytest.mark.usefixtures("worked")
def test_page_and_api_judge_by_the_range_that_was_set(acme: Organization, alice: User, alice_client: Client) -> None:
    with tenant(acme.id):
        HealthyRange.objects.create(
            organization=acme, metric="acceptance-rate", low=0.9, high=None, set_by=alice, set_at=NOW
        )
    context = _context(alice_client, ACCEPTANCE)
    assert context["reading"].verdict.word == "Below range"
    assert (context["range"]["of"], context["range"]["by"]) == ("Acme", str(alice))
    assert alice_client.get(context["api"]).json()["verdict"] == "below_range"


def test_a_team_below_the_floor_is_withheld_and_says_so(acme: Organization, alice_client: Client) -> None:
    with tenant(acme.id):
        team = factories.make_team(acme, "Trio")
        trio = [factories.make_contributor(acme) for _ in range(3)]
    for person in trio:
        with tenant(acme.id):
            actions.join_team(team=team, contributor=person, by=None, now=NOW)
        work(acme, person, monday(1), accepted=90, rejected=10)
    answer = alice_client.get("/o/acme/t/trio/m/acceptance-rate/")
    assert (answer.context["state"], answer.context["reading"].value) == ("withheld", None)
    assert "Withheld to protect people" in answer.text


@pytest.mark.usefixtures("worked")
def test_the_cost_does_not_grow_with_the_rows(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    with tenant(acme.id):
        shop = make_repository(acme, "acme/shop")
        for number in range(1, 13):
            make_judged_pull(shop, crew[number % 6], NOW - timedelta(days=number))
    for metric in all_metrics():
        with CaptureQueriesContext(connection) as captured:
            _context(alice_client, f"{LEDGER}{metric.slug}/")
        asked = [one for one in captured.captured_queries if one["sql"].lstrip().startswith(("SELECT", "WITH"))]
        assert len(asked) <= 20, (metric.slug, len(asked))


@pytest.mark.parametrize("address", [f"{LEDGER}nonsense/", "/o/acme/t/nobody/m/acceptance-rate/", "/o/acme/m/x/"])
@pytest.mark.usefixtures("ledger")
def test_what_is_not_there_is_not_found(alice_client: Client, address: str) -> None:
    assert alice_client.get(address).status_code == 404
    assert alice_client.get(f"{address}export.csv").status_code == 404


def test_the_glossary_is_open_to_all_and_explains_every_metric(client: Client) -> None:
    text = client.get("/metrics/").text
    for metric in all_metrics():
        assert f'id="{metric.slug}"' in text
        assert metric.example.words.split("\u00a0")[0][:30] in text.replace("&#x27;", "'")


@pytest.mark.usefixtures("worked")
def test_the_api_compares_with_the_same_and_is_told_which_organization(
    alice: User, globex: Organization, alice_client: Client
) -> None:
    """Also for members of several, and where a year before is asked for."""
    factories.make_member(globex, Role.VIEWER, alice)
    for query in ("", "?vs=year", "?vs=none", "?p=7d&by=tool"):
        context = _context(alice_client, f"{ACCEPTANCE}{query}")
        told = alice_client.get(context["api"]).json()
        assert (told["n"], told["value"]) == (context["reading"].n, context["reading"].value)
        assert (told["previous"] or {}).get("value") == context["reading"].previous, query


@pytest.mark.usefixtures("worked")
def test_behaviour_offers_another_filter_only_once_the_first_is_gone(alice_client: Client) -> None:
    assert len(_context(alice_client, ACCEPTANCE)["chips"]) == 5
    narrowed = _context(alice_client, f"{ACCEPTANCE}?tool=claude-code")
    assert [chip.text for chip in narrowed["chips"]] == ["Tool: claude-code"]
    assert narrowed["notices"] == []


@pytest.mark.usefixtures("worked")
def test_nothing_like_the_filters_is_said_and_can_be_cleared(alice_client: Client) -> None:
    answer = alice_client.get(f"{ACCEPTANCE}?tool=abacus&p=91d")
    assert answer.context["state"] == "unlike"
    assert f'href="{ACCEPTANCE}?p=91d">Clear the filter' in answer.text


def test_cohorts_stand_beside_all_work_alone(
    acme: Organization, crew: list[Contributor], ledger: Team, alice_client: Client
) -> None:
    """Beside a narrowed value they would tell of something else."""
    with tenant(acme.id):
        shop = make_repository(acme, "acme/shop")
        for number in range(30):
            at = datetime.combine(monday(1), time(10), UTC)
            make_judged_pull(shop, crew[number % 6], at, minutes=5 + number, task_type=("test", "docs")[number % 2])
    address = f"{LEDGER}latency-to-integration/"
    context = _context(alice_client, address)
    assert (context["cohort"].n, context["cohort"].merged) == (30, 30)
    assert [part.reading.n for part in context["parts"]] == [15, 15]
    assert sum(part.reading.n for part in context["parts"]) == context["reading"].n
    assert _context(alice_client, f"{address}?task=test")["cohort"] is None
    assert "Logarithmic scale" in alice_client.get(address).text


@pytest.mark.usefixtures("worked")
def test_ranges_and_annotations_are_offered_to_those_who_may_change_them(
    owner_client: Client, bob_client: Client
) -> None:
    links = ("/o/acme/settings/ranges/acceptance-rate/?team=ledger#range", "/o/acme/t/ledger/annotations/")
    for client, is_offered in ((owner_client, True), (bob_client, False)):
        text, team = client.get(ACCEPTANCE).text, client.get("/o/acme/t/ledger/").text
        assert [f'href="{link}"' in text for link in links] == [is_offered] * 2
        assert (f'href="{links[1]}"' in team) is is_offered


@pytest.mark.usefixtures("worked")
def test_a_source_that_fell_silent_is_named(acme: Organization, alice_client: Client) -> None:
    assert _context(alice_client, ACCEPTANCE)["silent"] == []
    with tenant(acme.id):
        IntakeDay.objects.update(last_seen_at=NOW - timedelta(days=9))
    assert "The events API has been silent" in alice_client.get(ACCEPTANCE).text
    with tenant(acme.id):
        IntakeDay.objects.update(day=NOW.date() - timedelta(days=40))
    assert _context(alice_client, ACCEPTANCE)["silent"] == [], "whoever left long ago is no news"


@pytest.mark.usefixtures("worked")
def test_the_overview_leads_to_the_metrics_of_each_team_and_of_all(alice_client: Client) -> None:
    overview = alice_client.get("/o/acme/?p=91d").text
    assert f'href="{ACCEPTANCE}?p=91d"' in overview
    assert 'href="/o/acme/m/acceptance-rate/?p=91d"' in overview


def test_a_period_before_with_too_few_is_not_called_unknown(
    acme: Organization, crew: list[Contributor], ledger: Team, alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=20)
        work(acme, person, monday(5), accepted=2)
    text = alice_client.get(ACCEPTANCE).text
    assert "Too few in the period before: 12\u00a0suggestions." in text
    assert metric_named("acceptance-rate").example.words in text
