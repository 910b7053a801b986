"""Context of one metric's page, declared in templates/events/metric/page.html: value, course, parts and meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import zip_longest
from typing import Any, Final

from django.urls import reverse

from codecard.lib import svg
from codecard.lib.formats import quantity
from codecard.lib.periods import DEFAULT_VERSUS, WEEK, Days
from codecard.lib.reading import Reading
from events.answers import Answer, Answers, Question, Row, scope_of
from events.answers.answering import LAST, Week
from events.answers.bands import bands_of
from events.answers.findings import change_text
from events.dashboards import charts
from events.dashboards.frame import Frame, frame_of, period_context
from events.dashboards.metric.beside import cohort_of, escapes_of
from events.dashboards.narrowing import Filters, address, chips, filters_from, name_of
from events.metrics import all_metrics, auto_approved_share
from events.metrics._base import By, Metric
from events.metrics.defect_escape_rate import METRIC as ESCAPES
from events.queries.health import last_by_source
from events.queries.people import Group, groups_of
from events.queries.pull_requests import repositories_of
from events.queries.ranges import Ranges, Source, ranges_of
from events.sources import all_sources
from teams.editing import editing_of
from teams.permissions import OrganizationRequest
from teams.queries import contributor_of

SILENT_AFTER, FORGOTTEN_AFTER = timedelta(days=7), timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the breakdown. `href`: the page narrowed to it; "" where that can't be asked."""

    name: str
    reading: Reading
    href: str
    is_part: bool


def page_of(request: OrganizationRequest, team: str, slug: str, now: datetime) -> "MetricPage | None":
    """Of everybody without a team. None where the organization has no such team, or nobody such a metric."""
    groups = groups_of(request.organization.id)
    group = next((one for one in groups if one.slug == team), None)
    metric = next((one for one in all_metrics() if one.slug == slug), None)
    if metric is None or (team and group is None):
        return None
    return MetricPage(request, groups, group, metric, frame_of(request, now))


