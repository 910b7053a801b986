"""`POST /api/v1/incidents/`: what a team's incident system knows of a defect, so that its origin can be found."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from events.actions.incidents import Told, UnknownRepositoryError, tell_incidents
from events.api.body import UnreadableBody, UnsupportedBody
from events.api.ingest import IngestView
from events.api.schema import document_incidents
from events.sources._repository import normalise
from teams.api import access_of

MOST_INCIDENTS = 1_000
YEARS = range(2000, 2200)
# JSON knows no whole numbers: 7.0 is one, too.
_Number = Annotated[float, msgspec.Meta(ge=1, le=2**31 - 1, multiple_of=1)]
_Sha = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{7,64}$")]


class IncidentBody(msgspec.Struct, forbid_unknown_fields=True, rename={"external_id": "id"}):
    """One incident."""

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
    opened_at: Annotated[datetime, msgspec.Meta(tz=True)]
    repository: Annotated[str, msgspec.Meta(min_length=3, max_length=300, pattern=r"^[^\x00-\x1f]+$")]
    url: Annotated[str, msgspec.Meta(max_length=500, pattern=r"^(https?://[^\s\x00-\x1f]+)?$")] = ""
    fix: _Number | None = None
    cause_number: _Number | None = None
    cause_sha: _Sha | None = None

    def told(self) -> Told:
        return Told(
            self.external_id, self.opened_at, normalise(self.repository) or self.repository, self.url,
            _whole(self.fix), self.cause_sha or "", _whole(self.cause_number),
        )  # fmt: skip


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


_decode_one = msgspec.json.Decoder(IncidentBody).decode
_decode_many = msgspec.json.Decoder(Annotated[list[IncidentBody], msgspec.Meta(max_length=MOST_INCIDENTS)]).decode


@document_incidents
class IncidentsView(IngestView):
    """All of the body is stored, or nothing of it."""

    def post(self, request: Request, path_key: str | None = None) -> HttpResponse:
        access = access_of(request)
        incidents = [one.told() for one in self._incidents(request)]
        try:
            new = tell_incidents(organization_id=access.organization_id, incidents=incidents, now=timezone.now())
        except UnknownRepositoryError as error:
            raise ValidationError({"repository": [_unknown(error.index)]}) from None
        answer: dict[str, Any] = {"stored": len(incidents), "new": new}
        return JsonResponse(answer, status=HTTPStatus.OK)

    def _incidents(self, request: Request) -> list[IncidentBody]:
        body, media_type = self.body(request)
        if media_type not in {"application/json", ""}:
            raise UnsupportedBody("Content-Type must be application/json.")
        try:
            told = _decode_many(body) if body.lstrip()[:1] == b"[" else [_decode_one(body)]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UnreadableBody(f"The body can't be read: {error}.") from None
        if any(one.opened_at.year not in YEARS for one in told):
            raise UnreadableBody("The body can't be read: opened_at is too long ago, or too far ahead.")
        return told


def _unknown(index: int) -> str:
    return (
        f"No connected repository has this name (incident {index}). Connect it in the settings, or check the spelling."
    )
