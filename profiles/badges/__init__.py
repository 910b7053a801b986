"""The badges: one file each, found by looking, so that adding one is adding a file."""

import pkgutil
from functools import cache
from importlib import import_module

from profiles.badges._base import Badge
from profiles.models import EarnedBadge
from profiles.shown import ShownBadge
from teams.models import User


@cache
def all_badges() -> tuple[Badge, ...]:
    """Every badge of this package, by slug. Files that begin with `_` hold none."""
    names = (info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    return tuple(sorted((import_module(f"{__name__}.{name}").BADGE for name in names), key=lambda badge: badge.slug))


def shown_badges(user: User) -> tuple[ShownBadge, ...]:
    """The newest first. One whose file is gone isn't shown."""
    known = {badge.slug: badge for badge in all_badges()}
    rows = EarnedBadge.objects.filter(user=user, slug__in=known).order_by("-earned_on", "slug")
    return tuple(_shown(known[row.slug], row) for row in rows)


def _shown(badge: Badge, row: EarnedBadge) -> ShownBadge:
    return ShownBadge(badge.slug, badge.label, badge.criterion, badge.words(row.evidence), row.earned_on, badge.icon)
