"""Around every request: its log line and figures, 503 for pressure, and the operator's database role."""

import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from codecard.lib import exposition, problems, requests
from codecard.routers import is_operator
from codecard.views import is_for_programs, unavailable

GetResponse = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger("codecard.request")
_STATIC_PATH = urlsplit(settings.STATIC_URL).path


class RequestLog:
    """Gives each request an id and writes one line about it. Never its path: keys and invitations stand in paths."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = requests.accepted_id(request.headers.get("X-Request-ID", ""))
        id_token = requests.request_id.set(request_id)
        organization_token = requests.organization_id.set(None)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            self._record(request, response, time.perf_counter() - started)
        finally:
            requests.request_id.reset(id_token)
            requests.organization_id.reset(organization_token)
        return response

    def _record(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        route = route_of(request)
        exposition.observe(request.method or "", route, response.status_code, seconds)
        fields: dict[str, object] = {"method": request.method, "route": route, "status": response.status_code}
        fields["duration_ms"] = round(seconds * 1000, 1)
        if organization_id := requests.organization_id.get():
            fields["organization_id"] = organization_id
        log.info("request", extra={"fields": fields})


def route_of(request: HttpRequest) -> str:
    """The name of the matched route, or its pattern; never the path."""
    match = request.resolver_match
    if match:
        return match.view_name if match.url_name else match.route
    return "static" if request.path_info.startswith(_STATIC_PATH) else "unmatched"


class PermissionsPolicy:
    """No page asks for a device of the visitor, so nothing that gets into one may either."""

    VALUE = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.VALUE
        return response


class DatabaseAway:
    """Answers pressure with 503 and Retry-After: clients retry that, and drop data on 500.

    Errors inside other middleware don't come here but to `codecard.views.server_error`, which answers alike.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 503:
            close_broken_connections()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not problems.is_pressure(error):
            return None
        log.warning("pressure: %s", error, extra={"fields": {"route": route_of(request)}})
        return problems.pressure_problem() if is_for_programs(request) else unavailable(request)


def close_broken_connections() -> None:
    """The next request gets a new connection, instead of one that only its health check finds dead."""
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
            connection.close()


class OperatorDatabase:
    """Under `/admin/` everything, sessions and users included, is read and written under the operator's role, which
    sees all organizations. Stands before the session's middleware."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = is_operator.set(request.path_info.startswith("/admin/"))
        try:
            return self.get_response(request)
        finally:
            is_operator.reset(token)
