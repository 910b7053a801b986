"""What metrics are computed from: facts of one group of people, by week, each table read once and only if asked for.

Behaviour comes from roll-ups and sessions, grouped so that no row is one person's: the people of a row are told for the
privacy floor alone. Work facts are pull requests. Never from events. Inside the tenant.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, cast

from codecard.lib.clusters import Moments
from codecard.lib.periods import WEEK, Days
from codecard.lib.remembering import Memory, digest_of
from events.queries.cells import (
    DECIDED,
    DECIDED_HAS,
    DECIDED_OF_WEEKS,
    DECIDED_SUMS,
    DECISIONS,
    DETAIL_SUMS,
    DETAILS,
    DISTANCES,
    DISTANCES_OF_WEEKS,
    FIRST_RUNS,
    HAS,
    NAMED,
    NAMES,
    Has,
)
from events.queries.people import NOBODY, Group, People
from events.queries.pull_facts import HORIZON_DAYS, Pull, pulls_of
from events.queries.reading import rows
from events.queries.stamps import NOTHING, STAMPED, Source, Stamp, pulls_stamp, stamps_of
from events.task_types import task_type_of_suggestion

UNKNOWN: Final = ""
_WAIT = timedelta(days=HORIZON_DAYS)


class Detail(NamedTuple):
    """Sums of the group's own people in one week, alike in all dimensions; `people` also of the groups settled with
    it. Names are "" where they aren't known."""

    week_on: date
    tool: str
    model: str
    repository: str
    language: str
    task: str
    people: Mapping[Has, People]
    sums: Mapping[str, int]


class FirstRun(NamedTuple):
    """Sessions of the group's own people that began in one week, by what their first test run told."""

    week_on: date
    tool: str
    repository: str
    people: People
    passed: int
    failed: int
    none: int


class Distance(NamedTuple):
    """Accepted code of the group's own people in one week, alike in all dimensions, and how far what was kept is from
    it: lines by hundredths changed. `moments` of each person's lines, changed by all."""

    week_on: date
    tool: str
    model: str
    repository: str
    language: str
    task: str
    horizon: int
    people: People
    edits: int
    lines: Mapping[int, int]
    moments: Moments


Names = tuple[str, str, str, str, str]
"""Tool, model, repository, language, task type."""
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Window:
    """Pull requests of some days, and what was made of them."""

    pulls: list[Pull]
    made: dict[Hashable, object] = field(default_factory=dict)


WINDOWS: Final = Memory[Window](most=40_000)
"""Of pull requests; about two kilobytes each with what is made of them."""


