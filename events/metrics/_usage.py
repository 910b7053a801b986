"""What was used, by part: amounts that are opened by the same floor as every metric, added up, and never judged."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Self

from codecard.lib.clusters import Moments
from codecard.lib.intervals import LEVEL, Interval
from events.metrics._base import By, Case
from events.metrics._details import DIMENSIONS, cases_of
from events.queries.cells import Has
from events.queries.facts import Facts
from events.queries.stamps import Source


@dataclass(frozen=True, slots=True)
class Amounts:
    """Sums by the name of their counter."""

    adds_up: ClassVar[bool] = True
    sums: Mapping[str, int]

    @classmethod
    def of(cls, parts: Iterable[Self]) -> Self:
        found = Counter[str]()
        for part in parts:
            found.update(part.sums)
        return cls(found)

    @property
    def n(self) -> float:
        return sum(self.sums.values())

    @property
    def value(self) -> None:
        return None

    @property
    def weight(self) -> int:
        return len(self.sums)

    @property
    def numerator(self) -> None:
        return None

    @property
    def denominator(self) -> None:
        return None

    def interval(self, effect: float) -> None:
        return None

    def change(self, before: Self, effects: tuple[float, float], level: float = LEVEL) -> Interval | None:
        return None


@dataclass(frozen=True, slots=True)
class Usage:
    """`counters`: what is added up of the cells whose people have data of the measure."""

    has: Has
    counters: tuple[str, ...]
    dimensions: tuple[By, ...] = DIMENSIONS
    reads: tuple[Source, ...] = (Source.DETAILS,)
    is_work: bool = False
    version: int = 1

    @property
    def slug(self) -> str:
        return f"used {self.has}"

    def cases(self, facts: Facts) -> Iterable[Case]:
        return cases_of(facts, self.has, lambda one: Amounts({name: one.sums[name] for name in self.counters}))

    def clusters(self, facts: Facts) -> Mapping[date, Moments]:
        return {}


USAGE: Final = (
    Usage(Has.TOKENS, ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")),
    Usage(Has.COST, ("cost_given_micros", "cost_estimated_micros", "unpriced_tokens")),
    Usage(Has.LINES, ("lines_added", "lines_removed")),
)
