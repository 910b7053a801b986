from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib import formats
from codecard.lib.formats import NBSP, Unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, f"10{NBSP}k"),
        (12_480, f"12.5{NBSP}k"),
        (999_949, f"999.9{NBSP}k"),
        (999_950, f"1{NBSP}M"),
        (41_230_000, f"41.2{NBSP}M"),
        (2_500_000_000, f"2.5{NBSP}B"),
    ],
)
def test_large_numbers_are_shortened_to_one_decimal(value: float, text: str) -> None:
    assert formats.compact(value) == text


@given(st.integers(min_value=10_000, max_value=10**14))
def test_a_shortened_number_never_reads_a_thousand_of_its_unit(value: int) -> None:
    assert not formats.compact(value).startswith(("1,000", "1000"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (40, "40s"),
        (60, "1m"),
        (520, f"8m{NBSP}40s"),
        (3_599.6, f"1{NBSP}h"),
        (4_320, f"1{NBSP}h{NBSP}12{NBSP}m"),
        (86_400, f"1{NBSP}d"),
        (183_600, f"2{NBSP}d{NBSP}3{NBSP}h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("micro_usd", "text"),
    [
        (0, "$0.00"),
        (1, "<$0.01"),
        (4_999, "<$0.01"),
        (5_000, "$0.01"),
        (66_010_000, "$66.01"),
        (999_994_999, "$999.99"),
        (999_996_000, "$1,000"),
        (1_234_567_890, "$1,235"),
        (-500_000, "−$0.50"),
    ],
)
def test_a_small_cost_is_never_printed_as_nothing(micro_usd: int, text: str) -> None:
    assert formats.money(micro_usd) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, f"1{NBSP}min ago"),
        (7_300, f"2{NBSP}h ago"),
        (86_400, f"1{NBSP}day ago"),
        (6 * 86_400, f"6{NBSP}days ago"),
    ],
)
def test_says_how_long_ago_in_one_unit(seconds: float, text: str) -> None:
    assert formats.ago(seconds) == text


def test_a_range_of_days_names_the_last_day_inside_it() -> None:
    assert formats.days(date(2026, 10, 26), date(2026, 11, 23)) == f"26{NBSP}Oct – 22{NBSP}Nov{NBSP}2026"
    assert formats.days(date(2026, 12, 28), date(2027, 1, 4)) == f"28{NBSP}Dec{NBSP}2026 – 3{NBSP}Jan{NBSP}2027"
    assert formats.days(date(2026, 11, 23), date(2026, 11, 24)) == f"23{NBSP}Nov{NBSP}2026"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.418, Unit.SHARE, "41.8%"),
        (1_234.4, Unit.COUNT, "1,234"),
        (29_250_000, Unit.TOKENS, f"29.2{NBSP}M"),
        (66_010_000, Unit.MONEY, "$66.01"),
        (40, Unit.DURATION, "40s"),
        (1_234.56, Unit.NUMBER, "1,234.6"),
        (10.0, Unit.NUMBER, "10.0"),
    ],
)
def test_every_unit_prints_its_own_way(value: float, unit: Unit, text: str) -> None:
    assert formats.quantity(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.25, Unit.SHARE, "25%"),
        (0.125, Unit.SHARE, "12.5%"),
        (5_000_000, Unit.TOKENS, f"5{NBSP}M"),
        (1_500, Unit.COUNT, f"1.5{NBSP}k"),
        (2_500_000, Unit.MONEY, "$2.5"),
        (600, Unit.DURATION, "10m"),
        (10.0, Unit.NUMBER, "10"),
        (2.5, Unit.NUMBER, "2.5"),
    ],
)
def test_axis_and_range_ends_carry_no_needless_digits(value: float, unit: Unit, text: str) -> None:
    assert formats.tick(value, unit) == text


def test_a_counted_noun_agrees_with_its_number() -> None:
    assert formats.counted(1, "person", "people") == f"1{NBSP}person"
    assert formats.counted(9, "person", "people") == f"9{NBSP}people"
    assert formats.counted(0, "day") == f"0{NBSP}days"
