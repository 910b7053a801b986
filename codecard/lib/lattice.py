"""The privacy floor under every number of a group, in one place: what of one week may be shown.

Numbers of groups exist on a fixed lattice: whole weeks x team x at most one further dimension. Each is a sum over facts
of people. It is closed where its people are fewer than the floor, and where other numbers can be taken away from
it, or it from others, so that fewer are left: of the same dimension, of another one (all that a tool did less all that
one of its models did), or of another team. Groups are settled in a fixed order, the smallest first, each against what
those before it show, so that the answer never depends on who asks. Longer periods are nothing but sums of open weeks.
Pure.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

Person = int
People = frozenset[Person]
Part = str
Named = TypeVar("Named")
WITHHELD: Final = "withheld"
"""The part into which closed parts of a dimension are merged."""


class Cell(NamedTuple):
    """Facts of one week that agree in all dimensions: `parts` by dimension, in the order of the question."""

    parts: tuple[Part, ...]
    people: People


@dataclass(frozen=True, slots=True)
class Opening:
    """Of one week of one group: whether its total may be shown, and which parts of each dimension may not."""

    is_open: bool
    closed: tuple[frozenset[Part], ...] = ()

    def part(self, dimension: int, part: Part) -> Part:
        """Under which name a fact stands in the rows of a dimension."""
        return WITHHELD if part in self.closed[dimension] else part


def openings(cells: Sequence[Cell], groups: Sequence[People], floor: int) -> list[Opening]:
    """Of each group. `groups` in the order in which they are settled (`settling_order`); `cells` tell of all."""
    week = _Week(cells, floor)
    return [week.settle(people) for people in groups]


def whole_only(found: Opening, cells: Sequence[Cell]) -> Opening:
    """The same without any part by itself."""
    return Opening(
        found.is_open, tuple(frozenset(parts) for parts in zip(*(cell.parts for cell in cells), strict=True))
    )


def settling_order(own: Named, groups: Iterable[tuple[Named, People]]) -> list[Named]:
    """The groups that are settled before `own` and have a say in it, and `own` last: those that share people with it,
    or with one of those, and are smaller, or as large and named before."""
    ordered = [(len(people), i, name, people) for i, (name, people) in enumerate(groups)]
    ordered.sort(key=lambda one: one[:2])
    place = next(i for i, one in enumerate(ordered) if one[2] == own)
    reached, found = ordered[place][3], [ordered[place]]
    waiting = ordered[:place]
    while met := [one for one in waiting if one[3] & reached]:
        reached = reached.union(*(one[3] for one in met))
        found += met
        waiting = [one for one in waiting if one not in met]
    return [name for _, _, name, _ in sorted(found, key=lambda one: one[:2])]


Facts = int
"""A set of facts, one bit each: what one person did in one cell."""


class _Week:
    """The facts of a week, and `shown`: the rows, each of one kind, that settled groups show."""

    def __init__(self, cells: Sequence[Cell], floor: int) -> None:
        self.floor = floor
        self.width = len(cells[0].parts) if cells else 0
        self.of_person: dict[Person, Facts] = {}
        self.of_part: list[dict[Part, Facts]] = [{} for _ in range(self.width)]
        self.shown: list[list[Facts]] = []
        bit = 1
        for cell in sorted(cells, key=lambda cell: cell.parts):  # so that ties never depend on the order of rows
            whole = 0
            for person in sorted(cell.people):
                self.of_person[person] = self.of_person.get(person, 0) | bit
                whole |= bit
                bit <<= 1
            for parts, part in zip(self.of_part, cell.parts, strict=True):
                parts[part] = parts.get(part, 0) | whole

    def settle(self, people: People) -> Opening:
        everything = _union(self.of_person.get(person, 0) for person in people)
        return _Group(self, everything).opening()

    def is_few(self, facts: Facts) -> bool:
        """Whether there is somebody in them, and fewer than the floor."""
        if not facts:
            return False
        seen = 0
        for own in self.of_person.values():
            seen += bool(own & facts)
            if seen >= self.floor:
                return False
        return True

    def leaves_few(self, whole: Facts, row: Iterable[Facts]) -> Facts:
        """One of those that lie within the whole and, taken away alone or together, leave too few; 0 if none does."""
        together = smallest = 0
        for one in row:
            if one and one != whole and one & whole == one:
                together |= one
                smallest = one if not smallest or one.bit_count() < smallest.bit_count() else smallest
                if self.is_few(whole & ~one):
                    return one
        return smallest if together and self.is_few(whole & ~together) else 0


class _Group:
    """One group of a week while it is settled."""

    def __init__(self, week: _Week, everything: Facts) -> None:
        self.week, self.everything = week, everything
        self.parts = [
            {part: own for part, facts in parts.items() if (own := facts & everything)} for parts in week.of_part
        ]
        self.closed: list[set[Part]] = [set() for _ in self.parts]

    def opening(self) -> Opening:
        if not self._may_be_told(self.everything):
            return Opening(is_open=False, closed=tuple(frozenset(parts) for parts in self.parts))
        self._close()
        rows = [[self.everything], *(list(self._rows(dimension).values()) for dimension in range(len(self.parts)))]
        self.week.shown += [row for row in rows if any(row)]
        return Opening(is_open=True, closed=tuple(map(frozenset, self.closed)))

    def _may_be_told(self, facts: Facts) -> bool:
        """By itself and beside what other groups show."""
        week = self.week
        if week.is_few(facts) or any(week.leaves_few(facts, row) for row in week.shown):
            return False
        return not any(week.leaves_few(whole, [facts]) for row in week.shown for whole in row)

    def _close(self) -> None:
        for dimension, parts in enumerate(self.parts):
            self.closed[dimension] = {part for part, facts in parts.items() if self.week.is_few(facts)}
            self._fill(dimension)
        while (found := self._leak()) is not None:
            self._widen(*found)

    def _widen(self, dimension: int, part: Part) -> None:
        """What is withheld follows from the total: it can't be closed, only made larger."""
        if part == WITHHELD:
            part = next(iter(self._rising(dimension)))
        self.closed[dimension].add(part)
        self._fill(dimension)

    def _fill(self, dimension: int) -> None:
        """Merges the next smallest parts until what is withheld holds enough people, or everything."""
        for part in self._rising(dimension):
            if not self.week.is_few(self._withheld(dimension)):
                break
            self.closed[dimension].add(part)

    def _rising(self, dimension: int) -> list[Part]:
        """The open parts, the smallest first; of equals by name."""
        parts, closed = self.parts[dimension], self.closed[dimension]
        return sorted((part for part in parts if part not in closed), key=lambda part: (parts[part].bit_count(), part))

    def _withheld(self, dimension: int) -> Facts:
        return _union(self.parts[dimension][part] for part in self.closed[dimension])

    def _rows(self, dimension: int) -> dict[Part, Facts]:
        """What is seen of a dimension."""
        rows = {part: facts for part, facts in self.parts[dimension].items() if part not in self.closed[dimension]}
        hidden = self._withheld(dimension)
        return {**rows, WITHHELD: hidden} if hidden else rows

    def _leak(self) -> tuple[int, Part] | None:
        """A part of a dimension that must not stand by itself; None once nothing tells of too few."""
        rows = [self._rows(dimension) for dimension in range(len(self.parts))]
        for dimension, row in enumerate(rows):
            if len(row) < 2:
                continue  # it is the total again
            elsewhere = [list(other.values()) for i, other in enumerate(rows) if i != dimension] + self.week.shown
            for part, facts in row.items():
                if any(self.week.leaves_few(facts, other) for other in elsewhere):
                    return dimension, part
            for whole in (one for other in self.week.shown for one in other):
                if inside := self.week.leaves_few(whole, row.values()):
                    return dimension, next(part for part, facts in row.items() if facts == inside)
        return None


def _union(sets: Iterable[Facts]) -> Facts:
    found = 0
    for facts in sets:
        found |= facts
    return found


Told = tuple[int, Part, set[tuple[int, Person]]]


def answers(cells: Sequence[Cell], own: Set[Person], found: Opening) -> Iterator[Told]:
    """Every number of the week that is shown: (dimension, part, its facts as (cell, person)); dimension -1 is the
    total. For those who want to check."""
    facts = {(i, person) for i, cell in enumerate(cells) for person in cell.people & own}
    if not found.is_open or not facts:
        return
    yield -1, "", facts
    for dimension in range(len(found.closed)):
        named: dict[Part, set[tuple[int, Person]]] = {}
        for i, person in facts:
            named.setdefault(found.part(dimension, cells[i].parts[dimension]), set()).add((i, person))
        yield from ((dimension, part, some) for part, some in named.items())
