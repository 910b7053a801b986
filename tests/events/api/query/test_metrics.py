"""Numbers over the API: those of `Answers`, for those who may see them, and a 400 in words for what can't be asked."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events.answers import Answers, Question, scope_of
from events.metrics import all_metrics
from events.metrics._base import By, Metric
from events.queries.people import groups_of
from teams.models import Contributor, Organization, Team, User
from tests import factories
from tests.events.answers.test_answers import BEFORE, NOW_DAYS
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, monday, work
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Get = Callable[..., Any]


@pytest.fixture
def get(acme: Organization) -> Get:
    token = factories.make_token(acme).secret

    def ask(path: str, *, token: str = token, **headers: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}", **headers})

    return ask


@pytest.fixture
def worked(acme: Organization, ledger: Team, crew: list[Contributor]) -> Team:
    for number, person in enumerate(crew):
        work(acme, person, monday(1), accepted=30, rejected=20, lines=100)
        work(acme, person, monday(1), accepted=5 + number, tool="codex", model="gpt-5.1-codex")
        work(acme, person, monday(5), accepted=10, rejected=40)
    with tenant(acme.id):
        repository = make_repository(acme, "acme/shop")
        for number, person in enumerate(crew * 4):
            at = datetime.combine(monday(1), time(10), UTC) + timedelta(minutes=number)
            make_judged_pull(repository, person, at, minutes=5 + number, change_class="small_patch", task_type="test")
    return ledger


def told(organization: Organization, team: Team | None, metric: Metric, by: By | None) -> Any:
    with tenant(organization.id):
        groups = groups_of(organization.id)
        group = next((one for one in groups if team and one.id == team.id), None)
        scope = scope_of(organization, groups, group, None)
        answers = Answers(scope, scope.facts([NOW_DAYS, BEFORE], NOW), lambda metric, task: metric.band)
        return answers.answer(Question(metric=metric, shown=NOW_DAYS, before=BEFORE, by=by))


@pytest.mark.parametrize("team", ["", "ledger"])
def test_every_number_is_that_of_the_answers(get: Get, acme: Organization, worked: Team, team: str) -> None:
    for metric in all_metrics():
        for by in (None, *metric.dimensions):
            answer = told(acme, worked if team else None, metric, by)
            query = "&".join(filter(None, [f"team={team}" if team else "", f"by={by}" if by else ""]))
            found = get(f"metrics/{metric.slug}/?{query}").json()
            for row, reading in [
                (found, answer.total),
                *zip(found["rows"], [r.reading for r in answer.rows], strict=True),
            ]:
                assert (row["value"], row["n"], row["numerator"], row["denominator"], row["coverage"]) == (
                    reading.value, reading.n, reading.numerator, reading.denominator, reading.coverage,
                )  # fmt: skip
                assert row["interval"] == (None if reading.interval is None else list(reading.interval))
                assert (row["previous"] or {}).get("value") == reading.previous
            assert [row["key"] for row in found["rows"]] == [row.key for row in answer.rows]
            assert found["withheld_weeks"] == answer.withheld_weeks
            assert sum(row["n"] for row in found["rows"]) in ({found["n"]} if by else {0})
            assert (found["team"], found["by"], found["version"]) == (team or None, by and str(by), metric.version)


def test_shape_of_an_answer(get: Get, worked: Team) -> None:
    found = get("metrics/acceptance-rate/?team=ledger&by=tool").json()
    assert found["window"] == {"from": "2026-05-04", "to": "2026-06-01"}
    assert found["compared"] == {"from": "2026-04-06", "to": "2026-05-04"}
    assert (found["numerator"], found["denominator"]) == (180 + 45, 300 + 45)
    assert found["range"]["low"] == 0.25
    assert found["range"]["source"]
    assert (found["verdict"], found["change"]) == ("above_range", "probably_real")
    assert found["previous"]["n"] == 300
    assert found["previous"]["change_interval"][0] > 0
    assert {row["key"] for row in found["rows"]} == {"claude-code", "codex"}


def test_weeks_of_a_series(get: Get, worked: Team) -> None:
    found = get("metrics/acceptance-rate/series/?team=ledger&p=91d").json()
    assert len(found["weeks"]) == 13
    assert [week["week"] for week in found["weeks"] if week["n"]] == ["2026-04-27", "2026-05-25"]
    assert {week["verdict"] for week in found["weeks"]} == {"no_data", "above_range", "below_range"}


def test_the_registry_tells_all_that_a_number_means(get: Get) -> None:
    found = {one["slug"]: one for one in get("metrics/").json()["metrics"]}
    assert set(found) == {metric.slug for metric in all_metrics()}
    for metric in all_metrics():
        one = found[metric.slug]
        assert (one["definition"], one["formula"], one["minimum"]) == (
            metric.definition,
            metric.formula,
            metric.minimum,
        )
        assert one["example"]["value"] == metric.example.value
        assert one["dimensions"] == [str(by) for by in metric.dimensions]


def test_a_group_under_the_floor_is_withheld_and_oneself_is_not(
    get: Get, acme: Organization, bob: User, payments: Team
) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    work(acme, person, monday(1), accepted=30, rejected=20)
    found = get("metrics/acceptance-rate/?team=payments").json()
    assert (found["verdict"], found["value"], found["n"], found["numerator"]) == ("withheld", None, 0, None)
    token = factories.make_token(acme, contributor=person).secret
    mine = {one["metric"]: one for one in get("contributors/me/", token=token).json()["metrics"]}
    assert set(mine) == {metric.slug for metric in all_metrics()}
    assert (mine["acceptance-rate"]["numerator"], mine["acceptance-rate"]["n"]) == (30, 50)


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("nonsense=1", "nonsense", "Known: from"),
        ("by=author", "by", "Possible: task"),
        ("by=size", "by", "Possible: task, model, tool, repo, lang"),
        ("by=tool&task=test", "by", "one thing at a time"),
        ("task=testing", "task", "migration"),
        ("size=2", "filters", "not known by change size"),
        ("team=nobody", "team", "ledger"),
        ("p=8d", "p", "7d, 28d, 91d"),
        ("p=2026-05-10..2026-05-01", "p", "ends before it starts"),
        ("from=2026-05-01", "from", "belong together"),
        ("from=2026-05-01&to=2026-05-01", "from", "ends before"),
        ("from=2026-05-01&to=2026-05-09&p=7d", "p", "Either"),
        ("from=1999-01-01&to=2026-05-01", "from", "six years"),
        ("vs=last", "vs", "prev, year, none"),
        ("p=7d&p=28d", "p", "more than once"),
        ("model=%00", "model", "NUL"),
        ("model=", "model", "characters"),
        ("format=xml", "format", "json, csv"),
    ],
)
def test_nonsense_is_a_400_that_says_what_is_possible(
    get: Get, ledger: Team, query: str, name: str, words: str
) -> None:
    answer = get(f"metrics/acceptance-rate/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert words in answer.json()["errors"][name]


def test_an_unknown_metric_is_a_404(get: Get) -> None:
    assert get("metrics/velocity/").status_code == 404


def test_the_same_is_sent_once(get: Get, acme: Organization, worked: Team, crew: list[Contributor]) -> None:
    path = "metrics/acceptance-rate/?team=ledger"
    first = get(path)
    again = get(path, **{"If-None-Match": first["ETag"]})
    assert first["ETag"].startswith('W/"')
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    work(acme, crew[0], monday(1), accepted=1)
    changed = get(path, **{"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["numerator"]) == (200, first.json()["numerator"] + 1)


def test_a_breakdown_is_a_file_as_well(get: Get, worked: Team) -> None:
    by_header = get("metrics/acceptance-rate/?team=ledger&by=tool", Accept="text/csv")
    by_format = get("metrics/acceptance-rate/?team=ledger&by=tool&format=csv")
    told = b"".join(by_header.streaming_content).decode("utf-8-sig")
    assert told == b"".join(by_format.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(told.splitlines()))
    assert [row["key"] for row in rows] == ["claude-code", "codex", "total"]
    assert [row["n"] for row in rows] == ["300", "45", "345"]
    assert by_header["Content-Disposition"] == 'attachment; filename="acceptance-rate.csv"'
    for path in ("metrics/", "metrics/acceptance-rate/series/"):
        assert get(path, Accept="text/csv")["Content-Type"] == "text/csv; charset=utf-8"


def test_a_name_that_looks_like_a_formula_is_none(get: Get, acme: Organization, crew: list[Contributor]) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, model="=cmd|calc")
    told = b"".join(get("metrics/acceptance-rate/?by=model&format=csv").streaming_content).decode()
    assert "'=cmd|calc" in told


def test_work_is_asked_by_several_things(get: Get, worked: Team) -> None:
    found = get("metrics/latency-small-patches/?by=repo&task=test&tool=unknown&size=unknown").json()
    assert (found["n"], found["filters"]) == (24, {"task": "test", "tool": "unknown", "size": "unknown"})
    assert [row["key"] for row in found["rows"]] == ["github.com/acme/shop"]


def test_a_breakdown_asks_the_database_as_often_whatever_there_is(get: Get, acme: Organization, worked: Team) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert get(path).status_code == 200
        return len(found)

    path = "metrics/acceptance-rate/?team=ledger&by=tool"
    asked(path)  # the key is looked up, and remembered
    before = asked(path)
    for number in range(5):
        factories.make_team(acme, f"Team {number}")
    assert asked(path) == before <= 10
    assert asked("teams/") <= 6
