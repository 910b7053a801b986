"""Figures and the table they are printed as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One measured thing: the median of its runs, and what it has to reach (`at_least` or `at_most`)."""

    name: str
    runs: Sequence[float]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def value(self) -> float:
        return median(self.runs)

    @property
    def is_reached(self) -> bool:
        too_low = self.at_least is not None and self.value < self.at_least
        return not too_low and not (self.at_most is not None and self.value > self.at_most)

    def row(self) -> str:
        wanted = f"≥ {_shown(self.at_least)}" if self.at_least is not None else ""
        wanted = f"≤ {_shown(self.at_most)}" if self.at_most is not None else wanted
        mark = "" if not wanted else ("yes" if self.is_reached else "**no**")
        spread = f"{_shown(min(self.runs))} … {_shown(max(self.runs))}" if len(self.runs) > 1 else ""
        return f"| {self.name} | {_shown(self.value)} {self.unit} | {spread} | {wanted} | {mark} |"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def table(figures: Sequence[Figure]) -> str:
    head = ["| figure | median | lowest … highest | wanted | reached |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(figure.row() for figure in figures)])


Section = Callable[..., list[Figure]]
