"""The ledger's SQL. Built once from the lists of columns and counters, so that none can be forgotten in one place.

Indexes used: the primary keys of `events_event` (organization_id, occurred_at, id) for dedupe, of the roll-ups for the
upserts, and `session_in_organization` for sessions.
"""

from collections.abc import Iterable

from events.ledger import edits
from events.models import COUNTERS, TYPED

# Column of events_event -> type in the binary COPY that fills the stage. All numbers: on the wire a timestamptz is the
# microseconds and a date the days since 2000-01-01.
STAGE_COLUMNS: dict[str, str] = {
    "occurred_at": "int8",
    "id": "int8",
    "contributor_id": "int8",
    "identity_id": "int8",
    "session_id": "int8",
    "is_superseded": "bool",
    "day": "int4",
    "tool_id": "int4",
    "tool_version_id": "int4",
    "model_id": "int4",
    "repository_id": "int4",
    "branch_id": "int4",
    "language_id": "int4",
    "prices_id": "int4",
    "kind": "int2",
    "channel": "int2",
    "path_class": "int2",
    "path_hash": "int8",
    # What depends on the kind: `rows.Amounts`.
    "cost_micros": "int8",
    "count": "int4",
    "input_tokens": "int4",
    "output_tokens": "int4",
    "cache_read_tokens": "int4",
    "cache_write_tokens": "int4",
    "reasoning_tokens": "int4",
    "lines_added": "int4",
    "lines_removed": "int4",
    "outcome": "int2",
    "cost_basis": "int2",
    "is_modified": "bool",
    "is_human": "bool",
    "duration_ms": "int4",
    "active_ms": "int4",
    "pushes": "int4",
    "pull_requests": "int4",
    "detail": "text",
}
_STAGE_TYPES = STAGE_COLUMNS | {"occurred_at": "timestamptz", "day": "date"}
_EVENT_COLUMNS = ", ".join(STAGE_COLUMNS)

DETAIL_KEYS = ("day", "contributor_id", "tool_id", "model_id", "repository_id", "language_id", "path_class")
CONTRIBUTOR_KEYS = ("day", "contributor_id")
ORGANIZATION_KEYS = ("day", "tool_id", "model_id", "repository_id", "language_id", "path_class")
ROLLUPS = {
    "events_detail_day": DETAIL_KEYS,
    "events_contributor_day": CONTRIBUTOR_KEYS,
    "events_organization_day": ORGANIZATION_KEYS,
}
EDIT_KEYS = (*DETAIL_KEYS, *edits.KEYS)
SUMS: dict[str, tuple[str, ...]] = {**dict.fromkeys(ROLLUPS, tuple(COUNTERS)), edits.TABLE: edits.COUNTERS}
"""Every table of daily sums, and what it adds up."""

# Emptied as well, for whoever stores twice in one transaction.
CREATE_STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS events_stage ({}) ON COMMIT DELETE ROWS; DELETE FROM events_stage".format(
        ", ".join(f"{name} {type_}" for name, type_ in _STAGE_TYPES.items())
    )
)
COPY_STAGE = f"COPY events_stage ({', '.join(STAGE_COLUMNS)}) FROM STDIN (FORMAT binary)"