@dataclass(frozen=True)
class Facts:
    """Of the people of `group`, and of those settled before it (`settled`, in order, `group` the last), in the weeks of
    the stretches. `is_everybody`: the whole organization, pull requests of unknown authors included."""

    organization_id: int
    zone: str
    group: Group
    settled: tuple[Group, ...]
    stretches: tuple[Days, ...]
    now: datetime
    is_everybody: bool = False
    fine: tuple[Days, ...] | None = None
    """The stretches in which something is asked by a dimension, where these are fewer."""
    has_usage: bool = True
    """Whether tokens, cost and lines are asked for besides decisions."""
    told_decisions: Mapping[date, Moments] | None = field(default=None, compare=False)
    """`decisions`, where the sessions of these weeks were read already."""
    has_parts: ClassVar[bool] = True

    @cached_property
    def whole(self) -> "Facts":
        """The same without dimensions: far fewer rows. Only where no other group has a say in what is open: what others
        show depends on theirs."""
        if len(self.settled) > 1:
            return self
        return Whole(
            self.organization_id, self.zone, self.group, self.settled, self.stretches, self.now, self.is_everybody,
            full=self,
        )  # fmt: skip

    def stamps(self, sources: Sequence[Source]) -> dict[date, Hashable] | None:
        """By week, of what `sources` tell of it: as long as it is the same, so are these facts, names aside. None where
        nobody can say."""
        if not {*sources} <= STAMPED:
            return None
        told = [self._stamps_of(source) for source in sources]
        weeks = [week.start_on for days in self._read for week in days.weeks()]
        return {week_on: tuple(one.get(week_on, NOTHING) for one in told) for week_on in weeks}

    def _stamps_of(self, source: Source) -> dict[date, Stamp]:
        if source not in self._stamped:
            # Whoever asks for usage asks for all there is.
            wanted = STAMPED if self.has_usage else {source}
            self._stamped.update(stamps_of(self.organization_id, self.everybody, self.stretches, wanted))
        return self._stamped[source]

    @cached_property
    def _stamped(self) -> dict[Source, dict[date, Stamp]]:
        return {}

    @property
    def names_key(self) -> Hashable:
        """Tells by which names parts are told."""
        return digest_of(self.names.items())

    def only(self, weeks: Iterable[date]) -> "Facts":
        """The same of some of its weeks."""
        some = joined(Days(week_on, week_on + WEEK) for week_on in weeks)
        if some == self._read:
            return self
        if some not in self._parts:
            self._parts[some] = part = replace(self, stretches=some, fine=None)
            part.__dict__.setdefault("names", self.names)  # read once
        return self._parts[some]

    @cached_property
    def _parts(self) -> dict[tuple[Days, ...], "Facts"]:
        return {}

    @property
    def everybody(self) -> People:
        return NOBODY.union(*(group.people for group in self.settled))

    @cached_property
    def names(self) -> dict[int, str]:
        return dict(rows(NAMES, {"org": self.organization_id, "kinds": list(NAMED)}))

    @cached_property
    def details(self) -> list[Detail]:
        if self.has_usage:
            return [self._detail(row) for row in rows(DETAILS, self._asked_fine)]
        return [self._decided(row) for row in rows(DECIDED, self._asked_fine)]

    @cached_property
    def decisions(self) -> dict[date, Moments]:
        """Of the group's own people, by week: how alike decisions of one session are."""
        if (told := self.told_decisions) is not None:
            return {week_on: told[week_on] for week_on in told if any(week_on in days for days in self.stretches)}
        return {week_on: Moments(*moments) for week_on, *moments in rows(DECISIONS, self._asked)}

    @cached_property
    def first_runs(self) -> list[FirstRun]:
        name = self.names.get
        return [
            FirstRun(week_on, name(tool, UNKNOWN), name(repository, UNKNOWN), frozenset(people), *counts)
            for week_on, tool, repository, people, *counts in rows(FIRST_RUNS, self._asked)
        ]

    @cached_property
    def distances(self) -> list[Distance]:
        return [self._distance(row) for row in rows(DISTANCES, self._asked_fine)]

    @property
    def pulls(self) -> list[Pull]:
        """Integrated in the stretches, of all settled people; and before them as long as defects are waited for."""
        return self._window.pulls

    @cached_property
    def _window(self) -> "Window":
        """Remembered for as long as nothing of it changes; but for one person's, which are few."""
        people = None if self.is_everybody else self.everybody
        reach = joined([Days(days.start_on - _WAIT, days.end_on) for days in self.stretches])
        if people is not None and len(people) == 1:
            return Window(pulls_of(self.organization_id, people, reach, self.zone, self.now))
        stamp = pulls_stamp(self.organization_id, reach, self.zone, self.now)
        who = digest_of([people and sorted(people), sorted(self.group.people)])
        key = self.organization_id, who, self.is_everybody, self.stretches, self.zone, stamp
        found = WINDOWS.get(key)
        if found is None:
            found = Window(pulls_of(self.organization_id, people, reach, self.zone, self.now))
            WINDOWS.keep(key, found, 1 + len(found.pulls))
        return found

    def of_pulls(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is made of nothing but the pull requests of this group, once. `key` tells what it is."""
        made = self._window.made
        if key not in made:
            made[key] = make()
        return cast(Made, made[key])

    @cached_property
    def own_pulls(self) -> list[Pull]:
        own = self.group.people
        if self.is_everybody:
            return self.pulls
        return self.of_pulls("own", lambda: [pull for pull in self.pulls if pull.author in own])

    @property
    def _read(self) -> tuple[Days, ...]:
        """Where behaviour is read by dimensions."""
        return self.stretches if self.fine is None or len(self.settled) > 1 else self.fine

    @property
    def _asked_fine(self) -> dict[str, Any]:
        days = self._read
        return self._asked | {"starts": [one.start_on for one in days], "ends": [one.end_on for one in days]}

    @cached_property
    def _spoken(self) -> dict[tuple[int, ...], Names]:
        return {}

    @property
    def _asked(self) -> dict[str, Any]:
        return {
            "org": self.organization_id,
            "starts": [days.start_on for days in self.stretches],
            "ends": [days.end_on for days in self.stretches],
            "everybody": list(self.everybody),
            "own": list(self.group.people),
        }

    def _detail(self, row: tuple[Any, ...]) -> Detail:
        return self._told(row, tuple(HAS), DETAIL_SUMS)

    def _decided(self, row: tuple[Any, ...]) -> Detail:
        return self._told(row, DECIDED_HAS, DECIDED_SUMS)

    def _told(self, row: tuple[Any, ...], has: Sequence[Has], sums: Sequence[str]) -> Detail:
        people = {one: self._set_of(some) for one, some in zip(has, row[6:], strict=False)}
        counted = dict(zip(sums, row[6 + len(has) :], strict=True))
        return Detail(row[0], *self._named(*row[1:6]), people, counted)

    @cached_property
    def _sets(self) -> dict[tuple[int, ...], People]:
        return {}

    def _set_of(self, people: Sequence[int] | None) -> People:
        """Rows have the same few sets again and again."""
        if not people:
            return NOBODY
        key = tuple(people)
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = frozenset(key)
        return found

    def _distance(self, row: tuple[Any, ...]) -> Distance:
        horizon, people, edits, histograms, *moments = row[6:]
        lines = Counter[int]()
        for histogram in histograms or ():
            lines.update({int(bucket): int(weight) for bucket, weight in histogram.items()})
        return Distance(
            row[0], *self._named(*row[1:6]), horizon, self._set_of(people), int(edits), lines, Moments(*moments)
        )

    def _named(self, *numbers: int) -> Names:
        """In the order of the rows, of which many are alike."""
        found = self._spoken.get(numbers)
        if found is None:
            found = self._spoken[numbers] = self._speak(*numbers)
        return found

    def _speak(self, tool: int, model: int, repository: int, language: int, path_class: int) -> Names:
        name = self.names.get
        spoken = name(language, UNKNOWN)
        task = task_type_of_suggestion(path_class, spoken or None)
        return name(tool, UNKNOWN), name(model, UNKNOWN), name(repository, UNKNOWN), spoken, task or UNKNOWN


@dataclass(frozen=True)
class Whole(Facts):
    """Rows of behaviour by week alone; all else is that of the `full` facts, read once."""

    full: Facts | None = None
    has_parts: ClassVar[bool] = False

    @property
    def _read(self) -> tuple[Days, ...]:
        return self.stretches

    @property
    def names(self) -> dict[int, str]:  # cached there
        assert self.full
        return self.full.names

    @property
    def names_key(self) -> Hashable:
        return "whole"

    @cached_property
    def _stamped(self) -> dict[Source, dict[date, Stamp]]:
        assert self.full
        return self.full._stamped

    @cached_property
    def details(self) -> list[Detail]:
        return [self._decided(row) for row in rows(DECIDED_OF_WEEKS, self._asked)]

    @cached_property
    def distances(self) -> list[Distance]:
        return [self._distance(row) for row in rows(DISTANCES_OF_WEEKS, self._asked)]

    @property
    def decisions(self) -> dict[date, Moments]:  # cached there
        assert self.full
        return self.full.decisions

    @property
    def first_runs(self) -> list[FirstRun]:
        assert self.full
        return self.full.first_runs

    @property
    def _window(self) -> Window:  # cached there
        assert self.full
        return self.full._window

    @property
    def own_pulls(self) -> list[Pull]:
        assert self.full
        return self.full.own_pulls


@dataclass(frozen=True)
class Given(Facts):
    """Facts put together from others: nothing tells whether these change, so nothing is remembered of them."""

    @property
    def whole(self) -> Facts:  # cached there
        return self

    def stamps(self, sources: Sequence[Source]) -> None:
        return None

    @cached_property
    def pulls(self) -> list[Pull]:  # a property there
        return []

    @cached_property
    def _window(self) -> Window:
        return Window(self.pulls)


def joined(stretches: Iterable[Days | None]) -> tuple[Days, ...]:
    """One stretch of days where they touch or overlap, oldest first."""
    found: list[Days] = []
    for days in sorted(filter(None, stretches)):
        if found and days.start_on <= found[-1].end_on:
            days = Days(found[-1].start_on, max(found.pop().end_on, days.end_on))
        found.append(days)
    return tuple(found)
