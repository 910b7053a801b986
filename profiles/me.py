"""Context of `/me/`, declared in templates/profiles/me/overview.html: one's own numbers beside one's own past."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from codecard.lib import svg
from codecard.lib.formats import counted
from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.answers import Answers
from events.answers.own import own_answers
from events.dashboards.frame import Frame, frame_in, period_in
from events.dashboards.rulers import Asked, headline_metrics
from events.dashboards.task_table import task_rows
from events.queries.own import OwnMonth, own_months
from profiles.figures import MONTHS, Work, months_before
from profiles.models import Audience, Profile

TOKEN_SERIES: Final = (svg.Series("Output", 1), svg.Series("Input", 3), svg.Series("Cached", 0))


@dataclass(slots=True)
class ModelRow:
    """One model over the months that are drawn. `cost_micros` None: no price is known."""

    name: str
    tokens: int = 0
    cost_micros: int | None = None


@dataclass(frozen=True, slots=True)
class MonthRow:
    """`tokens` in the order of the rows of models."""

    month_on: date
    tokens: Sequence[int]
    cost_micros: int


def overview_context(profile: Profile, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """All organizations of the person together, those that forbid publishing included: nobody else sees this."""
    work = Work.of(profile, Audience.ME, now)
    frame = frame_in(query, work.zone, now)
    context = {"zone": work.zone, "organizations_of_mine": [one.organization for one in work.me]}
    context |= period_in(query, frame)
    if not work.me:
        return context | {"state": "nobody"}
    answers = own_answers(work.me, frame.reads, now)
    frame = _begun(answers, frame)
    rows, why = task_rows(answers, frame.counted, frame.before, {})
    months = _months(work)
    return context | period_in(query, frame) | {
        "state": "ready" if work.days else "empty",
        "tiles": _tiles(answers, frame),
        "tasks": rows,
        "tasks_why": why,
        "activity": work.activity(),
        "month_chart": _month_chart(months, work.today),
        "model_rows": (models := _model_rows(months)),
        "month_rows": _month_rows(months, models, work.today),
    }  # fmt: skip


def _begun(answers: Answers, frame: Frame) -> Frame:
    """For those who have just begun, the running week is all they have."""
    weeks = {one.week_on for one in answers.facts.details} | {one.week_on for one in answers.facts.own_pulls}
    return frame.of_running_week() if weeks == {frame.running_on} else frame


def _tiles(answers: Answers, frame: Frame) -> list[Any]:
    drawn = frame.drawn
    over = Days(drawn.start_on, min(drawn.end_on, frame.running_on))
    asked = Asked(answers, frame.counted, frame.before, over if over.days > 0 else drawn, {})
    return [asked.tile(metric, f"/metrics/#{metric.slug}")[0] for metric in headline_metrics()]


def _months(work: Work) -> list[OwnMonth]:
    first = months_before(work.today, MONTHS - 1)
    active = [day.day for day in work.days if day.day >= first]
    found: list[OwnMonth] = []
    for one in work.me:
        with tenant(one.organization.id):
            found += own_months(one.organization.id, one.contributor_id, active)
    return found


def _month_chart(months: Sequence[OwnMonth], today: date) -> svg.BarChart | None:
    if not months:
        return None
    sums: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in months:
        for place, amount in enumerate((one.output, one.input, one.cached)):
            sums[one.month_on][place] += amount
    drawn = [months_before(today, back) for back in range(MONTHS - 1, -1, -1)]
    return svg.BarChart(
        slug="months",
        title="Tokens by month",
        description=f"Output, input and cached tokens of {counted(MONTHS, 'month')}.",
        series=TOKEN_SERIES,
        step_name="Month",
        labels=MONTHS,
        columns=[
            svg.Column(
                label=f"{month:%b %Y}", short=f"{month:%b}", values=sums[month], is_running=month == drawn[-1]
            )
            for month in drawn
        ],
    )  # fmt: skip


def _model_rows(months: Sequence[OwnMonth]) -> list[ModelRow]:
    """The most tokens first."""
    found: dict[str, ModelRow] = {}
    for one in months:
        row = found.setdefault(one.model, ModelRow(one.model))
        row.tokens += one.output + one.input + one.cached
        if one.cost_micros is not None:
            row.cost_micros = (row.cost_micros or 0) + one.cost_micros
    return sorted(found.values(), key=lambda row: (-row.tokens, row.name))


def _month_rows(months: Sequence[OwnMonth], models: Sequence[ModelRow], today: date) -> list[MonthRow]:
    """The newest first."""
    tokens: defaultdict[tuple[date, str], int] = defaultdict(int)
    cost: defaultdict[date, int] = defaultdict(int)
    for one in months:
        tokens[one.month_on, one.model] += one.output + one.input + one.cached
        cost[one.month_on] += one.cost_micros or 0
    shown = [months_before(today, back) for back in range(MONTHS)]
    return [MonthRow(month, [tokens[month, model.name] for model in models], cost[month]) for month in shown]
