"""The two tiles about pull requests on a team's dashboard: how long they took, and what they let escape.

Work facts lie outside the privacy floor, so the escape rate is shown of any team. Latency begins with a prompt, which
is behaviour: where fewer people than the floor have any, it is withheld.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from codecard.lib.formats import Unit
from codecard.lib.periods import Days
from codecard.lib.reading import Reading
from events.metrics import defect_escape_rate as escape
from events.metrics import latency_to_integration as latency
from events.metrics.defect_escape_rate import HORIZON
from events.models import LatencyState
from events.queries.people import Group
from events.queries.team_pulls import TeamPull, has_repositories, pulls_of_team
from teams.models import Organization

_WINDOW = timedelta(days=HORIZON)
_NOUN = "pull requests"
_LATENCY_DOMAIN = (0.0, 2 * 86_400.0)
_ESCAPE_DOMAIN = (0.0, 0.5)
_MEDIAN = 0.5


@dataclass(frozen=True, slots=True)
class TeamPulls:
    """`is_connected`: there is a repository; else the rest is empty. `merged`: the days in which those of the latency
    were integrated, `watched`: those of the escape rate, whose 30 days ended in the period."""

    is_connected: bool
    merged: Days
    watched: Days
    latency: Reading
    escape: Reading
    pending: int
    possible: int
    horizon_days: int = HORIZON


def team_pulls(organization: Organization, group: Group, merged: Days, floor: int, now: datetime) -> TeamPulls:
    """Of the people of the group, in one statement where there are any. Inside the tenant."""
    zone = ZoneInfo(organization.time_zone)
    watched = merged.shifted(-_WINDOW)
    start, _ = watched.moments(zone)
    rows = pulls_of_team(organization.id, group.people, start, now, horizon_days=HORIZON)
    rate = escape.rate(_escape_rows(_in(rows, watched, zone)), now)
    return TeamPulls(
        is_connected=bool(rows) or has_repositories(organization.id),
        merged=merged,
        watched=watched,
        latency=_latency(_in(rows, merged, zone), floor),
        escape=_escape(rate),
        pending=escape.rate(_escape_rows(rows), now).pending,
        possible=rate.possible,
    )


def _in(rows: Sequence[TeamPull], days: Days, zone: ZoneInfo) -> list[TeamPull]:
    start, end = days.moments(zone)
    return [row for row in rows if start <= row.integrated_at < end]


def _escape_rows(rows: Iterable[TeamPull]) -> list[escape.Row]:
    return [
        escape.Row(
            row.escape, row.due_at, row.defects, row.weight, row.ai_class, row.ai_lines, row.repository, row.size
        )
        for row in rows
        if row.escape is not None and row.due_at is not None
    ]


def _latency(rows: Sequence[TeamPull], floor: int) -> Reading:
    measured = [row for row in rows if row.latency == LatencyState.MEASURED]
    people = {row.author for row in measured}
    found = latency.completed([_latency_row(row) for row in rows if row.latency])
    is_withheld = bool(people) and len(people) < floor
    if is_withheld or not found.quantiles:
        return Reading(value=None, unit=Unit.DURATION, noun=_NOUN, is_withheld=is_withheld, domain=_LATENCY_DOMAIN)
    median = next(one for one in found.quantiles if one.share == _MEDIAN)
    return Reading(
        value=median.seconds, n=found.n, unit=Unit.DURATION, noun=_NOUN, interval=median.interval,
        is_few=not found.is_enough, domain=_LATENCY_DOMAIN,
    )  # fmt: skip


def _latency_row(row: TeamPull) -> latency.Row:
    state = LatencyState(row.latency or LatencyState.NO_PROMPT)
    return latency.Row(state, row.first_prompt_at, row.integrated_at, row.seconds, row.change_class, row.task_type)


def _escape(rate: escape.Rate) -> Reading:
    return Reading(
        value=rate.value, n=rate.n, noun=_NOUN, interval=rate.interval, is_few=not rate.is_enough, domain=_ESCAPE_DOMAIN
    )
