"""What the frame of every page shows of pull requests: how many were opened lately. Lazy, and remembered for a minute,
so that a page costs nothing more for it."""

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from codecard.lib.formats import count
from codecard.lib.tenant import tenant
from events.queries.pull_requests import MOST_COUNTED, count_opened, reach_of
from teams.models import Organization, User
from teams.permissions import Permission

WINDOW = timedelta(days=28)
REMEMBERED_SECONDS = 60


def pull_requests(request: HttpRequest) -> dict[str, Any]:
    return {"pulls_opened": SimpleLazyObject(lambda: _opened(request))}


def _opened(request: HttpRequest) -> str:
    """ "" where there are none, or for whom there is no such page."""
    organization, membership = getattr(request, "organization", None), getattr(request, "membership", None)
    permissions: frozenset[Permission] = getattr(request, "permissions", frozenset())
    if not isinstance(organization, Organization) or not isinstance(request.user, User) or membership is None:
        return ""
    if Permission.SEE_OWN_PULL_REQUESTS not in permissions:
        return ""
    key = f"pulls-opened:{organization.id}:{request.user.id}:{membership.role}"
    found = cache.get(key)
    if found is None:
        with tenant(organization.id):
            reach = reach_of(organization, request.user, permissions)
            found = count_opened(organization, reach, timezone.now() - WINDOW)
        cache.set(key, found, REMEMBERED_SECONDS)
    return f"{count(MOST_COUNTED)}+" if found > MOST_COUNTED else count(found) if found else ""