class MetricPage:
    """What was asked, made into a question that may be asked; and the answer, with all that is said beside it."""

    def __init__(
        self, request: OrganizationRequest, groups: list[Group], group: Group | None, metric: Metric, frame: Frame
    ) -> None:
        self.request, self.group, self.groups, self.metric = request, group, groups, metric
        own = contributor_of(request.organization, request.user) if group and len(group.people) == 1 else None
        self.scope = scope_of(request.organization, groups, group, own.id if own else None)
        self.ranges: Ranges = ranges_of(request.organization.id)
        band_of = bands_of(self.ranges, group.id if group else None)
        is_narrowed = any(self.request.GET.get(by.value) for by in By)
        facts = self.scope.facts(frame.reads, frame.now, None if is_narrowed else frame.fine)
        self.answers = Answers(self.scope, facts, band_of)
        self.frame = frame
        weeks = self.answers.weeks(metric, frame.drawn, {})
        if [week.week_on for week in weeks if week.reading.n] == [frame.running_on]:
            self.frame = frame.of_running_week()
        self.notices: list[str] = [frame.period.notice] if frame.period.notice else []
        self.filters = self._filters()
        self.by = self._by()

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _filters(self) -> dict[By, str]:
        """Of what is asked for, what may be put to the metric; the rest is said."""
        asked = filters_from(self.request.GET, tuple(By))
        kept = {by: value for by, value in asked.items() if by in self.metric.dimensions}
        for by in asked.keys() - kept.keys():
            self.notices.append(f"{self.metric.label} is not known by {by.label.lower()}: this filter was left out.")
        if len(kept) > 1 and not self.metric.is_work:
            first = next(iter(kept))
            self.notices.append(
                f"Told by one thing at a time, so that nobody can be singled out: only {first.label.lower()} was kept."
            )
            kept = {first: kept[first]}
        return kept

    def _by(self) -> By | None:
        """None where a filter of behaviour takes its place."""
        asked = self.request.GET.get("by", "")
        known = {by.value: by for by in self.metric.dimensions}
        if asked and asked not in known:
            self.notices.append("This can't be broken down by what was asked for: the first way is shown.")
        if self.filters and not self.metric.is_work:
            return None
        free = [by for by in self.metric.dimensions if by not in self.filters]
        wanted = known.get(asked)
        return wanted if wanted in free else next(iter(free), None)

    @property
    def path(self) -> str:
        return self.request.path

    def _ask(self, by: By | None, filters: Filters) -> Answer:
        question = Question(
            metric=self.metric, shown=self.frame.counted, before=self.frame.before, by=by, filters=filters
        )
        return self.answers.answer(question)

    @cached_property
    def answer(self) -> Answer:
        return self._ask(self.by, self.filters)

    @cached_property
    def weeks(self) -> list[Week]:
        return self.answers.weeks(self.metric, self.frame.drawn, self.filters)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def context(self) -> dict[str, Any]:
        reading = self.answer.total
        return {
            "nav": "team" if self.group else "overview",
            "team": self.group,
            "team_slug": self.group.slug if self.group else "",
            "teams": [(group.slug, group.name) for group in self.groups],
            "metric": self.metric,
            "state": self._state(),
            "reading": reading,
            "change": change_text(reading),
            "before_text": "" if reading.previous is None else quantity(reading.previous, self.metric.unit),
            "chart": self._chart(),
            "tabs": self._tabs(),
            "by": self.by,
            "parts": self.parts,
            "withheld_weeks": self.answer.withheld_weeks,
            "small_team": self.scope.is_small_team,
            "is_filtered": bool(self.filters),
            "kept": [(by.value, value) for by, value in self.filters.items()] + self._kept_by,
            "range": self._range(),
            "auto": self._auto(),
            **self._beside(),
            "silent": self._silent(),
            "may_edit": editing_of(self.request).holds(self.group.id if self.group else None),
            **self._addresses(),
            **period_context(self.request, self.frame),
            "notices": self.notices,
        }

    @property
    def _kept_by(self) -> list[tuple[str, str]]:
        return [("by", self.by.value)] if self.by else []

    def _state(self) -> str:
        if self.answer.total.value is not None:
            return "ready"
        if self.answer.total.is_withheld:
            return "withheld"
        if any(week.reading.n for week in self.weeks):
            return "quiet"
        return "unlike" if self.filters else "empty"

    def _addresses(self) -> dict[str, Any]:
        state = dict(self.frame.period.query)
        by = {"by": self.by.value} if self.by else {}
        team = {"team": self.group.slug} if self.group else {}
        compare = self.frame.period.versus if self.frame.before else "none"
        told = {
            "organization": self.request.organization.slug,
            "from": f"{self.frame.counted.start_on}",
            "to": f"{self.frame.counted.end_on}",
            **({"vs": compare} if compare != DEFAULT_VERSUS else {}),
        }
        return {
            "chips": chips(self.path, state | by, self.filters, self._known, self._narrowable),
            "clear": address(self.path, state | by, {}),
            "export": address(f"{self.path}export.csv", state | by, self.filters),
            "api": address(f"/api/v1/metrics/{self.metric.slug}/", told | team | by, self.filters),
            "work": self._work(team) if self.metric.is_work else "",
        }

    def _work(self, team: Mapping[str, str]) -> str:
        """The pull requests, or the defects, behind the number."""
        organization = self.request.organization.slug
        names = {f"github.com/{name}": str(number) for number, name in repositories_of(self.request.organization)}
        query = dict(team)
        if By.TASK in self.filters:
            query["task"] = self.filters[By.TASK]
        if self.filters.get(By.REPOSITORY) in names:
            query["repo"] = names[self.filters[By.REPOSITORY]]
        page = "defects" if self.metric is ESCAPES else "pulls"
        if not self.frame.period.is_custom:
            query["p"] = self.frame.period.key
        if page == "pulls" and By.SIZE in self.filters:
            query["size"] = self.filters[By.SIZE]
        return address(f"/o/{organization}/{page}/", query, {})

    @property
    def _narrowable(self) -> tuple[By, ...]:
        """Of behaviour one filter holds at a time: it is taken away before another one is chosen."""
        return tuple(self.filters) if self.filters and not self.metric.is_work else self.metric.dimensions

    def _known(self, by: By) -> list[str]:
        return self.answers.parts(self.metric, self.frame.counted, by)

    def _tabs(self) -> list[tuple[str, str, bool]]:
        kept = self.filters if self.metric.is_work else {}
        state = dict(self.frame.period.query)
        return [
            (by.label, address(self.path, state | {"by": by.value}, kept), by is self.by)
            for by in self.metric.dimensions
            if by not in kept
        ]

    @cached_property
    def parts(self) -> list[Part]:
        return [self._part(row) for row in self.answer.rows]

    def _part(self, row: Row) -> Part:
        assert self.by is not None
        narrowed = address(self.path, dict(self.frame.period.query), {**self.filters, self.by: row.key})
        return Part(name_of(self.by, row.key), row.reading, narrowed if row.is_part else "", row.is_part)

    def _chart(self) -> svg.LineChart:
        before: list[Week | None] = []
        draws_before = self.frame.period.versus == "year" and self.frame.before is not None
        if draws_before and self.frame.before:
            lead = [None] * sum(week.week_on < self.frame.counted.start_on for week in self.weeks)
            before = [*lead, *self.answers.weeks(self.metric, self.frame.before, self.filters)][: len(self.weeks)]
        beside = [pair for _, pair in zip_longest(self.weeks, before)]
        return replace(
            charts.metric_by_week(
                self.metric, self.weeks, beside, running_on=self.frame.running_on,
                previous_name="A year before" if draws_before else "", annotations=charts.notes(
                    self.request.organization.id, self.group.id if self.group else None, self.frame.drawn
                ),
            ),
            slug=self.metric.slug,
        )  # fmt: skip

    def _range(self) -> dict[str, Any] | None:
        """What holds, and who said so."""
        task = self.filters.get(By.TASK, "")
        team_id = self.group.id if self.group else None
        found = self.ranges.of(self.metric.slug, team_id, task if task not in LAST else "", default=self.metric.band)
        if found is None:
            return None
        where = {Source.DEFAULT: "", Source.TEAM: "this team", Source.ORGANIZATION: self.request.organization.name}
        return {
            "text": found.band.text(self.metric.unit), "of": where[found.source], "by": found.set_by,
            "at": found.set_at,
        }  # fmt: skip

    def _beside(self) -> dict[str, Any]:
        """Of all work alone: beside a narrowed value they would tell of something else."""
        if self.filters:
            return {"cohort": None, "escapes": None}
        facts, counted = self.answers.facts, self.frame.counted
        return {
            "cohort": cohort_of(facts, self.metric, counted), "escapes": escapes_of(facts, self.metric, counted),
        }  # fmt: skip

    def _silent(self) -> list[tuple[str, datetime]]:
        """Sources that sent something lately, and nothing for a week."""
        now = self.frame.now
        labels = {source.name: source.label for source in all_sources()} | {"code-card": "The events API"}
        found = last_by_source(self.request.organization.id, (now - FORGOTTEN_AFTER).date())
        return [(labels.get(name, name), at) for name, at in found.items() if now - at > SILENT_AFTER]

    def _auto(self) -> Reading | None:
        """Beside decisions of people: how much was decided by rules."""
        if self.metric.slug != "acceptance-rate":
            return None
        question = Question(metric=auto_approved_share.METRIC, shown=self.frame.counted, filters=self.filters)
        return self.answers.answer(question).total


