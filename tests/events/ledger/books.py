"""What the ledger's tests share: sending bodies, and the books as a reader sees them, without surrogate numbers."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from codecard.lib.tenant import tenant
from events.ledger import Receipt, record
from events.models import COUNTERS
from events.schema import Event, Fact, Point
from events.sources import code_card
from events.sources._base import Channel, Context, Parsed
from teams.key_cache import Access
from teams.models import KeyKind, Organization
from tests import factories

NOW = factories.NOW
_CONTEXT = Context(b"0" * 32)
BEST = Channel("test.best", number=1, rank=10)
POORER = Channel("test.poorer", number=2, rank=20)


def access(organization: Organization, **fields: Any) -> Access:
    made = factories.make_key(organization, **fields)
    return Access(organization.pk, made.key.pk, made.key.contributor_id, KeyKind.INGEST, frozenset())


def parsed(*events: Event, channel: Channel = code_card.CHANNEL, scope: str | None = None) -> Parsed:
    body = Parsed()
    for event in events:
        body.add("test", channel, event, scope)
    body.items = len(events)
    return body


def parsed_points(*points: Point, channel: Channel = POORER, scope: str | None = None) -> Parsed:
    body = Parsed()
    for point in points:
        body.add_point("test", channel, point, scope)
    body.items = len(points)
    return body


def store(who: Access, *events: Event, now: datetime = NOW, **how: Any) -> Receipt:
    return record(parsed(*events, **how), who, now=now, source="test")


def parse(*events: dict[str, Any]) -> Parsed:
    return code_card.parse(json.dumps(events).encode(), "application/json", _CONTEXT)


_DIMENSION = "(SELECT value FROM events_dimension d WHERE d.organization_id = t.organization_id AND d.id = t.{0}_id)"
_PERSON = """(SELECT string_agg(DISTINCT known.name, ',' ORDER BY known.name) FROM (
    SELECT i.kind || ':' || CASE i.kind WHEN 'key' THEN (SELECT k.name FROM teams_key k
            WHERE k.organization_id = i.organization_id AND k.id = i.value::bigint) ELSE i.value END AS name
    FROM teams_identity i WHERE i.organization_id = t.organization_id AND i.contributor_id = t.contributor_id
    ) AS known)"""
_SUMS = ", ".join(COUNTERS)
_NAMES = ("tool", "model", "repository", "language")
_QUERIES = {
    "events": f"""SELECT occurred_at, id, {", ".join(map(_DIMENSION.format, (*_NAMES, "branch", "tool_version")))},
        {_PERSON}, (SELECT regexp_replace(key, '@.*', '') FROM events_session s
            WHERE s.organization_id = t.organization_id AND s.id = t.session_id),
        day, kind, channel, is_superseded, count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
        reasoning_tokens, lines_added, lines_removed, cost_micros, cost_basis, outcome, path_class, active_ms, pushes,
        pull_requests FROM events_event t""",
    "sessions": f"""SELECT {_DIMENSION.format("tool")}, regexp_replace(key, '@.*', ''), is_instance, {_PERSON},
        {_DIMENSION.format("repository")}, {_DIMENSION.format("branch")}, started_at, ended_at, started_on, ranks,
        first_run_at, first_run_outcome, {_SUMS} FROM events_session t""",
    "points": "SELECT series_id, start_ns, at_us, value FROM events_series_point t",
    "detail": f"""SELECT day, {_PERSON}, {", ".join(map(_DIMENSION.format, _NAMES))}, path_class, {_SUMS}
        FROM events_detail_day t""",
    "contributor": f"SELECT day, {_PERSON}, {_SUMS} FROM events_contributor_day t",
    "organization": f"""SELECT day, {", ".join(map(_DIMENSION.format, _NAMES))}, path_class, {_SUMS}
        FROM events_organization_day t""",
    "edits": f"""SELECT day, {_PERSON}, {", ".join(map(_DIMENSION.format, _NAMES))}, path_class, horizon, bucket,
        t.count, t.lines FROM events_edit_day t""",
    "commits": f"""SELECT {_DIMENSION.format("repository")}, sha, {_DIMENSION.format("branch")},
        {_DIMENSION.format("tool")}, {_PERSON}, committed_at FROM events_clientcommit t""",
}


def books(organization: Organization) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the ledger by natural keys, names instead of numbers, in an order of its own."""
    found = {}
    with tenant(organization.pk), connection.cursor() as cursor:
        for name, query in _QUERIES.items():
            cursor.execute(f"{query} WHERE t.organization_id = %s", [organization.pk])
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found


def total(organization: Organization, counter: str) -> int:
    """A counter over all of the organization's days; the same from all three roll-ups and the sessions' events."""
    with tenant(organization.pk), connection.cursor() as cursor:
        sums = []
        for table in ("events_organization_day", "events_contributor_day", "events_detail_day"):
            cursor.execute(
                f"SELECT coalesce(sum({counter}), 0)::bigint FROM {table} WHERE organization_id = %s", [organization.pk]
            )
            sums.append(cursor.fetchone()[0])
    assert len(set(sums)) == 1, f"the roll-ups disagree on {counter}: {sums}"
    return int(sums[0])


def ids(events: Iterable[Fact]) -> list[str]:
    return [event.id for event in events]
