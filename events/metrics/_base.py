"""What a metric is: one file that holds everything its number means. What several metrics share stands here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from codecard.lib.clusters import Moments
from codecard.lib.formats import Unit
from codecard.lib.lattice import People
from codecard.lib.reading import Band
from events.metrics._samples import Sample
from events.queries.facts import Facts
from events.queries.stamps import Source

SEVERAL: Final = "several"
"""The part of what belongs to more than one, so that it is counted once."""
UNKNOWN: Final = "unknown"


class By(StrEnum):
    """What a number can be broken down by; the values are those of query strings."""

    TASK = "task"
    MODEL = "model"
    TOOL = "tool"
    REPOSITORY = "repo"
    LANGUAGE = "lang"
    SIZE = "size"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    By.TASK: "Task type", By.MODEL: "Model", By.TOOL: "Tool", By.REPOSITORY: "Repository", By.LANGUAGE: "Language",
    By.SIZE: "Change size",
}  # fmt: skip


class Direction(StrEnum):
    """Which way is better; neither, where both ends of the range are."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Case(NamedTuple):
    """Cases of one week that agree in all dimensions of the metric (`parts`, in their order), and whose they are.

    `sample` holds the group's own alone; `people` also those of the groups settled with it. `population`: how many
    cases there are, with those that nothing is known of; None where that can't be known.
    """

    week_on: date
    parts: tuple[str, ...]
    people: People
    sample: Sample
    population: float | None = None


class Told(Protocol):
    """What is told by week and part: a metric, or an amount."""

    @property
    def slug(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def is_work(self) -> bool: ...
    @property
    def dimensions(self) -> tuple[By, ...]: ...
    @property
    def reads(self) -> tuple[Source, ...]: ...
    @property
    def cases(self) -> Callable[[Facts], Iterable[Case]]: ...
    @property
    def clusters(self) -> Callable[[Facts], Mapping[date, Moments]] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Worked by hand in `words`; `sample` must have this `value`. A test holds every metric to it."""

    words: str
    sample: Sample
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A module of this package that binds `METRIC` to one is a metric; its arithmetic stands beside it.

    `rank`: its place on the dashboard; 0 for companions. `noun`: what the sample counts. `minimum`: the fewest cases
    whose number is judged; with fewer it is "too few to judge", which is not 0. `band`: the healthy range where nobody
    has set another, in the metric's unit, with where it comes from. `domain`: the ends of its ruler. `is_work`: made of
    pull requests, which are work facts; all else is behaviour and obeys the privacy floor. `cases` come in any order.
    `needs`: what to switch on so that there is a number. `clusters`, by week: how alike cases of one session are.
    `reads`: all that `cases` are made of.
    `version` goes up with every change of the definition.
    """

    slug: str
    label: str
    short: str
    rank: int = 0
    unit: Unit
    noun: str
    direction: Direction
    definition: str
    formula: str
    population: str
    care: str
    minimum: int
    band: Band | None = None
    band_source: str = ""
    domain: tuple[float, float]
    is_work: bool = False
    dimensions: tuple[By, ...]
    cases: Callable[[Facts], Iterable[Case]]
    clusters: Callable[[Facts], Mapping[date, Moments]] | None = None
    reads: tuple[Source, ...] = (Source.PULLS,)
    needs: str
    example: Example
    version: int = 1

    @property
    def is_headline(self) -> bool:
        return self.rank > 0
