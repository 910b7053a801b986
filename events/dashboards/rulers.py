"""The rulers of a dashboard: every headline metric with its sample, course and judgement, by rank."""

from dataclasses import dataclass, replace
from functools import cache

from codecard.lib.formats import share
from codecard.lib.periods import Days
from codecard.lib.reading import Reading
from events.answers import Answer, Answers, Question
from events.dashboards.narrowing import Filters
from events.metrics import all_metrics
from events.metrics._base import Metric

ACCEPTANCE = "acceptance-rate"
MAJORITY = 0.5
"""From this share of automatic approvals on, what people decided on is the smaller part."""


@cache
def headline_metrics() -> tuple[Metric, ...]:
    return tuple(sorted((metric for metric in all_metrics() if metric.is_headline), key=lambda metric: metric.rank))


def metric_named(slug: str) -> Metric:
    return next(metric for metric in all_metrics() if metric.slug == slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """`reading` None: it can't be told, and `note` says why. `note`: the sample, and what may be said of the change.
    `aside`: what stands under the ruler instead of the range."""

    metric: Metric
    label: str
    href: str
    reading: Reading | None
    note: str
    spark: tuple[float | None, ...] = ()
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rulers of a page are asked for."""

    answers: Answers
    shown: Days
    before: Days | None
    course: Days
    filters: Filters

    def answer(self, metric: Metric) -> Answer:
        """:raises ValueError: in words, where the filters may not be put to it."""
        question = Question(metric=metric, shown=self.shown, before=self.before, filters=self.filters)
        return self.answers.answer(question)

    def tile(self, metric: Metric, href: str) -> tuple[Tile, Answer | None]:
        try:
            answer = self.answer(metric)
        except ValueError as error:
            return Tile(metric=metric, label=metric.short, href=href, reading=None, note=str(error)), None
        weeks = self.answers.weeks(metric, self.course, self.filters)
        spark = tuple(week.reading.value for week in weeks)
        found = Tile(
            metric=metric, label=metric.short, href=href, reading=answer.total, note=note(answer.total), spark=spark
        )
        return found, answer


def led_by_rules(accepted: Tile, auto: Reading, kept: Tile) -> Tile:
    """Where rules decided most, the acceptance rate tells of the smaller part: what was kept of the lines leads, or
    where that isn't known, the share of the rules."""
    if accepted.reading is None or auto.value is None or auto.value < MAJORITY or auto.is_few:
        return accepted
    rest = f"People decided on the rest: {accepted.reading.text} accepted" if accepted.reading.value is not None else ""
    if kept.reading is not None and kept.reading.value is not None:
        return replace(kept, aside=". ".join(filter(None, (f"Rules approved {auto.text}", rest))))
    return Tile(
        metric=accepted.metric, label="Approved by a rule", href=accepted.href, reading=auto, note=note(auto),
        aside=rest or "Hardly anybody decided by hand",
    )  # fmt: skip


def note(reading: Reading) -> str:
    """The size of the sample, and what may be said of the change."""
    words = {None: "", True: "probably a real change", False: "no clear change"}[reading.is_real_change]
    part = f"known of {share(reading.coverage or 0, digits=0)}" if reading.is_partial and reading.n else ""
    return ", ".join(filter(None, (reading.sample, part, words)))
