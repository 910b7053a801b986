"""Pages by cursor: each begins after the last row of the one before, however many rows came in since."""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from events.api.query.parameters import Parameters

PARAMETERS: Final = ("cursor", "limit")
DEFAULT_LIMIT, MOST = 50, 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = struct.Struct(">qq")


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of the rows, in order. `next`: the cursor of the page after it, "" if there is none."""

    ids: list[int]
    next: str


def page_of(rows: QuerySet[Any], at: str, asked: Parameters) -> Page:
    """`rows` in falling order of the time `at` and the id. :raises ValidationError: for a cursor that is none."""
    limit = asked.integer("limit", DEFAULT_LIMIT, least=1, most=MOST)
    if asked.has("cursor"):
        moment, row_id = _read(asked.text("cursor"))
        is_after = Q(**{f"{at}__lt": moment}) | Q(**{at: moment, "id__lt": row_id})
        rows = rows.filter(is_after, **{f"{at}__lte": moment})
    found = list(rows.values_list("id", at)[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page([row_id for row_id, _ in found[:limit]], _write(last[1], last[0]) if last else "")


def page_json(request: HttpRequest, page: Page, rows: list[dict[str, Any]]) -> dict[str, Any]:
    query = request.GET.copy()
    query["cursor"] = page.next
    address = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"rows": rows, "next": address if page.next else None}


def _write(at: datetime, row_id: int) -> str:
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(_SHAPE.pack(micros, row_id)).decode().rstrip("=")


def _read(text: str) -> tuple[datetime, int]:
    try:
        micros, row_id = _SHAPE.unpack(base64.b64decode(text + "==", altchars=b"-_", validate=True))
        return _EPOCH + timedelta(microseconds=micros), row_id
    except (binascii.Error, struct.error, ValueError, OverflowError):
        raise ValidationError({"cursor": "No cursor of this list: take it from `next` of the page before."}) from None
