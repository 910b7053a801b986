"""What arrived, by source, and what became of it: reads of `IntakeDay`, counts of deliveries and not of facts."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from events.models import Fate
from events.queries.reading import rows

MOST_NAMES = 12
"""Reasons and names shown of each source; what is left is summed under one."""
OTHERS = "(others)"


@dataclass(slots=True)
class Named:
    """A reason of rejection, or a sender's name of something."""

    name: str
    items: int
    last_at: datetime | None


@dataclass(slots=True)
class SourceHealth:
    """One source over some days. `skewed`: events that claimed to be from the future of the server's clock."""

    source: str
    items: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    with_session: int = 0
    with_repository: int = 0
    with_person: int = 0
    skewed: int = 0
    newest_event_at: datetime | None = None
    seen_at: datetime | None = None
    names: dict[Fate, list[Named]] = field(default_factory=lambda: defaultdict(list))
    by_day: dict[date, int] = field(default_factory=dict)


# Primary key of events_intake_day (organization_id, day, source, fate, name).
_INTAKE = """
    SELECT source, fate, CASE WHEN place <= %(most)s THEN name ELSE %(others)s END, sum(items)::bigint,
           sum(with_session)::bigint, sum(with_repository)::bigint, sum(with_person)::bigint, sum(skewed)::bigint,
           max(last_event_at), max(last_seen_at)
    FROM (SELECT source, fate, name, sum(items) AS items, sum(with_session) AS with_session,
                 sum(with_repository) AS with_repository, sum(with_person) AS with_person, sum(skewed) AS skewed,
                 max(last_event_at) AS last_event_at, max(last_seen_at) AS last_seen_at,
                 row_number() OVER (PARTITION BY source, fate ORDER BY sum(items) DESC, name) AS place
          FROM events_intake_day WHERE organization_id = %(org)s AND day >= %(start)s AND day < %(end)s
          GROUP BY source, fate, name) named
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC
"""
_BY_DAY = """
    SELECT source, day, sum(items)::bigint FROM events_intake_day
    WHERE organization_id = %(org)s AND day >= %(start)s AND day < %(end)s AND fate = %(accepted)s GROUP BY 1, 2
"""


def health_of(organization_id: int, start_on: date, end_on: date) -> list[SourceHealth]:
    """Every source that sent on the UTC days [start_on, end_on), by name."""
    found: dict[str, SourceHealth] = {}
    days = {"org": organization_id, "start": start_on, "end": end_on}
    for source, *line in rows(_INTAKE, {**days, "most": MOST_NAMES, "others": OTHERS}):
        _add(found.setdefault(source, SourceHealth(source)), *line)
    for source, day, items in rows(_BY_DAY, {**days, "accepted": Fate.ACCEPTED}):
        found[source].by_day[day] = items
    return list(found.values())


def _add(
    health: SourceHealth,
    fate: int,
    name: str,
    items: int,
    with_session: int,
    with_repository: int,
    with_person: int,
    skewed: int,
    event_at: datetime | None,
    seen_at: datetime,
) -> None:
    health.items[Fate(fate)] += items
    health.with_session += with_session
    health.with_repository += with_repository
    health.with_person += with_person
    health.skewed += skewed
    health.newest_event_at = max(filter(None, (health.newest_event_at, event_at)), default=None)
    health.seen_at = max(filter(None, (health.seen_at, seen_at)), default=None)
    if name:
        health.names[Fate(fate)].append(Named(name, items, seen_at))


# Primary key of events_intake_day, from its newest end: the day of the last arrival holds the newest event, but for
# what was sent late.
_NEWEST = """
    SELECT max(last_event_at) FROM events_intake_day WHERE organization_id = %(org)s AND day >= (
        SELECT max(day) FROM events_intake_day WHERE organization_id = %(org)s) - 7
"""


def newest_event_at(organization_id: int) -> datetime | None:
    """The newest event among what arrived in the last week in which something did, None if nothing ever did."""
    return rows(_NEWEST, {"org": organization_id})[0][0]  # type: ignore[no-any-return]


# Primary key of events_intake_day (organization_id, day, source, …).
_LAST_BY_SOURCE = """
    SELECT source, max(last_seen_at) FROM events_intake_day
    WHERE organization_id = %(org)s AND day >= %(day)s AND fate = %(accepted)s GROUP BY source ORDER BY source
"""


def last_by_source(organization_id: int, since_on: date) -> dict[str, datetime]:
    """When each source last sent something that was kept, of those that did since a UTC day."""
    return dict(rows(_LAST_BY_SOURCE, {"org": organization_id, "day": since_on, "accepted": Fate.ACCEPTED}))


# Primary key of events_organization_day (organization_id, day, …), its oldest end.
_FIRST = "SELECT min(day) FROM events_organization_day WHERE organization_id = %(org)s"


def first_day_of(organization_id: int) -> date | None:
    return rows(_FIRST, {"org": organization_id})[0][0]  # type: ignore[no-any-return]


# Primary key of events_intake_day (organization_id, day, source, …).
_REFUSED = """
    SELECT name FROM events_intake_day
    WHERE organization_id = %(org)s AND day >= %(day)s AND fate = %(rejected)s AND last_seen_at >= %(since)s
    ORDER BY last_seen_at DESC LIMIT 1
"""


def last_refusal_since(organization_id: int, since: datetime) -> str:
    """The reason for which something was last refused, "" if nothing was since."""
    day = since.date() - timedelta(days=1)
    found = rows(_REFUSED, {"org": organization_id, "day": day, "rejected": Fate.REJECTED, "since": since})
    return str(found[0][0]) if found else ""
