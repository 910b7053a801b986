"""A process remembers names, people and sessions; the database changes meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from events.ledger import Receipt, record
from events.ledger.lookups import MAX_VALUES, forget, lookups_of
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.models import Dimension, DimensionKind, Event, Session
from events.schema import Commit, Prompt, Response
from events.sources import code_card
from events.sources._base import Parsed
from teams import actions
from teams.models import Organization
from tests import factories
from tests._processes import wait_until
from tests.events.ledger.books import NOW, access, books, parsed_points, store, total
from tests.events.ledger.test_series import point

pytestmark = pytest.mark.django_db
MARA, LEE = "mara@acme.test", "lee@acme.test"


def prompt(key: str, **fields: Any) -> Prompt:
    common = {"at": NOW - timedelta(hours=1), "tool": "claude-code", "session": "s1", "email": LEE}
    return Prompt(id=key, **{**common, **fields})


def merge(organization: Organization) -> None:
    with tenant(organization.pk):
        loser, winner = (factories.person_by(organization, value) for value in (LEE, MARA))
    actions.merge_contributors(organization=organization, loser=loser, winner=winner, by=None, now=NOW)


def test_a_session_that_was_deleted_meanwhile_is_made_again(acme: Organization) -> None:
    who = access(acme)
    store(who, prompt("a"), prompt("b", session="s2"))
    with tenant(acme.pk):
        Session.objects.filter(organization=acme, key="s1").delete()
    assert store(who, prompt("c"), prompt("d", session="s2")).stored == 2
    with tenant(acme.pk):
        ids = dict(Session.objects.filter(organization=acme).values_list("key", "id"))
        stored = Event.objects.filter(organization_id=acme.pk, session_id__in=ids.values())
    assert set(ids) == {"s1", "s2"}
    with tenant(acme.pk):
        assert stored.count() == 3
    assert total(acme, "prompts") == 4


def test_all_of_an_organizations_sessions_may_go_and_a_replay_brings_no_fact_twice(acme: Organization) -> None:
    who = access(acme)
    store(who, prompt("a"))
    with tenant(acme.pk):
        Session.objects.filter(organization=acme).delete()
    assert store(who, prompt("a")).duplicates == 1
    assert total(acme, "prompts") == 1


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_changed_time_zone_is_heard_of(acme: Organization, repeats: int) -> None:
    who, at = access(acme), NOW.replace(hour=23)
    store(who, prompt("a", at=at))
    for zone in ["Asia/Tokyo", "America/New_York", "Pacific/Auckland"][:repeats]:
        actions.change_time_zone(of=acme, time_zone=zone, by=None, now=NOW)
    store(who, prompt("b", at=at))
    assert sorted(row[0].day for row in books(acme)["contributor"]) == [1, 2]


def test_a_body_of_a_commit_alone_is_looked_up(acme: Organization) -> None:
    body = Parsed(commits=[Commit(sha="1", at=NOW, tool="new", repository="github.com/a/b", branch="x", email=LEE)])
    for _ in range(2):
        record(body, access(acme), now=NOW, source="test")
    assert [row[:4] for row in books(acme)["commits"]] == [("github.com/a/b", "1", "x", "new")]


def test_a_commit_that_names_what_its_facts_do_not_is_looked_up(acme: Organization) -> None:
    who = access(acme)
    store(who, prompt("a"))
    body = Parsed(commits=[Commit(sha="1", at=NOW, tool="claude-code", repository="github.com/a/c", email=MARA)])
    body.add("test", code_card.CHANNEL, prompt("b"))
    assert record(body, who, now=NOW, source="test").stored == 1
    assert len(books(acme)["commits"]) == 1


def test_a_point_of_somebody_new_that_is_no_increase_is_looked_up(acme: Organization) -> None:
    who = access(acme)
    record(parsed_points(point(1, 5)), who, now=NOW, source="test")
    fact = Response(id="-", at=NOW, tool="gemini-cli", session="s2", requests=0, email="new@acme.test")
    record(parsed_points(point(2, 0, series="other", event=fact)), who, now=NOW, source="test")
    assert [row[1] for row in books(acme)["sessions"]] == ["s1", "s2"]
    assert total(acme, "input_tokens") == 5


def test_names_beyond_the_most_stand_under_one(acme: Organization) -> None:
    with tenant(acme.pk):
        Dimension.objects.bulk_create(
            Dimension(organization=acme, kind=DimensionKind.BRANCH, value=f"b{number}") for number in range(MAX_VALUES)
        )
    who = access(acme)
    store(who, prompt("a", branch="b7"), prompt("b", branch="new"), prompt("c", branch="newer"))
    store(who, prompt("d", branch="new"))
    assert sorted(row[6] for row in books(acme)["events"]) == ["(others)", "(others)", "(others)", "b7"]


# --- in the middle of a body ------------------------------------------------------------------------------------------


def _in_thread(pool: ThreadPoolExecutor, work: Callable[[], Receipt]) -> "Future[Receipt]":
    def run() -> Receipt:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(run)


def _is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_merge_while_a_body_waits_for_its_lock(acme: Organization) -> None:
    """What it looked up before is of no use any more, and nothing of it is stored."""
    who = access(acme)
    store(who, prompt("a"), prompt("b", email=MARA))
    with ThreadPoolExecutor(1) as pool:
        with tenant(acme.pk):
            merge(acme)
            waiting = _in_thread(pool, lambda: store(who, prompt("c"), prompt("d", session="new", email="x@acme.test")))
            assert wait_until(_is_somebody_waiting)
        assert waiting.result(timeout=20).stored == 2
    found = books(acme)
    people = {row[1] for row in found["contributor"]}
    assert people == {f"email:{LEE},email:{MARA}", "email:x@acme.test"}
    assert total(acme, "prompts") == 4
    list(rebuild(acme.pk, days_to_rebuild(acme.pk)))
    assert books(acme) == found


@pytest.mark.django_db(transaction=True)
def test_a_session_deleted_while_a_body_waits_for_its_lock(acme: Organization) -> None:
    who = access(acme)
    store(who, prompt("a"))
    with ThreadPoolExecutor(1) as pool:
        with tenant(acme.pk):
            # The row's own lock this time: ingestion gets as far as the session and finds it gone.
            Session.objects.filter(organization=acme, key="s1").delete()
            waiting = _in_thread(pool, lambda: store(who, prompt("b")))
            assert wait_until(_is_a_row_waited_for)
        assert waiting.result(timeout=20).stored == 1
    with tenant(acme.pk):
        assert list(Session.objects.filter(organization=acme).values_list("key", "prompts")) == [("s1", 1)]
    assert total(acme, "prompts") == 2


def _is_a_row_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype IN ('transactionid', 'tuple') AND NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_threads_that_forget_all_the_time_do_not_disturb_each_other(acme: Organization) -> None:
    who, is_over = access(acme), threading.Event()

    def keep_forgetting() -> Receipt:
        while not is_over.wait(0.001):
            forget(acme.pk)
            lookups_of(acme.pk)
        return Receipt()

    with ThreadPoolExecutor(3) as pool:
        forgetting = _in_thread(pool, keep_forgetting)
        sending = [
            _in_thread(pool, lambda: store(who, *(prompt(f"{number}", session=f"s{number}") for number in range(50))))
            for _ in range(2)
        ]
        try:
            stored = sum(future.result(timeout=30).stored for future in sending)
        finally:
            is_over.set()
        forgetting.result(timeout=10)
    assert stored == total(acme, "prompts") == 50
