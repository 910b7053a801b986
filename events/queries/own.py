"""What one person did in one organization, for the person alone or for whom they choose. Inside the tenant.

From daily sums, sessions and pull requests. Cost follows the days asked for and the person's own rows.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from codecard.lib.periods import Days
from events.models import AiClass, DimensionKind
from events.queries.reading import rows
from events.task_types import TaskType, task_type_of_suggestion


class OwnDay(NamedTuple):
    """One day of the person. `accepted`: suggestions, by themselves or by a rule of theirs, completions included.
    `cached`: tokens read from a cache and written to it."""

    day: date
    accepted: int
    prompts: int
    requests: int
    output: int
    input: int
    cached: int
    cost_micros: int
    lines: int


# Primary key of events_contributor_day (organization_id, day, contributor_id).
_DAYS = """
    SELECT day, (accepted + auto_accepted + completions_accepted), prompts, requests, output_tokens, input_tokens,
           cache_read_tokens + cache_write_tokens, cost_given_micros + cost_estimated_micros, lines_added
    FROM events_contributor_day
    WHERE organization_id = %(org)s AND day >= %(start)s AND day < %(end)s AND contributor_id = %(person)s
    ORDER BY day
"""


def own_days(organization_id: int, person: int, days: Days) -> list[OwnDay]:
    """Days with anything at all, oldest first."""
    return [OwnDay(*row) for row in rows(_DAYS, _asked(organization_id, person, days))]


class OwnPart(NamedTuple):
    """Sums of everything that was done by one tool with one model at one kind of work. Names are "" if unknown."""

    tool: str
    model: str
    task: TaskType | None
    tokens: int
    output: int
    accepted: int
    lines: int
    cost_micros: int


# Primary key of events_detail_day (organization_id, day, contributor_id, …), probed once for each active day.
_PARTS = """
    SELECT tool_id, model_id, language_id, path_class,
           sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)::bigint,
           sum(output_tokens)::bigint, sum(accepted + auto_accepted + completions_accepted)::bigint,
           sum(lines_added)::bigint, sum(cost_given_micros + cost_estimated_micros)::bigint
    FROM events_detail_day
    WHERE organization_id = %(org)s AND day = ANY(%(days)s) AND contributor_id = %(person)s
    GROUP BY 1, 2, 3, 4
"""


class OwnFirst(NamedTuple):
    """The first day on which a suggestion of one tool was accepted for one kind of work. `tool` "" if unknown."""

    tool: str
    task: TaskType | None
    on: date


# Primary key of events_detail_day, probed once for each active day.
_FIRSTS = """
    SELECT tool_id, language_id, path_class, min(day) FROM events_detail_day
    WHERE organization_id = %(org)s AND day = ANY(%(days)s) AND contributor_id = %(person)s
      AND accepted + auto_accepted + completions_accepted > 0
    GROUP BY 1, 2, 3
"""


def own_firsts(organization_id: int, person: int, days: Sequence[date]) -> list[OwnFirst]:
    """Of the given days, in no order."""
    found = rows(_FIRSTS, {"org": organization_id, "person": person, "days": list(days)})
    names = _names(organization_id, {number for row in found for number in row[:2]})
    return [
        OwnFirst(names.get(tool, ""), task_type_of_suggestion(path_class, names.get(language)), on)
        for tool, language, path_class, on in found
    ]


class OwnMonth(NamedTuple):
    """What one model took in one month. `model` "" if unknown; `cost_micros` None where none of it has a price."""

    month_on: date
    model: str
    output: int
    input: int
    cached: int
    cost_micros: int | None


# Primary key of events_detail_day, probed once for each active day.
_MONTHS = """
    SELECT date_trunc('month', day)::date, model_id, sum(output_tokens)::bigint, sum(input_tokens)::bigint,
           sum(cache_read_tokens + cache_write_tokens)::bigint,
           CASE WHEN sum(unpriced_tokens) > 0 AND sum(cost_given_micros + cost_estimated_micros) = 0 THEN NULL
                ELSE sum(cost_given_micros + cost_estimated_micros)::bigint END
    FROM events_detail_day
    WHERE organization_id = %(org)s AND day = ANY(%(days)s) AND contributor_id = %(person)s
    GROUP BY 1, 2 HAVING sum(output_tokens + input_tokens + cache_read_tokens + cache_write_tokens) > 0 ORDER BY 1, 2
