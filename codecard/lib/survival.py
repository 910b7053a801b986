"""How long until something happens, where some never get there: Kaplan-Meier and Aalen-Johansen. Pure arithmetic.

A pull request that is closed unmerged will never be merged (a competing event); one that is open may still be
(censored). Leaving out the second, or treating the first like it, both make merging look faster or surer than it is.
Steps are computed at the times at which anything happened; events come before censorings of the same time.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import accumulate
from math import exp, inf, log, sqrt
from typing import NamedTuple

from codecard.lib.intervals import LEVEL, Interval, z_of


class End(IntEnum):
    CENSORED = 0
    EVENT = 1
    COMPETING = 2


class Observation(NamedTuple):
    """One subject: how long it was watched, in any unit, and what ended that."""

    time: float
    end: End


class Curve(NamedTuple):
    """A step function: `values[i]` from `times[i]` on, `start` before the first. Times are ascending.

    `variances` are those of the values. After `known_until` nobody was watched any more; inf where nobody was left.
    """

    times: list[float]
    values: list[float]
    variances: list[float]
    start: float
    known_until: float

    def at(self, time: float) -> float:
        i = bisect_right(self.times, time)
        return self.values[i - 1] if i else self.start

    def interval_at(self, time: float, *, level: float = LEVEL) -> Interval | None:
        """Of the value at a time, on the scale log(-log). None before the first step, at 0 and 1, and past what was
        watched."""
        i = bisect_right(self.times, time)
        return _log_log(self.values[i - 1], self.variances[i - 1], level) if i and time <= self.known_until else None


def kaplan_meier(observations: Iterable[Observation]) -> Curve:
    """The share that hasn't had the event yet: the product of (1 - d/n). A competing event counts as censored.

    Kaplan and Meier, JASA 53 (1958) 457-481. The variance is Greenwood's: S² Σ d/(n(n - d)), as given there.
    """
    steps = _steps(observations)
    times, values, variances, surviving, spread = [], [], [], 1.0, 0.0
    for time, at_risk, counts in steps:
        if events := counts[End.EVENT]:
            surviving *= 1 - events / at_risk
            spread += _greenwood(events, at_risk)
            times.append(time)
            values.append(surviving)
            variances.append(surviving * surviving * spread)
    return Curve(times, values, variances, 1.0, _known_until(steps, End.CENSORED, End.COMPETING))


def aalen_johansen(observations: Iterable[Observation]) -> Curve:
    """The share that has had the event by a time, while others had the competing one: the sum of S(t-) · d/n.

    S is the share without either event. Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978) 141-150. The
    variance is that of the delta method, with e events of either kind: Σ (F(t) - F)² e/(n(n - e)) + Σ S² (n - d)d/n³
    - 2 Σ (F(t) - F) S d/n², Marubini and Valsecchi, Analysing Survival Data, 1995, 10.3.
    """
    steps = _steps(observations)
    times, values, variances, incidence, surviving = [], [], [], 0.0, 1.0
    # The sums that the variance consists of once its squares and products are written out.
    w, wf, wff, own, own_f, own_s = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for time, n, counts in steps:
        events, either = counts[End.EVENT], counts[End.EVENT] + counts[End.COMPETING]
        incidence += surviving * events / n
        spread, part = _greenwood(either, n), surviving * events / (n * n)
        w, wf, wff = w + spread, wf + incidence * spread, wff + incidence * incidence * spread
        own, own_f, own_s = own + part, own_f + incidence * part, own_s + surviving * part * (n - events) / n
        surviving *= 1 - either / n
        if events:
            times.append(time)
            values.append(incidence)
            variances.append(incidence * (incidence * w - 2 * wf - 2 * own) + wff + own_s + 2 * own_f)
    return Curve(times, values, variances, 0.0, _known_until(steps, End.CENSORED))


def median_incidence(curve: Curve, share: float = 0.5) -> float | None:
    """The first time by which `share` had the event, of an incidence that rises. None: not reached."""
    return _first(curve, (value >= share for value in curve.values))


def median_survival(curve: Curve, share: float = 0.5) -> float | None:
    """The first time at which no more than `share` are left, of a survival that falls. None: not reached."""
    return _first(curve, (value <= share for value in curve.values))


def median_incidence_interval(curve: Curve, share: float = 0.5, *, level: float = LEVEL) -> Interval | None:
    """Of `median_incidence`, as of a survival: from where the upper end of the band reaches `share` to where the lower
    one does. `high` is inf where that isn't reached, None where neither is."""
    band = _band(curve, level)
    return _between(
        _first(curve, (at is not None and at.high >= share for at in band)),
        _first(curve, (at is not None and at.low >= share for at in band)),
    )


