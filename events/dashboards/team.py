"""Context of one team's dashboard, declared in templates/events/team.html: what changed, is it healthy, where."""

from datetime import UTC, datetime, time
from functools import cached_property
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from codecard.lib import svg
from codecard.lib.periods import WEEK, Days
from codecard.lib.reading import Reading
from events.answers import Answers, Question, scope_of
from events.answers.answering import LAST
from events.answers.answering import Week as AnsweredWeek
from events.answers.bands import bands_of
from events.answers.findings import CriticalCell, critical_cells, findings
from events.dashboards import charts, figures, marks
from events.dashboards.figures import OpenWeek, Span
from events.dashboards.frame import FEWEST_WEEKS_DRAWN, Frame, frame_of, mondays, newest_context, period_context
from events.dashboards.metric.page import metric_address
from events.dashboards.narrowing import address, chips, filters_from, name_of
from events.dashboards.rulers import ACCEPTANCE, Asked, Tile, headline_metrics, led_by_rules, metric_named
from events.dashboards.task_table import TaskRow, task_rows
from events.dashboards.team_usage import usage_context
from events.metrics import auto_approved_share, kept_share
from events.metrics._base import By, Metric
from events.queries.people import Group, groups_of
from events.queries.pull_facts import Pull
from events.queries.pull_requests import reach_of, repositories_of
from events.queries.ranges import ranges_of
from events.queries.team import decisions_of, newest_day_of, weeks_of
from teams.editing import editing_of
from teams.models import Identity
from teams.permissions import OrganizationRequest
from teams.queries import contributor_of

MOST_CRITICAL = 8


def team_context(request: OrganizationRequest, slug: str, now: datetime) -> dict[str, Any] | None:
    """None where the organization has no such team."""
    page = page_of(request, slug, now)
    return page.context() if page else None


def page_of(request: OrganizationRequest, slug: str, now: datetime) -> "Page | None":
    groups = groups_of(request.organization.id)
    group = next((one for one in groups if one.slug == slug), None)
    return None if group is None else Page(request, group, groups, frame_of(request, now))


