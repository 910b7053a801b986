"""A contribution graph: a year of days, a column a week, Monday on top; the newest week is always seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from codecard.lib.formats import count, counted
from codecard.lib.svg.scale import number

CELL, STEP, LEFT, TOP = 13.4, 16.6, 26.0, 17.0
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEVELS: Final = 4
_FEWEST_WEEKS_BETWEEN = 3
"""Names of months nearer to each other would overlap."""


@dataclass(frozen=True, slots=True)
class Cell:
    x: str
    y: str
    level: int
    words: str


@dataclass(frozen=True, slots=True)
class Text:
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Heat:
    """`rows`: a week each, the newest first: its first day, and what each of its days has; "" for days outside."""

    width: str
    height: str
    cells: Sequence[Cell]
    texts: Sequence[Text]
    words: str
    rows: Sequence[tuple[str, Sequence[str]]]


def heat(days: Sequence[tuple[date, int]], noun: str) -> Heat:
    """`days`: without a gap, at least one. `noun`: what is counted, in the plural."""
    levels = Levels.of([value for _, value in days])
    missing = days[0][0].weekday()
    weeks = [days[max(0, start) : start + 7] for start in range(-missing, len(days), 7)]
    active = sum(value > 0 for _, value in days)
    busiest = max((value for _, value in days), default=0)
    total = counted(sum(value for _, value in days), noun.removesuffix("s"), noun)
    words = f"{counted(active, 'active day')} in {counted(len(weeks), 'week')}, {total}"
    return Heat(
        width=number(LEFT + len(weeks) * STEP),
        height=number(TOP + 7 * STEP),
        cells=[_cell(n // 7, n % 7, day, value, levels) for n, (day, value) in enumerate(days, missing)],
        texts=[*_weekdays(), *_months([week[0][0] for week in weeks])],
        words=f"{words}, busiest day {count(busiest)}",
        rows=[_row(week) for week in reversed(weeks)],
    )


@dataclass(frozen=True, slots=True)
class Levels:
    """1 to 4 by quartiles of the active days, so that everybody's year has its shades; 0 for none."""

    limits: Sequence[int]

    @classmethod
    def of(cls, values: Sequence[int]) -> Levels:
        active = sorted(value for value in values if value > 0)
        places = [len(active) * part // LEVELS for part in range(1, LEVELS)]
        return cls([active[place] for place in places] if active else [])

    def level(self, value: int) -> int:
        return 1 + sum(value > limit for limit in self.limits) if value > 0 else 0


def _cell(week: int, row: int, day: date, value: int, levels: Levels) -> Cell:
    x, y = LEFT + week * STEP, TOP + row * STEP
    return Cell(number(x), number(y), levels.level(value), f"{count(value)} on {day:%a} {day.day} {day:%b %Y}")


def _weekdays() -> list[Text]:
    return [Text("0", number(TOP + row * STEP + 10.5), WEEKDAYS[row]) for row in (0, 2, 4)]


def _months(mondays: Sequence[date]) -> list[Text]:
    """Over the first column of each month that has room for its name."""
    found: list[Text] = []
    last = -_FEWEST_WEEKS_BETWEEN
    for week, monday in enumerate(mondays):
        is_new = week == 0 or monday.month != mondays[week - 1].month
        if is_new and week - last >= _FEWEST_WEEKS_BETWEEN and week < len(mondays) - 1:
            if week == 0 and len(mondays) > _FEWEST_WEEKS_BETWEEN and _changes_soon(mondays):
                continue
            found.append(Text(number(LEFT + week * STEP), "10", f"{monday:%b}"))
            last = week
    return found


def _changes_soon(mondays: Sequence[date]) -> bool:
    """Whether the first month has too few columns for its name."""
    return any(monday.month != mondays[0].month for monday in mondays[1:_FEWEST_WEEKS_BETWEEN])


def _row(week: Sequence[tuple[date, int]]) -> tuple[str, Sequence[str]]:
    first = week[0][0]
    before = [""] * first.weekday()
    values = [*before, *(count(value) for _, value in week)]
    return f"{first.day} {first:%b %Y}", [*values, *[""] * (7 - len(values))]
