"""What a lead can work out by subtracting: any two answers of an organization, and never fewer people than the floor.

Every fact weighs its own power of two, so that a number tells which facts are in it, as no real number would: what can
be subtracted from what is seen in the bits. The organizations are small, and their teams and dimensions overlap.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from random import Random
from typing import NamedTuple

import pytest

from codecard.lib import lattice
from codecard.lib.periods import Days
from events.answers import Answers, Question, asking, scope_of
from events.metrics import acceptance_rate
from events.queries.cells import DETAIL_SUMS, Has
from events.queries.facts import Detail, Given
from events.queries.people import Group
from teams.models import Organization

MONDAYS = [date(2026, 5, 4) + timedelta(weeks=i) for i in range(3)]
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
CASES = 2_000
ACCEPTANCE = acceptance_rate.METRIC


class Fact(NamedTuple):
    """What one person decided in one week with one tool, model and so on; `weight` is its bit."""

    week_on: date
    parts: tuple[str, str, str, str]
    person: int
    weight: int


class World(NamedTuple):
    people: frozenset[int]
    groups: list[Group]
    facts: list[Fact]
    floor: int


def invented(random: Random) -> World:
    people = list(range(1, random.randint(3, 12) + 1))
    teams = [random.sample(people, random.randint(1, len(people))) for _ in range(random.randint(0, 3))]
    groups = [Group(i, f"t{i}", f"T{i}", frozenset(team)) for i, team in enumerate(teams, 1)]
    keys = {
        (random.choice(MONDAYS), _parts(random), random.choice(people)) for _ in range(random.choice((6, 12, 25, 40)))
    }
    facts = [Fact(*key, 1 << i) for i, key in enumerate(sorted(keys))]
    return World(frozenset(people), groups, facts, random.choice((3, 5)))


def _parts(random: Random) -> tuple[str, str, str, str]:
    """Models mostly belong to one tool, languages to one repository: what is nested can be subtracted."""
    tool, repository = random.choice("AB"), random.choice("RS")
    model = tool + random.choice("12") if random.random() < 0.8 else "X"
    return tool, model, repository, random.choice(("Python", repository))


def details_of(world: World, own: frozenset[int], everybody: frozenset[int]) -> list[Detail]:
    rows: dict[tuple[date, tuple[str, str, str, str]], list[Fact]] = {}
    for fact in world.facts:
        if fact.person in everybody:
            rows.setdefault((fact.week_on, fact.parts), []).append(fact)
    found = []
    for (week_on, (tool, model, repository, language)), facts in rows.items():
        sums = dict.fromkeys(DETAIL_SUMS, 0) | {"accepted": sum(fact.weight for fact in facts if fact.person in own)}
        people = frozenset(fact.person for fact in facts)
        found.append(Detail(week_on, tool, model, repository, language, "", dict.fromkeys(Has, people), sums))
    return found


def answers_of(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Every number that can be asked for: teams and everybody, all periods, all breakdowns and filters."""
    monkeypatch.setattr(asking, "everybody_of", lambda organization_id: world.people)
    organization = Organization(id=1, name="Acme", time_zone="UTC", privacy_floor=world.floor)
    for group in (None, *world.groups):
        scope = scope_of(organization, world.groups, group, None)
        days = Days(MONDAYS[0], MONDAYS[-1] + timedelta(weeks=1))
        facts = Given(1, "UTC", scope.group, scope.settled, (days,), NOW, scope.is_everybody)
        details = details_of(world, scope.group.people, facts.everybody)
        facts.__dict__.update(details=details, decisions={})
        if len(scope.settled) == 1:
            facts.__dict__["whole"] = replace(facts)
            facts.whole.__dict__.update(details=weeks_of(details), decisions={})
        answers = Answers(scope, facts, lambda metric, task: None)
        for first, last in combinations(range(len(MONDAYS) + 1), 2):
            shown = Days(MONDAYS[first], MONDAYS[0] + timedelta(weeks=last))
            for by in (None, *ACCEPTANCE.dimensions):
                answer = answers.answer(Question(metric=ACCEPTANCE, shown=shown, by=by))
                yield answer.total.n
                yield from (row.reading.n for row in answer.rows)
                for row in answer.rows if by else ():
                    question = Question(metric=ACCEPTANCE, shown=shown, filters={by: row.key})  # type: ignore[dict-item]
                    yield answers.answer(question).total.n


