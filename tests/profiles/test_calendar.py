"""Streaks and the year of the graph, against a reference that counts day by day as a person would."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.periods import Days
from events.ledger.lookups import Lookups
from profiles.calendar import streaks, weeks_of_graph

DAY = timedelta(days=1)
FIRST = date(2023, 12, 20)
offsets = st.sets(st.integers(0, 120), max_size=80)
weekdays = st.sets(st.integers(0, 6), max_size=6)
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati", "America/St_Johns", "Africa/Cairo",
)  # fmt: skip


def by_hand(active: set[date], rest_days: set[int], today: date) -> tuple[int, int]:
    """Every stretch of days is tried: one is a streak if no working day in it is idle, and it starts active."""
    past = sorted(day for day in active if day <= today)
    longest = current = 0
    for start in past:
        day, run = start, 0
        while day <= today and (day in active or day.weekday() in rest_days or day == today):
            run += day in active
            day += DAY
        longest = max(longest, run)
        if day > today:
            current = max(current, run)
    return current, longest


@given(offsets=offsets, rest_days=weekdays, until=st.integers(0, 130))
def test_streaks_are_those_that_one_counts_by_hand(offsets: set[int], rest_days: set[int], until: int) -> None:
    """Over a new year and a leap day."""
    active, today = {FIRST + n * DAY for n in offsets}, FIRST + until * DAY
    assert streaks(active, rest_days, today) == by_hand(active, rest_days, today)


def test_today_breaks_nothing_before_it_is_over_and_yesterday_does() -> None:
    friday = date(2024, 3, 1)
    active = {friday - 2 * DAY, friday - DAY}  # over a leap day
    assert streaks(active, [], friday) == (2, 2)
    assert streaks(active, [], friday + DAY) == (0, 2)
    assert streaks(active, [4, 5, 6], friday + 3 * DAY) == (2, 2)
    assert streaks(set(), [], friday) == (0, 0)


@given(st.dates(date(2019, 1, 1), date(2031, 12, 31)))
def test_the_graph_is_53_whole_weeks_and_ends_with_the_running_one(today: date) -> None:
    year = weeks_of_graph(today)
    assert (year.start_on.weekday(), year.days) == (0, 371)
    assert year.end_on - 7 * DAY <= today < year.end_on
    assert isinstance(year, Days)


@given(
    seconds=st.integers(1_546_300_800, 1_956_528_000),
    zone=st.sampled_from(ZONES),
)
def test_the_day_of_a_moment_is_the_one_on_the_wall_calendar_there(seconds: int, zone: str) -> None:
    known = Lookups(organization_id=1, epoch=0, zone="UTC", zones={7: zone})
    day = date(2000, 1, 1) + known.day(7, seconds * 1_000_000) * DAY
    assert day == datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2024-02-29T18:14:59Z", "Asia/Kathmandu", "2024-02-29"),
        ("2024-02-29T18:15:00Z", "Asia/Kathmandu", "2024-03-01"),
        ("2024-12-31T18:30:00Z", "Asia/Kolkata", "2025-01-01"),
        ("2024-03-31T21:59:59Z", "Europe/Berlin", "2024-03-31"),
        ("2024-03-31T22:00:00Z", "Europe/Berlin", "2024-04-01"),
        ("2024-10-27T22:59:59Z", "Europe/Berlin", "2024-10-27"),
        ("2024-10-27T23:00:00Z", "Europe/Berlin", "2024-10-28"),
        ("2024-04-06T13:00:00Z", "Australia/Lord_Howe", "2024-04-07"),
    ],
)
def test_days_turn_over_at_midnight_in_odd_zones_and_when_clocks_change(at: str, zone: str, day: str) -> None:
    known = Lookups(organization_id=1, epoch=0, zone="UTC", zones={7: zone})
    micros = int(datetime.fromisoformat(at).timestamp()) * 1_000_000
    assert date(2000, 1, 1) + known.day(7, micros) * DAY == date.fromisoformat(day)
