from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from events.schema import Activity, Git, Point, Response
from events.sources import _counters
from events.sources._base import Channel, DataPoint, Group, Invalid, Parsed

GROUP = Group("tool", Channel("tool.metrics", 99, 20), None)
AT = datetime(2026, 11, 22, tzinfo=UTC)


def point(value: float, *, is_cumulative: bool = True, name: str = "tokens", **attributes: Any) -> DataPoint:
    return DataPoint({"service.name": "tool"}, "scope", name, "sum", is_cumulative, 5, 10, value, 0, attributes)


def response() -> Response:
    return Response(id="x", at=AT, tool="tool", requests=0)


def values(parsed: Parsed, counter: str) -> Iterator[float]:
    for points in parsed.points.values():
        yield from (one.value for one in points if one.counter == counter)
    yield from (getattr(event, counter) for event in parsed.events())


def test_a_delta_is_an_event_and_a_running_total_a_point() -> None:
    parsed = Parsed()
    _counters.tell(parsed, GROUP, point(3, is_cumulative=False), response(), "output_tokens")
    _counters.tell(parsed, GROUP, point(8), response(), "output_tokens")
    [event], [told] = parsed.groups[GROUP], parsed.points[GROUP]
    assert isinstance(event, Response)
    assert event.output_tokens == 3
    assert isinstance(told, Point)
    assert (told.value, told.counter, told.start_ns, told.at) == (8, "output_tokens", 5, AT)


def test_fractions_are_kept_where_the_counter_has_them_and_rounded_elsewhere() -> None:
    parsed = Parsed()
    activity = Activity(id="x", at=AT, tool="tool")
    _counters.tell(parsed, GROUP, point(1.75, is_cumulative=False), activity, "active_seconds")
    _counters.tell(parsed, GROUP, point(1.75, is_cumulative=False), response(), "cost_usd")
    _counters.tell(parsed, GROUP, point(2.0, is_cumulative=False), Git(id="x", at=AT, tool="tool"), "commits")
    seconds, cost, commits = parsed.groups[GROUP]
    assert (seconds.active_seconds, cost.cost_usd) == (1.75, 1.75)  # type: ignore[union-attr]
    assert isinstance(commits, Git)
    assert isinstance(commits.commits, int)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 10.0**18])
@pytest.mark.parametrize("is_cumulative", [True, False])
def test_what_cannot_be_counted_is_refused(value: float, is_cumulative: bool) -> None:
    with pytest.raises(Invalid, match="tokens"):
        _counters.tell(Parsed(), GROUP, point(value, is_cumulative=is_cumulative), response(), "output_tokens")


def test_one_point_that_tells_two_counters_is_two_series_and_two_facts() -> None:
    parsed, told = Parsed(), point(3)
    _counters.tell(parsed, GROUP, told, response(), "output_tokens")
    _counters.tell(parsed, GROUP, told, response(), "reasoning_tokens")
    assert len({one.series for one in parsed.points[GROUP]}) == 2
    assert _counters.id_of(told, "output_tokens") != _counters.id_of(told, "reasoning_tokens")


def test_the_id_of_a_point_is_that_of_its_content_whatever_the_order_of_its_attributes() -> None:
    one, same, other = point(3, a=1, b=2), point(3, b=2, a=1), point(3, a=1, b=3)
    assert _counters.id_of(one, "count") == _counters.id_of(same, "count") != _counters.id_of(other, "count")
    assert _counters.id_of(one, "count") != _counters.id_of(one._replace(time_ns=11), "count")


@pytest.mark.parametrize("order", list(permutations(["whole", "read", "written"])))
@pytest.mark.parametrize("is_cumulative", [True, False])
def test_input_is_net_of_both_parts_in_any_order(order: tuple[str, ...], is_cumulative: bool) -> None:
    parsed = Parsed()
    for half in order:
        told = point({"whole": 100, "read": 60, "written": 7}[half], is_cumulative=is_cumulative, name=half, model="m")
        if half == "whole":
            _counters.tell_whole(parsed, GROUP, told, response(), without="")
        else:
            _counters.tell_part(parsed, told, half, without="")
    assert list(values(parsed, "input_tokens")) == [33]


def test_a_part_that_never_comes_takes_nothing_and_one_too_large_leaves_nothing_negative() -> None:
    alone, less = Parsed(), Parsed()
    _counters.tell_whole(alone, GROUP, point(100), response(), without="")
    _counters.tell_whole(less, GROUP, point(100), response(), without="")
    _counters.tell_part(less, point(300), "read", without="")
    assert [list(values(parsed, "input_tokens")) for parsed in (alone, less)] == [[100], [0]]


def test_other_series_and_bodies_keep_their_own() -> None:
    first, second = Parsed(), Parsed()
    _counters.tell_whole(first, GROUP, point(100, model="a", type="input"), response(), without="type")
    _counters.tell_part(first, point(60, model="b", type="cache"), "cache", without="type")
    _counters.tell_part(second, point(60, model="a", type="cache"), "cache", without="type")
    assert list(values(first, "input_tokens")) == [100]
    _counters.tell_part(first, point(60, model="a", type="cache"), "cache", without="type")
    assert list(values(first, "input_tokens")) == [40]