_NOT_SUMMED = {"id", "identity_id", "tool_version_id", "branch_id", "prices_id", "path_hash", "duration_ms"}
_CHANGED = ", ".join(name for name in STAGE_COLUMNS if name not in _NOT_SUMMED)
_INSERT = f"""
    INSERT INTO events_event (organization_id, {_EVENT_COLUMNS})
    SELECT %(org)s, {_EVENT_COLUMNS.replace("detail", "detail::jsonb")} FROM events_stage
    ON CONFLICT DO NOTHING RETURNING {_CHANGED}
"""
# The session's time span bounds the search, so that the primary key serves it.
_SUPERSEDE = f"""
    UPDATE events_event SET is_superseded = true
    WHERE organization_id = %(org)s AND occurred_at BETWEEN %(from)s AND %(to)s AND session_id = %(session)s
      AND kind = %(kind)s AND channel = ANY(%(channels)s) AND NOT is_superseded
    RETURNING {_CHANGED}
"""
_RESTORE = f"""
    UPDATE events_event SET is_superseded = false
    WHERE organization_id = %(org)s AND occurred_at BETWEEN %(from)s AND %(to)s AND session_id = %(session)s
      AND kind = %(kind)s AND channel <> ALL(%(channels)s) AND is_superseded
    RETURNING {_CHANGED}
"""
_MOVE = f"""
    UPDATE events_event SET contributor_id = %(taker)s
    WHERE organization_id = %(org)s AND occurred_at >= %(from)s AND occurred_at < %(until)s
      AND contributor_id = %(giver)s AND (%(whole)s OR identity_id = ANY(%(names)s))
    RETURNING {_CHANGED}
"""
# `session` and `day` NULL: of any.
_FORGET = f"""
    DELETE FROM events_event
    WHERE organization_id = %(org)s AND occurred_at >= %(from)s AND occurred_at < %(until)s
      AND contributor_id = %(person)s AND (%(session)s::bigint IS NULL OR session_id = %(session)s)
      AND (%(day)s::date IS NULL OR day = %(day)s)
    RETURNING {_CHANGED}
"""
# The session's time span bounds the search, so that the primary key serves it.
_OF_SESSION = """
    organization_id = %(org)s AND occurred_at BETWEEN %(from)s AND %(to)s AND session_id = %(session)s
"""
_TOLD = """
    coalesce((detail -> 'told' ->> 0)::int, repository_id) AS told_repository,
    coalesce((detail -> 'told' ->> 1)::smallint, path_class) AS told_class
"""
# `repository` and `task` NULL: as told. What was told stays in the fact for as long as anything is corrected.
_CORRECT = f"""
    UPDATE events_event e SET repository_id = coalesce(%(repository)s::int, t.told_repository),
        path_class = CASE WHEN kind = ANY(%(typed)s)
            THEN coalesce(t.told_class %% {TYPED} + {TYPED} * %(task)s::int, t.told_class) ELSE t.told_class END,
        detail = CASE WHEN %(repository)s::int IS NULL AND %(task)s::int IS NULL
            THEN nullif(e.detail - 'told', '{{}}'::jsonb)
            ELSE coalesce(e.detail, '{{}}'::jsonb)
                || jsonb_build_object('told', jsonb_build_array(t.told_repository, t.told_class)) END
    FROM (SELECT occurred_at AS at, id AS fact, {_TOLD} FROM events_event WHERE {_OF_SESSION}) AS t
    WHERE {_OF_SESSION} AND e.occurred_at = t.at AND e.id = t.fact
    RETURNING {_CHANGED}
"""
_REMOVE = """
    DELETE FROM events_event e USING unnest(%(ats)s::bigint[], %(ids)s::bigint[]) AS gone(at_us, id)
    WHERE e.organization_id = %(org)s AND e.id = gone.id
      AND e.occurred_at = timestamptz 'epoch' + gone.at_us * interval '1 microsecond'
    RETURNING e.*
"""


def _sums(counters: Iterable[str] = COUNTERS) -> str:
    """Sums of sums. As float8, which is exact below 2^53 and far cheaper than the numeric that sum(bigint) makes."""
    return ", ".join(f"sum({name}::float8)::bigint AS {name}" for name in counters)


