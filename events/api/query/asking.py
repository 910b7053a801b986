"""From a query string to a question about a metric: which weeks, whose, by what. Pages correct, the API refuses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rest_framework.exceptions import ValidationError

from codecard.lib.periods import CUSTOM, PRESETS_DAYS, Days, period_from, today_in
from events.answers import Answers, Question, Scope, scope_of
from events.answers.answering import LAST
from events.answers.bands import bands_of
from events.api.query.parameters import Parameters
from events.metrics._base import By, Metric
from events.models import SizeStratum
from events.queries.people import Group, groups_of
from events.queries.ranges import ranges_of
from events.task_types import TaskType
from teams.readers import Reader

VERSUS = ("prev", "year", "none")
PERIOD = ("from", "to", "p", "vs")
FILTERS = tuple(map(str, By))
LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Window:
    """`shown` and `before` are whole weeks; the running one counts only where nothing else is asked for."""

    shown: Days
    before: Days | None


def window_of(asked: Parameters, zone: str, now: datetime) -> Window:
    """:raises ValidationError: for a period or a comparison that can't be read."""
    given = {name: asked.text(name) for name in PERIOD if asked.has(name)}
    asked.choice("vs", VERSUS)
    if asked.has("from") != asked.has("to"):
        raise ValidationError({"from": "`from` and `to` belong together."})
    if asked.has("from") and asked.has("p"):
        raise ValidationError({"p": "Either `p`, or `from` and `to`."})
    period = period_from(given, today=today_in(ZoneInfo(zone), now=now))
    if period.key != CUSTOM and (asked.has("from") or asked.text("p") not in ("", *PRESETS_DAYS)):
        name = "p" if asked.has("p") else "from"
        words = period.notice.partition(" The last ")[0]
        raise ValidationError({name: f"{words} Or one of {', '.join(PRESETS_DAYS)}."})
    shown = Days(period.start_on, min(period.end_on, period.running_week.start_on))
    if shown.days <= 0:
        return Window(period.shown, None)
    before = period.before and Days(period.before.start_on, period.before.start_on + timedelta(days=shown.days))
    return Window(shown, before)


def scope_from(asked: Parameters, reader: Reader) -> Scope:
    """Whose numbers: a team's, or everybody's. One statement for all teams."""
    groups = groups_of(reader.organization.id)
    asked.choice("team", [group.slug for group in groups])
    group = next((group for group in groups if group.slug == asked.text("team")), None)
    return scope_of(reader.organization, groups, group, reader.person_id)


def own_scope(reader: Reader) -> Scope:
    """Of nobody but the reader: the floor hides nothing of oneself."""
    me = Group(0, "", "", frozenset({reader.person_id or 0}))
    return scope_of(reader.organization, [me], me, reader.person_id)


def filters_from(asked: Parameters) -> dict[By, str]:
    values: Mapping[By, Collection[str]] = {
        By.TASK: [*(str(task.value) for task in TaskType), *LAST],
        By.SIZE: [*(str(size.value) for size in SizeStratum if size), *LAST],
    }
    found = {}
    for by in By:
        if not asked.has(by):
            continue
        if by in values:
            asked.choice(by, values[by])
        if not 0 < len(asked.text(by)) <= LONGEST_NAME:
            raise ValidationError({str(by): f"Possible: a name of up to {LONGEST_NAME} characters."})
        found[by] = asked.text(by)
    return found


def question_from(asked: Parameters, metric: Metric, window: Window) -> Question:
    """:raises ValidationError: in words, for what the metric isn't known by or what may not be asked together."""
    by = asked.choice("by", [str(one) for one in metric.dimensions])
    try:
        return Question(
            metric=metric, shown=window.shown, before=window.before, by=By(by) if by else None,
            filters=filters_from(asked),
        )  # fmt: skip
    except ValueError as error:
        raise ValidationError({"by" if by else "filters": str(error)}) from None


def answers_of(scope: Scope, window: Window, now: datetime) -> Answers:
    ranges = ranges_of(scope.organization.id)
    band_of = bands_of(ranges, None if scope.is_everybody else scope.group.id)
    return Answers(scope, scope.facts([window.shown, window.before], now), band_of)
