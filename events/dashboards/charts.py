"""The pictures of dashboards: what their points and columns stand for. Geometry is in codecard.lib.svg."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from codecard.lib import formats, svg
from codecard.lib.periods import WEEK, Days
from events.answers.answering import Week
from events.dashboards.figures import TOKEN_KINDS, OpenWeek
from events.metrics._base import Metric
from events.queries.annotations import annotations_of
from events.queries.team import Measure

TOKEN_SERIES = tuple(svg.Series(name, colour) for colour, (_, name) in enumerate(TOKEN_KINDS, 1))


def week_label(week_on: date) -> str:
    return formats.days(week_on, week_on + WEEK)


def metric_by_week(
    metric: Metric,
    weeks: Sequence[Week],
    before: Sequence[Week | None],
    *,
    running_on: date,
    previous_name: str,
    annotations: Sequence[svg.Annotation] = (),
) -> svg.LineChart:
    """`before` stands beside `weeks`, None where there is nothing to compare with."""
    points = [_point(week, earlier, week.week_on == running_on) for week, earlier in zip(weeks, before, strict=True)]
    return svg.LineChart(
        slug="acceptance",
        title=f"{metric.label} by week",
        description=_course(points, metric),
        points=points,
        unit=metric.unit,
        band=next((week.reading.band for week in weeks if week.reading.band), metric.band),
        value_name=metric.short,
        previous_name=previous_name,
        n_name=metric.noun.capitalize(),
        annotations=annotations,
    )


def notes(organization_id: int, team_id: int | None, drawn: Days) -> list[svg.Annotation]:
    """One mark a week, whatever was written beside it."""
    by_week: defaultdict[int, list[str]] = defaultdict(list)
    for one in annotations_of(organization_id, team_id, drawn):
        by_week[(one.on - drawn.start_on).days // 7].append(one.text)
    return [svg.Annotation(week, "; ".join(texts)) for week, texts in sorted(by_week.items())]


def _point(week: Week, earlier: Week | None, is_running: bool) -> svg.Point:
    reading = week.reading
    return svg.Point(
        label=week_label(week.week_on),
        short="this week" if is_running else formats.day(week.week_on),
        value=reading.value,
        n=reading.n or None,
        interval=reading.interval,
        previous=earlier.reading.value if earlier and not earlier.reading.is_few else None,
        is_few=reading.is_few,
        is_running=is_running,
    )


def _course(points: Sequence[svg.Point], metric: Metric) -> str:
    known = [point for point in points if point.value is not None]
    if not known:
        return f"No week has enough {metric.noun} to show."
    first, last = known[0], known[-1]
    values = [formats.quantity(one.value or 0, metric.unit) for one in (first, last)]
    return f"From {values[0]} in {first.label} to {values[1]} in {last.label}."


def tokens_by_week(weeks: Sequence[OpenWeek], *, running_on: date) -> svg.BarChart:
    columns = [
        (week.week_on, [week.week.sums[name] for name, _ in TOKEN_KINDS] if _shows_tokens(week) else None)
        for week in weeks
    ]
    return token_chart(columns, running_on=running_on)


def _shows_tokens(week: OpenWeek) -> bool:
    return week.has_data and Measure.TOKENS in week.open


def token_chart(
    columns: Sequence[tuple[date, Sequence[float] | None]], *, running_on: date, height: int = 160
) -> svg.BarChart:
    """Tokens by kind of each week; None where nothing is known or may be shown."""
    known = sum(1 for _, values in columns if values is not None)
    return svg.BarChart(
        slug="tokens",
        title="Tokens by week and kind",
        description=f"{formats.counted(known, 'week')} with data, stacked by kind.",
        series=TOKEN_SERIES,
        height=height,
        columns=[
            svg.Column(
                label=week_label(week_on),
                short="this week" if week_on == running_on else formats.day(week_on),
                values=values,
                is_running=week_on == running_on,
            )
            for week_on, values in columns
        ],
    )


def token_slices(amounts: Sequence[float | None]) -> list[svg.Slice]:
    return [
        svg.Slice(name, value or 0, colour)
        for colour, ((_, name), value) in enumerate(zip(TOKEN_KINDS, amounts, strict=True), 1)
    ]
