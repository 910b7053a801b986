"""What a metric's number is computed from: samples that can be put together, so that a total is its parts' sample.

Each kind knows its value, the interval of it, and the interval of the change against another one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, Self

from codecard.lib.clusters import Moments
from codecard.lib.intervals import LEVEL, Interval, newcombe, rule_of_three, wilson
from codecard.lib.order_statistics import median_ratio, quantile_interval
from codecard.lib.survival import quantile

NOTHING: Final = Moments()


class Sample(Protocol):
    """`n`: cases, what the minimum is asked of. `numerator` and `denominator` add up over parts; None where the value
    is no ratio. `adds_up`: whether the value itself does. Intervals are in the unit of the value."""

    adds_up: ClassVar[bool]

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self: ...

    @property
    def n(self) -> float: ...

    @property
    def value(self) -> float | None: ...

    @property
    def weight(self) -> int:
        """How many numbers it keeps."""
        ...

    @property
    def numerator(self) -> float | None: ...

    @property
    def denominator(self) -> float | None: ...

    def interval(self, effect: float) -> Interval | None: ...

    def change(self, before: Self, effects: tuple[float, float], level: float = LEVEL) -> Interval | None: ...


@dataclass(frozen=True, slots=True)
class Share:
    """k of n. Its interval is Wilson's, its change Newcombe's, both with the design effect of the sample."""

    adds_up: ClassVar[bool] = False
    k: float = 0
    n: float = 0

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        k = n = 0.0
        for part in parts:
            k += part.k
            n += part.n
        return cls(k, n)

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def weight(self) -> int:
        return 2

    @property
    def numerator(self) -> float | None:
        return self.k

    @property
    def denominator(self) -> float | None:
        return self.n

    def interval(self, effect: float) -> Interval | None:
        """Of none seen the upper end is by the rule of three."""
        found = wilson(self.k, self.n, design_effect=effect)
        bound = None if self.k or effect > 1 else rule_of_three(self.n)
        return found if found is None or bound is None else Interval(0.0, bound)

    def change(self, before: Self, effects: tuple[float, float], level: float = LEVEL) -> Interval | None:
        return newcombe(self.k, self.n, before.k, before.n, design_effects=effects, level=level)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Sum over sum, of cases that vary together: pull requests, sessions. By linearisation."""

    adds_up: ClassVar[bool] = False
    moments: Moments = NOTHING

    @classmethod
    def case(cls, numerator: float, denominator: float) -> Self:
        return cls(Moments.from_pairs([(numerator, denominator)]))

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        found = Moments()
        for part in parts:
            found += part.moments
        return cls(found)

    @property
    def n(self) -> float:
        return self.moments.clusters

    @property
    def value(self) -> float | None:
        return self.moments.value

    @property
    def weight(self) -> int:
        return 6

    @property
    def numerator(self) -> float | None:
        return self.moments.a

    @property
    def denominator(self) -> float | None:
        return self.moments.n

    def interval(self, effect: float) -> Interval | None:
        return self.moments.interval()

    def change(self, before: Self, effects: tuple[float, float], level: float = LEVEL) -> Interval | None:
        return self.moments.difference(before.moments, level=level)


@dataclass(frozen=True, slots=True)
class Values:
    """Measured values and a quantile of them (the median unless said otherwise). The interval is of two of the values
    themselves; the change is of medians of logarithms, carried back: times differ by factors, not by seconds."""

    adds_up: ClassVar[bool] = False
    values: tuple[float, ...] = ()
    share: float = 0.5

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        told = list(parts)
        values = sorted(value for part in told for value in part.values)
        return cls(tuple(values), told[0].share if told else 0.5)

    @property
    def n(self) -> float:
        return len(self.values)

    @property
    def value(self) -> float | None:
        return quantile(self.values, self.share)

    @property
    def weight(self) -> int:
        return len(self.values)

    @property
    def numerator(self) -> float | None:
        return None

    @property
    def denominator(self) -> float | None:
        return None

    def interval(self, effect: float) -> Interval | None:
        return quantile_interval(sorted(self.values), self.share)

    def change(self, before: Self, effects: tuple[float, float], level: float = LEVEL) -> Interval | None:
        """In the unit of the value: how far the medians lie apart."""
        was = before.value
        ratio = median_ratio(self.values, before.values, level=level) if self.share == 0.5 else None
        if ratio is None or was is None:
            return None
        return Interval(was * (ratio.low - 1), was * (ratio.high - 1))


BUCKETS = 101


@dataclass(frozen=True, slots=True)
class Distances:
    """Lines by how much of them changed, in hundredths; the mean over lines. `moments`: what of which cluster."""

    adds_up: ClassVar[bool] = False
    lines: Mapping[int, int]
    moments: Moments = NOTHING
    n: float = 0

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        told, lines, moments, n = list(parts), Counter[int](), Moments(), 0.0
        for part in told:
            lines.update(part.lines)
            moments += part.moments
            n += part.n
        return cls(lines, moments, n)

    @property
    def value(self) -> float | None:
        whole = sum(self.lines.values())
        return sum(bucket * lines for bucket, lines in self.lines.items()) / whole / 100 if whole else None

    @property
    def weight(self) -> int:
        return 2 * len(self.lines) + 6

    @property
    def numerator(self) -> float | None:
        return sum(bucket * lines for bucket, lines in self.lines.items()) / 100

    @property
    def denominator(self) -> float | None:
        return sum(self.lines.values())

    def interval(self, effect: float) -> Interval | None:
        found = self.moments.interval()
        return None if found is None else Interval(max(0.0, found.low), min(1.0, found.high))

    def change(self, before: Self, effects: tuple[float, float], level: float = LEVEL) -> Interval | None:
        return self.moments.difference(before.moments, level=level)
