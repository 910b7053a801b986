"""What a metric is: one file that holds everything its number means. What several metrics share stands here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A module of this package that binds `METRIC` to one is a metric; its arithmetic stands beside it.

    `minimum`: the fewest cases whose number is printed; with fewer it is "not enough data", which is not 0.
    `version` goes up with every change of the definition, and pages say which one they show.
    """

    slug: str
    label: str
    unit: str
    definition: str
    formula: str
    population: str
    minimum: int
    healthy: str
    """In words, with where it comes from; empty where there is no default range."""
    version: int = 1
