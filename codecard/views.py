"""Pages that belong to no app: health, figures, the theme, and what is shown when something goes wrong."""

import logging
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.context_processors import csrf
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from client.code_card.application import archive
from codecard.lib import exposition, problems, requests

log = logging.getLogger(__name__)
THEMES = ("light", "dark", "auto")
THEME_AGE_SECONDS = 365 * 24 * 3600
# Who posts or reads here is a program, and gets problem details instead of a page.
_PROGRAMS = ("/otlp/", "/api/", "/webhooks/", "/-/", "/readyz", "/healthz")


def is_for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith(_PROGRAMS)


# --- the client ------------------------------------------------------------------------------------------------------


@cache
def _client() -> bytes:
    return archive(settings.BASE_DIR / "client" / "code_card")


@cache_control(public=True, max_age=300)
@require_safe
def client(request: HttpRequest) -> HttpResponse:
    """The command `code-card` as one file, for whoever connects a machine to this server."""
    content = _client()
    etag = f'"{sha256(content).hexdigest()}"'
    headers = {"ETag": etag, "Content-Disposition": 'attachment; filename="code-card.pyz"'}
    response = HttpResponse(content, content_type="application/octet-stream", headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response


# --- health ----------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up. It asks nobody else: a restart would not bring a database back."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests can be answered: 200 or 503, with the outcome of each check in words."""
    checks = {name: _outcome(check) for name, check in READINESS.items()}
    is_ready = all(outcome == "ok" for outcome in checks.values())
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    headers = None if is_ready else problems.pressure_headers()
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": checks}, status=status, headers=headers
    )


def _outcome(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:
        # The words of the error can name hosts and users: they are for the log only.
        log.warning("not ready: %s", error)
        return type(error).__name__


def _database() -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '2s'")
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    missing = _count_of_missing_migrations()
    if missing:
        _count_of_missing_migrations.cache_clear()
        return f"{missing} not applied"
    return "ok"


@cache
def _count_of_missing_migrations() -> int:
    """Once all are applied the answer stays the same for the life of the process."""
    loader = MigrationLoader(connection)
    return len(set(loader.disk_migrations) - set(loader.applied_migrations))


def _broker() -> str:
    with exposition.broker() as client:
        client.ping()
    return "ok"


READINESS = {"database": _database, "migrations": _migrations, "broker": _broker}


# --- figures ---------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the token, or on one's own machine without one."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not constant_time_compare(given, settings.METRICS_TOKEN):
            return problems.problem(
                401, "Send METRICS_TOKEN as a bearer token.", headers={"WWW-Authenticate": "Bearer"}
            )
    elif not (settings.IS_LOCAL and _is_loopback(request.META.get("REMOTE_ADDR", ""))):
        return problems.problem(404, "Set METRICS_TOKEN to open this page.")
    return HttpResponse(exposition.expose(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


# --- theme -----------------------------------------------------------------------------------------------------------


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps light, dark or auto in a cookie, and goes back."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    chosen = request.POST.get("theme", "auto")
    response.set_cookie(
        "theme",
        chosen if chosen in THEMES else "auto",
        max_age=THEME_AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


# --- when something goes wrong ---------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 400, "This request can't be read", "Go back and try again.")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 403, "You can't open this page", "Ask an admin of your organization for the right to.")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failure(request, 404, "There is no such page", "It does not exist, or it belongs to somebody else.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception, so the exception can still be asked for. It comes here from
    middleware too, where `process_exception` hears nothing."""
    if problems.is_pressure(sys.exception()):
        return problems.pressure_problem() if is_for_programs(request) else unavailable(request)
    return _failure(request, 500, "Something went wrong on our side", "It has been logged. Try again in a moment.")


def unavailable(request: HttpRequest) -> HttpResponse:
    return page(
        request, 503, "Code Card is busy or its database is away", "Nothing is lost. Try again in a few seconds."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _failure(
        request, 403, "This form has expired", "Go back, reload the page and send it again. Cookies must be on."
    )


def _failure(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    if is_for_programs(request):
        return problems.problem(status, f"{title}. {advice}")
    return page(request, status, title, advice)


def page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    """A page without context processors: it must not ask for the session, the user or the database."""
    if request.headers.get("HX-Request"):
        return _fragment(request, status, title, advice)
    context = {
        "status": status,
        "title": title,
        "advice": advice,
        "version": settings.VERSION,
        "theme": requests.theme_of(request),
    }
    html = render_to_string("error.html", context | csrf(request))
    return HttpResponse(html, status=status, headers=problems.pressure_headers() if status == 503 else None)


def _fragment(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    """What htmx puts in place of the one panel that failed; the rest of the page stays."""
    context = {
        "title": title,
        "detail": advice,
        "failed_at": timezone.now(),
        "request_id": requests.request_id.get(),
        "retry_url": request.get_full_path(),
    }
    html = render_to_string("_components/error_fragment.html", context)
    return HttpResponse(html, status=status, headers=problems.pressure_headers() if status == 503 else None)
