"""What GitHub says of its rate limits, and how long to wait for them. Pure: nobody sleeps here.

REST and GraphQL have limits of their own (`x-ratelimit-resource`); secondary ones name no number, at best a time
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Limits = dict[str, dict[str, int]]
"""{resource: {"limit", "remaining", "reset" (unix seconds)}}, as `Connection.limits`."""

CORE, GRAPHQL = "core", "graphql"
SECONDARY: Final = timedelta(seconds=60)
"""How long GitHub asks to wait at least where it doesn't say."""
_LONGEST: Final = timedelta(hours=2)
_WORDS: Final = ("rate limit", "abuse detection")
KEPT_SHARE: Final = 10
"""A backfill leaves a tenth of the limit to what has just happened."""


def told(headers: Mapping[str, str]) -> Limits:
    """What one answer says; empty where it says nothing."""
    numbers = {name: _number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset")}
    if numbers["remaining"] is None or numbers["reset"] is None:
        return {}
    resource = headers.get("x-ratelimit-resource", CORE)[:40]
    return {resource: {name: value for name, value in numbers.items() if value is not None}}


def wait_after(status: int, headers: Mapping[str, str], message: str, *, now: datetime) -> datetime | None:
    """Until when to wait after this refusal; None where no limit is its reason. `message` is read, not kept."""
    if status not in (403, 429) and not is_about_limits(message):
        return None
    if (seconds := _number(headers.get("retry-after"))) is not None:
        return _bounded(now + timedelta(seconds=max(1, seconds)), now)
    if _number(headers.get("x-ratelimit-remaining")) == 0:
        return _bounded(_moment(_number(headers.get("x-ratelimit-reset")) or 0), now)
    return now + SECONDARY if status == 429 or is_about_limits(message) else None


def is_about_limits(message: str) -> bool:
    return any(words in message.lower() for words in _WORDS)


def used_up_until(limits: Mapping[str, Any], resource: str, *, now: datetime, kept: int = 0) -> datetime | None:
    """When the resource can be asked again, if all but a `kept`-th of it is used; None: now."""
    known = limits.get(resource)
    if not isinstance(known, dict) or known.get("remaining") is None:
        return None
    floor = known.get("limit", 0) // kept if kept else 0
    reset = _moment(known.get("reset", 0))
    return _bounded(reset, now) if known["remaining"] <= floor and reset > now else None


def _bounded(until: datetime, now: datetime) -> datetime:
    """An odd clock must not stop a connection for days, nor make it ask at once."""
    return min(max(until, now + timedelta(seconds=1)), now + _LONGEST)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0), 4_000_000_000), UTC)


def _number(text: str | None) -> int | None:
    found = (text or "").strip()
    return int(found) if found.isascii() and found.isdigit() and len(found) < 12 else None
