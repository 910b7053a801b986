"""Answers to whoever asks too often. What the subject of a limit is: an address of the network here, a mailbox or an
account where the limit is asked."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from codecard.lib.limits import Limit

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def too_many_requests(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    """The page for 429, allauth's too."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(seconds)
    return response


def limited(limit: Limit, methods: tuple[str, ...] = ("GET", "POST")) -> Callable[[View[P]], View[P]]:
    """Of a view: so many requests per address of the network."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method in methods and not limit.admits(get_adapter().get_client_ip(request)):
                return too_many_requests(request, limit.seconds)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate
