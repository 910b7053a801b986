"""Fills a database with what the ledger would have kept of millions of events, by SQL alone.

Run with the environment of a migrated product, to fill up to a total: `python -m bench.preload 10000000`. Events,
sessions and the three roll-ups agree with one another, as the ledger's own expressions make them. Nobody can sign in to
these organizations before members are added, as `manage.py provision` does.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import django
import psycopg
from django.conf import settings

django.setup()

# Only once the apps are there.
from events.ledger.statements import DETAIL_KEYS, ROLLUPS, upsert  # noqa: E402
from events.models import COUNTERS, DimensionKind  # noqa: E402

DAYS = 126
CONNECTIONS = 2
_TOOLS = ["claude-code", "codex", "gemini-cli", "copilot"]
_MODELS = ["claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5", "gpt-5.1", "gemini-2.5-pro", "gemini-2.5-flash"]
_REPOSITORIES = [f"github.com/bench/service-{number}" for number in range(12)]
_LANGUAGES = ["Python", "TypeScript", "Go", "SQL"]


@dataclass(frozen=True)
class Plan:
    """An organization to fill. All its people are in one team, `everyone`; of more than 50, squads stand below."""

    slug: str
    people: int
    events: int


MILLION = 1_000_000
FORTY = Plan("bench-forty", 40, 320_000)
LARGEST = Plan("bench-largest", 134, 1_200_000)


def plans_of(events: int) -> list[Plan]:
    """So many events, skewed: a few large organizations and many small ones. Up to a million 60 of them, the 40 people
    among them; beyond it the same and 140 more, the largest among those."""
    if events <= MILLION:
        return [FORTY, *_smaller(59, events - FORTY.events, "small")]
    return [*plans_of(MILLION), LARGEST, *_smaller(139, events - MILLION - LARGEST.events, "medium")]


def _smaller(number: int, events: int, name: str) -> list[Plan]:
    weights = [1 / (place + 8) for place in range(number)]
    sizes = [int(events * weight / sum(weights)) for weight in weights]
    return [Plan(f"bench-{name}-{place}", max(1, size // 9_000), size) for place, size in enumerate(sizes)]


def fill(plans: list[Plan]) -> None:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(_fill_some, plans[first::CONNECTIONS]) for first in range(CONNECTIONS)]:
            done.result()
    with connect() as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def connect() -> psycopg.Connection[Any]:
    """As the login itself, which stands above the walls."""
    connection = psycopg.connect(settings.DATABASE_URL, autocommit=True, cursor_factory=psycopg.ClientCursor)
    connection.execute("SET synchronous_commit = off; SET work_mem = '256MB'; SET temp_buffers = '256MB'")
    return connection


def _fill_some(plans: list[Plan]) -> None:
    with connect() as connection:
        for plan in plans:
            with connection.transaction():
                _fill(connection, plan)


def _fill(connection: psycopg.Connection[Any], plan: Plan) -> None:
    row = connection.execute("SELECT 1 FROM teams_organization WHERE slug = %s", [plan.slug]).fetchone()
    if row:
        return
    parameters: dict[str, Any] = {
        "slug": plan.slug, "people": plan.people, "events": plan.events, "days": DAYS,
        "seed": sum(plan.slug.encode()) % 1000 / 1000, "kinds": [], "values": [],
    }  # fmt: skip
    for kind, values in _NAMES.items():
        parameters["kinds"] += [int(kind)] * len(values)
        parameters["values"] += values
    for made in connection.execute(_ORGANIZATION, parameters):
        parameters["org"] = made[0]
    for statement in _STATEMENTS:
        connection.execute(statement, parameters)


_NAMES = {
    DimensionKind.TOOL: _TOOLS,
    DimensionKind.MODEL: _MODELS,
    DimensionKind.REPOSITORY: _REPOSITORIES,
    DimensionKind.LANGUAGE: _LANGUAGES,
    DimensionKind.BRANCH: ["main", "fix", "feature"],
    DimensionKind.TOOL_VERSION: ["1.0", "1.1"],
    DimensionKind.PRICES: ["genai-prices 0.0.1"],
}


def _numbers(kind: DimensionKind) -> str:
    return f"(SELECT array_agg(id ORDER BY id) FROM events_dimension WHERE organization_id = %(org)s AND kind = {kind})"


def _one_of(column: str, draw: str) -> str:
    """An element of an array, by a draw in [0, 1)."""
    return f"{column}[1 + ({draw} * cardinality({column}))::int %% cardinality({column})]"


_ORGANIZATION = """
    INSERT INTO teams_organization (slug, name, time_zone, is_personal, is_sample, privacy_floor, cost_visibility,
        settings, identity_epoch, created_at)
    VALUES (%(slug)s, initcap(%(slug)s), 'UTC', false, false, 5, 'members', '{}', 0, now()) RETURNING id
"""
_WHO = [
    "SELECT setseed(%(seed)s)",
    """
    INSERT INTO teams_contributor (organization_id, display_name, time_zone, is_bot, created_at)
    SELECT %(org)s, 'Person ' || number, '', false, now() FROM generate_series(1, %(people)s) AS number
    """,
    """
    INSERT INTO teams_team (organization_id, slug, name, created_at)
    VALUES (%(org)s, 'everyone', 'Everyone', now())
    """,
    """
    INSERT INTO teams_team (organization_id, slug, name, parent_id, created_at)
    SELECT %(org)s, 'squad-' || number, 'Squad ' || number, (SELECT id FROM teams_team WHERE organization_id = %(org)s),
           now()
    FROM generate_series(1, CASE WHEN %(people)s > 50 THEN %(people)s / 20 ELSE 0 END) AS number
    """,
    """
    INSERT INTO teams_teammembership (organization_id, team_id, contributor_id, is_lead, created_at)
    SELECT %(org)s, team.ids[CASE WHEN cardinality(team.ids) = 1 THEN 1
                             ELSE 2 + (person.place %% (cardinality(team.ids) - 1))::int END], person.id, false, now()
    FROM (SELECT array_agg(id ORDER BY id) AS ids FROM teams_team WHERE organization_id = %(org)s) team,
         (SELECT id, row_number() OVER (ORDER BY id) AS place FROM teams_contributor
          WHERE organization_id = %(org)s) person
    """,
    """
    INSERT INTO events_dimension (organization_id, kind, value)
    SELECT %(org)s, * FROM unnest(%(kinds)s::smallint[], %(values)s::text[])
    """,
]
# Sessions as they are to be: three on a person's day, each with its tool, place and models. Weekends are quiet.
_SESSIONS = f"""
    CREATE TEMP TABLE session ON COMMIT DROP AS
    WITH numbers AS (
        SELECT {_numbers(DimensionKind.TOOL)} AS tools, {_numbers(DimensionKind.MODEL)} AS models,
               {_numbers(DimensionKind.REPOSITORY)} AS repositories, {_numbers(DimensionKind.LANGUAGE)} AS languages,
               {_numbers(DimensionKind.BRANCH)} AS branches, {_numbers(DimensionKind.TOOL_VERSION)} AS versions,
               {_numbers(DimensionKind.PRICES)} AS prices
    ), person AS (
        SELECT id AS contributor_id, random() AS tool, random() AS repository, random() AS language
        FROM teams_contributor WHERE organization_id = %(org)s
    ), worked AS (
        SELECT person.*, day::date AS day, number
        FROM person, generate_series(1, 3) AS number, generate_series(
            (now() AT TIME ZONE 'UTC')::date - %(days)s, (now() AT TIME ZONE 'UTC')::date - 1, interval '1 day') AS day
        WHERE random() < CASE WHEN extract(isodow FROM day) < 6 THEN 0.85 ELSE 0.05 END
    )
    SELECT nextval(pg_get_serial_sequence('events_session', 'id')) AS id, contributor_id, day,
           (day + interval '7 hours' + number * interval '3 hours' + random() * interval '40 minutes')
               AT TIME ZONE 'UTC' AS started_at,
           (random() * 2.4 + 0.3) * %(events)s / greatest(1, count(*) OVER ()) / 1.5 AS steps,
           {_one_of("tools", "(tool + CASE WHEN number = 3 THEN 0.3 ELSE 0 END)")} AS tool_id,
           {_one_of("models", "(tool + random() * 0.25)")} AS model_id,
           {_one_of("models", "(tool + random() * 0.5)")} AS second_model_id,
           {_one_of("repositories", "(repository + random() * 0.3)")} AS repository_id,
           {_one_of("languages", "(language + random() * 0.4)")} AS language_id,
           {_one_of("branches", "random()")} AS branch_id, {_one_of("versions", "random()")} AS tool_version_id,
           prices[1] AS prices_id, (random() * 11)::int AS path_class
    FROM worked, numbers
"""
# Of ten steps: a prompt, six model calls, two decisions and a count of lines. Kinds and outcomes by number: see
# events.schema.Kind, Outcome and CostBasis.
_EVENTS = """
    INSERT INTO events_event (organization_id, occurred_at, id, contributor_id, session_id, cost_micros, day, tool_id,
        tool_version_id, model_id, repository_id, branch_id, language_id, prices_id, count, input_tokens, output_tokens,
        cache_read_tokens, cache_write_tokens, reasoning_tokens, lines_added, lines_removed, kind, channel, path_class,
        outcome, cost_basis, is_superseded, is_modified, is_human, duration_ms)
    SELECT %(org)s, started_at + step * interval '47 seconds' + luck * interval '9 seconds',
           hashint8extended(id, step), contributor_id, id, CASE WHEN kind = 2 THEN (luck * 20000)::bigint ELSE 0 END,
           day, tool_id, tool_version_id,
           CASE WHEN kind = 2 THEN CASE WHEN step %% 13 = 2 THEN second_model_id ELSE model_id END ELSE 0 END,
           repository_id, branch_id, CASE WHEN kind = 3 THEN language_id ELSE 0 END,
           CASE WHEN kind = 2 THEN prices_id ELSE 0 END, 1,
           CASE WHEN kind = 2 THEN (luck * 2000)::int ELSE 0 END, CASE WHEN kind = 2 THEN (luck * 1500)::int ELSE 0 END,
           CASE WHEN kind = 2 THEN (luck * 60000)::int ELSE 0 END,
           CASE WHEN kind = 2 THEN (luck * 4000)::int ELSE 0 END, 0,
           CASE WHEN kind IN (3, 7) THEN (luck * 40)::int ELSE 0 END,
           CASE WHEN kind IN (3, 7) THEN (luck * 9)::int ELSE 0 END, kind, 20,
           CASE WHEN kind = 3 THEN (path_class + step %% 10) %% 12 ELSE 0 END,
           CASE WHEN kind <> 3 THEN 0 WHEN luck < 0.35 THEN 1 WHEN luck < 0.6 THEN 2 WHEN luck < 0.95 THEN 3 ELSE 4 END,
           CASE WHEN kind = 2 THEN 2 ELSE 0 END, false, kind = 3 AND luck < 0.05, false,
           CASE WHEN kind = 2 THEN (luck * 9000)::int END
    FROM (SELECT session.*, step, random() AS luck,
                 CASE step %% 10 WHEN 0 THEN 1 WHEN 4 THEN 3 WHEN 7 THEN 3 WHEN 9 THEN 7 ELSE 2 END AS kind
          FROM session, generate_series(0, greatest(0, steps::int - 1)) AS step ORDER BY started_at) planned
"""
_BASE = f"""
    CREATE TEMP TABLE base ON COMMIT DROP AS
    SELECT session_id, {", ".join(DETAIL_KEYS)}, count(*) AS events, max(occurred_at) AS newest_at,
           {", ".join(f"coalesce({expression}, 0)::bigint AS {name}" for name, expression in COUNTERS.items())}
    FROM events_event WHERE organization_id = %(org)s GROUP BY session_id, {", ".join(DETAIL_KEYS)}
"""
_KEPT_SESSIONS = f"""
    INSERT INTO events_session (id, organization_id, tool_id, key, contributor_id, repository_id, repository_at,
        branch_id, branch_at, started_at, ended_at, started_on, ranks, {", ".join(COUNTERS)})
    SELECT s.id, %(org)s, s.tool_id, 'bench-' || s.id, s.contributor_id, s.repository_id, s.started_at, s.branch_id,
           s.started_at, s.started_at, sums.newest_at, s.day, array_fill(50::smallint, ARRAY[9]),
           {", ".join(f"sums.{name}" for name in COUNTERS)}
    FROM session s JOIN (
        SELECT session_id, max(newest_at) AS newest_at,
               {", ".join(f"sum({name}::float8)::bigint AS {name}" for name in COUNTERS)}
        FROM base GROUP BY session_id) sums ON sums.session_id = s.id
"""
_INTAKE = """
    INSERT INTO events_intake_day (organization_id, day, source, fate, name, items, with_session, with_repository,
        with_person, skewed, last_event_at, last_seen_at)
    SELECT %(org)s, day, value, 1, '', sum(events), sum(events), sum(events), sum(events), 0, max(newest_at),
           max(newest_at)
    FROM base JOIN events_dimension d ON d.organization_id = %(org)s AND d.id = tool_id GROUP BY day, value
"""
_STATEMENTS = [
    *_WHO,
    _SESSIONS,
    _EVENTS,
    _BASE,
    _KEPT_SESSIONS,
    *(upsert(table, keys, "base") for table, keys in ROLLUPS.items()),
    _INTAKE,
]


if __name__ == "__main__":
    fill(plans_of(int(sys.argv[1])))
