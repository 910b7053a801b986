from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from codecard.lib.periods import Days
from events.dashboards.frame import frame_of, mondays, newest_context
from tests.events.dashboards._work import NOW


def _frame(zone: str = "UTC", **query: str) -> Any:
    return frame_of(cast(Any, SimpleNamespace(GET=query, organization=SimpleNamespace(time_zone=zone))), NOW)


def test_the_default_counts_four_full_weeks_and_draws_thirteen() -> None:
    frame = _frame()
    assert frame.counted == Days(date(2026, 5, 4), date(2026, 6, 1))
    assert frame.before == Days(date(2026, 4, 6), date(2026, 5, 4))
    assert frame.drawn == Days(date(2026, 3, 9), date(2026, 6, 8))
    assert len(mondays(frame.drawn)) == 13


def test_what_touches_is_read_in_one_stretch() -> None:
    assert _frame().reads == [_frame().drawn]
    assert _frame().compared == [Days(date(2026, 4, 6), date(2026, 6, 1))]


def test_a_year_before_is_read_apart() -> None:
    frame = _frame(vs="year")
    assert frame.reads == [Days(date(2025, 5, 5), date(2025, 6, 2)), frame.drawn]
    assert frame.compared == [frame.before, frame.counted]


def test_without_comparison_only_the_period_is_read() -> None:
    assert _frame(vs="none").before is None
    assert _frame(vs="none").compared == [_frame().counted]


def test_a_custom_period_leaves_the_running_week_out_and_compares_as_many_weeks() -> None:
    frame = _frame(p="2026-05-18..2026-06-03")
    assert frame.counted == Days(date(2026, 5, 18), date(2026, 6, 1))
    assert frame.before.days == frame.counted.days
    assert frame.drawn.end_on == date(2026, 6, 8)


def test_the_running_week_alone_is_counted_and_not_compared() -> None:
    frame = _frame(p="2026-06-01..2026-06-03")
    assert frame.counted == Days(date(2026, 6, 1), date(2026, 6, 8))
    assert frame.before is None


def test_a_past_period_does_not_draw_the_running_week() -> None:
    assert _frame(p="2026-01-05..2026-02-02").drawn.end_on == date(2026, 2, 2)


@pytest.mark.parametrize(("days", "is_stale"), [(2, False), (4, True)])
def test_after_three_days_data_are_stale(days: int, is_stale: bool) -> None:
    assert newest_context([None, NOW - timedelta(days=days)], NOW)["is_stale"] is is_stale


def test_nothing_at_all_is_not_stale() -> None:
    assert newest_context([None], NOW) == {"newest_at": None, "is_stale": False}
