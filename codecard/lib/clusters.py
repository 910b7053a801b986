"""Ratios of sums over clusters: sessions, pull requests, people. Pure arithmetic.

What belongs to one cluster is alike, so that not decisions or lines are drawn independently of each other but
clusters. The moments of their totals are all that an interval needs, and they add up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, inf, sqrt

from codecard.lib.intervals import LEVEL, Interval, t_of


@dataclass(slots=True, frozen=True)
class Moments:
    """The number of clusters, and sums over them of n (decisions, lines), a (accepted ones, tokens) and products.

    Whole numbers are summed exactly. A cluster without n and a is none.
    """

    clusters: int = 0
    n: float = 0
    a: float = 0
    nn: float = 0
    an: float = 0
    aa: float = 0

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[float, float]]) -> "Moments":
        """Each cluster as (a, n)."""
        told = [(a, n) for a, n in pairs if a or n]
        return cls(
            len(told),
            sum(n for _, n in told),
            sum(a for a, _ in told),
            sum(n * n for _, n in told),
            sum(a * n for a, n in told),
            sum(a * a for a, _ in told),
        )

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.clusters + other.clusters,
            self.n + other.n,
            self.a + other.a,
            self.nn + other.nn,
            self.an + other.an,
            self.aa + other.aa,
        )

    @property
    def value(self) -> float | None:
        """The ratio of the sums. None where n is 0."""
        return self.a / self.n if self.n else None

    @property
    def design_effect(self) -> float:
        """By how much what one cluster decides being alike widens the interval of a share; at least 1.

        The variance of a share as a ratio of cluster totals against that of independent decisions (Kish, Survey
        Sampling, 1965, 6.3 and 8.2). Where it can't be estimated (a single cluster, or all decided alike) clusters
        are taken as alike through and through.
        :raises ValueError: where a is outside 0 to n: that is no share.
        """
        if not 0 <= self.a <= self.n:
            raise ValueError("a design effect is one of a share: 0 <= a <= n")
        if not self.n:
            return 1.0
        share = self.a / self.n
        if self.clusters < 2 or share in (0, 1):
            return max(1.0, self.nn / self.n)
        return max(1.0, self._variance(share) * self.n / (share * (1 - share)))

    @property
    def standard_error(self) -> float | None:
        """Of the ratio, by linearisation. None for fewer than two clusters, and where n is 0.

        sqrt(m / (m - 1) · Σ (a - r·n)²) / Σ n over m clusters: Kish, Survey Sampling, 1965, 6.3. It holds where the
        clusters' sizes don't vary too much: the standard error of Σ n should be below a fifth of it or so.
        """
        value = self.value
        return None if value is None or self.clusters < 2 else sqrt(self._variance(value))

    def interval(self, *, level: float = LEVEL, is_signed: bool = False) -> Interval | None:
        """The ratio ± t · its standard error, with as many degrees of freedom as there are clusters less one.

        It doesn't reach below 0, unless a `is_signed`: may be negative in a cluster (the sum needn't be). None for
        fewer than two clusters and where all have the same ratio, since how they vary was not seen then.
        """
        told = self._told(level)
        if told is None:
            return None
        value, half = told
        least = -inf if is_signed or value < 0 else 0.0
        return Interval(max(least, value - half), value + half)

    def difference(self, other: "Moments", *, level: float = LEVEL) -> Interval | None:
        """The interval of this ratio less another one, of independent clusters. None where either has no interval.

        Both half widths squared and added: Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702; it is what
        Newcombe's method does for shares.
        """
        one, two = self._told(level), other._told(level)
        if one is None or two is None:
            return None
        difference, half = one[0] - two[0], hypot(one[1], two[1])
        return Interval(difference - half, difference + half)

    def _told(self, level: float) -> tuple[float, float] | None:
        """The ratio and half the width of its interval."""
        value, error = self.value, self.standard_error
        return (value, t_of(level, self.clusters - 1) * error) if value is not None and error else None

    def _variance(self, value: float) -> float:
        """Of the ratio, for at least two clusters."""
        between = self.aa - 2 * value * self.an + value * value * self.nn
        # Where all ratios are the same, rounding leaves a trace of the sums that cancel out.
        if between <= 1e-12 * self.aa:
            return 0.0
        return self.clusters / (self.clusters - 1) * between / self.n**2
