"""What was read and not applied yet: kept for half an hour, for the one who read it and for one organization only."""

import secrets

from django.core.cache import cache

from teams.imports.lines import Source, as_data, from_data
from teams.models import Organization, User

SECONDS_KEPT = 30 * 60


def keep(source: Source, organization: Organization, user: User) -> str:
    """The id by which it is found again."""
    found_by = secrets.token_hex(16)
    cache.set(_key(found_by, organization, user), as_data(source), timeout=SECONDS_KEPT)
    return found_by


def find(found_by: str, organization: Organization, user: User) -> Source | None:
    data = cache.get(_key(found_by, organization, user))
    return from_data(data) if data else None


def forget(found_by: str, organization: Organization, user: User) -> None:
    cache.delete(_key(found_by, organization, user))


def _key(found_by: str, organization: Organization, user: User) -> str:
    return f"team-import:{organization.id}:{user.id}:{found_by[:64]}"
