"""The tasks that ask GitHub: safe to run twice, and nobody keeps others waiting."""

from typing import Any

import pytest
from pytest_django import Settings

from codecard.lib.tenant import tenant
from events import tasks
from events.models import Backfill, DefaultCommit, Stage
from teams.models import Organization
from tests._github_api import GithubApi
from tests.events.pulls import asking
from tests.events.pulls.asking import connect, forge_of, rows_of, tables

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[tuple[str, int]]:
    """What is asked for, in the order in which a worker takes it."""
    found: list[tuple[str, int]] = []

    def put(*, kwargs: dict[str, Any], queue: str) -> None:
        found.append((queue, kwargs["organization_id"]))

    monkeypatch.setattr(tasks.backfill, "apply_async", put)
    monkeypatch.setattr(tasks.judge, "delay", lambda **_: None)
    monkeypatch.setattr(tasks, "SECONDS_OF_A_TURN", 0)
    settings.BACKFILL_DAYS = 0
    return found


def test_two_organizations_take_turns_page_by_page_in_a_queue_of_their_own(
    acme: Organization, globex: Organization, github_api: GithubApi, queue: list[tuple[str, int]]
) -> None:
    github_api.serve(forge_of(8))
    connect(acme)
    connect(globex)
    tasks.continue_backfills()
    tasks.continue_backfills()  # one hint is enough
    assert queue == [("backfill", acme.id), ("backfill", globex.id)]
    turns = []
    while queue:
        _, organization_id = queue.pop(0)
        turns.append(organization_id)
        tasks.backfill(organization_id=organization_id)
    half = len(turns) // 2
    assert turns == [acme.id, globex.id] * half
    assert half > 10
    assert tables(acme) == tables(globex)
    for organization in (acme, globex):
        assert all(row.finished_at for row in rows_of(organization).values())


def test_run_once_more_nothing_changes(acme: Organization, github_api: GithubApi, queue: list[tuple[str, int]]) -> None:
    github_api.serve(forge_of(8))
    connect(acme)
    tasks.continue_backfills()
    while queue:
        tasks.backfill(organization_id=queue.pop(0)[1])
    before, asked = tables(acme), len(github_api.asked)
    tasks.backfill(organization_id=acme.id)
    tasks.continue_backfills()
    assert queue == []
    assert (tables(acme), len(github_api.asked)) == (before, asked)
    tasks.look_again_at_github()
    assert queue == [("backfill", acme.id)]
    while queue:
        tasks.backfill(organization_id=queue.pop(0)[1])
    assert tables(acme) == before
    with tenant(acme.id):
        assert Backfill.objects.get(stage=Stage.PULLS).cursor["is_again"]
    assert asking.repository_of(acme).state == "ok"


def test_looking_again_does_not_go_further_back_than_the_first_time(
    acme: Organization, github_api: GithubApi, queue: list[tuple[str, int]], settings: Settings
) -> None:
    github_api.serve(forge_of(8))
    settings.BACKFILL_DAYS = 500
    connect(acme)
    for again in (tasks.continue_backfills, tasks.look_again_at_github):
        again()
        while queue:
            tasks.backfill(organization_id=queue.pop(0)[1])
        with tenant(acme.id):
            known = DefaultCommit.objects.count()
            assert 0 < known < len(github_api.forge.repositories[asking.NAME].on_default) / 2
