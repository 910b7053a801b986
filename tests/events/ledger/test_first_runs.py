"""The first local test run after an accepted edit: whatever arrived first, and looked for only where it can change."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from msgspec.structs import replace

from codecard.lib.tenant import tenant
from events import retention
from events.ledger import first_runs, record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.models import Outcome, Session
from events.schema import Event, Point, Prompt, Suggestion, TestRun
from events.sources import code_card
from events.sources._base import Channel, Parsed
from events.sources.otlp_claude_code import LOGS, METRICS
from teams.models import Organization
from tests.events.ledger.books import NOW, access, books, store

pytestmark = pytest.mark.django_db
START = NOW - timedelta(hours=20)
Found = tuple[datetime | None, int]
NONE: Found = (None, Outcome.NONE)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def _common(kind: str, minute: int, fields: dict[str, Any]) -> dict[str, Any]:
    common = {"tool": "claude-code", "session": "s1", "email": "mara@acme.test"}
    return {"id": f"{kind}{minute}", "at": at(minute), **common, **fields}


def accept(minute: int, **fields: Any) -> Suggestion:
    return Suggestion(**{"outcome": "accepted", "decided_by": "person", **_common("decision", minute, fields)})


def run(minute: int, outcome: Any = "passed", **fields: Any) -> TestRun:
    return TestRun(**{"outcome": outcome, "runner": "pytest", **_common("run", minute, fields)})


def found(organization: Organization) -> dict[str, Found]:
    with tenant(organization.pk):
        rows = Session.objects.filter(organization=organization, is_instance=False)
        return {key: (when, outcome) for key, when, outcome in rows.values_list(*_COLUMNS)}


_COLUMNS = ("key", "first_run_at", "first_run_outcome")
CASES: dict[str, tuple[list[Event], Found]] = {
    "after an acceptance": ([accept(1), run(2)], (at(2), Outcome.PASSED)),
    "a rule may have accepted": ([accept(1, decided_by="rule"), run(2, "failed")], (at(2), Outcome.FAILED)),
    "at the same moment": ([accept(1), run(1, "none")], (at(1), Outcome.NO_TESTS)),
    "the earliest of several": ([accept(1), run(2, "unknown"), run(3), run(4)], (at(2), Outcome.UNKNOWN)),
    "not the one before": ([run(1, "failed"), accept(2), run(3)], (at(3), Outcome.PASSED)),
    "nothing but one before": ([run(1), accept(2), accept(3)], NONE),
    "nothing was accepted": ([accept(1, outcome="rejected"), run(2)], NONE),
    "a completion is no edit": ([accept(1, form="completion"), run(2)], NONE),
    "an acceptance of nothing": ([accept(1, count=0), run(2), accept(3), run(4)], (at(4), Outcome.PASSED)),
    "not in CI": ([accept(1), run(2, "failed", place="ci"), run(3)], (at(3), Outcome.PASSED)),
    "in CI alone": ([accept(1), run(2, place="ci")], NONE),
    "in another session": ([accept(1), run(2, session="s2")], NONE),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_first_run_is_in_any_order(acme: Organization, case: str) -> None:
    told, expected = CASES[case]
    one_by_one = [[event] for event in told]
    orders = [[told], one_by_one, one_by_one[::-1], random.Random(1).sample(one_by_one, len(told))]
    for number, bodies in enumerate(orders):
        for body in bodies:
            store(access(acme), *(_in_session(number, event) for event in body))
    rows = {key: row for key, row in found(acme).items() if key.startswith("s1")}
    assert rows == {f"s1-{number}": expected for number in range(4)}
    before = books(acme)
    _spoil(acme)
    list(rebuild(acme.pk, days_to_rebuild(acme.pk)))
    assert books(acme) == before


def _in_session(number: int, event: Event) -> Event:
    return replace(event, id=f"{event.id}-{number}", session=f"{event.session}-{number}")


def _spoil(organization: Organization) -> None:
    with tenant(organization.pk):
        Session.objects.filter(organization=organization).update(first_run_at=NOW, first_run_outcome=99)


def test_a_better_channel_decides_even_when_it_comes_late(acme: Organization) -> None:
    who = access(acme)
    store(who, accept(1), run(2, "failed"), run(5), channel=METRICS)
    assert found(acme)["s1"] == (at(2), Outcome.FAILED)
    store(who, accept(4, id="told better"), channel=LOGS)
    assert found(acme)["s1"] == (at(5), Outcome.PASSED)
    store(who, run(9, "none", id="told better"), channel=LOGS)
    assert found(acme)["s1"] == (at(9), Outcome.NO_TESTS)
    store(who, accept(10, outcome="rejected"), run(3), channel=METRICS)
    assert found(acme)["s1"] == (at(9), Outcome.NO_TESTS)


def test_a_better_channel_may_leave_none(acme: Organization) -> None:
    who = access(acme)
    store(who, accept(1), run(2), channel=METRICS)
    store(who, accept(9, outcome="rejected"), channel=LOGS)
    assert found(acme)["s1"] == NONE


# --- anything, in any order ------------------------------------------------------------------------------------------

Told = tuple[Channel, Event | Point]


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 60))])
def test_any_order_and_any_replay_find_what_a_plain_look_finds(acme: Organization, seed: int) -> None:
    draw = random.Random(seed)
    told = [item for number in range(5) for item in _session(draw, f"s{number}")]
    who, waiting = access(acme), draw.sample(told, len(told))
    while waiting:
        size = draw.choice([1, 2, 4, 9])
        body, waiting = waiting[:size], waiting[size:]
        record(_body([*body, *draw.sample(told, draw.randrange(2))]), who, now=NOW, source="test")
    assert found(acme) == {f"s{number}": _expected(told, f"s{number}") for number in range(5)}
    before = books(acme)
    record(_body(told), who, now=NOW, source="test")
    assert books(acme) == before
    _spoil(acme)
    list(rebuild(acme.pk, days_to_rebuild(acme.pk)))
    assert books(acme) == before


def _session(draw: random.Random, key: str) -> list[Told]:
    """No two at the same moment; decisions also by a counter that grows, of the poorer channel."""
    told: list[Told] = []
    channels = draw.choice([[LOGS], [METRICS], [LOGS, METRICS], [LOGS, METRICS, code_card.CHANNEL]])
    minutes = iter(draw.sample(range(60), 20))
    for number in range(draw.randint(3, 14)):
        fields: dict[str, Any] = {"id": f"{key}:{number}", "session": key}
        minute, channel = next(minutes), draw.choice(channels)
        match draw.randrange(4):
            case 0 | 1:
                how = {"decided_by": draw.choice(["person", "rule"]), "count": draw.randrange(3)}
                told.append((channel, accept(minute, outcome=draw.choice(["accepted", "rejected"]), **how, **fields)))
            case 2:
                outcome, place = draw.choice(["passed", "failed", "none"]), draw.choice(["local", "local", "ci"])
                told.append((channel, run(minute, outcome, place=place, **fields)))
            case _:
                told.append((channel, Prompt(**_common("prompt", minute, fields))))
    value = 0
    for minute in sorted(next(minutes) for _ in range(draw.randrange(4))):
        value = value + draw.randrange(3) if draw.random() < 0.8 else draw.randrange(2)
        event = accept(minute, id="-", session=key)
        point = Point(series=key, start_ns=1, at=at(minute), value=value, counter="count", event=event)
        told.append((METRICS, point))
    return told


def _body(told: list[Told]) -> Parsed:
    parsed = Parsed()
    for channel, what in told:
        if isinstance(what, Point):
            parsed.add_point("test", channel, what)
        else:
            parsed.add("test", channel, what)
    return parsed


def _expected(told: list[Told], key: str) -> Found:
    """By looking at all of a session at once."""
    facts = [(channel, what) for channel, what in told if not isinstance(what, Point) and what.session == key]
    before = 0
    points = [what for _, what in told if isinstance(what, Point) and what.series == key]
    for point in sorted(points, key=lambda one: one.at):
        increase = int(point.value - before if point.value >= before else point.value)
        before = int(point.value)
        if increase:
            facts.append((METRICS, accept(0, at=point.at, count=increase, session=key)))
    accepted = [one.at for one in _counted(facts, Suggestion) if one.outcome == "accepted" and one.count]
    runs = [one for one in _counted(facts, TestRun) if one.place == "local" and accepted and one.at >= min(accepted)]
    if not runs:
        return NONE
    first = min(runs, key=lambda one: one.at)
    return first.at, _OUTCOMES[first.outcome]


_OUTCOMES = {"passed": Outcome.PASSED, "failed": Outcome.FAILED, "none": Outcome.NO_TESTS}


def _counted(facts: list[tuple[Channel, Any]], kind: type[Any]) -> list[Any]:
    told = [(channel.rank_of(kind.number), what) for channel, what in facts if isinstance(what, kind)]
    return [what for rank, what in told if rank == min(rank for rank, _ in told)]


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_it_is_looked_for_only_where_it_can_change(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    who = access(acme)
    store(who, accept(10), run(20))
    store(who, run(5, session="red first"), accept(6, session="red first"))
    expected = found(acme)
    monkeypatch.setattr(first_runs, "_FIND", "SELECT 1 / 0")
    store(who, accept(30), run(40), run(50, "failed"))
    store(who, accept(60, outcome="rejected"), Prompt(**_common("p", 1, {})))
    store(who, accept(7, session="red first"))
    store(who, accept(70, session="no tests"), accept(60, session="no tests"))
    store(who, run(70, session="nothing accepted"), run(60, session="nothing accepted"))
    assert expected == {"s1": (at(20), Outcome.PASSED), "red first": NONE}
    assert {key: found(acme)[key] for key in expected} == expected
    for telling in (accept(9), run(19), run(8, session="red first")):
        with pytest.raises(Exception, match="division by zero"):
            store(who, telling)


def test_what_can_t_be_looked_up_any_more_stays_as_it_was_found(acme: Organization) -> None:
    who, long_ago = access(acme), NOW - timedelta(days=40)
    store(
        who, accept(0, at=long_ago), run(1, at=long_ago), run(2, "failed", at=NOW - timedelta(days=2)), channel=METRICS
    )
    Organization.objects.filter(id=acme.id).update(retention_days=30)
    retention.apply_retention(organization_id=acme.id, now=NOW)
    store(who, accept(3), run(4, "failed"), channel=LOGS)
    assert found(acme)["s1"] == (long_ago, Outcome.PASSED)


# Index session_by_day (organization_id, started_on, contributor_id).
_OF_PEOPLE = """
    SELECT count(*), count(*) FILTER (WHERE first_run_outcome = 11) FROM events_session
    WHERE organization_id = %s AND started_on >= %s AND started_on < %s AND contributor_id = ANY(%s)
      AND first_run_at IS NOT NULL
"""


def test_the_sessions_of_some_people_and_days_are_found_by_an_index(acme: Organization) -> None:
    with tenant(acme.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {_OF_PEOPLE}", [acme.pk, START.date(), NOW.date(), [1, 2, 3]])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "session_by_day" in plan
    assert "started_on >=" in plan.partition("Index Cond")[2]
