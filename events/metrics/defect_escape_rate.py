"""Defect escape rate: which share of AI-assisted pull requests had a defect traced to it after it was integrated.

It reads facts (`Escape`, `DefectLink`), which are made for fixed horizons: a pull request counts once its window is
over, so that older code has no longer time to fail. What is still open is pending, and counted apart.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from codecard.lib.formats import Unit
from codecard.lib.intervals import Interval, Ratio, Stratum, garwood, mantel_haenszel, wilson
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, cases_of
from events.metrics._samples import Share
from events.models import AiClass, DefectLink, Escape, EscapeState, Verdict
from events.queries.facts import Facts


def cases(facts: Facts) -> Iterable[Case]:
    """In the week in which their window of 30 days was over."""
    over = (pull for pull in facts.own_pulls if pull.ai_class == AiClass.AI and pull.is_due and pull.escape)
    return cases_of(over, lambda pull: Share(pull.escape in _COUNTED, 1), Share(), is_due=True)


METRIC = Metric(
    slug="defect-escape-rate",
    label="Defect escape rate",
    short="Defect escape rate",
    rank=7,
    unit=Unit.SHARE,
    noun="pull requests",
    direction=Direction.LOWER,
    definition=(
        "Of the AI-assisted pull requests whose window is over, the share to which a confirmed or probable defect is"
        " traced that was met within the window."
    ),
    formula=(
        "k ÷ n; n: integrated 30 days before a day of the period (also 7 and 90), k: of them those with a confirmed or"
        " probable defect that was met within so many days"
    ),
    population="AI-assisted pull requests that are on the default branch, without bots and backports.",
    care="Teams that label more look worse. A few defects make no rate: look at what they have in common.",
    minimum=20,
    domain=(0.0, 0.3),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and 30 days after the first merges.",
    example=Example(
        words="Of 163 pull requests merged more than 30 days ago, 4 had a defect traced to them: 4 ÷ 163 = 2.5%.",
        sample=Share(4, 163),
        value=4 / 163,
    ),
)

HORIZON: Final = 30
"""The headline's, in days."""
FEWEST_IN_AN_ARM, FEWEST_DEFECTS = 30, 5
_COUNTED = frozenset({EscapeState.CONFIRMED, EscapeState.PROBABLE})
_RESAMPLES = 1_000


class Row(NamedTuple):
    """One pull request at one horizon. `weight`: of its counted defects, 1/k each where k pull requests share one.
    `expected`: the sum of the probabilities of what is traced to it. `ai_lines` None: not known."""

    state: EscapeState
    due_at: datetime
    defects: int
    weight: float
    ai_class: str
    ai_lines: int | None
    repository: int
    size: int
    expected: float = 0.0

    @property
    def has_escaped(self) -> bool:
        return self.state in _COUNTED


class PerLines(NamedTuple):
    """Defects per 1,000 merged AI lines, over the pull requests whose AI lines are known."""

    value: float
    interval: Interval
    defects: float
    lines: int


class Control(NamedTuple):
    """The risk ratio of AI-assisted against known human pull requests of the same repositories and sizes. It says what
    is associated with AI, never what AI causes: untracked use is in neither arm."""

    ratio: Ratio
    ai: tuple[int, int]
    human: tuple[int, int]


@dataclass(frozen=True)
class Rate:
    """`k` of `n` whose window is over. `pending`: it is still open; `possible`: traced too weakly to count."""

    horizon_days: int
    k: int
    n: int
    pending: int
    possible: int
    interval: Interval | None
    per_lines: PerLines | None
    expected: float
    control: Control | None

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def is_enough(self) -> bool:
        return self.n >= METRIC.minimum


def rows_of(
    organization_id: int, start: datetime, end: datetime, *, horizon_days: int = HORIZON, **narrowed: Any
) -> list[Row]:
    """Integrated in [start, end). `people`: contributors who opened them; `repositories`: ids. None is all of them.
    Inside the tenant. Index pull_request_by_integrated."""
    asked = {
        "pull_request__author__contributor__in": narrowed.get("people"),
        "pull_request__repository__in": narrowed.get("repositories"),
    }
    found = Escape.objects.filter(
        organization=organization_id, horizon_days=horizon_days, pull_request__integrated_at__gte=start,
        pull_request__integrated_at__lt=end, **{name: value for name, value in asked.items() if value is not None},
    ).exclude(state=EscapeState.LEFT_OUT)  # fmt: skip
    columns = (
        "pull_request_id", "state", "due_at", "defects", "weight", "pull_request__ai_class", "pull_request__ai_lines",
        "pull_request__repository_id", "pull_request__size",
    )  # fmt: skip
    told = list(found.values_list(*columns))
    suspected = [key for key, state, *_ in told if state not in (EscapeState.CLEAN, EscapeState.PENDING)]
    expected = _expected(organization_id, suspected, horizon_days) if suspected else {}
    rows = [(key, Row(EscapeState(state), *rest)) for key, state, *rest in told]
    return [row._replace(expected=expected.get(key, 0.0)) for key, row in rows]


