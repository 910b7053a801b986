"""Finding a published profile for everybody, and keeping what was made of it. Nobody is known by a handle, and not
published, are the same, after the same questions."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from profiles.figures import shown_to
from profiles.handles import is_handle
from profiles.models import Audience, Profile
from profiles.queries import moved_to, profile_by_handle
from profiles.shown import Shown
from teams.queries import memberships_of

SECONDS_KEPT = 300
SECONDS_SHOWN = 60
"""What everybody sees is put together once in that time, for page, card and JSON alike."""
Made = TypeVar("Made")


def shown_to_everybody(found: Profile) -> Shown:
    return kept(found, "shown", lambda: shown_to(found, Audience.PUBLIC, now=timezone.now()), SECONDS_SHOWN)


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


def kept(found: Profile, variant: str, make: Callable[[], Made], seconds: int = SECONDS_KEPT) -> Made:
    """Made once in five minutes. The name tells every change of the profile, and whose work counts: taking back,
    forbidding and leaving show at once."""
    counted = [(one.organization_id, one.organization.allows_publication) for one in memberships_of(found.user)]
    told = f"{found.id} {found.changed_at.isoformat()} {counted} {variant}"
    key = f"share:{salted_hmac('codecard.share', told, algorithm='sha256').hexdigest()}"
    known: Made | None = cache.get(key)
    if known is None:
        known = make()
        cache.set(key, known, seconds)
    return known
