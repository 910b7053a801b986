"""Where authorship of lines comes in: git-ai notes and agent-trace records. Answered after the commit."""

from http import HTTPStatus

from django.http import HttpResponse, JsonResponse
from rest_framework.request import Request

from events.api.body import UnreadableBody, UnsupportedBody
from events.api.ingest import IngestView
from events.api.schema import document_attributions
from events.ledger.attributing import Attributed, attribute
from events.sources import _attributions
from events.sources._base import Unreadable
from teams.api import access_of

_TYPES = {"application/json", "application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain", ""}


@document_attributions
class AttributionsView(IngestView):
    """`POST /api/v1/attributions/`: an array of items, one item, one item per line, or one note as text."""

    def post(self, request: Request) -> HttpResponse:
        organization_id = access_of(request).organization_id
        body, media_type = self.body(request)
        if media_type not in _TYPES:
            raise UnsupportedBody("Content-Type must be application/json, application/x-ndjson or text/plain.")
        asked = request.query_params
        try:
            parsed = _attributions.parse(body, media_type, asked.get("repository", ""), asked.get("commit", ""))
        except Unreadable as error:
            raise UnreadableBody(f"The body can't be read: {error}.") from None
        is_dry = asked.get("dry_run", "").lower() in {"1", "true", "yes"}
        done = Attributed(len(parsed.items), 0) if is_dry else attribute(parsed.items, organization_id=organization_id)
        answer = {
            "accepted": done.stored,
            "duplicates": done.duplicates,
            "rejected": [{"index": item.index, "reason": item.reason} for item in parsed.rejected],
            "dry_run": is_dry,
        }
        return JsonResponse(answer, status=HTTPStatus.OK)
