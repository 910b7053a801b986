"""Data health: what arrived, and what became of it, in numbers that add up."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.ledger import record
from events.ledger.intake import MOST_NAMES, OTHERS
from events.models import Fate, IntakeDay
from events.schema import Prompt, Response
from events.sources._base import Parsed
from teams.key_cache import Access
from teams.models import Organization
from tests import factories
from tests.events.ledger.books import NOW, access, parsed, parsed_points, store
from tests.events.ledger.test_series import point

pytestmark = pytest.mark.django_db


def prompt(key: str, **fields: Any) -> Prompt:
    return Prompt(id=key, **{"at": NOW - timedelta(minutes=5), "tool": "claude-code", **fields})


def line(organization: Organization, fate: Fate, **where: Any) -> IntakeDay:
    with tenant(organization.pk):
        return IntakeDay.objects.get(organization_id=organization.pk, fate=fate, **where)


def lines(organization: Organization) -> dict[tuple[str, Fate, str], int]:
    with tenant(organization.pk):
        rows = IntakeDay.objects.filter(organization_id=organization.pk)
        return {(row.source, Fate(row.fate), row.name): row.items for row in rows}


def tell(organization: Organization, body: Parsed, who: Access | None = None, now: datetime = NOW) -> None:
    record(body, who or access(organization), now=now, source="wire")


def test_each_delivery_is_counted_by_what_became_of_it(acme: Organization) -> None:
    who = access(acme)
    for events in ([prompt("a"), prompt("b")], [prompt("b"), prompt("c"), prompt("c")]):
        store(who, *events)
    assert lines(acme) == {("test", Fate.ACCEPTED, ""): 3, ("test", Fate.DUPLICATE, ""): 2}


def test_a_body_told_twice_over_is_all_duplicates(acme: Organization) -> None:
    who, events = access(acme), [prompt(str(number)) for number in range(7)]
    for _ in range(3):
        store(who, *events)
    assert lines(acme) == {("test", Fate.ACCEPTED, ""): 7, ("test", Fate.DUPLICATE, ""): 14}


def test_the_coverage_of_session_repository_and_person_is_of_what_was_new(acme: Organization) -> None:
    who = access(acme)
    store(
        who,
        prompt("a", session="s"),
        prompt("b", session="s", repository="github.com/a/b", user="device"),
        prompt("c", email="mara@acme.test"),
        prompt("d"),
    )
    store(who, prompt("a", session="s"))
    found = line(acme, Fate.ACCEPTED)
    assert (found.items, found.with_session, found.with_repository, found.with_person) == (4, 2, 1, 2)


def test_whoever_has_a_personal_key_is_known(acme: Organization) -> None:
    with tenant(acme.pk):
        mara = factories.make_contributor(acme)
    store(access(acme, contributor=mara), prompt("a"))
    assert line(acme, Fate.ACCEPTED).with_person == 1


def test_a_clock_ahead_of_the_servers_is_seen(acme: Organization) -> None:
    ahead = NOW + timedelta(hours=2)
    store(access(acme), prompt("a"), prompt("b", at=ahead), prompt("c", at=NOW + timedelta(seconds=59)))
    found = line(acme, Fate.ACCEPTED)
    assert (found.items, found.skewed, found.last_event_at) == (3, 1, ahead)


def test_the_last_event_is_the_newest_and_not_the_last_to_arrive(acme: Organization) -> None:
    who, newest = access(acme), NOW - timedelta(minutes=1)
    for key, at in (("a", NOW - timedelta(days=3)), ("b", newest), ("c", NOW - timedelta(days=2))):
        store(who, prompt(key, at=at))
    assert line(acme, Fate.ACCEPTED).last_event_at == newest


def test_stands_on_the_utc_day_of_arrival_whatever_the_day_of_the_event(acme: Organization) -> None:
    acme.time_zone = "Pacific/Auckland"
    acme.save()
    late = datetime(2026, 6, 1, 23, 59, tzinfo=UTC)
    store(access(acme), prompt("a", at=NOW - timedelta(days=20)), now=late)
    store(access(acme), prompt("b", at=NOW - timedelta(days=20)), now=late + timedelta(minutes=1))
    with tenant(acme.pk):
        rows = IntakeDay.objects.filter(organization_id=acme.pk).order_by("day").values_list("day", "last_seen_at")
        assert list(rows) == [(date(2026, 6, 1), late), (date(2026, 6, 2), late + timedelta(minutes=1))]


def test_what_is_refused_is_counted_with_its_reason(acme: Organization) -> None:
    body = parsed(prompt("a"), prompt("b", at=datetime(1999, 1, 1, tzinfo=UTC)))
    body.reject(3, "line 3: not an object")
    body.reject(4, "line 3: not an object")
    tell(acme, body)
    assert lines(acme) == {
        ("test", Fate.ACCEPTED, ""): 1,
        ("test", Fate.REJECTED, "at: more than six years ago"): 1,
        ("wire", Fate.REJECTED, "line 3: not an object"): 2,
    }


def test_a_point_that_can_not_be_counted_is_refused_with_its_reason(acme: Organization) -> None:
    tell(acme, parsed_points(point(1, 10), point(2, 1e300), point(3, -1.0), point(4, 1, start=-5)))
    assert lines(acme) == {
        ("test", Fate.ACCEPTED, ""): 1,
        ("test", Fate.REJECTED, "value: too large to be counted"): 2,
        ("test", Fate.REJECTED, "start time: not a time"): 1,
    }


def test_what_nobody_uses_and_nobody_knows_is_counted_by_the_senders_name(acme: Organization) -> None:
    body = Parsed()
    body.ignore("codex", "logs", "codex.sse_event")
    for _ in range(3):
        body.not_known("codex", "metrics", "codex.new")
    body.not_known("codex", "metrics", "a sentence that is content")
    tell(acme, body)
    assert lines(acme) == {
        ("codex", Fate.IGNORED, "logs: codex.sse_event"): 1,
        ("codex", Fate.UNKNOWN, "metrics: codex.new"): 3,
        ("codex", Fate.UNKNOWN, "metrics: (unprintable name)"): 1,
    }


def test_made_up_names_can_not_fill_the_table_and_none_is_lost(acme: Organization) -> None:
    body = Parsed()
    for number in range(500):
        body.not_known("codex", "metrics", f"name{number}")
        body.reject(number, f"reason {number}")
    tell(acme, body)
    found = lines(acme)
    assert len(found) == 2 * (MOST_NAMES + 1)
    assert found["codex", Fate.UNKNOWN, f"metrics: {OTHERS}"] == 500 - MOST_NAMES
    assert sum(items for (_, fate, _), items in found.items() if fate == Fate.REJECTED) == 500


def test_a_name_that_is_too_long_is_cut(acme: Organization) -> None:
    body = Parsed()
    body.reject(0, "x" * 1000)
    tell(acme, body)
    assert list(lines(acme)) == [("wire", Fate.REJECTED, "x" * 200)]


def test_a_point_whose_value_did_not_grow_is_no_fact_and_no_duplicate(acme: Organization) -> None:
    who = access(acme)
    for body in (parsed_points(point(1, 10)), parsed_points(point(1, 10), point(2, 10))):
        tell(acme, body, who)
    assert lines(acme) == {("test", Fate.ACCEPTED, ""): 1}


def test_an_increase_that_changes_is_accepted_again(acme: Organization) -> None:
    """It counts deliveries, not facts: here the later point's fact is taken out and stored anew."""
    who = access(acme)
    for body in (parsed_points(point(5, 10)), parsed_points(point(1, 4))):
        tell(acme, body, who)
    assert lines(acme) == {("test", Fate.ACCEPTED, ""): 3}


def test_what_fails_leaves_no_count(acme: Organization) -> None:
    class Taken(Exception):
        pass

    who = access(acme)
    store(who, prompt("a"))
    with suppress(Taken), tenant(acme.pk):
        store(who, prompt("b"), prompt("a"))
        raise Taken
    assert lines(acme) == {("test", Fate.ACCEPTED, ""): 1}
    assert (line(acme, Fate.ACCEPTED).last_event_at, store(who, prompt("b")).stored) == (prompt("a").at, 1)


def test_organizations_have_lines_of_their_own(acme: Organization, globex: Organization) -> None:
    store(access(acme), prompt("a"))
    store(access(globex), prompt("a"), Response(id="b", at=NOW, tool="codex"))
    assert list(lines(acme).values()) == [1]
    assert list(lines(globex).values()) == [2]
