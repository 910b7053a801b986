"""Latency to integration: from the first prompt linked to a pull request to its change being on the default branch.

Two views, never blended. *Completed*: of the pull requests integrated in a window, quantiles of their latency.
*Cohort*: of those whose first prompt lies in the window, the share that is in by 10 minutes, an hour, a day and a week;
closed unmerged is a competing end, open ones are still under way (Aalen-Johansen).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma, log, log1p
from typing import Any, Final, NamedTuple

from codecard.lib.formats import Unit
from codecard.lib.intervals import LEVEL, Interval, wilson
from codecard.lib.survival import End, Observation, aalen_johansen, median_incidence, quantile
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._latency import latencies
from events.metrics._pulls import DIMENSIONS
from events.metrics._samples import Values
from events.models import ChangeClass, Latency, LatencyState
from events.queries.facts import Facts


def cases(facts: Facts) -> Iterable[Case]:
    return latencies(facts)


METRIC = Metric(
    slug="latency-to-integration",
    label="Latency to integration",
    short="Prompt to merge",
    rank=0,
    unit=Unit.DURATION,
    noun="pull requests",
    direction=Direction.LOWER,
    definition=(
        "From the first prompt of the sessions linked to a pull request until its change is on the default branch."
    ),
    formula=(
        "L(p) = integrated_at(p) − first_prompt_at(p). Completed: the 50th, 75th and 90th percentile, linear between"
        " two values. Cohort: F(t) = sum over t_i ≤ t of S(t_i−) · d_i ÷ n_i"
    ),
    population=(
        "AI-assisted pull requests with a linked prompt, without bots and backports. A prompt more than 30 days before"
        " the end counts as 30 days before it; prompts after the end are counted apart and measured as nothing."
    ),
    care="Small patches and features take different times: their mix moves this number. Nights and weekends count.",
    minimum=20,
    domain=(0.0, 4 * 86_400.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and sessions that tell their repository, so that they are linked to pull requests.",
    example=Example(
        words="Five pull requests took 5, 20, 65, 300 and 3,000 minutes: the median is 1\u00a0h\u00a05\u00a0m.",
        sample=Values((300.0, 1_200.0, 3_900.0, 18_000.0, 180_000.0)),
        value=3_900.0,
    ),
)

QUANTILES: Final = (0.5, 0.75, 0.9)
HORIZONS: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1), timedelta(days=7))
BARS: Final[Mapping[str, timedelta]] = {
    ChangeClass.SMALL_PATCH: timedelta(minutes=10),
    ChangeClass.FEATURE_WITH_TESTS: timedelta(hours=1),
}
BARS_SETTING: Final = "latency_bars_minutes"
"""Of the organization's settings: {change class: minutes}."""


class Row(NamedTuple):
    """One pull request. `end`: integrated, closed, or None while open. `seconds` of measured ones alone."""

    state: LatencyState
    first_prompt_at: datetime | None
    end: datetime | None
    seconds: int | None
    change_class: str
    task_type: str


class Quantile(NamedTuple):
    """In seconds; the interval is of two of the values themselves and supposes nothing of how they are spread."""

    share: float
    seconds: float
    interval: Interval | None


class UnderBar(NamedTuple):
    """How many of a change class were in within its bar. `interval` None where there were none."""

    bar: timedelta
    k: int
    n: int
    interval: Interval | None


@dataclass(frozen=True)
class Completed:
    """`quantiles` and `under_bar` also where `n` is too small to be printed: see `is_enough`."""

    n: int
    quantiles: tuple[Quantile, ...]
    under_bar: Mapping[str, UnderBar]
    negative: int
    without_prompt: int

    @property
    def is_enough(self) -> bool:
        return self.n >= METRIC.minimum

    @property
    def coverage(self) -> float | None:
        """The share of what was integrated that could be measured."""
        population = self.n + self.negative + self.without_prompt
        return self.n / population if population else None


@dataclass(frozen=True)
class Cohort:
    """`integrated_by`: share by each of `HORIZONS`. `median_seconds` None: half of them are not in yet."""

    n: int
    integrated: int
    closed: int
    integrated_by: tuple[float, ...]
    median_seconds: float | None

    @property
    def is_enough(self) -> bool:
        return self.n >= METRIC.minimum

    @property
    def open(self) -> int:
        return self.n - self.integrated - self.closed


def bars_of(settings: Mapping[str, Any]) -> dict[str, timedelta]:
    """Those of the organization, and the defaults where it has none."""
    own = settings.get(BARS_SETTING) or {}
    return {name: timedelta(minutes=own[name]) if name in own else bar for name, bar in BARS.items()}


def completed_rows(organization_id: int, start: datetime, end: datetime, **narrowed: Any) -> list[Row]:
    """Integrated in [start, end), measured or not. Inside the tenant. Index pull_request_by_integrated."""
    return _rows(organization_id, narrowed, pull_request__integrated_at__gte=start, pull_request__integrated_at__lt=end)


