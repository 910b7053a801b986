"""Swim lanes and their axis: no two marks of a lane overlap, and nothing is lost by joining them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.svg.lanes import NARROWEST, Flag, LaneChart, Late, Moment, Stretch, lane_plot, merged
from codecard.lib.svg.time_axis import FOLD, LEFT, RIGHT, ticks_of, time_axis

START = datetime(2026, 3, 27, 9, 2, tzinfo=UTC)  # two days before clocks change in Berlin
BERLIN = ZoneInfo("Europe/Berlin")
MINUTES = st.lists(st.integers(0, 60 * 24 * 30), min_size=1, max_size=40)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def prompt(minutes: float, kind: str = "prompt") -> Moment:
    return Moment(lane=0, at=at(minutes), kind=kind, words=f"{kind} at {minutes}", href=f"#{minutes}")


def chart(*moments: Moment, **fields: object) -> LaneChart:
    values: dict[str, object] = {"lanes": ("Prompts", "Review"), "zone": BERLIN, "moments": moments, **fields}
    return LaneChart(slug="x", title="", description="", **values)  # type: ignore[arg-type]


@given(MINUTES)
def test_no_two_marks_of_a_lane_overlap_and_every_moment_is_in_one(minutes: list[int]) -> None:
    moments = [prompt(minute) for minute in minutes]
    marks = merged(moments, time_axis([one.at for one in moments]), BERLIN)
    assert all(one.x + one.half <= other.x - other.half + 1e-9 for one, other in pairwise(marks))
    held = [one for mark in marks for one in mark.holds]
    assert sorted(held, key=lambda one: (one.at, one.words)) == sorted(moments, key=lambda one: (one.at, one.words))
    assert [mark.count for mark in marks] == [len(mark.holds) for mark in marks]
    assert all(0 <= mark.x <= 1 and mark.words and mark.href for mark in marks)


@given(MINUTES)
def test_the_axis_rises_and_stays_in_its_box(minutes: list[int]) -> None:
    times = sorted({at(minute) for minute in minutes})
    axis = time_axis(times)
    places = [axis.place(time) for time in times]
    assert all(one < other for one, other in pairwise(places))
    assert places[0] >= LEFT - 1e-9
    assert places[-1] <= RIGHT + 1e-9
    assert all(abs(one.right - other.left) < 1e-9 and one.end == other.start for one, other in pairwise(axis.pieces))


@given(MINUTES)
def test_labels_of_the_axis_keep_their_distance(minutes: list[int]) -> None:
    ticks = [tick for tick in ticks_of(time_axis([at(minute) for minute in minutes]), BERLIN) if tick.text]
    places = [float(tick.line_x.rstrip("%")) / 100 * NARROWEST for tick in ticks]
    assert all(other - one > 35 for one, other in pairwise(places))


def test_nights_are_folded_and_an_afternoon_is_not() -> None:
    three_days = [at(day * 1440 + minute) for day in range(3) for minute in range(0, 500, 10)]
    folded = [piece for piece in time_axis(three_days).pieces if piece.is_folded]
    assert len(folded) == 2
    assert all(piece.right - piece.left == pytest.approx(FOLD) for piece in folded)
    assert not any(piece.is_folded for piece in time_axis([at(minute) for minute in (0, 6, 11, 22, 49, 72)]).pieces)


def test_one_time_alone_has_a_place() -> None:
    assert LEFT < time_axis([START]).place(START) < RIGHT
    with pytest.raises(ValueError, match="a time"):
        time_axis([])


def test_days_are_named_where_they_begin_in_the_zone_of_the_organization() -> None:
    times = [at(day * 1440 + minute) for day in range(3) for minute in range(0, 400, 10)]
    ticks = ticks_of(time_axis(times), BERLIN)
    assert [tick.day for tick in ticks if tick.day] == ["Fri 27 Mar", "Sat 28 Mar", "Sun 29 Mar"]
    # Summer time begins in the night to Sunday.
    assert [tick.text for tick in ticks if tick.day] == ["10:02", "10:02", "11:02"]


def test_marks_that_are_close_are_one_with_a_count_and_words_for_all() -> None:
    plot = lane_plot(chart(prompt(0), prompt(1), prompt(1, "accepted"), prompt(40), flags=[Flag(at=at(60), text="x")]))
    assert plot
    first, last = plot.marks[0]
    assert (first.count, first.kind, first.words.replace("\xa0", " ")) == (
        3,
        "mixed",
        "3 together: 2 prompts, 1 accepted, 10:02 to 10:03",
    )
    assert (last.count, last.kind, last.words) == (1, "prompt", "prompt at 40")


def test_stretches_that_touch_are_one_and_every_thing_stands_in_the_table() -> None:
    edits = [
        Stretch(lane=1, start=at(start), end=at(start + 9), kind="edit", words=f"edit {start}") for start in (0, 5, 300)
    ]
    late = Late(lag="3 days later", text="issue #1", words="Issue #1", path=[(0, at(0))])
    picture = chart(prompt(0), prompt(310), stretches=edits, late=[late])
    plot = lane_plot(picture)
    assert plot
    assert [bar.words for bar in plot.bars] == ["edit 0; edit 5", "edit 300"]
    assert plot.late[0].path.startswith("M")
    _, rows = picture.table
    assert [row[2] for row in rows] == ["prompt at 0", "edit 0", "edit 5", "edit 300", "prompt at 310", "Issue #1"]


def test_nothing_with_a_time_is_no_picture() -> None:
    assert lane_plot(chart()) is None
