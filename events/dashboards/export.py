"""A team's measures and its table by task type as a file: the same readings as its page."""

from codecard.lib.reading import Reading
from events.dashboards.rulers import headline_metrics, metric_named
from events.dashboards.task_table import COLUMNS
from events.dashboards.team import Page
from events.metrics._base import Metric

HEADER = (
    "Metric", "Task type", "From", "Until, not included", "Value", "Unit", "Sample", "Of", "Low (95%)", "High (95%)",
    "Before", "Verdict", "Note",
)  # fmt: skip


def rows_of(page: Page) -> list[list[object]]:
    """Read before it is sent: the tenant is closed by then. What may not be told has no value, and says why."""
    found = [_row(page, metric, "", *_total(page, metric)) for metric in headline_metrics()]
    tasks, _ = page.task_rows
    for row in tasks:
        readings = zip(COLUMNS, (row.accepted, row.first_run, row.to_merge, row.tokens), strict=True)
        found += [_row(page, metric_named(slug), row.name, one, "") for slug, one in readings if one.value is not None]
    return found


def _total(page: Page, metric: Metric) -> tuple[Reading, str]:
    try:
        return page.asked.answer(metric).total, ""
    except ValueError as error:
        return Reading(value=None), str(error)


def _row(page: Page, metric: Metric, task: str, reading: Reading, note: str) -> list[object]:
    low, high = reading.interval or (None, None)
    counted = page.frame.counted
    return [
        metric.label, task, counted.start_on, counted.end_on, reading.value, metric.unit, reading.n, metric.noun, low,
        high, reading.previous, reading.verdict.word, note,
    ]  # fmt: skip