class Page:
    """One reading of the tables, and the parts of the page that are made of it."""

    def __init__(self, request: OrganizationRequest, group: Group, groups: list[Group], frame: Frame) -> None:
        self.request, self.group, self.groups, self.frame = request, group, groups, frame
        self.organization_id = request.organization.id
        self.filters = filters_from(request.GET)
        self.scope = scope_of(request.organization, groups, group, _alone(request, group))
        self.weeks = weeks_of(self.organization_id, [group], *frame.reads, others=self.scope.settled[:-1])
        self.drawn = self._open(frame.drawn)
        if [week.week_on for week in self.drawn if week.has_data] == [frame.running_on]:
            self.frame = frame = frame.of_running_week()
        before = None if frame.before is None else self._open(frame.before)
        self.span = Span([week for week in self.drawn if week.week_on in frame.counted], before)
        self.band_of = bands_of(ranges_of(self.organization_id), group.id)
        facts = self.scope.facts(
            frame.reads, frame.now, None if self.filters else frame.fine, has_usage=True,
            told_decisions=decisions_of(self.weeks[group.id]),
        )  # fmt: skip
        self.answers = Answers(self.scope, facts, self.band_of)

    def _open(self, days: Days) -> list[OpenWeek]:
        return figures.open_weeks(self.scope, self.weeks, mondays(days))

    def context(self) -> dict[str, Any]:
        state = self._state()
        has_pulls = bool(self.answers.facts.own_pulls)
        return {
            "nav": "team",
            "team": self.group,
            "team_slug": self.group.slug,
            "teams": [(group.slug, group.name) for group in self.groups],
            "members": len(self.group.people),
            "state": state,
            "active_people": len(figures.people_of(self.span.now)) if state == "ready" else None,
            "repositories": self.repositories,
            "has_pulls": has_pulls,
            "worked_in": len({pull.repository for pull in self._in_weeks(self.frame.counted)}),
            "is_filtered": bool(self.filters),
            "kept": [(by.value, value) for by, value in self.filters.items()],
            **period_context(self.request, self.frame),
            **self._newest(state),
            **(self._measures() if state == "ready" or has_pulls else {}),
            **(usage_context(self) if state == "ready" else {}),
        }

    @cached_property
    def repositories(self) -> list[tuple[int, str]]:
        return repositories_of(self.request.organization)

    def _in_weeks(self, days: Days) -> list[Pull]:
        facts = self.answers.facts
        return facts.of_pulls(("in", days), lambda: [pull for pull in facts.own_pulls if pull.week_on in days])

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

    # --- the measures ------------------------------------------------------------------------------------------------

    def _measures(self) -> dict[str, Any]:
        tiles, answers = self._tiles()
        rows, why = self.task_rows
        return {
            "tiles": tiles,
            "findings": [(one, self._href(one.metric)) for one in findings(answers)],
            "chips": chips(self.request.path, self.frame.period.query, self.filters, self._known_parts),
            "clear": address(self.request.path, self.frame.period.query, {}),
            "export": address(f"{self.request.path}export.csv", self.frame.period.query, self.filters),
            "acceptance_chart": self._chart(),
            "may_edit": editing_of(self.request).holds(self.group.id),
            "linked": marks.coverage(self._in_weeks(self.frame.counted)),
            "tasks": rows,
            "tasks_why": why,
            **self._latencies(),
            "critical": self._critical(),
        }

    @cached_property
    def asked(self) -> Asked:
        return Asked(self.answers, self.frame.counted, self.frame.before, self._course, self.filters)

    @property
    def _course(self) -> Days:
        """The weeks of the small courses: those that are drawn and over."""
        drawn = self.frame.drawn
        over = Days(drawn.start_on, min(drawn.end_on, self.frame.running_on))
        return over if over.days > 0 else drawn

    def _tiles(self) -> tuple[list[Tile], list[Any]]:
        found = [self.asked.tile(metric, self._href(metric)) for metric in headline_metrics()]
        kept, _ = self.asked.tile(kept_share.METRIC, self._href(kept_share.METRIC))
        tiles = [led_by_rules(tile, self.auto, kept) if tile.metric.slug == ACCEPTANCE else tile for tile, _ in found]
        return tiles, [answer for _, answer in found if answer is not None]

    @cached_property
    def auto(self) -> Reading:
        if len(self.filters) > 1:
            return Reading(value=None)
        return self.asked.answer(auto_approved_share.METRIC).total

    @cached_property
    def task_rows(self) -> tuple[list[TaskRow], str]:
        return task_rows(self.answers, self.frame.counted, self.frame.before, self.filters)

    def _href(self, metric: Metric) -> str:
        kept = {by: value for by, value in self.filters.items() if by in metric.dimensions}
        page = metric_address(self.request.organization.slug, self.group.slug, metric.slug)
        return address(page, self.frame.period.query, kept)

    def _known_parts(self, by: By) -> list[str]:
        """What of a dimension may be told: parts of decisions that enough people have, and of pull requests."""
        keys = self.answers.parts(metric_named(ACCEPTANCE), self.frame.counted, by)
        if by is By.REPOSITORY:
            keys += sorted(self._full_names)
        if by is By.TASK:
            facts = self.answers.facts
            keys += facts.of_pulls("tasks", lambda: sorted({pull.task for pull in facts.own_pulls if pull.task}))
        return [key for key in dict.fromkeys(keys) if key not in LAST]

    def accepted_by(self, by: By) -> list[Any]:
        question = Question(metric=metric_named(ACCEPTANCE), shown=self.frame.counted, before=self.frame.before, by=by)
        return self.answers.answer(question).rows

    def _chart(self) -> svg.LineChart | None:
        """None where filters may not be put to it: behaviour takes one at a time."""
        if len(self.filters) > 1:
            return None
        metric = metric_named(ACCEPTANCE)
        weeks = self.answers.weeks(metric, self.frame.drawn, self.filters)
        before: list[AnsweredWeek | None] = []
        if self._draws_before and self.frame.before:
            lead = [None] * sum(week.week_on < self.frame.counted.start_on for week in weeks)
            before = [*lead, *self.answers.weeks(metric, self.frame.before, self.filters)][: len(weeks)]
        beside = [pair for _, pair in zip_longest(weeks, before)]
        return charts.metric_by_week(
            metric, weeks, beside, running_on=self.frame.running_on,
            previous_name="A year before" if self._draws_before else "",
            annotations=charts.notes(self.organization_id, self.group.id, self.frame.drawn),
        )  # fmt: skip

    @property
    def _draws_before(self) -> bool:
        """The period just before is in the same line already."""
        return self.frame.period.versus == "year" and self.span.before is not None

    def _latencies(self) -> dict[str, Any]:
        """Remembered as all that is made of pull requests, but for filters, of which an address may tell any."""
        people, days, kinds = self._openable, self.frame.counted, marks.kinds_of(self._limit)

        def made() -> dict[str, Any]:
            pulls = marks.linked(self._in_weeks(days), self.filters)
            if not pulls:
                return {"latencies": None}
            zone = ZoneInfo(self.request.organization.time_zone)
            return {
                "latencies": marks.latency_chart(pulls, days, zone, self._href_of(people), kinds),
                "latency_kinds": [(kind, *marks.in_time(kind, i, pulls)) for i, kind in enumerate(kinds)],
                "left_out": max(0, len(pulls) - marks.MOST),
            }

        if self.filters:
            return made()
        who = None if people is None else frozenset(people)
        return self.answers.facts.of_pulls(("latencies", self.request.organization.slug, days, kinds, who), made)

    def _limit(self, metric: Metric) -> float | None:
        band = self.band_of(metric, "")
        return band.high if band else None

    @cached_property
    def _openable(self) -> set[int] | None:
        """The authors whose pull requests this viewer may open; None: everybody's."""
        organization = self.request.organization
        reach = reach_of(organization, self.request.user, self.request.permissions)
        if reach.authors is None:
            return None
        names = Identity.objects.filter(organization=organization, id__in=reach.authors)
        return set(names.values_list("contributor_id", flat=True))

    def _href_of(self, people: set[int] | None) -> marks.HrefOf:
        slug = self.request.organization.slug

        def href_of(pull: Pull) -> str:
            may_open = people is None or pull.author in people
            return f"/o/{slug}/pulls/{pull.full_name}/{pull.number}/" if may_open else ""

        return href_of

    def _critical(self) -> list[dict[str, Any]]:
        end_on = self.frame.counted.end_on
        start_on = max(self.frame.drawn.start_on, end_on - FEWEST_WEEKS_DRAWN * WEEK)
        work = [metric for metric in headline_metrics() if metric.is_work]
        cells = critical_cells(self.answers, work, Days(start_on, end_on))
        return [self._critical_cell(cell) for cell in cells[:MOST_CRITICAL]]

    @cached_property
    def _full_names(self) -> dict[str, str]:
        facts = self.answers.facts
        return facts.of_pulls("full names", lambda: {pull.repository: pull.full_name for pull in facts.own_pulls})

    def _critical_cell(self, cell: CriticalCell) -> dict[str, Any]:
        numbers = {name: number for number, name in self.repositories}
        number = numbers.get(self._full_names.get(cell.repository, ""))
        query = {"team": self.group.slug, "task": cell.task, **({"repo": str(number)} if number else {})}
        return {
            "metric": cell.metric,
            "reading": cell.reading,
            "task": name_of(By.TASK, cell.task),
            "repository": name_of(By.REPOSITORY, cell.repository),
            "href": address(f"/o/{self.request.organization.slug}/pulls/", query, {}),
        }


def _alone(request: OrganizationRequest, group: Group) -> int | None:
    """The viewer as a person of the data; only asked for where it matters: in a group of one."""
    if len(group.people) != 1:
        return None
    own = contributor_of(request.organization, request.user)
    return own.id if own else None