def median_survival_interval(curve: Curve, share: float = 0.5, *, level: float = LEVEL) -> Interval | None:
    """Of `median_survival`: the times at which the band of the curve holds `share`.

    Brookmeyer and Crowley, Biometrics 38 (1982) 29-41, with the band of `interval_at`, on the scale log(-log S): Klein
    and Moeschberger, Survival Analysis, 2nd ed. 2003, 4.5. `high` is inf where the upper end of the band never comes
    down to `share`, as where few are watched for long enough. None where the lower end doesn't either.
    """
    band = _band(curve, level)
    return _between(
        _first(curve, (at is not None and at.low <= share for at in band)),
        _first(curve, (at is not None and at.high <= share for at in band)),
    )


def quantile(values: Iterable[float], share: float) -> float | None:
    """The value below which `share` of them lie, linear between two (Hyndman and Fan's type 7). None of nothing."""
    ordered: Sequence[float] = sorted(values)
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _steps(observations: Iterable[Observation]) -> list[tuple[float, int, Counter[End]]]:
    """Each time at which anything ended, how many were at risk right before, and what ended."""
    at: dict[float, Counter[End]] = {}
    for time, end in observations:
        at.setdefault(time, Counter())[end] += 1
    times = sorted(at)
    gone = [0, *accumulate(at[time].total() for time in times)]
    return [(time, gone[-1] - gone[i], at[time]) for i, time in enumerate(times)]


def _greenwood(events: int, at_risk: int) -> float:
    """One term of Greenwood's sum. Where all had the event nobody is left for whom the curve could be uncertain."""
    return events / (at_risk * (at_risk - events)) if events < at_risk else 0.0


def _known_until(steps: Sequence[tuple[float, int, Counter[End]]], *leaving: End) -> float:
    """The last time at which somebody left who might have had the event later, inf if the last one had it."""
    if not steps:
        return 0.0
    time, _, counts = steps[-1]
    return time if any(counts[end] for end in leaving) else inf


def _log_log(value: float, variance: float, level: float) -> Interval | None:
    """The interval of a share on the scale log(-log), on which it can't leave 0 to 1. None at 0 and 1.

    value^exp(± z·sqrt(variance) / (value·log value)): Kalbfleisch and Prentice, The Statistical Analysis of Failure
    Time Data, 1980, 1.3.
    """
    # Within rounding of 0 and 1 there is nothing to tell either: 1 of 1 as a sum of thirds.
    if not 1e-12 < value < 1 - 1e-12:
        return None
    half = z_of(level) * sqrt(max(0.0, variance)) / (value * -log(value))
    return Interval(value ** exp(half), value ** exp(-half))


def _band(curve: Curve, level: float) -> list[Interval | None]:
    return [_log_log(*at, level) for at in zip(curve.values, curve.variances, strict=True)]


def _first(curve: Curve, is_there: Iterable[bool]) -> float | None:
    return next((time for time, there in zip(curve.times, is_there, strict=True) if there), None)


def _between(low: float | None, high: float | None) -> Interval | None:
    return None if low is None else Interval(low, inf if high is None else high)
