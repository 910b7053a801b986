"""Thirty active days without a gap but for days of rest."""

from datetime import timedelta

from profiles.badges._base import Badge, Earned, Evidence, Record

DAYS = 30


def judge(record: Record) -> Earned | None:
    run, day = 0, min(record.active, default=record.today)
    started = day
    while day <= record.today:
        if day in record.active:
            started, run = (day, 1) if run == 0 else (started, run + 1)
            if run == DAYS:
                return Earned(day, {"from": started.isoformat()})
        elif day.weekday() not in record.rest_days:
            run = 0
        day += timedelta(days=1)
    return None


def words(evidence: Evidence) -> str:
    return f"From {evidence['from']} on."


BADGE = Badge(
    slug="thirty-days",
    label="Thirty days",
    criterion="Thirty active days in a row; days of rest don’t count and break nothing.",
    icon="clock",
    judge=judge,
    words=words,
)
