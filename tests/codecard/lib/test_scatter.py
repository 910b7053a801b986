from datetime import date, timedelta

from codecard.lib.svg.scatter import Kind, Mark, ScatterChart, scatter_plot

DAY = 86_400
DAYS = [date(2026, 5, 4) + timedelta(days=i) for i in range(28)]


def _chart(*marks: Mark) -> ScatterChart:
    kinds = (Kind("Small patches", 600.0, "small patches"), Kind("Features", 3_600.0, "features"), Kind("Other"))
    return ScatterChart(slug="x", title="Title", description="Words", kinds=kinds, marks=marks, days=DAYS)


def _mark(at: float, seconds: float, kind: int = 0) -> Mark:
    return Mark(at=at, seconds=seconds, kind=kind, name="acme/api #1", when="4 May")


def test_the_longer_the_higher_and_the_later_the_further_right() -> None:
    plot = scatter_plot(_chart(_mark(0, 60), _mark(14 * DAY, 600), _mark(28 * DAY, 2 * DAY)))
    xs = [float(spot.x.removesuffix("%")) for spot in plot.spots]
    ys = [float(spot.y) for spot in plot.spots]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert (ys[0], ys[2]) == (plot.bottom, plot.top)
    assert plot.xs.split() == [spot.x.removesuffix("%") for spot in plot.spots]


def test_each_bar_lies_where_a_mark_of_its_length_does() -> None:
    plot = scatter_plot(_chart(_mark(0, 600), _mark(0, 3_600, 1)))
    assert [(y, whose, kind) for y, _, whose, kind in plot.bars] == [
        (plot.spots[0].y, "small patches", 0),
        (plot.spots[1].y, "features", 1),
    ]


def test_equal_steps_are_equal_factors() -> None:
    ten, hundred, thousand = (
        float(spot.y) for spot in scatter_plot(_chart(*(_mark(0, 60 * 10**i) for i in range(3)))).spots
    )
    assert abs((ten - hundred) - (hundred - thousand)) < 0.02


def test_the_scale_reaches_as_far_as_the_longest_and_nothing_leaves_the_picture() -> None:
    assert scatter_plot(_chart()).ticks[-1][1] == "2\u00a0d"
    plot = scatter_plot(_chart(_mark(-5, 0), _mark(99 * DAY, 40 * DAY), _mark(0, 900 * DAY)))
    assert plot.ticks[-1][1] == "90\u00a0d"
    assert all(0 <= float(spot.x.removesuffix("%")) <= 100 for spot in plot.spots)
    assert all(plot.top <= float(spot.y) <= plot.bottom for spot in plot.spots)
