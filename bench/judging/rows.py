"""What the evaluation prints: a figure, how far it can be trusted, and what it has to reach."""

import gzip
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from codecard.lib.intervals import Interval, wilson

_T = TypeVar("_T")
_RESAMPLES = 400


@dataclass(frozen=True)
class Row:
    name: str
    value: float | None
    interval: Interval | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    def __str__(self) -> str:
        low_high = f"{self.interval.low:.3f} … {self.interval.high:.3f}" if self.interval else ""
        wanted = f"≥ {_shown(self.at_least)}" if self.at_least is not None else ""
        wanted = f"≤ {_shown(self.at_most)}" if self.at_most is not None else wanted
        return f"| {self.name} | {_shown(self.value)} | {low_high} | {wanted} | {self._mark()} | {self.note} |"

    def _mark(self) -> str:
        if self.value is None or (self.at_least is None and self.at_most is None):
            return ""
        too_low = self.at_least is not None and self.value < self.at_least
        too_high = self.at_most is not None and self.value > self.at_most
        return "**no**" if too_low or too_high else "yes"


@dataclass(frozen=True)
class Judged:
    """One kind of data: the values of `--json`, and the rows of the table."""

    values: dict[str, Any]
    rows: list[Row]


def table(rows: Sequence[Row]) -> str:
    head = ["| figure | value | 95 % | wanted | reached | of |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *map(str, rows)])


def share(name: str, k: int, n: int, *, at_least: float | None = None, note: str = "") -> Row:
    return Row(name, k / n if n else None, wilson(k, n) if n else None, at_least, note=note or f"{k:,} of {n:,}")


def resampled(cases: Sequence[_T], figure: Callable[[Sequence[_T]], float]) -> Interval | None:
    """The middle 95 % of a figure over samples of the cases, drawn with replacement, always the same ones."""
    if not cases:
        return None
    chance = random.Random(4)
    seen = sorted(figure(chance.choices(cases, k=len(cases))) for _ in range(_RESAMPLES))
    return Interval(seen[round(0.025 * (_RESAMPLES - 1))], seen[round(0.975 * (_RESAMPLES - 1))])


def read(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def read_lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return (
        f"{value:,.0f}"
        if abs(value) >= 100 or value == int(value)
        else f"{value:.3f}"
        if abs(value) > 1e-3
        else f"{value:.1e}"
    )
