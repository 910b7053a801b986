"""Each task twice: the second time changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from codecard.lib.tenant import tenant
from events import sample, tasks
from events.ledger import relocation
from events.models import AiEvidence, Chore, ContributorDay, Escape, Event, Latency, Session, SessionLink
from events.pulls.escapes import compute_defect_escape
from events.sample import state
from events.schema import Prompt
from teams import actions
from teams.models import Contributor, Organization
from tests import factories
from tests.events.ledger.books import access, store
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What is asked for in the background, instead of a worker."""
    found: list[tuple[str, Any]] = []
    for task in (tasks.fill_sample, tasks.erase_sample, tasks.relocate, tasks.mature_escapes):
        monkeypatch.setattr(task, "delay", lambda name=task.name, **arguments: found.append((name, arguments)))
    return found


def tables(organization: Organization) -> list[Any]:
    with tenant(organization.id):
        return [
            list(model.objects.order_by(*key).values())
            for model, key in (
                (Event, ["occurred_at", "id"]),
                (Session, ["id"]),
                (ContributorDay, ["day", "contributor_id"]),
            )
        ]


def test_filling_asks_for_the_next_week_and_stops_after_the_last(queued: list[tuple[str, Any]]) -> None:
    organization = sample.create(now=NOW, people=11, weeks=2)
    tasks.fill_sample(organization_id=organization.id)
    assert queued == [("events.tasks.fill_sample", {"organization_id": organization.id})]
    tasks.fill_sample(organization_id=organization.id)
    assert len(queued) == 1
    before = tables(organization)
    assert all(before)
    tasks.fill_sample(organization_id=organization.id)
    assert tables(organization) == before


@override_settings(IS_LOCAL=True, BASE_URL="http://127.0.0.1:9")
def test_filling_falls_back_to_this_process_where_no_server_answers(queued: list[tuple[str, Any]]) -> None:
    organization = sample.create(now=NOW, people=11, weeks=1)
    tasks.fill_sample(organization_id=organization.id)
    assert all(tables(organization))


def test_erasing_twice_is_erasing_once(acme: Organization) -> None:
    organization = sample.create(now=NOW, people=11, weeks=1)
    sample.retire(organization=organization, by=None, now=NOW)
    for _ in range(2):
        tasks.erase_sample(organization_id=organization.id)
        assert list(Organization.objects.all()) == [acme]


def test_samples_left_behind_are_taken_up(queued: list[tuple[str, Any]], acme: Organization) -> None:
    organization = sample.create(now=NOW, people=11, weeks=1)
    about = {"organization_id": organization.id}
    tasks.continue_samples()
    tasks.continue_samples()
    assert queued == [("events.tasks.fill_sample", about)] * 2
    state.change(organization.id, done=0)
    tasks.continue_samples()
    assert len(queued) == 2
    sample.retire(organization=organization, by=None, now=NOW)
    tasks.continue_samples()
    assert queued[2:] == [("events.tasks.erase_sample", about)]


def partitions() -> set[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events_event'::regclass")
        return {name for (name,) in cursor.fetchall()}


def test_partitions_of_the_coming_months_are_made() -> None:
    complete = partitions()
    newest = max(complete)
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP TABLE {newest}")
    assert partitions() == complete - {newest}
    for _ in range(2):
        tasks.ensure_partitions()
        assert partitions() == complete


def two_people_of(organization: Organization) -> list[Contributor]:
    """With a hundred facts each, which wait for a worker when the two turn out to be one."""
    for name in ("mara", "lee"):
        facts = [
            Prompt(id=f"{name}{hour}", at=NOW - timedelta(hours=hour), tool="t", email=f"{name}@acme.test")
            for hour in range(1, 101)
        ]
        store(access(organization), *facts, now=NOW)
    with tenant(organization.id):
        return [factories.person_by(organization, f"{name}@acme.test") for name in ("mara", "lee")]


def merge(organization: Organization, loser: Contributor, winner: Contributor) -> None:
    actions.merge_contributors(organization=organization, loser=loser, winner=winner, by=None, now=NOW)


def test_facts_follow_in_the_background_and_only_once(
    queued: list[tuple[str, Any]], acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocation, "AT_ONCE", -1)
    mara, lee = two_people_of(acme)
    merge(acme, lee, mara)
    assert queued == [("events.tasks.relocate", {"organization_id": acme.id})]
    tasks.relocate(organization_id=acme.id)
    with tenant(acme.id):
        assert set(Event.objects.values_list("contributor_id", flat=True)) == {mara.id}
    before = tables(acme)
    tasks.relocate(organization_id=acme.id)
    assert tables(acme) == before
    assert len(queued) == 1


def test_a_long_move_makes_room_for_others(
    queued: list[tuple[str, Any]], acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocation, "AT_ONCE", -1)
    monkeypatch.setattr(tasks, "SECONDS_AT_A_TIME", -1)
    mara, lee = two_people_of(acme)
    merge(acme, lee, mara)
    while queued:
        queued.pop()
        tasks.relocate(organization_id=acme.id)
    with tenant(acme.id):
        assert set(Event.objects.values_list("contributor_id", flat=True)) == {mara.id}


def test_a_move_that_was_left_behind_is_taken_up(
    queued: list[tuple[str, Any]], acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker was killed after two steps: the row says what is left."""
    monkeypatch.setattr(relocation, "AT_ONCE", -1)
    mara, lee = two_people_of(acme)
    merge(acme, lee, mara)
    relocation.relocate_step(acme.id)
    queued.clear()
    for _ in range(2):
        tasks.continue_relocations()
    assert queued == [("events.tasks.relocate", {"organization_id": acme.id})] * 2
    tasks.relocate(organization_id=acme.id)
    queued.clear()
    tasks.continue_relocations()
    assert queued == []


def test_windows_close_every_night_and_only_once(queued: list[tuple[str, Any]], acme: Organization) -> None:
    with tenant(acme.id):
        pull_request = make_pull_request(make_repository(acme), merged_at=timezone.now() - timedelta(days=31))
        compute_defect_escape(acme.id, [pull_request.id], now=timezone.now() - timedelta(days=2))
    tasks.mature_all_escapes()
    assert ("events.tasks.mature_escapes", {"organization_id": acme.id}) in queued
    for _ in range(2):
        tasks.mature_escapes(organization_id=acme.id)
        with tenant(acme.id):
            states = Escape.objects.order_by("horizon_days").values_list("state", flat=True)
            assert list(states) == ["clean", "clean", "pending"]


def test_what_was_late_or_is_outdated_is_asked_for_until_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = factories.make_organization()
    factories.make_organization()  # has no repository, and isn't asked for
    asked: list[int] = []
    monkeypatch.setattr(tasks, "ask_to_judge", asked.append)
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme), merged_at=None, opened_at=datetime.now(UTC))
        evidence = {"kind": "body", "tool": "claude-code", "session_key": "s1"}
        AiEvidence.objects.create(organization=acme, pull_request=pull, **evidence)
    store(access(acme), Prompt(id="p1", at=NOW, tool="claude-code", session="s1"), now=NOW)
    for look in (tasks.look_for_late_links, tasks.judge_what_is_outdated):
        look()
        look()
        assert asked == [acme.id, acme.id]
        tasks.judge(organization_id=acme.id)
        look()
        assert len(asked) == 2
        with tenant(acme.id):
            assert (SessionLink.objects.count(), Latency.objects.count()) == (1, 1)
            assert not Chore.objects.filter(kind="pull").exists()
            Latency.objects.update(version=0)
        asked.clear()
