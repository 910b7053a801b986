"""What the pages with a period share: the period itself, its weeks, and the words for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from codecard.lib.periods import CUSTOM, WEEK, Days, Period, period_from, today_in
from teams.permissions import OrganizationRequest

FEWEST_WEEKS_DRAWN = 13
"""A chart of four points tells no course: it reaches back as far as this, whatever the period is."""
STALE_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Frame:
    """A page's period. `counted`: its full weeks. The running one is drawn, and counted only if it is all there is."""

    period: Period
    counted: Days
    now: datetime

    @property
    def running_on(self) -> date:
        return self.period.running_week.start_on

    @property
    def before(self) -> Days | None:
        """As many weeks as are counted, so that sums can be compared; nothing beside a week that still runs."""
        if self.period.before is None or self.counted.start_on == self.running_on:
            return None
        start_on = self.period.before.start_on
        return Days(start_on, start_on + timedelta(days=self.counted.days))

    def of_running_week(self) -> "Frame":
        """For those who have just begun: the running week is all they have, so it is counted."""
        return replace(self, counted=self.period.running_week)

    @property
    def drawn(self) -> Days:
        """The weeks of the charts."""
        end_on = self.counted.end_on
        if end_on == self.running_on:
            end_on += WEEK
        return Days(min(self.counted.start_on, end_on - FEWEST_WEEKS_DRAWN * WEEK), end_on)

    @property
    def reads(self) -> list[Days]:
        """What has to be read for the charts and the comparison."""
        return _joined([self.before, self.drawn])

    @property
    def fine(self) -> list[Days]:
        """Where something is asked by a dimension, unless a filter asks for all that is drawn."""
        return [*self.compared, self.period.running_week]

    @property
    def compared(self) -> list[Days]:
        """What has to be read for the tables: what is counted, and what it is compared with."""
        return _joined([self.before, self.counted])


def _joined(stretches: list[Days | None]) -> list[Days]:
    """One stretch of days where they touch: one statement less."""
    found: list[Days] = []
    for days in sorted(filter(None, stretches)):
        if found and days.start_on <= found[-1].end_on:
            days = Days(found[-1].start_on, max(found.pop().end_on, days.end_on))
        found.append(days)
    return found


def frame_of(request: OrganizationRequest, now: datetime) -> Frame:
    return frame_in(request.GET, request.organization.time_zone, now)


def frame_in(query: Mapping[str, str], zone: str, now: datetime) -> Frame:
    """The same in anybody's days."""
    period = period_from(query, today=today_in(ZoneInfo(zone), now=now))
    counted = Days(period.start_on, min(period.end_on, period.running_week.start_on))
    return Frame(period, counted if counted.days > 0 else period.shown, now)


def mondays(days: Days) -> list[date]:
    return [week.start_on for week in days.weeks()]


def period_context(request: OrganizationRequest, frame: Frame) -> dict[str, Any]:
    """Context of events/_period.html and of the lede."""
    return {**period_in(request.GET, frame), "floor": request.organization.privacy_floor}


def period_in(query: Mapping[str, str], frame: Frame) -> dict[str, Any]:
    """The same of numbers that no floor is under."""
    asked_custom = "from" in query or ".." in query.get("p", "")
    return {
        "period": frame.period,
        "counted": frame.counted,
        "is_first_week": frame.counted == frame.period.running_week and not frame.period.is_custom,
        "compare": frame.period.versus,
        "compare_text": _compare_text(frame),
        "has_form_error": asked_custom and frame.period.key != CUSTOM,
        "notice": frame.period.notice,
        **_steps(frame),
    }


def _steps(frame: Frame) -> dict[str, str]:
    """The same number of weeks just before, and just after where those are over, as a query string's period."""
    size = timedelta(days=frame.counted.days)
    earlier, later = frame.counted.shifted(-size), frame.counted.shifted(size)
    asked = {"earlier": earlier, **({"later": later} if later.end_on <= frame.running_on else {})}
    return {name: f"{days.start_on}..{days.end_on}" for name, days in asked.items()}


def _compare_text(frame: Frame) -> str:
    if frame.before is None:
        return ""
    if frame.period.versus == "year":
        return "the same weeks a year before"
    return f"the {frame.counted.days} days before"


def newest_context(newest: Sequence[datetime | None], now: datetime) -> dict[str, Any]:
    newest_at = max(filter(None, newest), default=None)
    return {"newest_at": newest_at, "is_stale": newest_at is not None and now - newest_at > STALE_AFTER}
