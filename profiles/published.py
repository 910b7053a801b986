"""Finding a published profile for everybody, and what everybody sees of it. Nobody is known by a handle, and not
published, are the same, after the same questions."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from django.core.cache import cache
from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from profiles.figures import shown_of_year, shown_to
from profiles.handles import is_handle
from profiles.models import Audience, Profile, Section
from profiles.queries import moved_to, profile_by_handle
from profiles.shown import Shown
from teams.queries import memberships_of

SECONDS_KEPT = 300
"""How long readers may keep what is embedded."""
SECONDS_SHOWN = 60
Made = TypeVar("Made")


def published(handle: str, name: str, *more: str) -> Profile | HttpResponsePermanentRedirect | None:
    """The published profile, None where there is none, or the way to where it moved.

    :param name: of the address that was asked for; `more` is what follows the handle in it.
    :raises Http404: nobody can have this handle.
    """
    lower = handle.lower()
    if not is_handle(lower):
        raise Http404
    found = profile_by_handle(lower)
    target = lower if lower != handle else moved_to(lower) if found is None else None
    return found if target is None else HttpResponsePermanentRedirect(reverse(name, args=[target, *more]))


def shown_to_everybody(found: Profile, sections: Collection[Section] = tuple(Section)) -> Shown:
    """Put together once a minute, for page, card, badges, picture and JSON alike."""
    return _put_together(
        found, str(sorted(sections)), lambda now: shown_to(found, Audience.PUBLIC, now=now, sections=sections)
    )


def year_to_everybody(found: Profile, year: int) -> Shown:
    return _put_together(found, str(year), lambda now: shown_of_year(found, year, now=now))


def _put_together(found: Profile, what: str, make: Callable[[datetime], Shown]) -> Shown:
    """The key names every change of the profile, and whose work counts: taking back, forbidding and leaving show at
    once."""
    counted = [(one.organization_id, one.organization.allows_publication) for one in memberships_of(found.user)]
    told = f"{found.id} {found.changed_at.isoformat()} {counted} {what}"
    key = salted_hmac("codecard.shown", told, algorithm="sha256").hexdigest()
    return remembered(f"shown:{key}", lambda: make(timezone.now()))


def remembered(key: str, make: Callable[[], Made], seconds: int = SECONDS_SHOWN) -> Made:
    """Made again where the cache is away: it takes longer, and that is all."""
    try:
        known: Made | None = cache.get(key)
    except RedisError:
        return make()
    if known is None:
        known = make()
        with suppress(RedisError):
            cache.set(key, known, seconds)
    return known
