"""Context of one team's dashboard: what telemetry alone can tell. Declared in templates/events/team.html."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from itertools import zip_longest
from typing import Any

from codecard.lib import svg
from codecard.lib.formats import Unit
from codecard.lib.periods import Days
from codecard.lib.reading import Amount, Reading
from events.dashboards import breakdowns, charts, figures
from events.dashboards.figures import COST, TOKEN_KINDS, TOKENS, OpenWeek, Span
from events.dashboards.frame import Frame, frame_of, mondays, newest_context, period_context
from events.dashboards.team_pulls import team_pulls
from events.queries.people import Group, floor_for, groups_of, overlapping
from events.queries.team import Cell, Cells, Measure, Names, cells_of, names_of, newest_day_of, weeks_of
from teams.permissions import OrganizationRequest, Permission
from teams.queries import contributor_of

NOTABLE_RULES = 0.95
"""From this share of automatic approvals on, what people decided on says little."""


def team_context(request: OrganizationRequest, slug: str, now: datetime) -> dict[str, Any] | None:
    """None where the organization has no such team."""
    groups = groups_of(request.organization.id)
    group = next((one for one in groups if one.slug == slug), None)
    if group is None:
        return None
    return _Page(request, group, groups, frame_of(request, now)).context()


class _Page:
    """One reading of the tables, and the parts of the page that are made of it."""

    def __init__(self, request: OrganizationRequest, group: Group, groups: list[Group], frame: Frame) -> None:
        self.request, self.group, self.groups, self.frame = request, group, groups, frame
        self.organization_id = request.organization.id
        self.viewer = _alone(request, group)
        self.floor = floor_for(group, request.organization.privacy_floor, self.viewer)
        self.related = [group, *overlapping(group, groups)]
        self.weeks = weeks_of(self.organization_id, [group], *frame.reads, others=self.related[1:])
        self.drawn = self._open(frame.drawn)
        if [week.week_on for week in self.drawn if week.has_data] == [frame.running_on]:
            self.frame = frame = frame.of_running_week()
        before = None if frame.before is None else self._open(frame.before)
        self.span = Span([week for week in self.drawn if week.week_on in frame.counted], before)

    def _open(self, days: Days) -> list[OpenWeek]:
        return figures.open_weeks(
            self.group,
            self.groups,
            self.weeks,
            mondays(days),
            floor=self.request.organization.privacy_floor,
            viewer=self.viewer,
        )

    def context(self) -> dict[str, Any]:
        state = self._state()
        return {
            "nav": "team",
            "team": self.group,
            "team_slug": self.group.slug,
            "teams": [(group.slug, group.name) for group in self.groups],
            "members": len(self.group.people),
            "state": state,
            "active_people": len(figures.people_of(self.span.now)) if state == "ready" else None,
            **period_context(self.request, self.frame),
            **self._newest(state),
            "pulls": team_pulls(self.request.organization, self.group, self.frame.counted, self.floor, self.frame.now),
            **(self._figures() if state == "ready" else {}),
        }

    def _state(self) -> str:
        if any(week.has_data and not week.is_withheld for week in self.span.now):
            return "ready"
        if any(week.has_data for week in self.span.now):
            return "withheld"
        ever = any(week.has_data for week in self.drawn) or newest_day_of(self.organization_id, self.group)
        return "quiet" if ever else "empty"

    def _newest(self, state: str) -> dict[str, Any]:
        """Of a group under the floor not even the last moment is told."""
        open_weeks = [week for week in self.drawn if week.has_data and not week.is_withheld]
        newest = [week.week.newest_at or datetime.combine(week.week_on, time(), UTC) for week in open_weeks]
        context = newest_context(newest, self.frame.now)
        return context if state in ("ready", "quiet") else {"newest_at": None, "is_stale": False}

    def _figures(self) -> dict[str, Any]:
        effect = figures.design_effect(self.span.now)
        earlier_effect = figures.design_effect(self.span.before or ())
        acceptance, auto = figures.acceptance(self.span), figures.approved_by_rule(self.span)
        names = names_of(self.organization_id)
        return {
            "acceptance": acceptance,
            "acceptance_note": figures.note(acceptance),
            "auto": auto,
            "auto_note": figures.note(auto),
            "says_little": auto.value is not None and auto.value >= NOTABLE_RULES,
            "acceptance_spark": self._spark(),
            "acceptance_chart": charts.acceptance_by_week(
                self.drawn, self._beside(), running_on=self.frame.running_on, design_effect=effect,
                previous_name="A year before" if self._draws_before else "",
            ),
            "active": figures.active(self.span, len(self.group.people)),
            **self._amounts(),
            "token_chart": charts.tokens_by_week(self.drawn, running_on=self.frame.running_on),
            "prices": names.prices,
            "withheld_weeks": sum(week.is_withheld for week in self.span.now),
            "weeks": self._week_rows(effect),
            **self._tables(names, (effect, earlier_effect)),
        }  # fmt: skip

    @property
    def _draws_before(self) -> bool:
        """The period just before is in the same line already."""
        return self.frame.period.versus == "year" and self.span.before is not None

    def _beside(self) -> list[OpenWeek | None]:
        """For each drawn week the one that it is compared with."""
        before = list(self.span.before or ()) if self._draws_before else []
        lead: list[OpenWeek | None] = [None] * sum(week.week_on < self.frame.counted.start_on for week in self.drawn)
        return [pair for _, pair in zip_longest(self.drawn, [*lead, *before][: len(self.drawn)])]

    def _spark(self) -> list[float | None]:
        shares = (charts.decisions(week) for week in self.drawn if week.week_on != self.frame.running_on)
        return [k / n if n >= figures.FEWEST_DECISIONS else None for k, n in shares]

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
        if Permission.SEE_COST not in self.request.permissions:
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

    def _tables(self, names: Names, effects: tuple[float, float]) -> dict[str, Any]:
        own, others = self._cells()
        before = self.span.before or []

        def table(of: Callable[[Cells], list[Cell]], named: dict[int, str], by: str) -> list[breakdowns.Row]:
            cells = of(own), [of(other) for other in others]
            now = breakdowns.rows_of(*cells, self.span.now, self.floor)
            earlier = breakdowns.rows_of(*cells, before, self.floor, breakdowns.COMPARED)
            return breakdowns.table(now, earlier, named, by=by, effects=effects)

        models = table(lambda cells: cells.models, names.models, "tokens")
        return {
            "models": models,
            "models_decide": any(row.decisions for row in models),
            "tools": table(lambda cells: cells.tools, names.tools, "lines_added"),
        }

    def _cells(self) -> tuple[Cells, list[Cells]]:
        """Of this group, and of those that overlap."""
        found = cells_of(self.organization_id, self.related, self.frame.counted, self.frame.before)
        return found.pop(self.group.id), list(found.values())

    def _week_rows(self, effect: float) -> list[dict[str, Any]]:
        shown = [week for week in self.drawn if week.week_on >= self.frame.counted.start_on]
        return [self._week_row(week, effect) for week in reversed(shown)]

    def _week_row(self, week: OpenWeek, effect: float) -> dict[str, Any]:
        k, n = charts.decisions(week)
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
            "acceptance": self._week_acceptance(week, k, n, effect),
        }

    def _week_acceptance(self, week: OpenWeek, k: int, n: int, effect: float) -> Reading:
        return figures.share_reading(figures.Share(k, n, effect), None, is_withheld=Measure.DECISIONS not in week.open)


def _alone(request: OrganizationRequest, group: Group) -> int | None:
    """The viewer as a person of the data; only asked for where it matters: in a group of one."""
    if len(group.people) != 1:
        return None
    own = contributor_of(request.organization, request.user)
    return own.id if own else None
