"""The year of a contribution graph, and streaks. Pure: days are the person's local ones, as the ledger stores them."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from codecard.lib.periods import Days, monday

WEEKS: Final = 53
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


def weeks_of_graph(today: date) -> Days:
    """53 whole weeks, the running one the last."""
    end = monday(today) + _WEEK
    return Days(end - WEEKS * _WEEK, end)


def streaks(active: Collection[date], rest_days: Collection[int], today: date) -> tuple[int, int]:
    """The current and the longest number of active days in a row. A day of rest without activity neither breaks a
    streak nor counts; nor does today, before it is over."""
    days = {day for day in active if day <= today}
    longest = run = 0
    day = min(days, default=today)
    while day <= today:
        if day in days:
            run += 1
            longest = max(longest, run)
        elif day.weekday() not in rest_days and day != today:
            run = 0
        day += _DAY
    return run if days else 0, longest
