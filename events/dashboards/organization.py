"""Context of the organization's overview, declared in templates/events/organization.html: rulers of every team, in the
order of the alphabet, and for owners and admins what the whole organization used."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from codecard.lib import svg
from codecard.lib.formats import Unit
from codecard.lib.periods import Days, monday
from codecard.lib.reading import Amount, Reading
from events.dashboards import charts, figures
from events.dashboards.breakdowns import Row, table
from events.dashboards.figures import COST, TOKEN_KINDS, TOKENS, OpenWeek, Span
from events.dashboards.frame import Frame, frame_of, mondays, newest_context, period_context
from events.queries.health import first_day_of, newest_event_at
from events.queries.people import Group, groups_of, number_of_people
from events.queries.team import CELL_SUMS, Names, names_of, weeks_of
from events.queries.usage import Breakdown, UsageRow, number_of_sessions, usage
from teams.permissions import OrganizationRequest, Permission
from teams.queries import contributor_of

_COUNTED = ("requests", *CELL_SUMS)


@dataclass(frozen=True, slots=True)
class TeamRow:
    slug: str
    name: str
    members: int
    active: Reading
    acceptance: Reading
    auto: Reading
    newest_at: datetime | None
    is_withheld: bool


def organization_context(request: OrganizationRequest, now: datetime) -> dict[str, Any]:
    frame, organization_id = frame_of(request, now), request.organization.id
    groups = groups_of(organization_id)
    newest_at = newest_event_at(organization_id)
    first_on = first_day_of(organization_id) if newest_at else None
    if first_on and first_on >= frame.running_on:
        frame = frame.of_running_week()
    return {
        "nav": "overview",
        "teams": [(group.slug, group.name) for group in groups],
        "state": "empty" if newest_at is None else "ready",
        "people": number_of_people(organization_id),
        "rows": _team_rows(request, groups, frame) if newest_at else [],
        "usage": _usage(request, frame) if newest_at else None,
        **period_context(request, frame),
        **newest_context([newest_at], now),
    }


# --- teams -----------------------------------------------------------------------------------------------------------


def _team_rows(request: OrganizationRequest, groups: list[Group], frame: Frame) -> list[TeamRow]:
    if not groups:
        return []
    own = contributor_of(request.organization, request.user)
    weeks = weeks_of(request.organization.id, groups, *frame.compared)

    def opened(group: Group, days: Days) -> list[OpenWeek]:
        floor, viewer = request.organization.privacy_floor, own.id if own else None
        return figures.open_weeks(group, groups, weeks, mondays(days), floor=floor, viewer=viewer)

    def span(group: Group) -> Span:
        return Span(opened(group, frame.counted), opened(group, frame.before) if frame.before else None)

    return [_team_row(group, span(group)) for group in groups]


def _team_row(group: Group, span: Span) -> TeamRow:
    members = len(group.people)
    active = figures.active(span, members)
    newest = [week.week.newest_at for week in span.now if not week.is_withheld and week.week.newest_at]
    return TeamRow(
        slug=group.slug,
        name=group.name,
        members=members,
        active=active,
        acceptance=figures.acceptance(span),
        auto=figures.approved_by_rule(span),
        newest_at=max(newest, default=None),
        is_withheld=active.is_withheld,
    )


# --- usage -----------------------------------------------------------------------------------------------------------


def _usage(request: OrganizationRequest, frame: Frame) -> dict[str, Any] | None:
    """Billing data: at any size, for those who may see it."""
    if Permission.SEE_USAGE not in request.permissions:
        return None
    names = names_of(request.organization.id)
    read = [row for days in frame.reads for row in _days_by_model(request.organization.id, days)]
    now = [row for row in read if row.day in frame.counted]
    before = [row for row in read if frame.before and row.day in frame.before]
    return {
        "tokens": _amount(now, before, TOKENS, Unit.TOKENS),
        "requests": _amount(now, before, ("requests",)),
        "cost": _amount(now, before, COST, Unit.MONEY),
        "lines_added": _amount(now, before, ("lines_added",)),
        "lines_removed": _amount(now, before, ("lines_removed",)),
        "sessions": Amount(value=number_of_sessions(request.organization.id, *astuple(frame.counted))),
        "unpriced_tokens": _sum(now, ("unpriced_tokens",)),
        "token_slices": charts.token_slices([_sum(now, (name,)) for name, _ in TOKEN_KINDS]),
        "cost_slices": [
            svg.Slice("Given by the tool", _sum(now, ("cost_given_micros",)), 1),
            svg.Slice("Estimated", _sum(now, ("cost_estimated_micros",)), 2),
        ],
        "chart": charts.token_chart(_columns(read, frame.drawn), running_on=frame.running_on, height=220),
        "models": _models(now, names),
        "prices": names.prices,
    }


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    usage: UsageRow


def _days_by_model(organization_id: int, days: Days) -> list[_Day]:
    by = Breakdown.DAY, Breakdown.MODEL
    rows = usage(organization_id, days.start_on, days.end_on, by, counters=_COUNTED, with_sessions=False)
    return [_Day(date.fromisoformat(row.keys[Breakdown.DAY] or ""), row) for row in rows]


def _sum(rows: Iterable[_Day], names: Sequence[str]) -> int:
    return sum(row.usage.counters[name] for row in rows for name in names)


def _amount(now: list[_Day], before: list[_Day], names: Sequence[str], unit: Unit = Unit.COUNT) -> Amount:
    return Amount(value=_sum(now, names), unit=unit, previous=_sum(before, names) if before else None)


def _columns(rows: Iterable[_Day], drawn: Days) -> list[tuple[date, Sequence[float] | None]]:
    by_week: defaultdict[date, list[_Day]] = defaultdict(list)
    for row in rows:
        by_week[monday(row.day)].append(row)
    return [
        (week_on, [_sum(by_week[week_on], (name,)) for name, _ in TOKEN_KINDS] if week_on in by_week else None)
        for week_on in mondays(drawn)
    ]


def _models(rows: Iterable[_Day], names: Names) -> list[Row]:
    numbers = {name: number for number, name in names.models.items()}
    found: defaultdict[int, Row] = defaultdict(Row)
    for row in rows:
        one = found[numbers.get(row.usage.keys[Breakdown.MODEL] or "", 0)]
        for name, value in row.usage.counters.items():
            one.sums[name] += value
    return [
        row for row in table(found, {}, names.models, by="tokens", effects=(1.0, 1.0)) if row.tokens or row.requests
    ]
