"""Everything that one organization knows of what a person did, as CSV, for the person alone. Inside the tenant.

PostgreSQL writes the CSV itself (COPY), so that neither time nor memory grows with Python objects. Facts go week by
week, each a statement of its own. Text that a spreadsheet would take for a formula begins with an apostrophe.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection
from psycopg import sql

from events.models import COUNTERS, Event, Outcome
from events.schema import Kind

WEEK: Final = timedelta(days=7)


class Piece(NamedTuple):
    """A stretch of one file. `name`: the file's, equal for all its stretches, which follow each other."""

    name: str
    select: sql.Composed
    has_header: bool


def _text(column: str) -> str:
    return f"CASE WHEN {column} ~ '^[=+@\\t\\r-]' THEN '''' || {column} ELSE {column} END"


def _named(number: str) -> str:
    """A number of a dimension as its name."""
    one = f"SELECT value FROM events_dimension d WHERE d.organization_id = {{org}} AND d.id = t.{number}_id"
    return f"(SELECT {_text('v.value')} FROM ({one}) AS v) AS {number}"


def _worded(column: str, words: dict[int, str]) -> str:
    cases = " ".join(f"WHEN {number} THEN '{word}'" for number, word in words.items())
    return f"CASE t.{column} {cases} ELSE '' END AS {column}"


_COUNTERS = ", ".join(f"t.{name}" for name in COUNTERS)
_NAMES = ", ".join(map(_named, ("tool", "model", "repository", "language")))
_KINDS = {int(kind): kind.name.lower() for kind in Kind}
_OUTCOMES = {int(outcome): outcome.name.lower() for outcome in Outcome}
_OF_PERSON = "t.organization_id = {org} AND t.contributor_id = {person}"
# Primary key of events_event: (organization_id, occurred_at, id).
_FACTS = f"""
    SELECT t.occurred_at AT TIME ZONE 'UTC' AS occurred_at_utc, t.day, {_worded("kind", _KINDS)},
           {_worded("outcome", _OUTCOMES)}, {_named("tool")}, {_named("tool_version")}, {_named("model")},
           {_named("repository")}, {_named("branch")}, {_named("language")}, t.session_id, t.is_superseded, t.count,
           t.input_tokens, t.output_tokens, t.cache_read_tokens, t.cache_write_tokens, t.reasoning_tokens,
           t.cost_micros, t.lines_added, t.lines_removed, t.is_modified, t.is_human, t.duration_ms, t.active_ms,
           t.pushes, t.pull_requests, t.path_class, t.detail
    FROM events_event t WHERE {_OF_PERSON} AND t.occurred_at >= {{start}} AND t.occurred_at < {{end}}
    ORDER BY t.occurred_at, t.id
"""
# Index session_by_day, and the primary keys of the daily sums: the organization first.
_WHOLE = {
    "sessions.csv": f"""
        SELECT t.id, {_named("tool")}, {_text("t.key")} AS key, {_named("repository")}, {_named("branch")},
               t.started_at AT TIME ZONE 'UTC' AS started_at_utc, t.ended_at AT TIME ZONE 'UTC' AS ended_at_utc,
               t.started_on, {_COUNTERS}
        FROM events_session t WHERE {_OF_PERSON} AND NOT t.is_instance ORDER BY t.started_at, t.id""",
    "daily-sums.csv": f"""
        SELECT t.day, {_NAMES}, t.path_class, {_COUNTERS} FROM events_detail_day t WHERE {_OF_PERSON}
        ORDER BY t.day, 2, 3, 4, 5, 6""",
    "edits.csv": f"""
        SELECT t.day, {_NAMES}, t.path_class, t.horizon, t.bucket AS distance_hundredths, t.count, t.lines
        FROM events_edit_day t WHERE {_OF_PERSON} ORDER BY t.day, 2, 3, 4, 5, 6, 7, 8""",
    "commits.csv": f"""
        SELECT t.sha, {_named("repository")}, {_named("branch")}, {_named("tool")}, t.session_id,
               t.committed_at AT TIME ZONE 'UTC' AS committed_at_utc
        FROM events_clientcommit t WHERE {_OF_PERSON} ORDER BY t.committed_at, t.id""",
    "pull-requests.csv": """
        SELECT r.full_name, t.number, t.state, t.opened_at AT TIME ZONE 'UTC' AS opened_at_utc,
               t.integrated_at AT TIME ZONE 'UTC' AS integrated_at_utc, t.ai_class, t.task_type, t.additions,
               t.deletions
        FROM events_pullrequest t
        JOIN events_repository r ON r.organization_id = t.organization_id AND r.id = t.repository_id
        WHERE t.organization_id = {org} AND t.author_id IN (
            SELECT id FROM teams_identity WHERE organization_id = {org} AND contributor_id = {person})
        ORDER BY t.opened_at, t.id""",
}


def own_pieces(organization_id: int, person: int) -> list[Piece]:
    """All of it, in the order in which it is to be written."""
    numbers = {"org": sql.Literal(organization_id), "person": sql.Literal(person)}
    pieces = [Piece(name, sql.SQL(select).format(**numbers), True) for name, select in _WHOLE.items()]
    for place, (start, end) in enumerate(_weeks(organization_id)):
        span = {"start": sql.Literal(start), "end": sql.Literal(end)}
        pieces.append(Piece("events.csv", sql.SQL(_FACTS).format(**numbers, **span), place == 0))
    return pieces


def _weeks(organization_id: int) -> Iterator[tuple[datetime, datetime]]:
    events = Event.objects.filter(organization_id=organization_id)
    first = events.order_by("occurred_at", "id").values_list("occurred_at", flat=True).first()
    last = events.order_by("-occurred_at", "-id").values_list("occurred_at", flat=True).first()
    while first and last and first <= last:
        yield first, first + WEEK
        first += WEEK


_COPY = sql.SQL("COPY ({select}) TO STDOUT (FORMAT csv, HEADER {header})")


def blocks_of(piece: Piece) -> Iterator[bytes]:
    """Its CSV. To be read to the end before anything else is asked."""
    header = sql.SQL("true" if piece.has_header else "false")
    with connection.cursor() as cursor, cursor.copy(_COPY.format(select=piece.select, header=header)) as copy:
        for block in copy:
            yield bytes(block)
