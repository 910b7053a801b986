from collections import defaultdict
from datetime import date, timedelta

from events.answers import Scope
from events.dashboards import figures
from events.dashboards.figures import OpenWeek, Span
from events.queries.people import Group
from events.queries.team import Measure, Week, Weeks
from teams.models import Organization

FIRST = date(2026, 5, 4)
EVERYTHING = frozenset(Measure)


def _week(number: int = 0, *, open_for: frozenset[Measure] = EVERYTHING, people: int = 5, **sums: int) -> OpenWeek:
    week = Week(people={Measure.ANYTHING: frozenset(range(people))})
    week.sums.update(sums)
    return OpenWeek(FIRST + timedelta(weeks=number), week, open_for)


def test_a_total_leaves_closed_weeks_out() -> None:
    weeks = [_week(prompts=3), _week(prompts=40, open_for=frozenset({Measure.ANYTHING}))]
    assert figures.total(weeks, Measure.PROMPTS, "prompts") == 3


def test_a_total_of_nothing_is_not_nought() -> None:
    assert figures.total([], Measure.PROMPTS, "prompts") is None
    assert figures.total([_week(people=0)], Measure.PROMPTS, "prompts") is None
    assert figures.total([_week()], Measure.PROMPTS, "prompts") == 0


def test_sums_are_not_compared_where_a_week_is_missing_on_either_side() -> None:
    closed = _week(open_for=frozenset())
    assert Span([_week()], [_week()]).is_comparable(Measure.PROMPTS)
    assert not Span([_week()], [closed]).is_comparable(Measure.PROMPTS)
    assert not Span([closed], [_week()]).is_comparable(Measure.PROMPTS)
    assert not Span([_week()], [_week(people=0)]).is_comparable(Measure.PROMPTS)
    assert not Span([_week()], None).is_comparable(Measure.PROMPTS)


def test_active_people_are_counted_once_over_the_weeks() -> None:
    reading = figures.active(Span([_week(people=5), _week(1, people=6)], [_week(people=5)]), members=10)
    assert (reading.value, reading.previous) == (0.6, 0.5)


def _scope(*teams: set[int], floor: int = 5) -> Scope:
    groups = tuple(Group(number, str(number), str(number), frozenset(team)) for number, team in enumerate(teams, 1))
    return Scope(Organization(id=1), groups[-1], groups, floor)


def _weeks(scope: Scope, **people: set[int]) -> Weeks:
    found: Weeks = {group.id: defaultdict(Week) for group in scope.settled}
    for group in scope.settled:
        for name, some in people.items():
            found[group.id][FIRST].people[Measure[name.upper()]] = frozenset(some) & group.people
    return found


def test_a_week_shows_what_enough_people_have() -> None:
    scope = _scope(set(range(6)))
    (week,) = figures.open_weeks(scope, _weeks(scope, anything=set(range(6)), tokens={1}), [FIRST])
    assert week.open == EVERYTHING - {Measure.TOKENS}


def test_a_week_that_exceeds_a_smaller_team_by_one_shows_nothing() -> None:
    scope = _scope(set(range(5)), set(range(6)))
    (week,) = figures.open_weeks(scope, _weeks(scope, anything=set(range(6))), [FIRST])
    assert week.is_withheld
    assert week.open == frozenset()
