"""Intervals of shares: how far a number of so few cases can be trusted. Pure arithmetic.

Suggestions of one session are not independent of each other. The design effect says by how much that shrinks the
sample: the effective n is n / design effect (Kish, Survey Sampling, 1965, 8.2). It is never taken below 1.
"""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

LEVEL = 0.95


class Interval(NamedTuple):
    """Both ends belong to it."""

    low: float
    high: float

    def leaves_out(self, value: float) -> bool:
        return value < self.low or value > self.high


def wilson(k: float, n: float, *, design_effect: float = 1.0, level: float = LEVEL) -> Interval | None:
    """The score interval of the share k / n, without continuity correction. None where n is 0.

    (2np + z² ± z·sqrt(z² + 4npq)) / 2(n + z²): Wilson, JASA 22 (1927) 209-212, as method 3 of Newcombe,
    Statistics in Medicine 17 (1998) 857-872.
    :raises ValueError: where k is outside 0 to n.
    """
    if not 0 <= k <= n:
        raise ValueError("a share needs 0 <= k <= n")
    if n == 0:
        return None
    share = k / n
    effective_n = n / max(design_effect, 1.0)
    z = z_of(level)
    middle = 2 * effective_n * share + z * z
    half = z * sqrt(z * z + 4 * effective_n * share * (1 - share))
    below = 2 * (effective_n + z * z)
    # Rounding must not put the share itself outside: at 0 and at n an end of the interval is the share.
    return Interval(max(0.0, min(share, (middle - half) / below)), min(1.0, max(share, (middle + half) / below)))


def newcombe(
    k1: float,
    n1: float,
    k2: float,
    n2: float,
    *,
    design_effects: tuple[float, float] = (1.0, 1.0),
    level: float = LEVEL,
) -> Interval | None:
    """The interval of k1 / n1 - k2 / n2 of two independent samples. None where either n is 0.

    Hybrid score, without continuity correction: d - sqrt((p1 - l1)² + (u2 - p2)²) to d + sqrt((u1 - p1)² + (p2 - l2)²),
    with (l, u) the Wilson intervals: method 10 of Newcombe, Statistics in Medicine 17 (1998) 873-890.
    """
    one = wilson(k1, n1, design_effect=design_effects[0], level=level)
    two = wilson(k2, n2, design_effect=design_effects[1], level=level)
    if one is None or two is None:
        return None
    p1, p2 = k1 / n1, k2 / n2
    difference = p1 - p2
    low = difference - sqrt((p1 - one.low) ** 2 + (two.high - p2) ** 2)
    high = difference + sqrt((one.high - p1) ** 2 + (p2 - two.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))


def rule_of_three(n: float) -> float | None:
    """The upper bound of a share of which none was seen among n, at 95 %: 3 / n. None where n is 0.

    Hanley and Lippman-Hand, JAMA 249 (1983) 1743-1745. For fewer than 3 it is 1: nothing is known.
    """
    return min(1.0, 3 / n) if n > 0 else None


def z_of(level: float) -> float:
    """The normal quantile that leaves (1 - level) / 2 on each side."""
    return NormalDist().inv_cdf((1 + level) / 2)