def cohort_rows(organization_id: int, start: datetime, end: datetime, **narrowed: Any) -> list[Row]:
    """First prompted in [start, end). Inside the tenant. Index latency_by_prompt."""
    return _rows(organization_id, narrowed, first_prompt_at__gte=start, first_prompt_at__lt=end)


def _rows(organization_id: int, narrowed: Mapping[str, Any], **window: datetime) -> list[Row]:
    found = Latency.objects.filter(organization=organization_id, **window).exclude(state=LatencyState.LEFT_OUT)
    found = found.filter(**_narrowing(**narrowed))
    columns = (
        "state",
        "first_prompt_at",
        "ended_at",
        "seconds",
        "pull_request__change_class",
        "pull_request__task_type",
    )
    return [Row(LatencyState(state), *rest) for state, *rest in found.values_list(*columns)]


def _narrowing(
    *,
    people: Collection[int] | None = None,
    repositories: Collection[int] | None = None,
    change_class: str | None = None,
    task_type: str | None = None,
) -> dict[str, Any]:
    """`people`: contributors who opened them, as of a team; None is everybody."""
    asked: dict[str, Any] = {
        "pull_request__author__contributor__in": people,
        "pull_request__repository__in": repositories,
        "pull_request__change_class": change_class,
        "pull_request__task_type": task_type,
    }
    return {name: value for name, value in asked.items() if value is not None}


def completed(rows: Collection[Row], bars: Mapping[str, timedelta] = BARS) -> Completed:
    measured = [row for row in rows if row.state == LatencyState.MEASURED and row.seconds is not None]
    by_class = {name: [row for row in measured if row.change_class == name] for name in bars}
    spans = sorted(row.seconds for row in measured if row.seconds is not None)
    return Completed(
        n=len(spans),
        quantiles=tuple(_quantile(spans, share) for share in QUANTILES) if spans else (),
        under_bar={name: _under(bar, by_class[name]) for name, bar in bars.items()},
        negative=sum(row.state == LatencyState.NEGATIVE for row in rows),
        without_prompt=sum(row.state == LatencyState.NO_PROMPT for row in rows),
    )


def _under(bar: timedelta, rows: Sequence[Row]) -> UnderBar:
    k = sum(row.seconds is not None and row.seconds <= bar.total_seconds() for row in rows)
    return UnderBar(bar, k, len(rows), wilson(k, len(rows)))


def _quantile(ordered: Sequence[float], share: float) -> Quantile:
    value = quantile(ordered, share)
    assert value is not None
    return Quantile(share, value, interval_of_quantile(ordered, share))


def interval_of_quantile(ordered: Sequence[float], share: float, level: float = LEVEL) -> Interval | None:
    """From the l-th to the u-th smallest, the narrowest that leave no more than half of 1 - level below and above, by
    the binomial distribution of how many lie below the quantile (David and Nagaraja, Order Statistics, 2003, 7.1). None
    where even the smallest and the largest can't be so sure."""
    n, tail = len(ordered), (1 - level) / 2
    below, cumulated = 0.0, []
    for k in range(n):
        below += _binomial(k, n, share)
        cumulated.append(below)
    low = max((i for i in range(n) if cumulated[i] <= tail), default=None)
    high = min((i for i in range(1, n) if cumulated[i] >= 1 - tail), default=None)
    return None if low is None or high is None else Interval(ordered[low], ordered[high])


def _binomial(k: int, n: int, share: float) -> float:
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(ways + k * log(share) + (n - k) * log1p(-share))


def cohort(rows: Iterable[Row], now: datetime) -> Cohort:
    """As of `now`: what ended later is open. Rows that can't be measured are in no cohort."""
    watched = [one for row in rows if (one := _watched(row, now)) is not None]
    curve = aalen_johansen(watched)
    return Cohort(
        n=len(watched),
        integrated=sum(one.end == End.EVENT for one in watched),
        closed=sum(one.end == End.COMPETING for one in watched),
        integrated_by=tuple(curve.at(horizon.total_seconds()) for horizon in HORIZONS),
        median_seconds=median_incidence(curve),
    )


_ENDS = {LatencyState.MEASURED: End.EVENT, LatencyState.CLOSED: End.COMPETING, LatencyState.PENDING: End.CENSORED}


def _watched(row: Row, now: datetime) -> Observation | None:
    if row.first_prompt_at is None or row.state not in _ENDS or row.first_prompt_at > now:
        return None
    has_ended = row.end is not None and row.end <= now
    until = row.end if row.end is not None and has_ended else now
    end = _ENDS[row.state] if has_ended else End.CENSORED
    return Observation(max(0.0, (until - row.first_prompt_at).total_seconds()), end)
