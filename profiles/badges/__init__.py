"""Badges, found by discovery."""

from collections.abc import Sequence

from profiles.shown import ShownBadge
from teams.models import User


def shown_badges(user: User) -> Sequence[ShownBadge]:
    return ()
