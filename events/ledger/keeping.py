"""From when on the ledger keeps the facts themselves. Of what is older only sums are left, so nothing can tell whether
a fact that comes again is in them: it is refused."""

from datetime import UTC, date, datetime, time

from teams.models import Organization

KEPT_FROM = "kept_from"
"""Of the organization's settings: the first local day whose facts are all there, as a date in ISO form."""


def kept_from(organization: Organization) -> date | None:
    """None while nothing was deleted by age."""
    return _day(organization.settings.get(KEPT_FROM))


def kept_since(stored: str | None) -> datetime | None:
    """The first moment that can't lie on a day that is gone, wherever the person is: a local day ends up to twelve
    hours after that of UTC."""
    day = _day(stored)
    return datetime.combine(day, time(12), UTC) if day else None


def _day(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None
