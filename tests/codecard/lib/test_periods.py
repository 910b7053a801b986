from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.periods import PRESETS_DAYS, Days, monday, period_from, today_in

MONDAY = date(2026, 11, 23)
DATES = st.dates(min_value=date(2000, 1, 1), max_value=date(2200, 1, 1))


def test_four_whole_weeks_up_to_last_sunday_are_the_default() -> None:
    period = period_from({}, today=MONDAY)
    assert period.shown == Days(date(2026, 10, 26), MONDAY)
    assert period.shown.last_on == date(2026, 11, 22)
    assert period.before == Days(date(2026, 9, 28), date(2026, 10, 26))
    assert (period.key, period.versus, period.notice, period.query) == ("28d", "prev", "", {})


@pytest.mark.parametrize("weekday", range(7))
def test_the_period_moves_on_mondays_only(weekday: int) -> None:
    assert period_from({}, today=MONDAY + timedelta(days=weekday)).shown.end_on == MONDAY


def test_the_running_week_is_apart() -> None:
    period = period_from({"p": "7d"}, today=date(2026, 11, 25))
    assert period.running_week == Days(MONDAY, date(2026, 11, 30))
    assert period.shown == Days(date(2026, 11, 16), MONDAY)


def test_a_year_before_is_52_weeks_before() -> None:
    period = period_from({"p": "91d", "vs": "year"}, today=MONDAY)
    assert period.before is not None
    assert period.before.start_on == period.shown.start_on - timedelta(weeks=52)
    assert period.before.days == period.shown.days == 91
    assert period.query == {"p": "91d", "vs": "year"}


def test_can_be_compared_with_nothing() -> None:
    assert period_from({"vs": "none"}, today=MONDAY).before is None


def test_a_custom_period_is_half_open() -> None:
    period = period_from({"p": "2026-01-05..2026-02-02"}, today=MONDAY)
    assert period.shown == Days(date(2026, 1, 5), date(2026, 2, 2))
    assert (period.start_on, period.end_on) == (date(2026, 1, 5), date(2026, 2, 2))
    assert (period.is_custom, period.notice) == (True, "")
    assert period.query == {"p": "2026-01-05..2026-02-02"}


def test_a_form_may_give_both_ends_apart() -> None:
    by_form = period_from({"p": "7d", "from": "2026-01-05", "to": "2026-02-02"}, today=MONDAY)
    assert by_form == period_from({"p": "2026-01-05..2026-02-02"}, today=MONDAY)


def test_a_custom_period_is_widened_to_whole_weeks_and_says_so() -> None:
    period = period_from({"p": "2026-01-07..2026-01-14"}, today=MONDAY)
    assert period.shown == Days(date(2026, 1, 5), date(2026, 1, 19))
    assert "whole weeks" in period.notice


def test_a_custom_period_ends_with_the_running_week_at_the_latest() -> None:
    assert period_from({"p": "2026-11-16..9999-12-31"}, today=MONDAY).end_on == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("", "can't be read"),
        ("28", "can't be read"),
        ("0d", "can't be read"),
        ("2026-01-05", "can't be read"),
        ("2026-01-05..", "can't be read"),
        ("2026-02-30..2026-03-01", "can't be read"),
        ("2026-01-05..2026-02-01..2026-03-01", "can't be read"),
        ("٢٠٢٦-01-05..2026-02-01", "can't be read"),
        ("\x00", "can't be read"),
        ("2026-02-01..2026-01-05", "ends before"),
        ("2026-02-02..2026-02-02", "ends before"),
        ("2027-01-05..2027-02-01", "future"),
        ("0001-01-01..0001-02-01", "six years"),
        ("2023-01-02..2026-02-01", "longer than two years"),
    ],
)
def test_what_is_no_period_gives_the_default_and_a_notice(asked: str, reason: str) -> None:
    period = period_from({"p": asked}, today=MONDAY)
    assert period.shown == period_from({}, today=MONDAY).shown
    assert period.key == "28d"
    assert reason in period.notice


def test_an_unknown_comparison_gives_the_default_and_a_notice() -> None:
    period = period_from({"vs": "best"}, today=MONDAY)
    assert period.versus == "prev"
    assert "not known" in period.notice


@given(st.text(max_size=40), st.text(max_size=10), DATES)
def test_any_query_string_gives_whole_weeks_that_have_begun(asked: str, versus: str, today: date) -> None:
    shown = period_from({"p": asked, "vs": versus}, today=today).shown
    assert (shown.start_on.weekday(), shown.end_on.weekday()) == (0, 0)
    assert shown.start_on < shown.end_on <= monday(today) + timedelta(days=7)


@given(DATES, st.integers(0, 900), st.integers(1, 900))
def test_a_period_meets_the_one_before_at_the_same_weekday(today: date, back: int, length: int) -> None:
    start_on = today - timedelta(days=back)
    asked = f"{start_on}..{start_on + timedelta(days=length)}"
    period = period_from({"p": asked}, today=today)
    assert period.before is not None
    assert period.before.end_on == period.shown.start_on
    assert period.before.days == period.shown.days
    assert period_from(period.query, today=today).shown == period.shown


@pytest.mark.parametrize("preset", PRESETS_DAYS)
def test_the_weeks_of_a_preset_fill_it_without_gaps(preset: str) -> None:
    shown = period_from({"p": preset}, today=MONDAY).shown
    weeks = shown.weeks()
    assert [week.days for week in weeks] == [7] * (PRESETS_DAYS[preset] // 7)
    assert (weeks[0].start_on, weeks[-1].end_on) == (shown.start_on, shown.end_on)
    assert all(one.end_on == following.start_on for one, following in pairwise(weeks))


def test_the_weeks_of_some_days_are_those_they_touch() -> None:
    assert Days(date(2026, 11, 22), date(2026, 11, 24)).weeks() == [
        Days(date(2026, 11, 16), MONDAY),
        Days(MONDAY, date(2026, 11, 30)),
    ]


def test_the_end_does_not_belong_to_it() -> None:
    days = Days(date(2026, 11, 16), MONDAY)
    assert date(2026, 11, 16) in days
    assert date(2026, 11, 22) in days
    assert MONDAY not in days


def test_moments_follow_the_clocks_of_the_zone() -> None:
    start_at, end_at = Days(date(2026, 10, 19), date(2026, 10, 26)).moments(ZoneInfo("Europe/Berlin"))
    assert start_at == datetime(2026, 10, 18, 22, tzinfo=UTC)
    assert end_at == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert end_at - start_at == timedelta(days=7, hours=1)


@given(st.sampled_from(sorted(available_timezones())), DATES)
def test_days_in_a_row_meet_in_every_zone(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    one, following = (Days(day + timedelta(days=i), day + timedelta(days=i + 1)).moments(zone) for i in range(2))
    assert one[1] == following[0]
    assert one[0] <= one[1]


def test_today_is_the_organizations_day() -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert today_in(ZoneInfo("Asia/Tokyo"), now=now) == MONDAY
    assert today_in(ZoneInfo("America/Los_Angeles"), now=now) == date(2026, 11, 22)
