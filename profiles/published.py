"""Finding a published profile for everybody, and what everybody sees of it. Nobody is known by a handle, and not
published, are the same, after the same questions."""

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from profiles import keeping
from profiles.figures import OF_YEAR, sections_for, worded
from profiles.handles import is_handle
from profiles.models import Audience, Profile, Section
from profiles.queries import moved_to, profile_by_handle
from profiles.shown import Shown
from profiles.tasks import put_together_anew

SECONDS_KEPT: Final = 300
"""How long readers may keep what is embedded."""


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
    """The one description of which page, card, badges, picture and JSON are made."""
    seen = sections_for(found, Audience.PUBLIC)
    return worded(found, seen & set(sections), _figures(found, seen, None))


def year_to_everybody(found: Profile, year: int) -> Shown:
    seen = sections_for(found, Audience.PUBLIC) & OF_YEAR
    return worded(found, seen, _figures(found, seen, year), year)


def _figures(found: Profile, seen: Collection[Section], year: int | None) -> Shown:
    key = keeping.key_of(found, seen, year)
    known = keeping.kept(key)
    if known is None:
        known = keeping.put_together(found, seen, year, key)
    elif known.is_stale(timezone.now()) and keeping.is_first(key):
        with suppress(OperationalError):  # without a broker it is old for an hour at most
            put_together_anew.delay(profile_id=found.id, year=year)
    return known.figures
