"""What everybody sees of a profile, kept in the cache so that it is put together once for many who look."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from profiles.figures import figures_for_everybody
from profiles.models import Profile, Section
from profiles.shown import Shown
from teams.queries import publications_of

SECONDS_FRESH: Final = 60
"""Older than this it is shown once more, and put together anew behind it."""
SECONDS_KEPT: Final = 3600
Made = TypeVar("Made")


class Kept(NamedTuple):
    made_at: datetime
    figures: Shown
    """Without words and badges, which a person changes and which are read as they are."""

    def is_stale(self, now: datetime) -> bool:
        return (now - self.made_at).total_seconds() > SECONDS_FRESH


def key_of(profile: Profile, sections: Collection[Section], year: int | None) -> str:
    """It tells what figures rest on, but for the data themselves: whose work counts and what is public. So taking back,
    forbidding, leaving and deleting show at once."""
    told = (
        profile.id, profile.taken_back_at, profile.rest_days, profile.pinned, profile.left_out, profile.user.time_zone,
        publications_of(profile.user_id), sorted(sections), year,
    )  # fmt: skip
    return f"shown:{salted_hmac('codecard.shown', repr(told), algorithm='sha256').hexdigest()}"


def kept(key: str) -> Kept | None:
    try:
        found: Kept | None = cache.get(key)
    except RedisError:
        return None
    return found


def put_together(profile: Profile, sections: Collection[Section], year: int | None, key: str) -> Kept:
    made = Kept(timezone.now(), figures_for_everybody(profile, sections, year, now=timezone.now()))
    with suppress(RedisError):
        cache.set(key, made, SECONDS_KEPT)
    return made


def is_first(key: str) -> bool:
    """Whether nobody else asked to put it together anew within the last minute."""
    try:
        return bool(cache.add(f"{key}:asked", 1, SECONDS_FRESH))
    except RedisError:
        return False


def remembered(key: str, make: Callable[[], Made], seconds: int) -> Made:
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
