from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.lattice import WITHHELD
from codecard.lib.reading import Reading
from events import answers
from events.answers import Scope
from events.answers.weeks import weeks_of
from events.dashboards import breakdowns
from events.dashboards.figures import OpenWeek
from events.metrics._base import UNKNOWN, By
from events.metrics._usage import USAGE
from events.queries.cells import DETAIL_SUMS, Has
from events.queries.facts import Detail, Given
from events.queries.people import Group
from events.queries.team import Measure, Week
from teams.models import Organization

MONDAY = date(2026, 5, 4)
WEEK = OpenWeek(MONDAY, Week(), frozenset(Measure))


def _detail(model: str, people: set[int], tokens: int = 0) -> Detail:
    sums = {**dict.fromkeys(DETAIL_SUMS, 0), "input_tokens": tokens}
    return Detail(MONDAY, "tool", model, "", "", "", dict.fromkeys(Has, frozenset(people)), sums)


def _scope(*teams: set[int], floor: int) -> Scope:
    groups = tuple(Group(number, str(number), str(number), frozenset(team)) for number, team in enumerate(teams, 1))
    return Scope(Organization(id=1), groups[-1], groups, floor)


def _rows(details: list[Detail], scope: Scope, week: OpenWeek = WEEK) -> breakdowns.Rows:
    facts = Given(1, "UTC", scope.group, scope.settled, (), datetime(2026, 6, 1, tzinfo=UTC))
    facts.__dict__["details"] = details
    told = {usage: weeks_of(usage, facts, scope) for usage in USAGE}
    return breakdowns.rows_of(By.MODEL, told, [week])


def test_rows_of_enough_people_stand_by_themselves() -> None:
    rows = _rows([_detail("one", set(range(5)), 10), _detail("two", {1}, 3)], _scope(set(range(9)), floor=1))
    assert {name: row.tokens for name, row in rows.items()} == {"one": 10, "two": 3}


def test_a_closed_week_adds_nothing() -> None:
    week = OpenWeek(MONDAY, Week(), frozenset({Measure.ANYTHING}))
    assert _rows([_detail("one", set(range(9)), 10)], _scope(set(range(9)), floor=5), week) == {}


def test_a_part_from_which_another_team_could_be_taken_is_merged() -> None:
    details = [
        _detail("one", set(range(6)), 10),
        _detail("two", set(range(10)), 5),
        _detail("three", set(range(10)), 4),
    ]
    rows = _rows(details, _scope(set(range(5)), set(range(10)), floor=5))
    assert "one" not in rows
    assert rows[WITHHELD].tokens >= 10


_DETAILS = st.tuples(st.sampled_from("abcdef"), st.frozensets(st.integers(0, 12), min_size=1), st.integers(0, 1000))


@given(st.lists(_DETAILS, max_size=6, unique_by=lambda one: one[0]), st.integers(3, 6))
def test_rows_add_up_and_none_tells_about_few(told: list[tuple[str, frozenset[int], int]], floor: int) -> None:
    details = [_detail(name, set(people), tokens) for name, people, tokens in told]
    everybody = set().union(*(people for _, people, _ in told))
    rows = _rows(details, _scope(everybody, floor=floor))
    if len(everybody) >= floor:
        assert sum(row.tokens for row in rows.values()) == sum(tokens for _, _, tokens in told)
    people = {name: people for name, people, _ in told}
    assert all(len(people[name]) >= floor for name, row in rows.items() if name != WITHHELD and row.tokens)


def _accepted(**shares: float) -> list[answers.Row]:
    return [answers.Row(key, Reading(value=share, n=120)) for key, share in shares.items()]


def test_the_table_is_largest_first_with_unknown_and_withheld_at_the_end() -> None:
    tokens = {UNKNOWN: 900, "one": 10, "two": 50, WITHHELD: 5}
    rows = {name: breakdowns.Row() for name in tokens}
    for name, amount in tokens.items():
        rows[name].sums["input_tokens"] = amount
    table = breakdowns.table(rows, _accepted(two=0.25), ["one", "two", "three"], by="tokens")
    assert [row.name for row in table] == ["two", "one", "Unknown", "Withheld, together"]
    assert [row.colour for row in table] == [2, 1, 0, 0]
    assert sum(row.share for row in table) == 1.0
    assert table[0].acceptance.value == 0.25


def test_a_colour_never_changes_hands() -> None:
    names = [f"model {number}" for number in range(10, 20)]
    rows = {name: breakdowns.Row() for name in names}
    for row in rows.values():
        row.sums["input_tokens"] = 1
    table = breakdowns.table(rows, [], names, by="tokens")
    assert {row.name: row.colour for row in table} == {
        name: position if position <= 6 else 0 for position, name in enumerate(names, 1)
    }


def test_decisions_without_a_model_are_no_row_where_no_model_has_any() -> None:
    rows = {"one": breakdowns.Row()}
    rows["one"].sums["input_tokens"] = 10
    table = breakdowns.table(rows, _accepted(unknown=0.5), ["one"], by="tokens")
    assert [row.name for row in table] == ["one"]