"""


def own_months(organization_id: int, person: int, days: Sequence[date]) -> list[OwnMonth]:
    """Of the given days, oldest first."""
    found = rows(_MONTHS, {"org": organization_id, "person": person, "days": list(days)})
    names = _names(organization_id, {row[1] for row in found})
    return [OwnMonth(month_on, names.get(model, ""), *sums) for month_on, model, *sums in found]


# Unique index dimension_in_organization.
_NAMES = "SELECT id, value FROM events_dimension WHERE organization_id = %(org)s AND id = ANY(%(ids)s)"


def own_parts(organization_id: int, person: int, days: Sequence[date]) -> list[OwnPart]:
    """Of the given days, in no order."""
    found = rows(_PARTS, {"org": organization_id, "person": person, "days": list(days)})
    names = _names(organization_id, {number for row in found for number in row[:3]})
    return [
        OwnPart(
            names.get(tool, ""), names.get(model, ""), task_type_of_suggestion(path_class, names.get(language)), *sums
        )
        for tool, model, language, path_class, *sums in found
    ]


def _names(organization_id: int, numbers: set[int]) -> dict[int, str]:
    return dict(rows(_NAMES, {"org": organization_id, "ids": sorted(numbers)}))


# Index session_by_day (organization_id, started_on, contributor_id).
_SESSIONS = """
    SELECT count(*) FROM events_session
    WHERE organization_id = %(org)s AND started_on >= %(start)s AND started_on < %(end)s
      AND contributor_id = %(person)s AND NOT is_instance
"""


def own_sessions(organization_id: int, person: int, days: Days) -> int:
    [(count,)] = rows(_SESSIONS, _asked(organization_id, person, days))
    return int(count)


class OwnRepository(NamedTuple):
    """AI-assisted pull requests of the person in one repository, integrated in the days asked for."""

    id: int
    full_name: str
    is_private: bool
    dimension_id: int
    pull_requests: int
    median_seconds: float | None
    """From the first prompt to the default branch."""


# Indexes: pull_request_of_author (organization, author, …), identity_in_organization, latency_once.
_REPOSITORIES = f"""
    SELECT r.id, r.full_name, r.is_private, r.dimension_id, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY l.seconds) FILTER (WHERE l.seconds IS NOT NULL)
    FROM events_pullrequest p
    JOIN events_repository r ON r.organization_id = p.organization_id AND r.id = p.repository_id
    LEFT JOIN events_latency l ON l.organization_id = p.organization_id AND l.pull_request_id = p.id
    WHERE p.organization_id = %(org)s AND p.integrated_at >= %(from)s AND p.integrated_at < %(to)s
      AND p.ai_class = '{AiClass.AI}' AND NOT p.is_bot AND NOT p.is_backport
      AND p.author_id = ANY(ARRAY(SELECT id FROM teams_identity
                                  WHERE organization_id = %(org)s AND contributor_id = %(person)s))
    GROUP BY r.id, r.full_name, r.is_private, r.dimension_id ORDER BY count(*) DESC, r.full_name
"""


def own_repositories(organization_id: int, person: int, days: Days, zone: str) -> list[OwnRepository]:
    """The most pull requests first."""
    start, end = days.moments(ZoneInfo(zone))
    asked = _asked(organization_id, person, days) | {"from": start, "to": end}
    return [OwnRepository(*row) for row in rows(_REPOSITORIES, asked)]


# Primary key of events_detail_day, probed once for each active day.
_LANGUAGES = f"""
    SELECT x.repository_id, d.value, sum(x.lines_added + x.accepted) FROM events_detail_day x
    JOIN events_dimension d ON d.organization_id = x.organization_id AND d.id = x.language_id
    WHERE x.organization_id = %(org)s AND x.day = ANY(%(days)s) AND x.contributor_id = %(person)s
      AND d.kind = {DimensionKind.LANGUAGE:d}
    GROUP BY 1, 2 ORDER BY 3, 2
"""


def own_languages(organization_id: int, person: int, days: Sequence[date]) -> dict[int, str]:
    """The language of most accepted code in each repository, by its number among the dimensions."""
    found = rows(_LANGUAGES, {"org": organization_id, "person": person, "days": list(days)})
    return {repository: language for repository, language, _ in found}


def _asked(organization_id: int, person: int, days: Days) -> dict[str, object]:
    return {"org": organization_id, "person": person, "start": days.start_on, "end": days.end_on}
