"""Data health: what arrived by source and day, and what became of it. Written with the facts, in their transaction."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Cursor

from events.models import Fate
from events.sources._base import Parsed

MOST_NAMES = 40
"""Different names of one fate that one body may add; the rest stands under one, so that a sender that makes up names
can't fill the table."""
OTHERS = "(others)"


@dataclass
class Line:
    items: int = 0
    with_session: int = 0
    with_repository: int = 0
    with_person: int = 0
    skewed: int = 0
    last_event_at: datetime | None = None


@dataclass
class Intake:
    """The lines of one batch, by (source, fate, name)."""

    lines: defaultdict[tuple[str, Fate, str], Line] = field(default_factory=lambda: defaultdict(Line))

    def count(self, source: str, fate: Fate, items: int, name: str = "") -> None:
        if items:
            self.lines[source[:60], fate, name[:200]].items += items

    def count_parsed(self, parsed: Parsed, source: str) -> None:
        """What never came to the ledger. `source`: the name rejections of undecodable items stand under."""
        for fate, counted in ((Fate.IGNORED, parsed.ignored), (Fate.UNKNOWN, parsed.unknown)):
            for (sender, signal, name), items in _limited(counted).items():
                self.count(sender, fate, items, f"{signal}: {name}")
        reasons = Counter((source, "", rejected.reason) for rejected in parsed.rejected)
        for (sender, _, reason), items in _limited(reasons).items():
            self.count(sender, Fate.REJECTED, items, reason)


def _limited(counted: Counter[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    kept = dict(counted.most_common(MOST_NAMES))
    for (source, signal, name), items in counted.items():
        if (source, signal, name) not in kept:
            others = (source, signal, OTHERS)
            kept[others] = kept.get(others, 0) + items
    return kept


_KEEP = """
    INSERT INTO events_intake_day AS kept (organization_id, day, source, fate, name, items, with_session,
        with_repository, with_person, skewed, last_event_at, last_seen_at)
    SELECT %(org)s, %(day)s, t.*, %(now)s FROM unnest(%(source)s::text[], %(fate)s::smallint[], %(name)s::text[],
        %(items)s::bigint[], %(with_session)s::bigint[], %(with_repository)s::bigint[], %(with_person)s::bigint[],
        %(skewed)s::bigint[], %(last_event_at)s::timestamptz[])
        AS t(source, fate, name, items, with_session, with_repository, with_person, skewed, last_event_at)
    ORDER BY t.source, t.fate, t.name
    ON CONFLICT (organization_id, day, source, fate, name) DO UPDATE SET items = kept.items + excluded.items,
        with_session = kept.with_session + excluded.with_session,
        with_repository = kept.with_repository + excluded.with_repository,
        with_person = kept.with_person + excluded.with_person,
        skewed = kept.skewed + excluded.skewed,
        last_event_at = greatest(kept.last_event_at, excluded.last_event_at),
        last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at)
"""


def keep_intake(cursor: Cursor[Any], organization_id: int, intake: Intake, now: datetime) -> None:
    """Adds the lines to the day of arrival (UTC), in key order, as the last write of the transaction."""
    if not intake.lines:
        return
    keys, lines = zip(*sorted(intake.lines.items(), key=lambda item: item[0]), strict=True)
    columns = ("items", "with_session", "with_repository", "with_person", "skewed", "last_event_at")
    parameters: dict[str, Any] = {column: [getattr(line, column) for line in lines] for column in columns}
    parameters |= {"source": [k[0] for k in keys], "fate": [int(k[1]) for k in keys], "name": [k[2] for k in keys]}
    parameters |= {"org": organization_id, "day": now.date(), "now": now}
    cursor.execute(_KEEP, parameters, prepare=True)
