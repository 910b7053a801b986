from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from events.dashboards import breakdowns
from events.dashboards.breakdowns import WITHHELD
from events.dashboards.figures import OpenWeek
from events.queries.team import BROKEN_DOWN, CELL_SUMS, Cell, Measure, Week

MONDAY = date(2026, 5, 4)
WEEK = OpenWeek(MONDAY, Week(), frozenset(Measure))


def _cell(number: int, people: set[int], **sums: int) -> Cell:
    return Cell(MONDAY, number, {**dict.fromkeys(CELL_SUMS, 0), **sums}, dict.fromkeys(BROKEN_DOWN, frozenset(people)))


def test_rows_of_enough_people_stand_by_themselves() -> None:
    rows = breakdowns.rows_of([_cell(1, set(range(5)), input_tokens=10), _cell(2, {1}, input_tokens=3)], [], [WEEK], 1)
    assert {number: row.tokens for number, row in rows.items()} == {1: 10, 2: 3}


def test_a_closed_week_adds_nothing() -> None:
    week = OpenWeek(MONDAY, Week(), frozenset({Measure.ANYTHING}))
    assert breakdowns.rows_of([_cell(1, set(range(9)), input_tokens=10)], [], [week], 5) == {}


def test_a_cell_that_another_team_could_be_taken_from_is_merged() -> None:
    cells = [_cell(1, set(range(6)), input_tokens=10), _cell(2, set(range(9)), input_tokens=5)]
    other = [_cell(1, set(range(5)), input_tokens=9)]
    rows = breakdowns.rows_of(cells, [other], [WEEK], 5)
    assert rows[WITHHELD].tokens == 10
    assert rows[2].tokens == 5


_CELLS = st.tuples(st.integers(0, 5), st.frozensets(st.integers(0, 12)), st.integers(0, 1000))


@given(st.lists(_CELLS, max_size=6, unique_by=lambda cell: cell[0]), st.integers(3, 6))
def test_rows_add_up_and_none_tells_about_few(cells: list[tuple[int, frozenset[int], int]], floor: int) -> None:
    given_cells = [_cell(number, set(people), input_tokens=tokens) for number, people, tokens in cells]
    rows = breakdowns.rows_of(given_cells, [], [WEEK], floor)
    assert sum(row.tokens for row in rows.values()) == sum(tokens for _, _, tokens in cells)
    people = {number: people for number, people, _ in cells}
    for number, row in rows.items():
        if number != WITHHELD and row.tokens and people[number]:
            assert len(people[number]) >= floor


def test_the_table_is_largest_first_with_unknown_and_withheld_at_the_end() -> None:
    cells = [
        _cell(0, set(range(9)), input_tokens=900),
        _cell(1, set(range(9)), input_tokens=10),
        _cell(2, set(range(9)), input_tokens=50, accepted=30, rejected=90),
        _cell(3, {1, 2, 3, 4, 5}, input_tokens=4),
        _cell(4, {1}, input_tokens=1),
    ]
    rows = breakdowns.rows_of(cells, [], [WEEK], 5)
    table = breakdowns.table(rows, {}, {1: "one", 2: "two", 3: "three"}, by="tokens", effects=(1.0, 1.0))
    assert [row.name for row in table] == ["two", "one", "Unknown", "Withheld, together"]
    assert [row.colour for row in table] == [2, 1, 0, 0]
    assert sum(row.share for row in table) == 1.0
    assert table[0].acceptance.value == 0.25


def test_a_colour_never_changes_hands() -> None:
    names = {number: f"model {number}" for number in range(10, 20)}
    rows = breakdowns.rows_of([_cell(number, set(range(5)), input_tokens=1) for number in names], [], [WEEK], 5)
    table = breakdowns.table(rows, {}, names, by="tokens", effects=(1.0, 1.0))
    assert {row.name: row.colour for row in table} == {
        f"model {number}": position if position <= 6 else 0 for position, number in enumerate(names, 1)
    }


def test_decisions_without_a_model_are_no_row_where_no_model_has_any() -> None:
    cells = [_cell(0, set(range(9)), accepted=90), _cell(1, set(range(9)), input_tokens=10)]
    rows = breakdowns.rows_of(cells, [], [WEEK], 5)
    table = breakdowns.table(rows, {}, {1: "one"}, by="tokens", effects=(1.0, 1.0))
    assert [row.name for row in table] == ["one"]
