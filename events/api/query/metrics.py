"""`/api/v1/metrics/`: what each number means, and what it is, by what and in which weeks."""

from typing import Any

from django.http import Http404
from django.utils import timezone

from events.answers import Answer
from events.answers.answering import Week
from events.api.query.asking import (
    FILTERS,
    PERIOD,
    answers_of,
    filters_from,
    own_scope,
    question_from,
    scope_from,
    window_of,
)
from events.api.query.parameters import Parameters
from events.api.query.readings import (
    ADDS_UP,
    COLUMNS,
    days_json,
    label_of,
    metric_json,
    reading_cells,
    reading_json,
)
from events.api.query.views import QueryView, Table, TableView
from events.api.schema import document_me, document_metric, document_metrics, document_series
from events.metrics import all_metrics
from events.metrics._base import Metric
from teams.keys import Scope
from teams.readers import Reader

REGISTRY = (
    *("slug", "label", "unit", "noun", "direction", "definition", "formula", "population", "care", "minimum"),
    *("range_low", "range_high", "dimensions", "version"),
)


@document_metrics
class MetricsView(TableView):
    """Every metric with all that its number means. The same for every organization."""

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> Table:
        metrics = [metric_json(metric) for metric in all_metrics()]
        return Table(lambda: {"metrics": metrics}, "metrics", REGISTRY, lambda: map(_registered, all_metrics()))


def _registered(metric: Metric) -> list[object]:
    told = metric_json(metric)
    band = metric.band
    return [
        *(told[name] for name in REGISTRY[:10]), band.low if band else None, band.high if band else None,
        " ".join(told["dimensions"]), metric.version,
    ]  # fmt: skip


@document_metric
class MetricView(TableView):
    """One number of a team or of the organization, compared, and broken down by one thing."""

    known = (*PERIOD, "team", "by", *FILTERS)

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> Table:
        metric, now = metric_of(named["metric"]), timezone.now()
        window = window_of(asked, reader.organization.time_zone, now)
        question = question_from(asked, metric, window)
        told = answers_of(scope_from(asked, reader), window, now).answer(question)
        head = {**_head(metric, asked), "by": question.by and str(question.by)}
        return Table(lambda: head | _answer(told), f"{metric.slug}", ("key", "label", *COLUMNS), lambda: _cells(told))


@document_series
class SeriesView(TableView):
    """One number a week, oldest first."""

    known = (*PERIOD[:3], "team", *FILTERS)

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> Table:
        metric, now = metric_of(named["metric"]), timezone.now()
        window = window_of(asked, reader.organization.time_zone, now)
        question = question_from(asked, metric, window)
        weeks = answers_of(scope_from(asked, reader), window, now).weeks(metric, window.shown, question.filters)
        head = {**_head(metric, asked), "window": days_json(window.shown)}
        return Table(
            lambda: head | {"weeks": [_week(metric, week) for week in weeks]}, f"{metric.slug}-by-week",
            ("week", *COLUMNS), lambda: ([week.week_on, *reading_cells(week.reading)] for week in weeks),
        )  # fmt: skip


@document_me
class MeView(QueryView):
    """The reader's own numbers, of all metrics: nobody else gets them, and the floor hides nothing of oneself."""

    scope = Scope.OWN
    known = PERIOD

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> dict[str, Any]:
        now = timezone.now()
        window = window_of(asked, reader.organization.time_zone, now)
        answers = answers_of(own_scope(reader), window, now)
        told = [answers.answer(question_from(asked, metric, window)) for metric in all_metrics()]
        return {
            "window": days_json(window.shown),
            "compared": days_json(window.before),
            "metrics": [_named(one) for one in told],
        }


def metric_of(slug: str) -> Metric:
    """:raises Http404: there is none."""
    found = next((metric for metric in all_metrics() if metric.slug == slug), None)
    if found is None:
        raise Http404
    return found


def _head(metric: Metric, asked: Parameters) -> dict[str, Any]:
    return {
        "metric": metric.slug,
        "label": metric.label,
        "unit": str(metric.unit),
        "noun": metric.noun,
        "version": metric.version,
        "team": asked.text("team") or None,
        "filters": {str(by): value for by, value in filters_from(asked).items()},
    }


def _answer(told: Answer) -> dict[str, Any]:
    question = told.question
    by, metric = question.by, question.metric
    rows = [
        {"key": row.key, "label": label_of(by, row.key), **reading_json(row.reading, metric)}
        for row in (told.rows if by else ())
        if by
    ]
    return {
        "window": days_json(question.shown),
        "compared": days_json(question.before),
        **reading_json(told.total, metric),
        "withheld_weeks": told.withheld_weeks,
        "rows": rows,
        "adds_up": list(ADDS_UP),
    }


def _cells(told: Answer) -> list[list[object]]:
    """The rows, and the total as the last one."""
    by = told.question.by
    rows = [[row.key, label_of(by, row.key), *reading_cells(row.reading)] for row in told.rows] if by else []
    return [*rows, ["total", "Total", *reading_cells(told.total)]]


def _week(metric: Metric, week: Week) -> dict[str, Any]:
    return {"week": week.week_on.isoformat(), **reading_json(week.reading, metric)}


def _named(told: Answer) -> dict[str, Any]:
    metric = told.question.metric
    named = {"metric": metric.slug, "label": metric.label, "unit": str(metric.unit), "noun": metric.noun}
    return {**named, "version": metric.version, **reading_json(told.total, metric)}
