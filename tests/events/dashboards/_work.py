"""Work that tests need people to have done, stored by the ledger as if tools had told it."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from events.ledger import record
from events.schema import Activity, Event, Prompt, Response, Suggestion
from events.sources import code_card
from events.sources._base import Group, Parsed
from teams.key_cache import Access
from teams.models import Contributor, KeyKind, Organization
from tests import factories

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
"""A Wednesday."""
LAST_WEEK = date(2026, 5, 25)
_numbers = count(1)


def monday(weeks_ago: int) -> date:
    """0 is the running week."""
    return LAST_WEEK + timedelta(weeks=1 - weeks_ago)


def store(organization: Organization, person: Contributor, *events: Event, now: datetime = NOW) -> None:
    key = factories.make_key(organization, contributor=person).key
    parsed = Parsed()
    parsed.groups[Group("code-card", code_card.CHANNEL, None)] = list(events)
    access = Access(organization.id, key.id, person.id, KeyKind.INGEST, frozenset())
    receipt = record(parsed, access, now=now, source="code-card")
    assert receipt.stored == len(events)


def work(
    organization: Organization,
    person: Contributor,
    week_on: date,
    *,
    accepted: int = 0,
    rejected: int = 0,
    auto: int = 0,
    prompts: int = 1,
    tokens: int = 100,
    lines: int = 0,
    tool: str = "claude-code",
    model: str | None = "claude-sonnet-4-5",
    cost_usd: float | None = 0.5,
    now: datetime = NOW,
) -> None:
    """One session on the Monday of a week, at noon."""
    at = datetime.combine(week_on, time(12), UTC)
    common: dict[str, Any] = {"at": at, "tool": tool, "session": f"session-{next(_numbers)}", "model": model}
    events: list[Event] = [Prompt(id=_id(), **common) for _ in range(prompts)]
    if tokens:
        events.append(Response(id=_id(), input_tokens=tokens, cost_usd=cost_usd, **common))
    if accepted:
        events.append(Suggestion(id=_id(), outcome="accepted", decided_by="person", count=accepted, **common))
    if rejected:
        events.append(Suggestion(id=_id(), outcome="rejected", decided_by="person", count=rejected, **common))
    if auto:
        events.append(Suggestion(id=_id(), outcome="accepted", decided_by="rule", count=auto, **common))
    if lines:
        events.append(Activity(id=_id(), lines_added=lines, **common))
    store(organization, person, *events, now=now)


def _id() -> str:
    return f"fact-{next(_numbers)}"
