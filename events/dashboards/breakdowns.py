"""Tables by one further dimension, with the cells that could tell about single people merged into one row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from codecard.lib.reading import Reading
from events.dashboards.figures import COST, TOKENS, OpenWeek, Share, share_reading
from events.queries.people import is_open, withheld_parts
from events.queries.team import Cell, Measure

WITHHELD: Final = -1
UNKNOWN: Final = 0
COLOURS = 6
_COUNTED = {
    Measure.TOKENS: TOKENS,
    Measure.COST: (*COST, "unpriced_tokens"),
    Measure.DECISIONS: ("accepted", "rejected"),
    Measure.LINES: ("lines_added", "lines_removed"),
}
BROKEN_DOWN: Final = frozenset(_COUNTED)
COMPARED: Final = frozenset({Measure.DECISIONS})
"""Of the period before only these stand in the tables."""


@dataclass(slots=True)
class Row:
    """One value of the dimension, or the merged row. Sums are of the weeks in which it stood by itself."""

    name: str = ""
    colour: int = 0
    sums: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    hidden: set[Measure] = field(default_factory=set)
    share: float = 0.0
    acceptance: Reading = field(default_factory=lambda: Reading(value=None))

    @property
    def tokens(self) -> int:
        return sum(self.sums[name] for name in TOKENS)

    @property
    def cost(self) -> int | None:
        """None: the model has no price, which is not free."""
        micros = sum(self.sums[name] for name in COST)
        return None if not micros and self.sums["unpriced_tokens"] else micros

    @property
    def requests(self) -> int:
        return self.sums["requests"]

    @property
    def lines_added(self) -> int:
        return self.sums["lines_added"]

    @property
    def lines_removed(self) -> int:
        return self.sums["lines_removed"]

    @property
    def decisions(self) -> int:
        return self.sums["accepted"] + self.sums["rejected"]


Rows = dict[int, Row]


def rows_of(
    cells: Iterable[Cell],
    others: Sequence[Sequence[Cell]],
    weeks: Iterable[OpenWeek],
    floor: int,
    measures: Set[Measure] = BROKEN_DOWN,
) -> Rows:
    """Rows by number of the dimension, WITHHELD among them where cells were merged.

    `others` are the cells of the groups that overlap. Each measure is merged by itself, week by week, so that the rows
    of every measure add up to its total.
    """
    by_week = _by_week(cells)
    others_by_week = [_by_week(other) for other in others]
    rows: Rows = defaultdict(Row)
    for week in weeks:
        here = by_week[week.week_on]
        elsewhere = [other[week.week_on] for other in others_by_week]
        for measure in measures & week.open:
            _add(rows, measure, here, _merged(measure, here, elsewhere, floor))
    return rows


def _by_week(cells: Iterable[Cell]) -> defaultdict[date, list[Cell]]:
    found: defaultdict[date, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.week_on].append(cell)
    return found


def _merged(measure: Measure, here: Sequence[Cell], elsewhere: Sequence[Sequence[Cell]], floor: int) -> set[int]:
    parts = {cell.dimension_id: cell.people[measure] for cell in here}
    seen: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
    for cells in elsewhere:
        for cell in cells:
            seen[cell.dimension_id].append(cell.people[measure])
    closed = {part for part, people in parts.items() if not is_open(people, seen[part], floor)}
    return withheld_parts(parts, floor, closed=closed)


def _add(rows: Rows, measure: Measure, cells: Iterable[Cell], merged: set[int]) -> None:
    for cell in cells:
        is_hidden = cell.dimension_id in merged
        row = rows[WITHHELD if is_hidden else cell.dimension_id]
        for name in _COUNTED[measure]:
            row.sums[name] += cell.sums[name]
        if is_hidden:
            rows[cell.dimension_id].hidden.add(measure)


def table(rows: Rows, before: Rows, names: Mapping[int, str], *, by: str, effects: tuple[float, float]) -> list[Row]:
    """The rows to show, largest first, by `by` (a property of Row); unknown and withheld at the end.

    `effects`: the design effects of now and before, those of the whole group.
    """
    whole = sum(getattr(row, by) for row in rows.values()) or 1
    for number, row in rows.items():
        row.name, row.colour = _name(number, names), _colour(number, names)
        row.share = getattr(row, by) / whole
        row.acceptance = _acceptance(row, before.get(number), effects)
    # Most tools tell no model with a decision: all of them unknown is not a row, it is a column less.
    has_decisions = any(row.decisions for number, row in rows.items() if number != UNKNOWN)
    shown = [(n, row) for n, row in rows.items() if getattr(row, by) or (has_decisions and row.decisions)]
    shown.sort(key=lambda item: (item[0] <= UNKNOWN, -item[0] if item[0] <= UNKNOWN else 0, -getattr(item[1], by)))
    return [row for _, row in shown]


def _acceptance(row: Row, before: Row | None, effects: tuple[float, float]) -> Reading:
    now = Share(row.sums["accepted"], row.decisions, effects[0])
    earlier = Share(before.sums["accepted"], before.decisions, effects[1]) if before else None
    return share_reading(now, earlier, is_withheld=not now.n and Measure.DECISIONS in row.hidden)


def _name(number: int, names: Mapping[int, str]) -> str:
    if number == WITHHELD:
        return "Withheld, together"
    return names.get(number, "Unknown")


def _colour(number: int, names: Mapping[int, str]) -> int:
    """By the order in which the organization first saw them: a colour never changes hands."""
    position = list(names).index(number) + 1 if number in names else 0
    return position if position <= COLOURS else 0
