"""Ranges as the pages of them say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from codecard.lib.entering import entry_of
from codecard.lib.reading import Band
from events.dashboards.pulls.words import task_type
from events.metrics._base import Metric
from events.models import HealthyRange
from events.queries.ranges import band_of
from teams.editing import Editing

SHOWN_PER_METRIC = 4
ALL_WORK = "All work"


def default_of(metric: Metric) -> Band | None:
    """The range that the metric's own file gives, None where it gives none: then there is no verdict until somebody
    sets one."""
    return metric.band


@dataclass(frozen=True, slots=True)
class Line:
    """A range that somebody set."""

    whom: str
    team_slug: str
    task_type: str
    work: str
    text: str
    low: str
    high: str
    """As people type them, "" for an open end."""
    set_by: str
    set_at: datetime
    may_change: bool

    @property
    def words(self) -> str:
        """Payments, tests · Tests · Payments: what it is of beside the organization's for all work."""
        return " · ".join(filter(None, [self.whom if self.team_slug else "", self.work if self.task_type else ""]))


def line_of(row: HealthyRange, metric: Metric, organization: str, editing: Editing) -> Line:
    entry = entry_of(metric.unit)
    return Line(
        whom=row.team.name if row.team else organization,
        team_slug=row.team.slug if row.team else "",
        task_type=row.task_type,
        work=task_type(row.task_type) if row.task_type else ALL_WORK,
        text=entry.text(band_of(row)),
        low=entry.shown(row.low),
        high=entry.shown(row.high),
        set_by=str(row.set_by) if row.set_by else "",
        set_at=row.set_at,
        may_change=editing.holds(row.team_id),
    )


@dataclass(frozen=True, slots=True)
class Card:
    """One metric with all that is set for it."""

    metric: Metric
    lines: Sequence[Line]

    @property
    def default(self) -> str:
        """ "" where there is none."""
        band = default_of(self.metric)
        return entry_of(self.metric.unit).text(band) if band else ""

    @property
    def of_all(self) -> Line | None:
        """The organization's, for all work."""
        return next((line for line in self.lines if not line.team_slug and not line.task_type), None)

    @property
    def special(self) -> list[Line]:
        """Those of teams and of kinds of work."""
        return [line for line in self.lines if line is not self.of_all]

    @property
    def shown(self) -> list[Line]:
        return self.special[:SHOWN_PER_METRIC]

    @property
    def more(self) -> int:
        return len(self.special) - len(self.shown)


def cards_of(metrics: Sequence[Metric], rows: Sequence[HealthyRange], name: str, editing: Editing) -> list[Card]:
    """One for each metric, in their order. `name`: of the organization."""
    return [
        Card(metric, [line_of(row, metric, name, editing) for row in rows if row.metric == metric.slug])
        for metric in metrics
    ]
