"""One fact, one row, whatever is sent how often, in which order, by which key."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codecard.lib.tenant import tenant
from events.ledger import record
from events.models import COUNTERS, Counters, Session
from events.schema import Activity, Prompt, Response, Suggestion, TestRun
from teams import actions
from teams.models import Organization
from tests import factories
from tests.events.ledger.books import NOW, access, books, parse, parsed, store, total

pytestmark = pytest.mark.django_db


def response(key: str, **fields: Any) -> Response:
    common = {"id": key, "at": NOW - timedelta(hours=1), "tool": "claude-code", "session": "s1"}
    return Response(**{**common, "model": "claude-sonnet-4-5", "input_tokens": 10, "output_tokens": 5, **fields})


def suggestion(key: str, **fields: Any) -> Suggestion:
    common = {"id": key, "at": NOW - timedelta(hours=1), "tool": "claude-code", "session": "s1"}
    return Suggestion(**{**common, "outcome": "accepted", "decided_by": "person", **fields})


def test_the_model_has_a_column_for_every_counter() -> None:
    assert [field.name for field in Counters._meta.get_fields()] == list(COUNTERS)


def test_stores_and_sums_a_fact_once_however_often_it_is_sent(acme: Organization) -> None:
    who = access(acme)
    first = store(who, response("a"), response("b"))
    again = store(who, response("b"), response("a"), response("a"))
    assert (first.stored, first.duplicates) == (2, 0)
    assert (again.stored, again.duplicates) == (0, 3)
    assert total(acme, "requests") == 2
    assert total(acme, "input_tokens") == 20


def test_the_same_fact_by_another_key_is_a_duplicate(acme: Organization) -> None:
    store(access(acme), response("a", user="device-1"))
    receipt = store(access(acme), response("a", user="device-1"))
    assert (receipt.stored, receipt.duplicates) == (0, 1)


def test_one_id_is_another_fact_for_another_kind_tool_or_organization(acme: Organization, globex: Organization) -> None:
    who = access(acme)
    receipt = store(who, response("a"), suggestion("a"), response("a", tool="codex"))
    assert receipt.stored == 3
    assert store(access(globex), response("a")).stored == 1
    assert total(acme, "requests") == 2
    assert total(globex, "requests") == 1


def test_after_two_people_turn_out_to_be_one_a_replay_changes_nothing(acme: Organization) -> None:
    who = access(acme)
    events = [response("a", email="mara@acme.test"), response("b", user="device-7")]
    store(who, *events)
    with tenant(acme.pk):
        loser, winner = (factories.person_by(acme, value) for value in ("claude-code:device-7", "mara@acme.test"))
    actions.merge_contributors(organization=acme, loser=loser, winner=winner, by=None, now=NOW)
    before = books(acme)
    receipt = store(who, *events)
    assert (receipt.stored, receipt.duplicates) == (0, 2)
    assert books(acme) == before
    assert len(before["contributor"]) == 1
    assert total(acme, "requests") == 2


def test_refuses_times_that_can_not_be_true_and_keeps_the_rest(acme: Organization) -> None:
    old, new = NOW - timedelta(days=6 * 366 + 1), NOW + timedelta(days=1, seconds=1)
    receipt = store(access(acme), response("a", at=old), response("b"), response("c", at=new))
    assert receipt.stored == 1
    assert [(refusal.position, refusal.reason) for refusal in receipt.refused] == [
        (0, "at: more than six years ago"),
        (2, "at: more than a day in the future"),
    ]


def test_the_edges_of_the_accepted_time_have_a_partition(acme: Organization) -> None:
    from_now = factories.now_of_the_database()
    oldest, newest = from_now - timedelta(days=6 * 365), from_now + timedelta(hours=23)
    receipt = store(access(acme), response("a", at=oldest), response("b", at=newest), now=from_now)
    assert receipt.stored == 2


def test_a_name_that_can_not_be_stored_is_unknown(acme: Organization) -> None:
    receipt = store(access(acme), response("a", model="a\x00b", session="s\x00", branch="\ud800", email="x\x00@y"))
    assert receipt.stored == 1
    assert books(acme)["events"][0][3] is None


def test_a_session_is_what_its_earliest_event_says(acme: Organization) -> None:
    who = access(acme)
    times = [NOW - timedelta(minutes=minutes) for minutes in (30, 10, 20)]
    store(who, response("b", at=times[1], repository="github.com/acme/b"))
    store(who, response("c", at=times[2], repository="github.com/acme/c", branch="main"))
    store(who, response("a", at=times[0]))
    with tenant(acme.pk):
        session = Session.objects.get(organization=acme)
    row = books(acme)["sessions"][0]
    assert (session.started_at, session.ended_at) == (times[0], times[1])
    assert row[4:6] == ("github.com/acme/c", "main")
    assert (session.requests, session.input_tokens) == (3, 30)


def test_the_day_is_the_persons_own(acme: Organization) -> None:
    acme.time_zone = "Pacific/Auckland"
    acme.save()
    store(access(acme), response("a", at=NOW.replace(hour=13)), now=NOW + timedelta(days=1))
    assert {row[0].isoformat() for row in books(acme)["detail"]} == {"2026-06-02"}


def test_cost_is_the_tools_own_else_an_estimate_else_unpriced(acme: Organization) -> None:
    store(
        access(acme),
        response("a", cost_usd=0.25),
        response("b", input_tokens=1_000_000, output_tokens=0, model="gpt-5.1"),
        response("c", model="a-model-without-a-price"),
    )
    assert total(acme, "cost_given_micros") == 250_000
    assert total(acme, "cost_estimated_micros") == 1_250_000
    assert total(acme, "unpriced_tokens") == 15


def test_each_kind_lands_in_its_counters(acme: Organization) -> None:
    common: dict[str, Any] = {"at": NOW - timedelta(hours=1), "tool": "t", "session": "s"}
    store(
        access(acme),
        Prompt(id="1", **common),
        suggestion("2"),
        suggestion("3", outcome="rejected", count=2),
        suggestion("4", decided_by="rule", count=5),
        suggestion("5", modified=True),
        Activity(id="6", active_seconds=1.5, lines_added=7, lines_removed=2, **common),
        Activity(id="7", origin="human", lines_added=3, **common),
        TestRun(id="8", runner="pytest", outcome="passed", **common),
        TestRun(id="9", runner="pytest", outcome="failed", **common),
    )
    expected = {
        "prompts": 1, "accepted": 2, "rejected": 2, "auto_accepted": 5, "modified": 1, "active_ms": 1500,
        "lines_added": 7, "lines_removed": 2, "human_lines_added": 3, "tests_passed": 1, "tests_failed": 1,
    }  # fmt: skip
    assert {name: total(acme, name) for name in expected} == expected


def test_names_beyond_the_limit_stand_under_one(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.ledger.lookups.MAX_VALUES", 3)
    who = access(acme)
    for number in range(6):
        store(who, response(str(number), branch=f"branch-{number}"))
    branches = {row[6] for row in books(acme)["events"]}
    assert branches == {"branch-0", "branch-1", "branch-2", "(others)"}


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_order_and_any_split_give_the_same_books(data: st.DataObject, seed: int, transactional_books: Any) -> None:
    """Against the books of one delivery in order, with partial replays on the way."""
    unique = (lambda fact: fact["id"], lambda fact: fact["at"])
    events = data.draw(st.lists(_facts(), min_size=1, max_size=12, unique_by=unique))
    in_order, shuffled = transactional_books(2)
    record(parse(*events), access(in_order), now=NOW, source="test")
    draw = random.Random(seed)
    deliveries = [draw.sample(events, draw.randint(1, len(events))) for _ in range(3)]
    deliveries += [[event] for event in draw.sample(events, len(events))]
    who = access(shuffled)
    for delivery in deliveries:
        record(parse(*delivery), who, now=NOW, source="test")
    expected, found = books(in_order), books(shuffled)
    assert _without_keys(found) == _without_keys(expected)


def _without_keys(found: dict[str, list[tuple[Any, ...]]]) -> Any:
    """The person of a key is named by the key's number, which differs between organizations."""
    return {
        name: sorted(repr(tuple("key" if str(v).startswith("key:") else v for v in row)) for row in rows)
        for name, rows in found.items()
    }


