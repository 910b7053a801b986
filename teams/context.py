"""What the frame of every page shows. Lazy: a page that shows none of it asks nothing of the database."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from codecard.lib.requests import theme_of
from codecard.lib.tenant import current_tenant, tenant
from teams import queries
from teams.models import Organization
from teams.permissions import memberships_of


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Of visitors `organization` is None and the lists are empty."""
    organization = cast(Organization | None, getattr(request, "organization", None))
    return {
        "organizations": SimpleLazyObject(lambda: _organizations(request)),
        "organization": organization,
        "teams": SimpleLazyObject(lambda: _teams(organization)),
        "permissions": {str(permission) for permission in getattr(request, "permissions", ())},
        "theme": theme_of(request),
        "version": settings.VERSION,
        "github_enabled": bool(settings.GITHUB_CLIENT_ID),
    }


def _organizations(request: HttpRequest) -> list[tuple[str, str]]:
    if not hasattr(request, "user"):
        return []
    return [(row.organization.slug, row.organization.name) for row in memberships_of(request)]


def _teams(organization: Organization | None) -> list[tuple[str, str]]:
    if organization is None:
        return []
    if current_tenant() == organization.id:
        return queries.teams_of(organization)
    with tenant(organization.id):
        return queries.teams_of(organization)
