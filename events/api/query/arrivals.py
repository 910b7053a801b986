"""`GET /api/v1/contributors/me/arrivals/`: what the reader sent in the last day, by tool."""

from typing import Any

from django.utils import timezone

from events.api.query.parameters import Parameters
from events.api.query.views import QueryView
from events.api.schema import document_arrivals
from events.queries.onboarding import FromTool, arrivals
from teams.keys import Scope
from teams.readers import Reader


@document_arrivals
class ArrivalsView(QueryView):
    """Of the reader alone, as counts."""

    scope = Scope.OWN

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> dict[str, Any]:
        found = arrivals(reader.organization.id, reader.person_id or 0, timezone.now())
        return {"tools": [_told(one) for one in found]}


def _told(one: FromTool) -> dict[str, Any]:
    return {
        "tool": one.tool,
        "events": one.events,
        "tokens": one.tokens,
        "cost_usd": one.cost_micros / 1_000_000,
        "sessions": one.sessions,
        "with_repository": one.with_repository,
        "last_at": one.last_at.isoformat(),
    }
