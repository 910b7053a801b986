"""The organization's own admin site."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import get_script_prefix, get_urlconf, path, resolve, set_script_prefix, set_urlconf
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from teams.permissions import OrganizationRequest, Permission, organization_view

URLCONF = "teams.admin.urls"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.SEE_TEAM_PULL_REQUESTS)
def tables(request: OrganizationRequest, rest: str = "") -> HttpResponse:
    """What each table shows to whom is asked for there (`teams.admin.site`)."""
    with mounted(request.organization.slug):
        request.resolver_match = match = resolve(f"/{rest}")
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        return response


@contextmanager
def mounted(slug: str) -> Iterator[None]:
    """Inside, the site's addresses are the only ones, and all begin with the organization's.

    Django's admin makes its addresses at many places and knows no argument that leads them all. To mount it as a
    server mounts a program, below a prefix, is the one way that needs none of them to be known.
    """
    prefix, urlconf = get_script_prefix(), get_urlconf()
    set_script_prefix(f"{prefix}o/{slug}/admin/")
    set_urlconf(URLCONF)
    try:
        yield
    finally:
        set_script_prefix(prefix)
        set_urlconf(urlconf)


urlpatterns = [
    path("o/<slug:organization>/admin/", tables, name="organization_admin"),
    path("o/<slug:organization>/admin/<path:rest>", tables, name="organization_admin_page"),
]
