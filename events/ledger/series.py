"""Cumulative series: every point is kept, and its increase over the point before it in time is the fact.

A point that arrives between two others changes the increase of the later one; that fact is then taken out and stored
anew. So any order of arrival ends in the same rows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, NamedTuple

from msgspec.structs import replace
from psycopg import Cursor

from events.ledger.rows import fact_id
from events.ledger.sessions import micros, moment
from events.schema import Event, Point
from events.sources._base import Group

# Stored unit of a counter: micro-USD and milliseconds, so that the running value is what is rounded.
_SCALE: Final[dict[str, int]] = {"cost_usd": 1_000_000, "active_seconds": 1_000}
MOST: Final = 1e12
"""A larger running value, in its counter's stored unit, is no count of anything here, and is refused."""
_MOST_IN_ONE: Final = 2_000_000_000
"""What fits the columns of an event; a larger increase (a process that ran for weeks before it was seen) is several."""


class Chain(NamedTuple):
    """One life of a series: a process start. Within it the value only grows, or was reset."""

    series_id: int
    start_ns: int


@dataclass
class Increases:
    """What the points of a batch amount to: facts to store, and facts stored earlier that are to be taken out."""

    facts: list[tuple[Group, Event]] = field(default_factory=list)
    gone_ats: list[int] = field(default_factory=list)
    gone_ids: list[int] = field(default_factory=list)


class _Arrived(NamedTuple):
    group: Group
    point: Point


_MAKE_SERIES = """
    INSERT INTO events_series (organization_id, id) SELECT %(org)s, id FROM unnest(%(ids)s::bigint[]) AS id
    ORDER BY id ON CONFLICT DO NOTHING
"""
_LOCK_SERIES = (
    "SELECT 1 FROM events_series WHERE organization_id = %(org)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
)
# Primary key (organization_id, series_id, start_ns, at_us): the newest point up to the first arrival, and all later.
_NEIGHBOURS = """
    SELECT p.series_id, p.start_ns, p.at_us, p.value
    FROM unnest(%(series)s::bigint[], %(starts)s::bigint[], %(firsts)s::bigint[]) AS c(series_id, start_ns, first_us)
    CROSS JOIN LATERAL (
        SELECT max(b.at_us) AS at_us FROM events_series_point b WHERE b.organization_id = %(org)s
          AND b.series_id = c.series_id AND b.start_ns = c.start_ns AND b.at_us <= c.first_us
    ) AS before
    JOIN events_series_point p ON p.organization_id = %(org)s AND p.series_id = c.series_id AND p.start_ns = c.start_ns
     AND p.at_us >= coalesce(before.at_us, c.first_us)
"""
_KEEP = """
    INSERT INTO events_series_point (organization_id, series_id, start_ns, at_us, value)
    SELECT %(org)s, * FROM unnest(%(series)s::bigint[], %(starts)s::bigint[], %(ats)s::bigint[], %(values)s::bigint[])
    ON CONFLICT DO NOTHING
"""


def series_id(name: str) -> int:
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def scaled(point: Point) -> int:
    """The point's value in its counter's stored unit."""
    return round(point.value * _SCALE.get(point.counter, 1))


def unusable(point: Point) -> str | None:
    """Why a point can't be kept, or None."""
    if not 0 <= point.value * _SCALE.get(point.counter, 1) <= MOST:
        return "value: too large to be counted"
    return None if 0 <= point.start_ns < 2**63 else "start time: not a time"


def told_by(point: Point) -> Event:
    """The point's event at the point's time, without any increase."""
    return replace(point.event, at=point.at)


def facts_of(point: Point, at_us: int, increase: int) -> Iterator[Event]:
    """The facts that an increase is: the point's event with its counter set, named after series, start and time."""
    scale = _SCALE.get(point.counter)
    key = f"{point.series}:{point.start_ns}:{at_us}:{point.counter}"
    for part, rest in enumerate(range(increase, 0, -_MOST_IN_ONE)):
        stored = min(rest, _MOST_IN_ONE)
        amount = stored / scale if scale else stored
        yield replace(point.event, id=f"{key}:{part}" if part else key, at=moment(at_us), **{point.counter: amount})


def take_increases(
    cursor: Cursor[Any],
    organization_id: int,
    arrived: Iterable[tuple[Group, Point]],
    is_refused: Callable[[Event], bool] | None = None,
) -> Increases:
    """Stores the points and says what they amount to. Locks the series in order of their ids. A point whose fact
    `is_refused` is kept all the same: the next one must not tell its increase."""
    chains: defaultdict[Chain, dict[int, _Arrived]] = defaultdict(dict)
    for group, point in arrived:
        chains[Chain(series_id(point.series), point.start_ns)].setdefault(micros(point.at), _Arrived(group, point))
    found = Increases()
    if not chains:
        return found
    known = _load(cursor, organization_id, chains)
    kept: list[tuple[int, int, int, int]] = []
    for chain, points in chains.items():
        new = {at: item for at, item in points.items() if at not in known[chain]}
        kept += [(*chain, at, scaled(item.point)) for at, item in new.items()]
        _compare(known[chain], new, found, is_refused)
    _keep(cursor, organization_id, sorted(kept))
    return found


def _load(
    cursor: Cursor[Any], organization_id: int, chains: dict[Chain, dict[int, _Arrived]]
) -> dict[Chain, dict[int, int]]:
    ids = sorted({chain.series_id for chain in chains})
    cursor.execute(_MAKE_SERIES, {"org": organization_id, "ids": ids}, prepare=True)
    cursor.execute(_LOCK_SERIES, {"org": organization_id, "ids": ids}, prepare=True)
    parameters = {
        "org": organization_id,
        "series": [chain.series_id for chain in chains],
        "starts": [chain.start_ns for chain in chains],
        "firsts": [min(points) for points in chains.values()],
    }
    cursor.execute(_NEIGHBOURS, parameters, prepare=True)
    known: dict[Chain, dict[int, int]] = {chain: {} for chain in chains}
    for series, start, at_us, value in cursor.fetchall():
        known[Chain(series, start)][at_us] = value
    return known


def _keep(cursor: Cursor[Any], organization_id: int, points: list[tuple[int, int, int, int]]) -> None:
    if points:
        series, starts, ats, values = (list(column) for column in zip(*points, strict=True))
        parameters = {"org": organization_id, "series": series, "starts": starts, "ats": ats, "values": values}
        cursor.execute(_KEEP, parameters, prepare=True)


def _compare(
    known: dict[int, int], new: dict[int, _Arrived], found: Increases, is_refused: Callable[[Event], bool] | None
) -> None:
    """Increases before and after the new points joined their chain; what differs is taken out, stored, or both."""
    if not new:
        return
    before = _increases(known)
    after = _increases({**known, **{at: scaled(item.point) for at, item in new.items()}})
    template = next(iter(new.values()))
    for at_us, increase in after.items():
        was = before.get(at_us, 0)
        if increase == was:
            continue
        item = new.get(at_us, template)
        for gone in facts_of(item.point, at_us, was):
            found.gone_ats.append(at_us)
            found.gone_ids.append(fact_id(item.group.channel.number, gone.number, gone.tool, gone.id))
        facts = facts_of(item.point, at_us, increase)
        found.facts += [(item.group, fact) for fact in facts if is_refused is None or not is_refused(fact)]


def _increases(values: dict[int, int]) -> dict[int, int]:
    """Time -> increase over the point before; the first counts whole, a decrease is a reset."""
    ordered = sorted(values.items())
    increases = dict(ordered[:1])
    for (_, before), (at, value) in pairwise(ordered):
        increases[at] = value - before if value >= before else value
    return increases
