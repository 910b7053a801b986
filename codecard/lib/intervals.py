"""Intervals of shares, rates and ratios: how far a number of so few cases can be trusted. Pure arithmetic.

Suggestions of one session are not independent of each other. The design effect says by how much that shrinks the
sample: the effective n is n / design effect (Kish, Survey Sampling, 1965, 8.2). It is never taken below 1.
"""

from collections.abc import Callable, Iterable
from math import exp, lgamma, log, pi, sqrt, tan
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


def garwood(count: float, *, level: float = LEVEL) -> Interval:
    """The exact interval of a Poisson mean of which `count` were seen: divide both ends by what it was seen in.

    The ends are quantiles of gamma distributions of shape count and count + 1: Garwood, Biometrika 28 (1936) 437-442.
    Between whole numbers it is the same formula, where the count is a sum of parts.
    :raises ValueError: where the count is negative.
    """
    if count < 0:
        raise ValueError("a count can't be negative")
    tail = (1 - level) / 2
    low = _root(lambda x: _gamma_share(count, x) - tail, upper=count) if count else 0.0
    # Far beyond any quantile that a level below 1 - 1e-12 asks for.
    high = _root(lambda x: _gamma_share(count + 1, x) - (1 - tail), upper=count + 12 * sqrt(count + 1) + 60)
    return Interval(low, high)


class Stratum(NamedTuple):
    """`exposed` of `exposed_n` had the event in one arm, `other` of `other_n` in the other, among comparable ones."""

    exposed: float
    exposed_n: float
    other: float
    other_n: float


class Ratio(NamedTuple):
    value: float
    low: float
    high: float


def mantel_haenszel(strata: Iterable[Stratum], *, level: float = LEVEL) -> Ratio | None:
    """The risk ratio of two arms over strata, with its interval. None where either arm has no event.

    Σ a·n0/N ÷ Σ c·n1/N; the logarithm's variance is Σ (n1·n0·(a + c) - a·c·N)/N² ÷ the product of both sums: Greenland
    and Robins, Biometrics 41 (1985) 55-68. A stratum with one arm empty says nothing of the ratio and adds nothing.
    """
    above = below = spread = 0.0
    for a, n1, c, n0 in strata:
        n = n1 + n0
        if n1 and n0:
            above += a * n0 / n
            below += c * n1 / n
            spread += (n1 * n0 * (a + c) - a * c * n) / (n * n)
    if not above or not below:
        return None
    value = above / below
    half = z_of(level) * sqrt(spread / (above * below))
    return Ratio(value, value * exp(-half), value * exp(half))


def z_of(level: float) -> float:
    """The normal quantile that leaves (1 - level) / 2 on each side."""
    return NormalDist().inv_cdf((1 + level) / 2)


def t_of(level: float, degrees: int) -> float:
    """The quantile of Student's t of 1 or more degrees of freedom that leaves (1 - level) / 2 on each side.

    By its closed form for 1 and 2, else expanded around the normal quantile: Abramowitz and Stegun, 26.7.5. At 95 %
    that is 0.12 % too low for 3 degrees, 0.03 % for 4, and right to five figures from 10 on.
    """
    if degrees == 1:
        return tan(pi * level / 2)
    if degrees == 2:
        return level * sqrt(2 / (1 - level * level))
    z = z_of(level)
    square = z * z
    g1 = (square + 1) / 4
    g2 = ((5 * square + 16) * square + 3) / 96
    g3 = (((3 * square + 19) * square + 17) * square - 15) / 384
    g4 = ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160
    return z * (1 + (g1 + (g2 + (g3 + g4 / degrees) / degrees) / degrees) / degrees)


def _gamma_share(shape: float, x: float) -> float:
    """The share of a gamma distribution of scale 1 below x: the regularised lower incomplete gamma function.

    By its series where x is small, else by its continued fraction, evaluated by Lentz's method: DLMF 8.11.4 and 8.9.2.
    """
    if x <= 0:
        return 0.0
    front = exp(shape * log(x) - x - lgamma(shape))
    return front * _series(shape, x) if x < shape + 1 else 1 - front * _fraction(shape, x)


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    n = 0
    while abs(term) > abs(total) * 1e-16:
        n += 1
        term *= x / (shape + n)
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c, d = 1e300, 1 / b
    value, n, change = d, 0, 0.0
    while abs(change - 1) > 1e-15:
        n += 1
        a = n * (shape - n)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        change = c * d
        value *= change
    return value


def _root(of: Callable[[float], float], *, upper: float) -> float:
    """Where a rising function is 0, between 0 and `upper`, by halving."""
    low, high = 0.0, upper
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if of(middle) < 0 else (low, middle)
    return (low + high) / 2