def upsert(table: str, keys: tuple[str, ...], source: str, counters: Iterable[str] = COUNTERS) -> str:
    """Adds the counters of `source` (rows with `keys` and counters) to a roll-up, rows in key order: concurrent
    ledgers then lock them in the same order. What sums to nothing makes no row: no roll-up has a row of zeros."""
    listed = ", ".join(keys)
    return f"""
        INSERT INTO {table} AS kept (organization_id, {listed}, {", ".join(counters)})
        SELECT %(org)s, {listed}, {_sums(counters)} FROM {source} GROUP BY {listed}
        HAVING {" OR ".join(f"sum({name}::float8) <> 0" for name in counters)} ORDER BY {listed}
        ON CONFLICT (organization_id, {listed}) DO UPDATE
        SET {", ".join(f"{name} = kept.{name} + excluded.{name}" for name in counters)}
    """


def _edits_kept(source: str) -> str:
    return f"{edits.TABLE}_kept AS ({upsert(edits.TABLE, EDIT_KEYS, source, edits.COUNTERS)})"


_BY_CHANNEL = """
        SELECT channel, count(*), count(*) FILTER (WHERE is_superseded), count(*) FILTER (WHERE session_id <> 0),
               count(*) FILTER (WHERE repository_id <> 0), count(*) FILTER (WHERE contributor_id <> ALL(%(nobody)s)),
               count(*) FILTER (WHERE occurred_at > %(soon)s), max(occurred_at), min(day), max(day)
        FROM changed GROUP BY channel
"""


def _applied(
    change: str, sign: int, counts: str, sessions: str, *, has_edits: bool = True, told: str = _BY_CHANNEL
) -> str:
    """The one statement that changes events and everything that is summed over them: `change` returns the events, and
    `told` says what of them is answered. Without `has_edits` there must be none among them: the statement is then
    spared the look for them."""
    counters = ", ".join(
        f"{sign} * coalesce({expression}, 0)::bigint AS {name}" for name, expression in COUNTERS.items()
    )
    keys = ", ".join(("session_id", *DETAIL_KEYS))
    rollups = ",".join(f"\n{table}_kept AS ({upsert(table, keys_, 'base')})" for table, keys_ in ROLLUPS.items())
    if has_edits:
        rollups += f",\nedits AS ({edits.edit_sums('changed', DETAIL_KEYS, counts, sign)}),\n{_edits_kept('edits')}"
    return f"""
        WITH changed AS ({change}),
        base AS (SELECT {keys}, {counters} FROM changed WHERE {counts} GROUP BY {keys}),
        {rollups},
        by_session AS (SELECT session_id, {_sums()} FROM base WHERE session_id <> 0 GROUP BY session_id),
        sessions_kept AS ({sessions})
        {told}
    """


_ADD_TO_SESSION = ", ".join(f"{name} = s.{name} + coalesce(a.{name}, 0)" for name in COUNTERS)
_SESSIONS_OF_BATCH = f"""
    UPDATE events_session s SET {_ADD_TO_SESSION},
        started_at = coalesce(t.started_at, s.started_at), ended_at = coalesce(t.ended_at, s.ended_at),
        started_on = coalesce(t.started_on, s.started_on),
        contributor_id = coalesce(t.contributor_id, s.contributor_id),
        identity_id = coalesce(t.identity_id, s.identity_id), parts = coalesce(t.parts, s.parts),
        repository_id = coalesce(t.repository_id, s.repository_id),
        repository_at = coalesce(t.repository_at, s.repository_at),
        told_repository_id = coalesce(t.told_repository_id, s.told_repository_id),
        branch_id = coalesce(t.branch_id, s.branch_id), branch_at = coalesce(t.branch_at, s.branch_at),
        ranks = coalesce(t.ranks, s.ranks)
    FROM jsonb_to_recordset(%(sessions)s::jsonb) AS t(id bigint, is_changed bool, started_at timestamptz,
        ended_at timestamptz, started_on date, contributor_id bigint, identity_id bigint, parts jsonb,
        repository_id int, told_repository_id int, repository_at timestamptz, branch_id int, branch_at timestamptz,
        ranks smallint[])
    LEFT JOIN by_session a ON a.session_id = t.id
    WHERE s.organization_id = %(org)s AND s.id = ANY(%(session_ids)s::bigint[]) AND s.id = t.id
      AND (t.is_changed OR a.session_id IS NOT NULL)
"""
_SESSIONS_BACK = f"""
    UPDATE events_session s SET {_ADD_TO_SESSION} FROM by_session a
    WHERE s.organization_id = %(org)s AND s.id = a.session_id
"""