def metric_address(organization: str, team: str, slug: str) -> str:
    if team:
        return reverse("team_metric", args=(organization, team, slug))
    return reverse("organization_metric", args=(organization, slug))


def rows_of(page: MetricPage) -> list[list[object]]:
    """The page as a file: the total, its weeks, its parts; what may not be told has no value, and says why."""
    counted: Days = page.frame.counted
    by = page.by.label if page.by else ""
    found = [_row(page, "Total", "", counted, page.answer.total)]
    found += [_row(page, "Week", "", Days(week.week_on, week.week_on + WEEK), week.reading) for week in page.weeks]
    return found + [_row(page, by, part.name, counted, part.reading) for part in page.parts]


HEADER: Final = (
    "What", "Name", "From", "Until, not included", "Value", "Unit", "Sample", "Of", "Numerator", "Denominator",
    "Low (95%)", "High (95%)", "Before", "Verdict",
)  # fmt: skip


def _row(page: MetricPage, what: str, name: str, days: Days, reading: Reading) -> list[object]:
    low, high = reading.interval or (None, None)
    return [
        what, name, days.start_on, days.end_on, reading.value, page.metric.unit, reading.n, page.metric.noun,
        reading.numerator, reading.denominator, low, high, reading.previous, reading.verdict.word,
    ]  # fmt: skip
