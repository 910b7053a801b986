"""What is shown to the world."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.context_processors import csrf
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from codecard.lib.requests import theme_of


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The landing page. It works while the database is away, so it asks neither for the session nor for the user."""
    context = {
        "request": request,
        "theme": theme_of(request),
        "version": settings.VERSION,
        "has_session": settings.SESSION_COOKIE_NAME in request.COOKIES,
        **csrf(request),
    }
    # Without `request=`: the context processors read the session.
    return HttpResponse(render_to_string("profiles/landing.html", context))
