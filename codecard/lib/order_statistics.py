"""Medians and other quantiles: how far they can be trusted, and whether two samples differ. Pure arithmetic.

Nothing is taken for granted of how the values are distributed: hours until a merge are anything but normal.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from math import erfc, exp, hypot, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist, median
from typing import NamedTuple

from codecard.lib.intervals import LEVEL, Interval, z_of


def quantile_interval(ordered: Sequence[float], share: float, *, level: float = LEVEL) -> Interval | None:
    """The interval of the value below which `share` of a population lie, from its sample in ascending order.

    Its ends are two of the values: the r-th and the s-th, with r as high and s as low as they can be while each leaves
    the quantile outside with no more than (1 - level) / 2. How many lie below it is binomial, so that the level is held
    whatever the distribution, and more than held where values are tied: Conover, Practical Nonparametric Statistics,
    3rd ed. 1999, 3.2; Hahn and Meeker, Statistical Intervals, 1991, 5.2. None where either end would lie beyond the
    sample: for a median at 95 % below 6 values, for a 90th percentile below 36.
    """
    n, tail = len(ordered), (1 - level) / 2
    if not n or not 0 < share < 1:
        return None
    from_below, from_above = _rank(n, share, tail), _rank(n, 1 - share, tail)
    return Interval(ordered[from_below - 1], ordered[n - from_above]) if from_below and from_above else None


def median_difference(a: Iterable[float], b: Iterable[float], *, level: float = LEVEL) -> Interval | None:
    """The interval of the median of `a` less that of `b`, of independent samples in any order.

    d ± z·sqrt(v1 + v2), each variance from two order statistics around the median: Price and Bonett, Journal of
    Statistical Computation and Simulation 72 (2002) 119-124. None for fewer than 5 values in either, and where those
    two are equal, since how the median varies can't be told then: where many values are tied, ask `rank_test`.
    """
    return _difference(a, b, float, level)


def median_ratio(a: Iterable[float], b: Iterable[float], *, level: float = LEVEL) -> Interval | None:
    """The interval of the median of `a` by that of `b`: their difference on logarithms. For what spans magnitudes.

    None as in `median_difference`, and where either median or what its variance is taken from isn't above 0.
    """
    found = _difference(a, b, _log, level)
    return Interval(exp(found.low), exp(found.high)) if found else None


def rank_test(a: Iterable[float], b: Iterable[float]) -> float:
    """How likely ranks as unlike as these are if both come from one distribution: two-sided p of Mann and Whitney.

    By the normal approximation, with correction for ties and continuity: Mann and Whitney, Annals of Mathematical
    Statistics 18 (1947) 50-60; Conover 1999, 5.1. Good from about 8 values in each. 1 where either is empty or all
    values are the same: nothing speaks for a difference.
    """
    in_a, in_b = Counter(a), Counter(b)
    n1, n2 = in_a.total(), in_b.total()
    n, ranks, ties = n1 + n2, 0.0, 0
    seen = 0
    for value, tied in sorted((in_a + in_b).items()):
        ranks += in_a[value] * (seen + (tied + 1) / 2)
        ties += tied**3 - tied
        seen += tied
    if not n1 or not n2 or ties == n**3 - n:
        return 1.0
    away = abs(ranks - n1 * (n + 1) / 2) - 0.5
    return min(1.0, erfc(away / sqrt(n1 * n2 / 6 * (n + 1 - ties / (n * (n - 1))))))


def weighted_quantile(buckets: Sequence[float], share: float) -> float | None:
    """The least value from 0 to 1 up to which `share` of the weight lies. None of no weight.

    Buckets lie at equal distances, the first at 0 and the last at 1: of 101, number i holds what was i hundredths.
    """
    # A trace less: 0.07 of 100 is computed as a trace above 7.
    wanted = share * sum(buckets) * (1 - 1e-12)
    reached = (i for i, met in enumerate(accumulate(buckets)) if met and met >= wanted)
    i = next(reached, None)
    return None if i is None else i / (len(buckets) - 1)


def weighted_mean(buckets: Sequence[float]) -> float | None:
    """The mean of the values of such buckets by their weight. None of no weight."""
    weight = sum(buckets)
    return sum(i * one for i, one in enumerate(buckets)) / (len(buckets) - 1) / weight if weight else None


class _Median(NamedTuple):
    value: float
    error: float


def _difference(
    a: Iterable[float], b: Iterable[float], scale: Callable[[float], float], level: float
) -> Interval | None:
    one, two = _median(sorted(a), scale), _median(sorted(b), scale)
    if one is None or two is None:
        return None
    difference, half = one.value - two.value, z_of(level) * hypot(one.error, two.error)
    return Interval(difference - half, difference + half)


def _median(ordered: Sequence[float], scale: Callable[[float], float]) -> _Median | None:
    """The median on a scale and its standard error there, from the values of ranks c = (n + 1)/2 - sqrt(n) and n+1-c.

    They lie 2 z standard errors apart, where z leaves on each side what the binomial distribution says of such ranks.
    """
    n = len(ordered)
    c = round((n + 1) / 2 - sqrt(n))
    if c < 1:
        return None
    low, high = scale(ordered[c - 1]), scale(ordered[n - c])
    z = -NormalDist().inv_cdf(_binomial_share(c - 1, n, 0.5))
    return _Median(scale(median(ordered)), (high - low) / (2 * z)) if -inf < low < high else None


def _rank(n: int, share: float, tail: float) -> int:
    """The highest rank that exceeds the quantile with a probability of no more than `tail`. 0 if none does.

    From the normal approximation, which is some ranks off at most, to the exact one.
    """
    # A probability that equals the tail must not miss it by rounding.
    allowed = tail * (1 + 1e-9)
    k = max(0, int(n * share + NormalDist().inv_cdf(tail) * sqrt(n * share * (1 - share))))
    below = _binomial_share(k, n, share)
    while below <= allowed:
        k += 1
        below += _binomial(k, n, share)
    while k >= 0 and below > allowed:
        below -= _binomial(k, n, share)
        k -= 1
    return k + 1


def _binomial(k: int, n: int, share: float) -> float:
    combinations = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(combinations + k * log(share) + (n - k) * log1p(-share))


def _binomial_share(k: int, n: int, share: float) -> float:
    """The probability of no more than k: summed from k downwards until nothing is added any more."""
    term, total = _binomial(k, n, share), 0.0
    while term > total * 1e-17:
        total += term
        term *= k * (1 - share) / ((n - k + 1) * share)
        k -= 1
    return total


def _log(value: float) -> float:
    return log(value) if value > 0 else -inf
