"""Tables of amounts by one further dimension, opened by the same privacy floor as every metric."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from codecard.lib.lattice import WITHHELD
from codecard.lib.reading import Reading
from events import answers
from events.answers.weeks import Weeks
from events.dashboards.figures import COST, TOKENS, OpenWeek
from events.metrics._base import UNKNOWN, By
from events.metrics._usage import Amounts, Usage
from events.queries.cells import Has
from events.queries.team import Measure

COLOURS: Final = 6
_LAST: Final = (UNKNOWN, WITHHELD)
_NAMES: Final = {UNKNOWN: "Unknown", WITHHELD: "Withheld, together"}
_MEASURES: Final = {Has.TOKENS: Measure.TOKENS, Has.COST: Measure.COST, Has.LINES: Measure.LINES}


@dataclass(slots=True)
class Row:
    """One value of the dimension, or what is merged. Sums are of the weeks in which it stood by itself."""

    name: str = ""
    colour: int = 0
    sums: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
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


Rows = dict[str, Row]


def rows_of(by: By, told: Mapping[Usage, Weeks], weeks: Sequence[OpenWeek]) -> Rows:
    """Each measure is opened by itself, week by week, so that the rows of every measure add up to its total."""
    rows: Rows = defaultdict(Row)
    for usage, some in told.items():
        # What nobody may know the people of, nobody may know the amounts of.
        days = [week.week_on for week in weeks if _MEASURES[usage.has] in week.open]
        for part, sums in some.by_part(days, {}, usage.dimensions.index(by)).items():
            for one in sums:
                for name, amount in cast(Amounts, one.sample).sums.items():
                    rows[part].sums[name] += amount
    return rows


def table(rows: Rows, accepted: Sequence[answers.Row], names: Iterable[str], *, by: str) -> list[Row]:
    """The rows to show, largest first, by `by` (a property of Row); unknown and withheld at the end. `accepted`: the
    acceptance rate by the same dimension. `names`: as they were first seen, so that a colour never changes hands."""
    known = list(names)
    readings = {one.key: one.reading for one in accepted}
    # Most tools tell no model with a decision: all of them unknown is not a row, it is a column less.
    if not any(key != UNKNOWN and reading.n for key, reading in readings.items()):
        readings = {}
    whole = sum(getattr(row, by) for row in rows.values()) or 1
    shown = {key: rows.get(key, Row()) for key in rows.keys() | readings.keys()}
    for key, row in shown.items():
        row.name, row.colour = _NAMES.get(key, key), _colour(key, known)
        row.share = getattr(row, by) / whole
        row.acceptance = readings.get(key, row.acceptance)
    kept = [(key, row) for key, row in shown.items() if getattr(row, by) or row.acceptance.n]
    kept.sort(key=lambda item: (item[0] in _LAST, _LAST.index(item[0]) if item[0] in _LAST else -getattr(item[1], by)))
    return [row for _, row in kept]


def _colour(name: str, names: Sequence[str]) -> int:
    """By the order in which the organization first saw them."""
    position = names.index(name) + 1 if name in names else 0
    return position if position <= COLOURS else 0
