"""What all views of the query API share: who reads, how the answer is written, and that it is sent only once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from codecard.lib.tables import csv_lines
from events.api.query.parameters import Parameters
from events.api.query.throttle import QueryThrottle
from teams.api import KeyAuthentication
from teams.keys import Scope
from teams.readers import Reader, reading

CSV = "csv"
Header = Sequence[str]
Rows = Iterable[Sequence[object]]


class CsvRenderer(BaseRenderer):
    """Named for the negotiation alone; what is written is made by the view."""

    media_type = "text/csv"
    format = CSV
    charset = "utf-8"


class Negotiation(DefaultContentNegotiation):
    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002 - REST framework's name
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            raise ValidationError({"format": f"Possible: {', '.join(one.format for one in renderers)}."})
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """An answer that can be a file. `body`: as JSON. `rows` are read while they are sent, outside of the tenant."""

    body: Callable[[], Any]
    name: str
    header: Header
    rows: Callable[[], Rows]


class QueryView(APIView):
    """`known`: the parameters of the address beside the common ones. `answer` runs inside the reader's tenant, and
    gives a Table, or what is JSON alone."""

    http_method_names = ["get", "head", "options"]
    authentication_classes = [KeyAuthentication, SessionAuthentication]
    throttle_classes = [QueryThrottle]
    content_negotiation_class = Negotiation
    renderer_classes: Any = [JSONRenderer]
    scope: ClassVar[Scope] = Scope.METRICS
    known: ClassVar[tuple[str, ...]] = ()

    def get(self, request: Request, **named: Any) -> HttpResponseBase:
        with reading(request, self.scope) as reader:
            self.reader = reader
            answer = self.answer(reader, Parameters(request.query_params, self.known), **named)
            is_csv = request.accepted_renderer.format == CSV
            body = None if is_csv else answer.body() if isinstance(answer, Table) else answer
        return csv_response(answer) if is_csv else json_response(request, body)

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> Any:
        raise NotImplementedError

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        response["Cache-Control"] = "no-store"
        return response

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {"Vary": "Accept, Authorization, Cookie, X-API-Key", "Cache-Control": "private, no-cache"}


class TableView(QueryView):
    renderer_classes = [JSONRenderer, CsvRenderer]


def json_response(request: Request, body: Any) -> HttpResponseBase:
    """With a weak ETag of what it says; 304 where the client has just that. What is not finite is null."""
    content = msgspec.json.encode(body)
    etag = f'W/"{sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="application/json", headers={"ETag": etag})
    return get_conditional_response(request._request, etag=etag, response=response) or response


def csv_response(table: Table) -> HttpResponseBase:
    response = StreamingHttpResponse(csv_lines(table.header, table.rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return response
