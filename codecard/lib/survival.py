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
from typing import NamedTuple


class End(IntEnum):
    CENSORED = 0
    EVENT = 1
    COMPETING = 2


class Observation(NamedTuple):
    """One subject: how long it was watched, in any unit, and what ended that."""

    time: float
    end: End


class Curve(NamedTuple):
    """A step function: `values[i]` from `times[i]` on, `start` before the first. Times are ascending."""

    times: list[float]
    values: list[float]
    start: float

    def at(self, time: float) -> float:
        i = bisect_right(self.times, time)
        return self.values[i - 1] if i else self.start


def kaplan_meier(observations: Iterable[Observation]) -> Curve:
    """The share that hasn't had the event yet: the product of (1 - d/n). A competing event counts as censored.

    Kaplan and Meier, JASA 53 (1958) 457-481.
    """
    times, values, surviving = [], [], 1.0
    for time, at_risk, counts in _steps(observations):
        if counts[End.EVENT]:
            surviving *= 1 - counts[End.EVENT] / at_risk
            times.append(time)
            values.append(surviving)
    return Curve(times, values, 1.0)


def aalen_johansen(observations: Iterable[Observation]) -> Curve:
    """The share that has had the event by a time, while others had the competing one: the sum of S(t-) · d/n.

    S is the share without either event. Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978) 141-150.
    """
    times, values, incidence, surviving = [], [], 0.0, 1.0
    for time, at_risk, counts in _steps(observations):
        if counts[End.EVENT]:
            incidence += surviving * counts[End.EVENT] / at_risk
            times.append(time)
            values.append(incidence)
        surviving *= 1 - (counts[End.EVENT] + counts[End.COMPETING]) / at_risk
    return Curve(times, values, 0.0)


def median_incidence(curve: Curve, share: float = 0.5) -> float | None:
    """The first time by which `share` had the event, of an incidence that rises. None: not reached."""
    return next((time for time, value in zip(curve.times, curve.values, strict=True) if value >= share), None)


def median_survival(curve: Curve, share: float = 0.5) -> float | None:
    """The first time at which no more than `share` are left, of a survival that falls. None: not reached."""
    return next((time for time, value in zip(curve.times, curve.values, strict=True) if value <= share), None)


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
