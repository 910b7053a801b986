"""Cumulative series: any order of arrival gives the increases of the order of time."""

import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from events.ledger import record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.schema import Activity, Point, Response
from teams.models import Organization
from tests import factories
from tests.events.ledger.books import NOW, access, books, parsed_points, total

pytestmark = pytest.mark.django_db
_MINUTE_NS = 60 * 10**9


def point(minute: int, value: float, *, start: int = 0, series: str = "tokens", **fields: Any) -> Point:
    at = NOW - timedelta(days=2) + timedelta(minutes=minute)
    fact = Response(id="-", at=at, tool="gemini-cli", session="s1", requests=0)
    common = {"series": series, "start_ns": start * _MINUTE_NS, "at": at, "value": value, "counter": "input_tokens"}
    return Point(**{**common, "event": fact, **fields})


def test_counts_the_increase_over_the_point_before(acme: Organization) -> None:
    who = access(acme)
    for body in ([point(1, 10)], [point(2, 10), point(3, 25)]):
        record(parsed_points(*body), who, now=NOW, source="test")
    assert total(acme, "input_tokens") == 25
    assert len(books(acme)["events"]) == 2


def test_a_point_between_two_others_changes_the_later_ones_increase(acme: Organization) -> None:
    who = access(acme)
    for minute, value in ((1, 10), (5, 30), (3, 30), (2, 5)):
        record(parsed_points(point(minute, value)), who, now=NOW, source="test")
    # By time 10, 5, 30, 30: a reset at the second, nothing new at the last.
    assert total(acme, "input_tokens") == 10 + 5 + 25
    assert len(books(acme)["points"]) == 4


def test_a_new_start_is_a_series_of_its_own(acme: Organization) -> None:
    who = access(acme)
    for start, minute, value in ((0, 1, 110), (5, 6, 51), (0, 2, 120)):
        record(parsed_points(point(minute, value, start=start)), who, now=NOW, source="test")
    assert total(acme, "input_tokens") == 120 + 51


def test_cost_is_rounded_on_the_running_value(acme: Organization) -> None:
    who = access(acme)
    for minute in range(1, 11):
        record(
            parsed_points(point(minute, minute * 0.000_000_4, counter="cost_usd", series="cost")),
            who, now=NOW, source="test",
        )  # fmt: skip
    assert total(acme, "cost_given_micros") == 4


def test_seconds_are_kept_to_the_millisecond(acme: Organization) -> None:
    fact = Activity(id="-", at=NOW, tool="claude-code", session="s1")
    first = point(1, 1.25, counter="active_seconds", event=fact)
    record(parsed_points(first, point(2, 2.5, counter="active_seconds", event=fact)), access(acme), now=NOW, source="t")
    assert total(acme, "active_ms") == 2500


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values=st.lists(st.integers(0, 2000), min_size=1, max_size=10),
    starts=st.lists(st.sampled_from([0, 1]), min_size=10, max_size=10),
    seed=st.integers(0, 2**32),
)
def test_any_order_of_arrival_gives_the_books_of_the_order_of_time(
    values: list[int], starts: list[int], seed: int, db: None
) -> None:
    points = [point(minute, value, start=starts[minute]) for minute, value in enumerate(values)]
    draw = random.Random(seed)
    in_time, shuffled = factories.make_organization(), factories.make_organization()
    for organization, order in ((in_time, points), (shuffled, draw.sample(points, len(points)))):
        who = access(organization)
        bodies = [order[start : start + 2] for start in range(0, len(order), 2)]
        for body in [*bodies, bodies[-1]]:
            record(parsed_points(*body), who, now=NOW, source="test")
    assert total(shuffled, "input_tokens") == sum(_naive(values, starts, start) for start in (0, 1))
    assert _without_people(books(shuffled)) == _without_people(books(in_time))
    before = books(shuffled)
    list(rebuild(shuffled.pk, days_to_rebuild(shuffled.pk)))
    assert books(shuffled) == before


def _naive(values: list[int], starts: list[int], start: int) -> int:
    own = [0, *(value for value, began in zip(values, starts, strict=False) if began == start)]
    return sum(now - before if now >= before else now for before, now in pairwise(own))


def _without_people(found: dict[str, list[tuple[Any, ...]]]) -> Any:
    return {
        name: sorted(repr(tuple("key" if str(v).startswith("key:") else v for v in row)) for row in rows)
        for name, rows in found.items()
    }
