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
from events.answers import Answers, Question, scope_of
from events.answers.bands import bands_of
from events.dashboards import charts, figures
from events.dashboards.breakdowns import Row, table
from events.dashboards.figures import COST, TOKEN_KINDS, TOKENS, Span
from events.dashboards.frame import Frame, frame_of, mondays, newest_context, period_context
from events.dashboards.metric.page import metric_address
from events.dashboards.narrowing import address
from events.dashboards.rulers import ACCEPTANCE, headline_metrics
from events.metrics._base import UNKNOWN, Metric
from events.queries.facts import Facts, joined
from events.queries.health import first_day_of, newest_event_at
from events.queries.people import NOBODY, Group, groups_of, number_of_people
from events.queries.pull_facts import Pull
from events.queries.ranges import ranges_of
from events.queries.team import Names, Weeks, names_of, weeks_of
from events.queries.totals import Totals
from events.queries.usage import Breakdown, UsageRow, number_of_sessions, usage
from teams.models import Organization
from teams.permissions import OrganizationRequest, Permission
from teams.queries import contributor_of
from teams.queries.small_team import is_small_team

_COUNTED = ("requests", *TOKENS, *COST, "unpriced_tokens", "lines_added", "lines_removed")


@dataclass(frozen=True, slots=True)
class TeamRow:
    slug: str
    name: str
    members: int
    active: Reading
    readings: list[tuple[Metric, Reading, str]]
    """The last: the page of the metric of this team."""
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
        "metrics": [
            (metric, address(metric_address(request.organization.slug, "", metric.slug), frame.period.query, {}))
            for metric in team_metrics()
        ],
        "export": address(f"/o/{request.organization.slug}/export.csv", frame.period.query, {}) if newest_at else "",
        "rows": _team_rows(request, groups, frame) if newest_at else [],
        "usage": _usage(request, frame) if newest_at else None,
        **period_context(request, frame),
        **newest_context([newest_at], now),
    }


# --- teams -----------------------------------------------------------------------------------------------------------


def _team_rows(request: OrganizationRequest, groups: list[Group], frame: Frame) -> list[TeamRow]:
    """All read once for every team: activity by week, and pull requests by who opened them."""
    if not groups:
        return []
    organization = request.organization
    own = contributor_of(organization, request.user)
    weeks = weeks_of(organization.id, groups, *frame.compared)
    by_author, ranges = _pulls_by_author(organization, frame), ranges_of(organization.id)
    is_small = is_small_team(organization)

    def row(group: Group) -> TeamRow:
        scope = scope_of(organization, groups, group, own.id if own else None, is_small_team=is_small)
        facts = Totals(
            organization.id, organization.time_zone, group, scope.settled, joined(frame.compared), frame.now,
            weeks=weeks, by_author=by_author,
        )  # fmt: skip
        return _team_row(Answers(scope, facts, bands_of(ranges, group.id)), weeks, frame)

    return [row(group) for group in groups]


def _pulls_by_author(organization: Organization, frame: Frame) -> dict[int, list[Pull]]:
    everybody = Group(0, "", "", NOBODY)
    facts = Facts(
        organization.id, organization.time_zone, everybody, (), joined(frame.compared), frame.now, is_everybody=True
    )
    found: defaultdict[int, list[Pull]] = defaultdict(list)
    for pull in facts.pulls:
        found[pull.author].append(pull)
    return found


def _team_row(answers: Answers, weeks: Weeks, frame: Frame) -> TeamRow:
    scope, group = answers.scope, answers.scope.group
    now = figures.open_weeks(scope, weeks, mondays(frame.counted))
    before = figures.open_weeks(scope, weeks, mondays(frame.before)) if frame.before else None
    active = figures.active(Span(now, before), len(group.people))
    newest = [week.week.newest_at for week in now if not week.is_withheld and week.week.newest_at]
    return TeamRow(
        slug=group.slug,
        name=group.name,
        members=len(group.people),
        active=active,
        readings=[
            (
                metric,
                answers.answer(Question(metric=metric, shown=frame.counted, before=frame.before)).total,
                address(metric_address(scope.organization.slug, group.slug, metric.slug), frame.period.query, {}),
            )
            for metric in team_metrics()
        ],
        newest_at=max(newest, default=None),
        is_withheld=active.is_withheld,
    )


def team_metrics() -> list[Metric]:
    """What stands in the row of a team: the acceptance rate, and what is told of its pull requests."""
    return [one for one in headline_metrics() if one.is_work or one.slug == ACCEPTANCE]


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
    found: defaultdict[str, Row] = defaultdict(Row)
    for row in rows:
        one = found[row.usage.keys[Breakdown.MODEL] or UNKNOWN]
        for name, value in row.usage.counters.items():
            one.sums[name] += value
    return [row for row in table(found, [], names.models.values(), by="tokens") if row.tokens or row.requests]
