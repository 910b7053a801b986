"""Numbers, durations, money and dates as a reader sees them. Pure; every space inside a value is non-breaking."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

NBSP = "\u00a0"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
MICROS = 1_000_000


class Unit(StrEnum):
    """What a bare number counts; decides how it is printed."""

    SHARE = "share"
    COUNT = "count"
    TOKENS = "tokens"
    MONEY = "money"
    DURATION = "duration"
    NUMBER = "number"
    """Small ones, of which the first decimal says something."""


def quantity(value: float, unit: Unit) -> str:
    """A value in its unit: shares 0–1, money in micro-USD, durations in seconds."""
    match unit:
        case Unit.SHARE:
            return share(value)
        case Unit.MONEY:
            return money(round(value))
        case Unit.DURATION:
            return duration(value)
        case Unit.TOKENS:
            return compact(value)
        case Unit.NUMBER:
            return f"{value:,.1f}"
        case Unit.COUNT:
            return count(value)


def tick(value: float, unit: Unit) -> str:
    """A value on an axis or at the edge of a range: round numbers, no needless digits."""
    if unit is Unit.SHARE:
        return share(value, digits=0 if abs(value * 100 - round(value * 100)) < 1e-9 else 1)
    if unit is Unit.MONEY:
        return f"${value / MICROS:,.10g}"
    if unit is Unit.NUMBER:
        return f"{value:,.1f}".removesuffix(".0")
    return duration(value) if unit is Unit.DURATION else compact(value, whole_below=1_000)


def count(value: float) -> str:
    return f"{round(value):,}"


def compact(value: float, *, whole_below: int = 10_000) -> str:
    """Whole below the limit, then one decimal with k, M, B or T: 9,999 · 12.5 k · 41.2 M."""
    if abs(value) < whole_below:
        return count(value)
    size, suffix = _magnitude(abs(value))
    digits = f"{value / size:,.1f}".removesuffix(".0")
    return f"{digits}{NBSP}{suffix}"


def _magnitude(value: float) -> tuple[int, str]:
    # The limits lie at what rounds up to the next size, so that 999,960 reads 1 M and never 1,000 k.
    for size, suffix in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if value >= size * 0.99995:
            return size, suffix
    return 1_000, "k"


def share(value: float, *, digits: int = 1) -> str:
    return f"{value * 100:.{digits}f}%"


def points(difference: float) -> str:
    """The size of a difference between two shares, without its sign."""
    return f"{abs(difference) * 100:.1f}{NBSP}pts"


def money(micro_usd: int) -> str:
    """Cents below a thousand dollars, whole dollars above; a cost under a cent is never printed as nothing."""
    usd = micro_usd / MICROS
    if 0 < usd < 0.005:
        return "<$0.01"
    sign = "−" if usd < 0 else ""
    return f"{sign}${abs(usd):,.0f}" if abs(usd) >= 999.995 else f"{sign}${abs(usd):,.2f}"


def duration(seconds: float) -> str:
    """Two largest units: 40s · 8m 40s · 1 h 12 m · 2 d 3 h."""
    whole = round(seconds)
    if whole < HOUR:
        return _pair(whole, MINUTE, "m", "s", tight=True)
    if whole < DAY:
        return _pair(whole // MINUTE, MINUTE, "h", "m")
    return _pair(whole // HOUR, 24, "d", "h")


def _pair(whole: int, size: int, large: str, small: str, *, tight: bool = False) -> str:
    gap = "" if tight else NBSP
    high, low = divmod(whole, size)
    parts = [f"{high}{gap}{large}"] if high else []
    if low or not high:
        parts.append(f"{low}{gap}{small}")
    return NBSP.join(parts)


def ago(seconds: float) -> str:
    """How long ago, in one unit: just now · 4 min ago · 2 h ago · 6 days ago."""
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)}{NBSP}min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)}{NBSP}h ago"
    return f"{counted(int(seconds // DAY), 'day')} ago"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 person · 9 people."""
    return f"{count(number)}{NBSP}{one if number == 1 else many or one + 's'}"


def day(value: date) -> str:
    return f"{value.day}{NBSP}{value:%b}"


def days(start_on: date, end_on: date) -> str:
    """The days of the half-open range [start_on, end_on), last day included in the text: 26 Oct – 22 Nov 2026."""
    last_on = end_on - timedelta(days=1)
    if start_on >= last_on:
        return f"{day(last_on)}{NBSP}{last_on.year}"
    first = day(start_on) if start_on.year == last_on.year else f"{day(start_on)}{NBSP}{start_on.year}"
    return f"{first} – {day(last_on)}{NBSP}{last_on.year}"
