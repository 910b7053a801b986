"""One page, two answers: whole, or the part that htmx swaps. And what stands there when it fails."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from codecard.lib import problems
from codecard.lib.requests import request_id

P = ParamSpec("P")
log = logging.getLogger(__name__)


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part. Going back in history wants the whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def answer(request: HttpRequest, page: str, part: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, part if is_partial(request) else page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def failing_softly(
    target: str,
) -> Callable[[Callable[Concatenate[HttpRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Where a part was asked for and fails, the failure is a part as well: it takes the place of `target` (a CSS
    selector), and the rest of the page stays. Stands outside of the tenant."""

    def decorate(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                response = view(request, *args, **kwargs)
                return _reloaded() if is_partial(request) and response.status_code == 302 else response
            except (Http404, PermissionDenied):
                raise
            except Exception as error:
                if not is_partial(request):
                    raise
                if not problems.is_pressure(error):
                    log.exception("a part of a page failed")
                return _failed(request, target, is_pressure=problems.is_pressure(error))

        return wrapped

    return decorate


def _reloaded() -> HttpResponse:
    """Who was signed out meanwhile is sent to sign in by the page, and comes back to it: not by a part, to a part."""
    return HttpResponse(headers={"HX-Refresh": "true", "Vary": "HX-Request"})


def _failed(request: HttpRequest, target: str, *, is_pressure: bool) -> HttpResponse:
    context = {
        "title": "This part of the page could not be read",
        "detail": "The database is busy or away. Nothing is lost." if is_pressure else "It has been logged.",
        "failed_at": timezone.now(),
        "request_id": request_id.get(),
        "retry_url": request.get_full_path(),
        "target": target,
    }
    # Without the context processors: they ask the database, which may be what failed.
    response = render(None, "_components/error_fragment.html", context, status=503 if is_pressure else 500)
    patch_vary_headers(response, ["HX-Request"])
    return response