def _facts() -> st.SearchStrategy[dict[str, Any]]:
    common: dict[str, Any] = {
        "id": st.sampled_from([f"id{number}" for number in range(20)]),
        "at": st.integers(0, 3_000_000).map(lambda s: (NOW - timedelta(seconds=s)).isoformat()),
        "tool": st.sampled_from(["claude-code", "codex"]),
    }
    optional = {
        "session": st.sampled_from(["s1", "s2"]),
        "repository": st.sampled_from(["github.com/a/b", "github.com/a/c"]),
        "branch": st.sampled_from(["main", "topic"]),
        "email": st.sampled_from(["mara@acme.test", "lee@acme.test"]),
        "user": st.sampled_from(["device-1", "device-2"]),
        "language": st.sampled_from(["Python", "Go"]),
        "path_class": st.sampled_from(["test", "view"]),
    }
    kinds: list[dict[str, Any]] = [
        {"kind": st.just("prompt")},
        {"kind": st.just("response"), "input_tokens": st.integers(0, 10**9),
         "model": st.sampled_from(["gpt-5.1", "x"])},
        {"kind": st.just("suggestion"), "outcome": st.sampled_from(["accepted", "rejected"]),
         "decided_by": st.sampled_from(["person", "rule"])},
        {"kind": st.just("activity"), "lines_added": st.integers(0, 10**6)},
    ]  # fmt: skip
    return st.one_of(*(st.fixed_dictionaries({**common, **kind}, optional=optional) for kind in kinds))


@pytest.fixture
def transactional_books(db: None) -> Any:
    return lambda count: [factories.make_organization() for _ in range(count)]


def test_a_body_of_nothing_is_fine(acme: Organization) -> None:
    receipt = record(parsed(), access(acme), now=NOW, source="test")
    assert (receipt.stored, receipt.duplicates, receipt.refused) == (0, 0, [])
