"""The geometry of rulers, lines, bars and sparks: exact points for known input, bounds for any input."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codecard.lib import svg
from codecard.lib.formats import Unit
from codecard.lib.reading import Band, Reading
from codecard.lib.svg.scale import axis_labels, nice_ticks, number

HEALTHY = Band(0.25, 0.60)
values = st.floats(min_value=0, max_value=1)


def coordinates(text: str) -> list[float]:
    return [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", text)]


# --- ruler -----------------------------------------------------------------------------------------------------------


def test_a_ruler_places_value_range_interval_and_the_period_before() -> None:
    drawn = svg.ruler(Reading(value=0.4, n=900, band=HEALTHY, previous=0.3, interval=(0.35, 0.45)))
    assert (drawn.now, drawn.previous, drawn.tail) == ("40%", "30%", ("30%", "40%"))
    assert drawn.band is not None
    assert (drawn.band.x, drawn.band.width, drawn.edges) == ("25%", "35%", ("25%", "60%"))
    assert drawn.interval is not None
    assert (drawn.interval.x, drawn.interval.width) == ("35%", "10%")
    assert drawn.mark == ""


def test_a_value_outside_the_range_is_marked_and_one_of_too_few_is_hollow() -> None:
    assert svg.ruler(Reading(value=0.7, n=900, band=HEALTHY)).mark == "warn"
    assert svg.ruler(Reading(value=0.7, n=9, band=HEALTHY, is_few=True)).mark == "few"


def test_an_empty_ruler_shows_the_range_and_no_dot() -> None:
    drawn = svg.ruler(Reading(value=None, band=Band(0.6, None), previous=0.4, interval=(0.1, 0.2)))
    assert drawn.now == drawn.previous == ""
    assert drawn.tail is None
    assert drawn.interval is None
    assert drawn.band is not None
    assert (drawn.band.x, drawn.band.width, drawn.edges) == ("60%", "40%", ("60%",))


def test_an_open_lower_end_begins_at_the_left() -> None:
    drawn = svg.ruler(Reading(value=800, n=50, unit=Unit.DURATION, band=Band(None, 600), domain=(0, 6_000)))
    assert drawn.band is not None
    assert (drawn.band.x, drawn.band.width, drawn.mark) == ("0%", "50%", "warn")


def test_a_ruler_of_durations_shows_minutes_and_days_side_by_side() -> None:
    day = 86_400
    drawn = svg.ruler(Reading(value=30, n=50, unit=Unit.DURATION, band=Band(None, 600), domain=(0, 4 * day)))
    assert drawn.band is not None
    assert (drawn.now, drawn.band.width) == ("0%", "26.6%")
    assert [tick.text for tick in drawn.ticks] == ["1m", "10m", "1\u00a0h", "8\u00a0h", "2\u00a0d"]
    assert [tick.text for tick in svg.ruler(Reading(value=0.4)).ticks] == ["0%", "20%", "40%", "60%", "80%", "100%"]


def test_a_line_of_durations_begins_where_its_values_do() -> None:
    points = [svg.Point(label="W1", value=1_200, interval=(700, 200_000)), svg.Point(label="W2", value=7_200)]
    chart = svg.LineChart(slug="x", title="", description="", points=points, unit=Unit.DURATION, band=Band(None, 600))
    assert [text for _, text in svg.line_plot(chart).ticks] == ["10m", "1\u00a0h", "8\u00a0h", "2\u00a0d", "14\u00a0d"]


@given(values, values, st.floats(-5, 5), st.floats(-5, 5))
def test_nothing_of_a_ruler_leaves_its_track(low: float, high: float, value: float, previous: float) -> None:
    band = Band(min(low, high), max(low, high))
    drawn = svg.ruler(Reading(value=value, n=99, band=band, previous=previous, interval=(value - 1, value + 1)))
    assert drawn.band is not None
    assert drawn.interval is not None
    texts = [
        drawn.now,
        drawn.previous,
        *drawn.edges,
        drawn.band.x,
        drawn.band.width,
        drawn.interval.x,
        drawn.interval.width,
    ]
    assert all(0 <= float(text.rstrip("%")) <= 100 for text in texts)


# --- lines -----------------------------------------------------------------------------------------------------------


def chart(*points: svg.Point, **more: object) -> svg.LineChart:
    return svg.LineChart(slug="c", title="Title", description="Words", points=points, **more)  # type: ignore[arg-type]


def week(value: float | None, **more: object) -> svg.Point:
    return svg.Point(label="26 Oct", value=value, **more)  # type: ignore[arg-type]


def test_a_line_runs_through_its_points_from_the_lowest_tick_to_the_highest() -> None:
    plot = svg.line_plot(chart(week(0.2), week(0.4), week(0.6), height=236))
    assert [text for _, text in plot.ticks] == ["20%", "30%", "40%", "50%", "60%"]
    assert (plot.top, plot.bottom) == (10, 210)
    assert plot.line == "M10 210L497 110L984 10"
    assert plot.last == svg.lines.Mark("98.4%", "10")
    assert plot.xs == "1 49.7 98.4"


def test_a_gap_breaks_the_line_and_is_never_a_zero() -> None:
    plot = svg.line_plot(chart(week(0.2), week(0.4), week(None), week(0.4), week(0.6)))
    assert plot.line.count("M") == 2
    assert len(coordinates(plot.line)) == 8


def test_a_point_between_two_gaps_is_still_seen() -> None:
    plot = svg.line_plot(chart(week(None), week(0.4), week(None), week(0.5), week(0.6)))
    assert [mark.x for mark in plot.lone] == ["25.4%"]


def test_the_running_week_is_dotted_from_the_last_full_one_and_not_part_of_the_line() -> None:
    plot = svg.line_plot(chart(week(0.2), week(0.4), week(0.6, is_running=True)))
    assert len(coordinates(plot.line)) == 4
    assert plot.running.startswith("M497 ")
    assert plot.running_mark is not None
    assert plot.running_mark.x == "98.4%"
    assert plot.last is not None
    assert plot.last.x == "49.7%"


def test_the_interval_is_one_closed_surface_per_stretch() -> None:
    points = [
        week(0.4, interval=(0.3, 0.5)),
        week(0.4, interval=(0.3, 0.5)),
        week(None),
        week(0.4, interval=(0.3, 0.5)),
    ]
    plot = svg.line_plot(chart(*points))
    assert plot.interval.count("Z") == 1
    assert len(coordinates(plot.interval)) == 8


def test_a_thin_week_is_hollow_and_its_wide_interval_does_not_flatten_the_others() -> None:
    honest = [week(0.40, interval=(0.38, 0.42)), week(0.42, interval=(0.40, 0.44))]
    plot = svg.line_plot(chart(*honest, week(0.41, interval=(0.02, 0.98), is_few=True)))
    assert [mark.x for mark in plot.hollow] == ["98.4%"]
    assert plot.last is None
    assert plot.ticks[-1][1] == "44%"


def test_the_healthy_range_is_inside_the_axis() -> None:
    plot = svg.line_plot(chart(week(0.4), week(0.41), band=HEALTHY, height=236))
    assert [text for _, text in plot.ticks] == ["20%", "30%", "40%", "50%", "60%"]
    assert plot.band == ("10", "175")
    assert plot.band_edges == ("185", "10")


def test_notes_beside_the_right_edge_stand_left_of_their_line() -> None:
    notes = (svg.Annotation(0, "first"), svg.Annotation(2, "last"), svg.Annotation(9, "not on this chart"))
    plot = svg.line_plot(chart(week(0.2), week(0.3), week(0.4), annotations=notes))
    assert [(note.number, note.is_late) for note in plot.notes] == [(1, False), (2, True)]
    assert plot.top == 26


def test_charts_without_any_value_still_have_axes() -> None:
    for points in ((), (week(None),), (week(None), week(None))):
        plot = svg.line_plot(chart(*points))
        assert plot.line == plot.running == ""
        assert len(plot.ticks) >= 2


@given(st.lists(st.one_of(st.none(), values), max_size=60))
def test_a_line_stays_inside_its_box(course: list[float | None]) -> None:
    plot = svg.line_plot(chart(*(week(value) for value in course), band=HEALTHY))
    xs, ys = coordinates(plot.line)[::2], coordinates(plot.line)[1::2]
    assert all(0 <= x <= 1000 for x in xs)
    assert all(plot.top - 0.05 <= y <= plot.bottom + 0.05 for y in ys)
    assert len(plot.xs.split()) == len(course)


def test_the_table_twin_has_a_row_per_step_and_says_what_is_uncertain() -> None:
    points = [
        week(0.418, interval=(0.40, 0.43), n=1_312, previous=0.38),
        week(0.3, is_few=True, n=7),
        week(None, is_running=True),
    ]
    heads, rows = chart(*points, value_name="Accepted", previous_name="Year before", n_name="Decisions").table
    assert heads == ["Week", "Accepted", "95% interval", "Year before", "Decisions"]
    assert rows[0] == ["26 Oct", "41.8%", "40.0% to 43.0%", "38.0%", "1,312"]
    assert rows[1] == ["26 Oct", "30.0% (too few)", "–", "–", "7"]
    assert rows[2] == ["26 Oct (running)", "–", "–", "–", "–"]


# --- axes ------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 1e12), st.floats(0, 1e12))
@example(999_999_999_502.0, 999_999_999_501.5)
def test_ticks_are_few_round_and_cover_the_data(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    ticks = nice_ticks(low, high)
    slack = (ticks[1] - ticks[0]) * 1e-6
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack


@given(st.integers(1, 80), st.integers(2, 8))
def test_axis_labels_keep_first_and_last_and_never_crowd(steps: int, most: int) -> None:
    labels = axis_labels([str(i) for i in range(steps)], [i / max(1, steps - 1) for i in range(steps)], most)
    assert labels[0].text == "0"
    assert labels[-1].text == str(steps - 1)
    assert len(labels) <= most
    assert not labels[-1].is_minor


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.125, "0.1"), (-0.001, "0"), (33.333, "33.3"), (100, "100")])
def test_coordinates_are_short(value: float, text: str) -> None:
    assert number(value) == text


# --- sparks and bars -------------------------------------------------------------------------------------------------


def test_one_value_has_no_course() -> None:
    assert svg.spark([0.4]) is None
    assert svg.spark([None, 0.4, None]) is None


def test_a_flat_course_lies_in_the_middle() -> None:
    drawn = svg.spark([5, 5, 5])
    assert drawn is not None
    assert drawn.line == "M3 15L45 15L87 15"
    assert drawn.end == ("87", "15")


def test_a_spark_ends_at_its_last_known_value() -> None:
    drawn = svg.spark([1, 2, None])
    assert drawn is not None
    assert drawn.end is not None
    assert drawn.end[0] == "45"


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=40))
def test_a_spark_stays_inside_its_box(course: list[float | None]) -> None:
    drawn = svg.spark(course, Band(0.2, 0.6))
    if drawn:
        assert all(0 <= x <= drawn.width for x in coordinates(drawn.line)[::2])
        assert all(0 <= y <= drawn.height for y in coordinates(drawn.line)[1::2])


def bar_chart(*columns: svg.Column) -> svg.BarChart:
    series = [svg.Series("Input", 1), svg.Series("Output", 2)]
    return svg.BarChart(slug="b", title="Tokens", description="Words", series=series, columns=columns, height=136)


def test_parts_of_a_column_stand_on_each_other() -> None:
    plot = svg.bar_plot(
        bar_chart(svg.Column(label="a", values=(50, 50)), svg.Column(label="b", values=(0, 100), is_running=True))
    )
    first, second, third = plot.bars
    assert (first.y, first.css) == ("60", "k1")
    assert (second.y, second.css) == ("10", "k2")
    assert (third.y, third.css) == ("10", "k2 part")
    assert plot.ticks[-1] == ("10", "100")


def test_an_unknown_week_has_no_bar_and_no_zero_in_the_table() -> None:
    columns = bar_chart(svg.Column(label="a", values=None), svg.Column(label="b", values=(1, 2)))
    assert len(svg.bar_plot(columns).bars) == 2
    assert columns.table == (["Week", "Input", "Output", "Total"], [["a", "–", "–", "–"], ["b", "1", "2", "3"]])


@given(st.lists(st.tuples(st.floats(0, 1e12), st.floats(0, 1e12)), max_size=60))
def test_bars_stay_inside_their_box(rows: list[tuple[float, float]]) -> None:
    plot = svg.bar_plot(bar_chart(*(svg.Column(label=str(i), values=row) for i, row in enumerate(rows))))
    for bar in plot.bars:
        assert 0 <= float(bar.x.rstrip("%")) <= 100
        assert plot.top - 0.05 <= float(bar.y) <= plot.bottom
        assert not math.isnan(float(bar.height))


def test_the_parts_of_a_whole_fill_it_and_a_small_one_is_seen() -> None:
    bar = svg.share_bar([svg.Slice("a", 999_999, 1), svg.Slice("b", 0, 2), svg.Slice("c", 1, 3)])
    assert [part.css for part in bar.bars] == ["k1", "k3"]
    assert float(bar.bars[1].width.rstrip("%")) > 0
    assert bar.total == 1_000_000


def test_a_whole_of_nothing_has_no_parts() -> None:
    assert svg.share_bar([svg.Slice("a", 0, 1)]).bars == ()
