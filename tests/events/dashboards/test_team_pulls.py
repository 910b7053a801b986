"""What a team's dashboard says of its pull requests: how long they took, where review is critical, and whom they open
for."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events.dashboards import marks
from events.models import EscapeState
from teams.models import Contributor, Organization
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, monday, work
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock", "ledger")]
LEDGER = "/o/acme/t/ledger/"
COUNTED = datetime.combine(monday(1), time(10), UTC)
"""In the newest full week."""


def _context(client: Client, query: str = "") -> Any:
    answer = client.get(LEDGER + query)
    assert answer.status_code == 200
    return answer.context


def _tile(context: Any, slug: str) -> Any:
    return next(one for one in context["tiles"] if one.metric.slug == slug).reading


def test_without_a_repository_it_says_where_to_connect_one(
    acme: Organization, crew: list[Contributor], owner_client: Client, bob_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1))
    assert "Connect GitHub</a>" in owner_client.get(LEDGER).text
    assert "An admin can connect GitHub" in bob_client.get(LEDGER).text


def test_tiles_say_how_many_how_sure_and_how_far_from_the_range(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        for number, person in enumerate(crew * 4):
            make_judged_pull(repository, person, COUNTED, minutes=10 + number, change_class="small_patch")
            make_judged_pull(repository, person, COUNTED - timedelta(days=30), None,
                  escape=[EscapeState.CLEAN, EscapeState.PROBABLE][number < 3])  # fmt: skip
    context = _context(alice_client)
    latency, escape = _tile(context, "latency-small-patches"), _tile(context, "defect-escape-rate")
    assert (latency.value, latency.n, latency.verdict.word) == (pytest.approx(21.5 * 60), 24, "Above range")
    assert (escape.value, escape.n, escape.is_few) == (0.125, 24, False)
    assert context["linked"] == (24, 24)
    assert [finding.metric.slug for finding, _ in context["findings"]] == ["latency-small-patches"]
    assert context["state"] == "empty", "work is shown of a team that no tool tells of"


def test_a_mark_opens_its_pull_request_for_those_who_may(
    acme: Organization, crew: list[Contributor], owner_client: Client, bob_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        pull = make_judged_pull(repository, crew[0], COUNTED, minutes=7, change_class="small_patch")
        make_judged_pull(repository, crew[1], COUNTED + timedelta(hours=1), minutes=70)
        make_judged_pull(repository, crew[1], COUNTED, None)
    address = f"/o/acme/pulls/{repository.full_name}/{pull.number}/"
    chart = _context(owner_client)["latencies"]
    assert [(mark.kind, mark.seconds) for mark in chart.marks] == [(0, 420), (2, 4200)]
    assert chart.marks[0].href == address
    assert "1 of 1\u00a0pull request in time: small patches" in chart.description
    assert all(not mark.href for mark in _context(bob_client)["latencies"].marks)
    assert address not in bob_client.get(LEDGER).text


def test_of_too_many_the_oldest_are_left_out_and_counted(
    acme: Organization, crew: list[Contributor], alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "MOST", 2)
    with tenant(acme.id):
        repository = make_repository(acme)
        for hours in range(3):
            make_judged_pull(repository, crew[0], COUNTED + timedelta(hours=hours), minutes=10 + hours)
    answer = alice_client.get(LEDGER)
    assert [mark.seconds for mark in answer.context["latencies"].marks] == [660, 720]
    assert "The 1\u00a0oldest is left out" in answer.text


def test_review_is_critical_where_a_kind_of_work_lies_out_of_its_range(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        for number, person in enumerate(crew * 4):
            kind = {"change_class": "small_patch", "task_type": "migration"}
            make_judged_pull(repository, person, COUNTED - timedelta(weeks=6), minutes=60 + number, **kind)
    context = _context(owner_client)
    (cell,) = context["critical"]
    assert (cell["task"], cell["repository"], cell["reading"].n) == ("Migrations", repository.full_name, 24)
    listed = owner_client.get(cell["href"]).context
    assert len(listed["found"].rows) == 24


def test_others_bots_and_backports_are_not_in_it(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        elsewhere = Contributor.objects.create(organization=acme, display_name="Elsewhere", created_at=NOW)
        make_judged_pull(repository, elsewhere, COUNTED)
        make_judged_pull(repository, crew[0], COUNTED, is_bot=True)
        make_judged_pull(repository, crew[0], COUNTED, is_backport=True)
    assert not _context(alice_client)["has_pulls"]


def test_it_asks_the_database_as_often_for_many_as_for_few(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=5)
    with tenant(acme.id):
        repository = make_repository(acme)
        make_judged_pull(repository, crew[0], COUNTED)
    asked = []
    for _ in range(2):
        owner_client.get(LEDGER)
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(LEDGER)
        asked.append(len([one for one in captured.captured_queries if one["sql"] not in {"BEGIN", "COMMIT"}]))
        with tenant(acme.id):
            for person in crew:
                make_judged_pull(repository, person, COUNTED)
    assert asked[0] == asked[1] <= 20