STORE = _applied(_INSERT, +1, "NOT is_superseded", _SESSIONS_OF_BATCH, has_edits=False)
STORE_WITH_EDITS = _applied(_INSERT, +1, "NOT is_superseded", _SESSIONS_OF_BATCH)
"""Stores the stage. Parameters: org, nobody, soon, sessions, session_ids. Rows: channel, stored, superseded, with
session, with repository, with person, ahead of the clock, newest, first day, last day."""
SUPERSEDE = _applied(_SUPERSEDE, -1, "true", _SESSIONS_BACK)
"""Marks poorer tellings of one kind in one session, and takes their counters back."""
RESTORE = _applied(_RESTORE, +1, "true", _SESSIONS_BACK)
"""The opposite: what no better channel tells any more counts again. `channels` are those that stay superseded."""
REMOVE = _applied(_REMOVE, -1, "NOT is_superseded", _SESSIONS_BACK, has_edits=False)
"""Takes single events out, and their counters back: cumulative points whose increase has changed. None is an edit."""
FORGET = _applied(
    _FORGET, -1, "NOT is_superseded", _SESSIONS_BACK,
    told="""
        SELECT count(*), min(day), max(day), min(occurred_at), max(occurred_at),
               coalesce(array_agg(DISTINCT session_id) FILTER (WHERE session_id <> 0), '{}')
        FROM changed
    """,
)  # fmt: skip
"""Takes out facts that their person deletes, and their counters back."""
_HOW_MANY = "SELECT count(*), min(day), max(day) FROM changed"
TAKE_BACK = _applied(
    f"SELECT {_CHANGED} FROM events_event WHERE {_OF_SESSION}", -1, "NOT is_superseded", _SESSIONS_BACK, told=_HOW_MANY
)
"""Takes the counters of one session's facts back, which stay: before `CORRECT` puts them elsewhere."""
CORRECT = _applied(_CORRECT, +1, "NOT is_superseded", _SESSIONS_BACK, told=_HOW_MANY)
"""Facts of one session in the repository and of the task type that their person says; answers as `TAKE_BACK`."""

_COUNTED = ", ".join(f"coalesce({expression}, 0)::bigint AS {name}" for name, expression in COUNTERS.items())
_OTHER_KEYS = tuple(key for key in DETAIL_KEYS if key != "contributor_id")
_OTHER_DETAIL_KEYS = ", ".join(_OTHER_KEYS)


def _both_ways(source: str, keys: Iterable[str], counters: Iterable[str]) -> str:
    """Sums without people, once for the taker, and once with the sign turned for the giver."""
    return f"""
        SELECT {", ".join(keys)}, who.contributor_id, {", ".join(f"who.sign * {name} AS {name}" for name in counters)}
        FROM {source}, (VALUES (%(taker)s::bigint, 1), (%(giver)s::bigint, -1)) AS who (contributor_id, sign)
    """


MOVE = f"""
    WITH changed AS ({_MOVE}),
    moved AS (
        SELECT {_OTHER_DETAIL_KEYS}, {_COUNTED}
        FROM changed WHERE NOT is_superseded GROUP BY {_OTHER_DETAIL_KEYS}),
    base AS ({_both_ways("moved", _OTHER_KEYS, COUNTERS)}),
    edits_moved AS ({edits.edit_sums("changed", _OTHER_KEYS, "NOT is_superseded")}),
    edits AS ({_both_ways("edits_moved", (*_OTHER_KEYS, *edits.KEYS), edits.COUNTERS)}),
    events_detail_day_kept AS ({upsert("events_detail_day", DETAIL_KEYS, "base")}),
    events_contributor_day_kept AS ({upsert("events_contributor_day", CONTRIBUTOR_KEYS, "base")}),
    {_edits_kept("edits")}
    SELECT count(*), min(day), max(day) FROM changed
"""
"""Gives facts of a span to another contributor, and takes them along in the sums. The organization's don't change."""

