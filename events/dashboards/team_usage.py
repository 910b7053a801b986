"""What a team used, week by week: tokens, cost, sessions, prompts, lines; by model and tool. Never filtered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from codecard.lib import svg
from codecard.lib.formats import Unit
from codecard.lib.periods import Days
from codecard.lib.reading import Amount, Reading
from events.dashboards import breakdowns, charts, figures
from events.dashboards.figures import COST, TOKEN_KINDS, TOKENS, OpenWeek
from events.dashboards.rulers import ACCEPTANCE, metric_named
from events.metrics._base import By
from events.metrics._usage import USAGE
from events.queries.team import Measure, names_of
from teams.permissions import Permission

if TYPE_CHECKING:
    from events.dashboards.team import Page


def usage_context(page: Page) -> dict[str, Any]:
    return _Usage(page).context()


class _Usage:
    def __init__(self, page: Page) -> None:
        self.page, self.span, self.frame, self.drawn = page, page.span, page.frame, page.drawn

    def context(self) -> dict[str, Any]:
        names = names_of(self.page.organization_id)
        return {
            "active": figures.active(self.span, len(self.page.group.people)),
            **self._amounts(),
            "token_chart": charts.tokens_by_week(self.drawn, running_on=self.frame.running_on),
            "prices": names.prices,
            "withheld_weeks": sum(week.is_withheld for week in self.span.now),
            "weeks": self._week_rows(),
            **self._tables(names.models.values(), names.tools.values()),
        }

    def _amounts(self) -> dict[str, Any]:
        full = [week for week in self.drawn if week.week_on != self.frame.running_on]

        def amount(measure: Measure, *names: str, unit: Unit = Unit.COUNT) -> Amount:
            return figures.amount(self.span, full, measure, *names, unit=unit)

        kinds = [figures.total(self.span.now, Measure.TOKENS, name) for name, _ in TOKEN_KINDS]
        return {
            "sessions": amount(Measure.SESSIONS, "sessions"),
            "prompts": amount(Measure.PROMPTS, "prompts"),
            "tokens": amount(Measure.TOKENS, *TOKENS, unit=Unit.TOKENS),
            "token_slices": charts.token_slices(kinds),
            "lines_added": amount(Measure.LINES, "lines_added"),
            "lines_removed": amount(Measure.LINES, "lines_removed"),
            **self._cost(amount(Measure.COST, *COST, unit=Unit.MONEY)),
        }

    def _cost(self, cost: Amount) -> dict[str, Any]:
        if Permission.SEE_COST not in self.page.request.permissions:
            return {"cost": None}
        unpriced = figures.total(self.span.now, Measure.UNPRICED, "unpriced_tokens")
        return {
            "cost": cost,
            "cost_slices": self._cost_slices(cost),
            "unpriced_tokens": unpriced if self._is_whole(Measure.UNPRICED) else None,
            "has_unpriced": any(
                week.week.sums["unpriced_tokens"] for week in self.span.now if Measure.COST in week.open
            ),
        }

    def _cost_slices(self, cost: Amount) -> list[svg.Slice]:
        """Where one of the two is of too few people, both stand together."""
        if cost.value is None:
            return []
        if not (self._is_whole(Measure.COST_GIVEN) and self._is_whole(Measure.COST_ESTIMATED)):
            return [svg.Slice("Given or estimated", cost.value, 1)]
        given = figures.total(self.span.now, Measure.COST_GIVEN, "cost_given_micros") or 0
        estimated = figures.total(self.span.now, Measure.COST_ESTIMATED, "cost_estimated_micros") or 0
        return [svg.Slice("Given by the tool", given, 1), svg.Slice("Estimated", estimated, 2)]

    def _is_whole(self, part: Measure) -> bool:
        """Whether a part of the cost is open in every week in which the cost is."""
        return all(part in week.open for week in self.span.now if Measure.COST in week.open)

    def _tables(self, models: Iterable[str], tools: Iterable[str]) -> dict[str, Any]:
        told = {usage: self.page.answers.told(usage) for usage in USAGE}

        def table(by: By, names: Iterable[str], largest: str) -> list[breakdowns.Row]:
            rows = breakdowns.rows_of(by, told, self.span.now)
            return breakdowns.table(rows, self.page.accepted_by(by), names, by=largest)

        found = table(By.MODEL, models, "tokens")
        return {
            "models": found,
            "models_decide": any(row.acceptance.n for row in found),
            "tools": table(By.TOOL, tools, "lines_added"),
        }

    def _week_rows(self) -> list[dict[str, Any]]:
        shown = [week for week in self.drawn if week.week_on >= self.frame.counted.start_on]
        days = Days(self.frame.counted.start_on, self.frame.drawn.end_on)
        readings = {one.week_on: one.reading for one in self.page.answers.weeks(metric_named(ACCEPTANCE), days, {})}
        return [self._week_row(week, readings[week.week_on]) for week in reversed(shown)]

    def _week_row(self, week: OpenWeek, accepted: Reading) -> dict[str, Any]:
        return {
            "label": charts.week_label(week.week_on),
            "is_running": week.week_on == self.frame.running_on,
            "is_withheld": week.is_withheld,
            "active": len(week.week.with_data_of(Measure.ANYTHING)),
            "sessions": week.amount(Measure.SESSIONS, "sessions"),
            "prompts": week.amount(Measure.PROMPTS, "prompts"),
            "tokens": week.amount(Measure.TOKENS, *TOKENS),
            "cost": week.amount(Measure.COST, *COST),
            "lines_added": week.amount(Measure.LINES, "lines_added"),
            "lines_removed": week.amount(Measure.LINES, "lines_removed"),
            "acceptance": accepted,
        }
