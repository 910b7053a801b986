"""`GET /api/v1/usage/`: what the organization used, as billing data: exact, at any size, never by person."""

from datetime import date
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from codecard.lib.tenant import tenant
from events.api.schema import document_usage
from events.models import COUNTERS
from events.queries import Breakdown, UsageRow, usage
from teams.api import KeyAuthentication, MayRead, access_of
from teams.keys import Scope

_BEGINNING = date(2000, 1, 1)
_END = date(2200, 1, 1)


@document_usage
class UsageView(APIView):
    """Rows add up to the total. What has no model stands in the row whose model is null; a session is counted once."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [MayRead(Scope.USAGE)]  # type: ignore[list-item]  # called like a class

    def get(self, request: Request) -> Response:
        start = _day(request, "from", _BEGINNING)
        end = _day(request, "to", _END)
        if start >= end:
            raise ValidationError({"to": "`to` must be later than `from`: the days are [from, to)."})
        by = _breakdowns(request.query_params.get("by", ""))
        organization_id = access_of(request).organization_id
        with tenant(organization_id):
            rows = usage(organization_id, start, end, by)
        listed = [{**row.keys, **_amounts(row)} for row in rows] if by else []
        return Response({"rows": listed, "total": _amounts(_total(rows))})


def _total(rows: list[UsageRow]) -> UsageRow:
    """The rows added up: every fact and every session stands in exactly one of them."""
    counters = {name: sum(row.counters[name] for row in rows) for name in COUNTERS}
    return UsageRow({}, counters, sum(row.sessions for row in rows))


def _day(request: Request, name: str, default: date) -> date:
    value = request.query_params.get(name)
    if not value:
        return default
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValidationError({name: f"`{name}` must be a day such as {timezone.now().date().isoformat()}."}) from None


def _breakdowns(value: str) -> list[Breakdown]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    if "contributor" in names:
        raise ValidationError({"by": "Usage is never broken down by contributor: that would be one person's number."})
    try:
        return list(dict.fromkeys(Breakdown(name) for name in names))
    except ValueError:
        raise ValidationError({"by": f"`by` takes {', '.join(Breakdown)}, separated by commas."}) from None


def _amounts(row: UsageRow) -> dict[str, Any]:
    counted = row.counters
    micros = counted["cost_given_micros"] + counted["cost_estimated_micros"]
    return {
        "requests": counted["requests"],
        "tokens": {
            "input": counted["input_tokens"],
            "output": counted["output_tokens"],
            "cache_read": counted["cache_read_tokens"],
            "cache_write": counted["cache_write_tokens"],
            "reasoning": counted["reasoning_tokens"],
        },
        # Unpriced is not free: without any price there is no cost to tell.
        "cost_usd": None if not micros and counted["unpriced_tokens"] else micros / 1_000_000,
        "cost_given_usd": counted["cost_given_micros"] / 1_000_000,
        "cost_estimated_usd": counted["cost_estimated_micros"] / 1_000_000,
        "unpriced_tokens": counted["unpriced_tokens"],
        "lines_added": counted["lines_added"],
        "lines_removed": counted["lines_removed"],
        "suggestions": {
            "accepted": counted["accepted"] + counted["completions_accepted"],
            "rejected": counted["rejected"] + counted["completions_rejected"],
            "auto": counted["auto_accepted"] + counted["auto_rejected"],
            "auto_rejected": counted["auto_rejected"],
        },
        "sessions": row.sessions,
        "prompts": counted["prompts"],
        "commits": counted["commits"],
        "pull_requests": counted["pull_requests"],
    }