def weeks_of(details: list[Detail]) -> list[Detail]:
    """As the database sums them, where no dimension is asked for."""
    found = []
    for week_on in MONDAYS:
        rows = [one for one in details if one.week_on == week_on]
        people = {has: frozenset[int]().union(*(one.people[has] for one in rows)) for has in Has}
        sums = {name: sum(one.sums[name] for one in rows) for name in DETAIL_SUMS}
        found += [Detail(week_on, *("",) * 5, people, sums)] if rows else []
    return found


def leak_of(world: World, numbers: set[int]) -> str:
    """Two numbers of which one can be taken from the other so that too few are left; empty if there are none."""
    of_person = {person: sum(f.weight for f in world.facts if f.person == person) for person in world.people}

    def is_few(number: int) -> bool:
        return 0 < sum(bool(number & own) for own in of_person.values()) < world.floor

    for one in numbers:
        if is_few(one):
            return f"{one:b} alone"
        for other in numbers:
            if other != one and other & one == other and is_few(one & ~other):
                return f"{one:b} less {other:b}"
    return ""


def leaks(monkeypatch: pytest.MonkeyPatch, cases: int) -> Iterator[str]:
    for seed in range(cases):
        world = invented(Random(seed))
        if leak := leak_of(world, set(answers_of(world, monkeypatch))):
            yield f"seed {seed}: {leak}"


def test_no_two_answers_single_out_fewer_people_than_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(leaks(monkeypatch, CASES)) == []


def test_something_is_shown_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [len(set(answers_of(invented(Random(seed)), monkeypatch))) for seed in range(200)]
    assert sum(shown) / len(shown) > 4


@pytest.mark.parametrize("broken", ["_leak", "_fill", "_may_be_told"])
def test_a_broken_suppressor_is_caught(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setattr(lattice._Group, broken, lambda *asked: True if broken == "_may_be_told" else None)
    assert next(leaks(monkeypatch, 400), "")


def test_the_answer_does_not_depend_on_the_order_of_rows() -> None:
    random = Random(7)
    for _ in range(200):
        world = invented(random)
        cells = [lattice.Cell(fact.parts, frozenset((fact.person,))) for fact in world.facts]
        groups = [world.people, *(group.people for group in world.groups)]
        once = lattice.openings(cells, groups, world.floor)
        random.shuffle(cells)
        assert lattice.openings(cells, groups, world.floor) == once


def test_a_small_team_sees_the_whole_and_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "has_small_team", lambda organization: True)
    shown = 0
    for seed in range(100):
        random = Random(seed)
        world = invented(random)._replace(groups=[], floor=5)
        parts = {number for number in answers_of(world, monkeypatch) if number}
        whole_weeks = {sum(f.weight for f in world.facts if f.week_on in some) for some in _stretches()}
        assert parts <= whole_weeks | {0} | _sums_of_open_weeks(world)
        shown += len(parts)
    assert shown


def _stretches() -> list[list[date]]:
    return [MONDAYS[first:last] for first, last in combinations(range(len(MONDAYS) + 1), 2)]


def _sums_of_open_weeks(world: World) -> set[int]:
    """Weeks of one person alone are in no sum."""
    by_week = {week: [fact for fact in world.facts if fact.week_on == week] for week in MONDAYS}
    told = {week: sum(f.weight for f in facts) for week, facts in by_week.items() if len({f.person for f in facts}) > 1}
    return {sum(told.get(week, 0) for week in some) for some in _stretches()}
