"""What every member has to be told on every page of an organization, and for how long."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from teams.models import Organization

GRACE = timedelta(days=7)
"""Between the wish to delete an organization and its end."""
TOLD_FOR = timedelta(days=30)
"""How long a lower privacy floor is told."""


class FloorNotice(NamedTuple):
    before: int
    now: int
    changed_on: date

    @property
    def is_lower(self) -> bool:
        """False: it was for a while, and is not any more."""
        return self.now < self.before


def erased_at(organization: Organization) -> datetime | None:
    """When everything of it goes, None for one that nobody wants gone."""
    return organization.deleted_at and organization.deleted_at + GRACE


def is_past_grace(organization: Organization, now: datetime) -> bool:
    at = erased_at(organization)
    return at is not None and now >= at


def floor_notice(organization: Organization, now: datetime) -> FloorNotice | None:
    before, at = organization.privacy_floor_before, organization.privacy_floor_changed_at
    if before is None or at is None or now >= at + TOLD_FOR:
        return None
    return FloorNotice(before, organization.privacy_floor, at.astimezone(ZoneInfo(organization.time_zone)).date())
