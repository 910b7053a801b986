"""The period that a page shows, from its query string, in an organization's days. Pure: today is passed in.

All ranges are half-open. The presets are whole weeks, Monday to Sunday, up to the last Sunday: a week that still runs
would always look like a fall, so it is shown apart (`running_week`) and not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Self, get_args
from zoneinfo import ZoneInfo

Versus = Literal["prev", "year", "none"]
PRESETS_DAYS = {"7d": 7, "28d": 28, "91d": 91}
DEFAULT_PRESET = "28d"
CUSTOM = "custom"
DEFAULT_VERSUS: Versus = "prev"
# Six years back is the oldest that ingestion accepts, and two years is the longest that a page draws by week.
OLDEST_DAYS = 6 * 366
LONGEST_DAYS = 106 * 7
WEEK = timedelta(days=7)
# 52 weeks, not a calendar year: weekdays stay aligned.
YEAR = 52 * WEEK


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """The days from `start_on` up to, not including, `end_on`."""

    start_on: date
    end_on: date

    @property
    def days(self) -> int:
        return (self.end_on - self.start_on).days

    @property
    def last_on(self) -> date:
        """The last day inside: for people, who read both ends as included."""
        return self.end_on - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start_on <= day < self.end_on

    def shifted(self, by: timedelta) -> Self:
        return type(self)(self.start_on + by, self.end_on + by)

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The same range in UTC, from midnight to midnight in the zone."""
        return midnight(self.start_on, zone), midnight(self.end_on, zone)

    def weeks(self) -> list["Days"]:
        """The whole weeks that the range touches, oldest first; the outer ones may reach beyond it."""
        first = monday(self.start_on)
        return [Days(first + i * WEEK, first + (i + 1) * WEEK) for i in range(-(-(self.end_on - first).days // 7))]


@dataclass(frozen=True, slots=True)
class Period:
    """What is shown (`shown`), what it is compared with, and how both were asked for."""

    shown: Days
    before: Days | None
    key: str  # of PRESETS_DAYS, or "custom"
    versus: Versus
    running_week: Days
    notice: str  # why something else than what was asked for is shown; empty if it is that

    @property
    def start_on(self) -> date:
        return self.shown.start_on

    @property
    def end_on(self) -> date:
        return self.shown.end_on

    @property
    def is_custom(self) -> bool:
        return self.key == CUSTOM

    @property
    def query(self) -> dict[str, str]:
        """The query string of this period, with what is the default left out."""
        asked = f"{self.start_on}..{self.end_on}" if self.is_custom else self.key
        given = {"p": asked, "vs": self.versus}
        return {name: value for name, value in given.items() if value not in (DEFAULT_PRESET, DEFAULT_VERSUS)}


def period_from(query: Mapping[str, str], *, today: date) -> Period:
    """The period that a query string asks for: `p=7d|28d|91d|YYYY-MM-DD..YYYY-MM-DD` (half-open, widened to whole
    weeks), or from a form `from=YYYY-MM-DD&to=YYYY-MM-DD`, likewise; and `vs=prev|year|none`. What can't be understood
    gives the default and a notice.

    `today` is the day in the organization's time zone (`today_in`).
    """
    notices: list[str] = []
    asked = f"{query['from']}..{query['to']}" if "from" in query and "to" in query else query.get("p", DEFAULT_PRESET)
    key, shown = _shown(asked, today, notices)
    versus = _versus(query.get("vs", DEFAULT_VERSUS), notices)
    running = Days(monday(today), monday(today) + WEEK)
    return Period(shown, _before(shown, versus), key, versus, running, " ".join(notices))


def today_in(zone: ZoneInfo, *, now: datetime) -> date:
    return now.astimezone(zone).date()


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which the day begins in the zone, in UTC. Where clocks jump over midnight it is the jump."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _shown(asked: str, today: date, notices: list[str]) -> tuple[str, Days]:
    if asked in PRESETS_DAYS:
        return asked, _last(PRESETS_DAYS[asked], today)
    try:
        return CUSTOM, _custom(asked, today, notices)
    except ValueError as error:
        notices.append(f"{error} The last {PRESETS_DAYS[DEFAULT_PRESET]} days are shown instead.")
        return DEFAULT_PRESET, _last(PRESETS_DAYS[DEFAULT_PRESET], today)


def _last(days: int, today: date) -> Days:
    return Days(monday(today) - timedelta(days=days), monday(today))


def _custom(asked: str, today: date, notices: list[str]) -> Days:
    """:raises ValueError: in words for the visitor."""
    start_text, _, end_text = asked.partition("..")
    try:
        start_on, end_on = date.fromisoformat(start_text), date.fromisoformat(end_text)
    except ValueError:
        raise ValueError("That period can't be read: write it as 2026-01-05..2026-02-02.") from None
    if end_on <= start_on:
        raise ValueError("That period ends before it starts.")
    if start_on > today:
        raise ValueError("That period lies in the future.")
    if (today - start_on).days > OLDEST_DAYS:
        raise ValueError("That period starts more than six years ago.")
    end_on = min(end_on, monday(today) + WEEK)
    whole = Days(monday(start_on), monday(end_on + timedelta(days=6)))
    if whole.days > LONGEST_DAYS:
        raise ValueError("That period is longer than two years.")
    if whole != Days(start_on, end_on):
        notices.append("Widened to whole weeks, Monday to Sunday.")
    return whole


def _versus(asked: str, notices: list[str]) -> Versus:
    for known in get_args(Versus):
        if asked == known:
            return known  # type: ignore[no-any-return]
    notices.append("That comparison is not known: it is compared with the period before.")
    return DEFAULT_VERSUS


def _before(shown: Days, versus: Versus) -> Days | None:
    """Both kinds shift by whole weeks, so that weekdays meet weekdays."""
    if versus == "none":
        return None
    return shown.shifted(-YEAR if versus == "year" else timedelta(days=-shown.days))