def _expected(organization_id: int, pull_requests: Collection[int], horizon_days: int) -> Mapping[int, float]:
    """By pull request. What is stated or decided is certain."""
    links = DefectLink.objects.filter(
        organization=organization_id, origin__in=pull_requests, defect__is_cancelled=False,
        lag_seconds__lte=timedelta(days=horizon_days).total_seconds(),
    ).exclude(decision=Verdict.REJECTED)  # fmt: skip
    sums: Counter[int] = Counter()
    for origin, probability, decision in links.values_list("origin_id", "probability", "decision"):
        sums[origin] += 1.0 if probability is None or decision else probability  # type: ignore[assignment]
    return sums


def rate(rows: Collection[Row], now: datetime, *, horizon_days: int = HORIZON) -> Rate:
    """Of the AI-assisted ones; the known human ones are the control."""
    over = [row for row in rows if row.due_at <= now]
    ai = [row for row in over if row.ai_class == AiClass.AI]
    k = sum(row.has_escaped for row in ai)
    return Rate(
        horizon_days=horizon_days,
        k=k,
        n=len(ai),
        pending=sum(row.ai_class == AiClass.AI and row.due_at > now for row in rows),
        possible=sum(row.state == EscapeState.POSSIBLE for row in ai),
        interval=wilson(k, len(ai)),
        per_lines=per_lines([row for row in ai if row.ai_lines is not None]),
        expected=sum(row.expected for row in ai),
        control=control(ai, [row for row in over if row.ai_class == AiClass.HUMAN]),
    )


def per_lines(rows: Sequence[Row]) -> PerLines | None:
    """None where no AI line is known. Garwood's interval of a count; where defects are shared it is no count, and pull
    requests are drawn anew instead."""
    lines = sum(row.ai_lines or 0 for row in rows)
    if not lines:
        return None
    defects = round(sum(row.weight for row in rows), 6)
    if defects.is_integer():
        low, high = garwood(defects)
        interval = Interval(1000 * low / lines, 1000 * high / lines)
    else:
        interval = _resampled(rows)
    return PerLines(1000 * defects / lines, interval, defects, lines)


def _resampled(rows: Sequence[Row]) -> Interval:
    """The middle 95 % of the ratio over samples of as many pull requests; the same every time."""
    chance = random.Random(len(rows))  # noqa: S311 - no secret
    ratios = []
    for _ in range(_RESAMPLES):
        drawn = chance.choices(rows, k=len(rows))
        lines = sum(row.ai_lines or 0 for row in drawn)
        if lines:
            ratios.append(1000 * sum(row.weight for row in drawn) / lines)
    ratios.sort()
    edge = len(ratios) // 40
    return Interval(ratios[edge], ratios[-1 - edge])


def control(ai: Sequence[Row], human: Sequence[Row]) -> Control | None:
    """None where either arm has too few pull requests or defects to compare."""
    arms = [(sum(row.has_escaped for row in arm), len(arm)) for arm in (ai, human)]
    if any(k < FEWEST_DEFECTS or n < FEWEST_IN_AN_ARM for k, n in arms):
        return None
    ratio = mantel_haenszel(_strata(ai, human))
    return None if ratio is None else Control(ratio, arms[0], arms[1])


def _strata(ai: Sequence[Row], human: Sequence[Row]) -> list[Stratum]:
    counts: dict[tuple[int, int], list[int]] = {}
    for arm, rows in enumerate((ai, human)):
        for row in rows:
            counted = counts.setdefault((row.repository, row.size), [0, 0, 0, 0])
            counted[2 * arm] += row.has_escaped
            counted[2 * arm + 1] += 1
    return [Stratum(*counts[key]) for key in sorted(counts)]
