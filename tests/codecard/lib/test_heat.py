from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.svg.heat import LEVELS, Levels, heat

MONDAY = date(2025, 11, 24)


def year(*values: int) -> list[tuple[date, int]]:
    return [(MONDAY + timedelta(days=n), value) for n, value in enumerate(values)]


def test_a_day_has_its_place_its_shade_and_its_words() -> None:
    found = heat(year(*[0] * 365, 3, 0), "accepted suggestions")
    assert len(found.cells) == 367
    cell = found.cells[365]
    assert (cell.x, cell.y, cell.level) == ("889.2", "33.6", 1)
    assert cell.words == "3 on Tue 24 Nov 2026"
    assert found.words.replace("\u00a0", " ") == "1 active day in 53 weeks, 3 accepted suggestions, busiest day 3"
    assert [found.cells[n].level for n in (0, 364, 366)] == [0, 0, 0]


def test_the_table_has_every_day_the_newest_week_first() -> None:
    found = heat(year(*range(10)), "accepted suggestions")
    assert found.rows == [
        ("1 Dec 2025", ["7", "8", "9", "", "", "", ""]),
        ("24 Nov 2025", ["0", "1", "2", "3", "4", "5", "6"]),
    ]


def test_months_are_named_once_and_never_over_one_another() -> None:
    found = heat(year(*[1] * 371), "accepted suggestions")
    months = [(float(text.x), text.text) for text in found.texts if text.y == "10"]
    assert [name for _, name in months] == [
        "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
    ]  # fmt: skip
    assert all(b - a >= 3 * 16.5 for (a, _), (b, _) in pairwise(months))


@given(st.lists(st.integers(0, 500), max_size=371))
def test_more_is_never_lighter_and_something_is_never_nothing(values: list[int]) -> None:
    levels = Levels.of(values)
    found = [levels.level(value) for value in sorted(values)]
    assert found == sorted(found)
    assert all(0 <= level <= LEVELS for level in found)
    assert all((levels.level(value) > 0) is (value > 0) for value in values)
