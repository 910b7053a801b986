"""Finding a published profile for everybody, and keeping what was made of it. Nobody is known by a handle, and not
published, are the same, after the same questions."""

from collections.abc import Callable

from django.core.cache import cache
from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

from profiles.handles import is_handle
from profiles.models import Profile
from profiles.queries import moved_to, profile_by_handle

SECONDS_KEPT = 300


def published(handle: str, name: str, *more: str) -> Profile | HttpResponsePermanentRedirect | None:
    """The published profile, None where there is none, or the way to where it moved.

    :param name: of the address that was asked for; `more` is what follows the handle in it.
    :raises Http404: nobody can have this handle.
    """
    lower = handle.lower()
    if not is_handle(lower):
        raise Http404
    found, now_at = profile_by_handle(lower), moved_to(lower)
    target = lower if lower != handle else now_at if found is None else None
    return found if target is None else HttpResponsePermanentRedirect(reverse(name, args=[target, *more]))


def kept(found: Profile, variant: str, make: Callable[[], bytes]) -> bytes:
    """Made once in five minutes. The name tells every change of the profile, so that taking it back shows at once."""
    told = f"{found.id} {found.changed_at.isoformat()} {variant}"
    key = f"share:{salted_hmac('codecard.share', told, algorithm='sha256').hexdigest()}"
    known: bytes | None = cache.get(key)
    if known is None:
        known = make()
        cache.set(key, known, SECONDS_KEPT)
    return known
