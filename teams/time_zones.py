"""IANA time zone names as people type them."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

LONGEST_NAME = 64


def validate_time_zone(name: str) -> None:
    """:raises ValidationError: when no such zone is known here."""
    if name not in available_timezones():
        raise ValidationError("%(name)s is no time zone. Use a name such as Europe/Berlin.", params={"name": name})