# Of days whose facts are kept no longer only the sums of a person say what of the organization's was theirs.
_SUMS_GONE = f"""
    WITH gone AS (
        DELETE FROM events_detail_day WHERE organization_id = %(org)s AND contributor_id = %(person)s
          AND (%(day)s::date IS NULL OR day = %(day)s) RETURNING *),
    taken AS (SELECT {", ".join(ORGANIZATION_KEYS)}, {", ".join(f"-{name} AS {name}" for name in COUNTERS)} FROM gone),
    events_organization_day_kept AS ({upsert("events_organization_day", ORGANIZATION_KEYS, "taken")})
    SELECT min(day), max(day) FROM gone
"""
FORGET_SUMS = [
    *(
        f"""DELETE FROM {table} WHERE organization_id = %(org)s AND contributor_id = %(person)s
            AND (%(day)s::date IS NULL OR day = %(day)s)"""
        for table in ("events_contributor_day", edits.TABLE)
    ),
    _SUMS_GONE,
]
"""Takes out what sums still hold of a person once their facts have gone. The last answers the first and last day."""

PRUNE = [
    f"""DELETE FROM {table} WHERE organization_id = %(org)s AND day BETWEEN %(first)s AND %(last)s
        AND {" AND ".join(f"{name} = 0" for name in counters)}"""
    for table, counters in SUMS.items()
]
"""After something was taken back: rows that came to zero go, so that the order of arrival leaves no trace."""

_OF_DAY = """
    organization_id = %(org)s AND day = %(day)s AND NOT is_superseded
    AND occurred_at >= %(day)s::date - 1 AND occurred_at < %(day)s::date + 2
"""
_REBUILD_BASE = f"""
    SELECT {", ".join(DETAIL_KEYS)}, {_COUNTED}
    FROM events_event WHERE {_OF_DAY} GROUP BY {", ".join(DETAIL_KEYS)}
"""
REBUILD_CLEAR = [f"DELETE FROM {table} WHERE organization_id = %(org)s AND day = %(day)s" for table in SUMS]
REBUILD_DAY = (
    f"WITH base AS ({_REBUILD_BASE}),"
    + ",".join(f"\n{table}_kept AS ({upsert(table, keys, 'base')})" for table, keys in ROLLUPS.items())
    + f",\nedits AS ({edits.edit_sums('events_event', DETAIL_KEYS, _OF_DAY)}),\n{_edits_kept('edits')}"
    + "\nSELECT count(*) FROM base"
)
# Index session_by_day (organization_id, started_on, …); the sessions' own spans bound the search for their events.
REBUILD_SESSIONS = f"""
    WITH chosen AS (
        SELECT id, started_at, ended_at FROM events_session WHERE organization_id = %(org)s AND started_on = %(day)s
    ), sums AS (
        SELECT session_id, {_COUNTED}
        FROM events_event
        WHERE organization_id = %(org)s AND NOT is_superseded
          AND occurred_at >= (SELECT min(started_at) FROM chosen) AND occurred_at <= (SELECT max(ended_at) FROM chosen)
          AND session_id IN (SELECT id FROM chosen)
        GROUP BY session_id
    )
    UPDATE events_session s SET {", ".join(f"{name} = coalesce(sums.{name}, 0)" for name in COUNTERS)}
    FROM chosen LEFT JOIN sums ON sums.session_id = chosen.id
    WHERE s.organization_id = %(org)s AND s.id = chosen.id
"""
