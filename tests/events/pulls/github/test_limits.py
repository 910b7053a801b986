from datetime import UTC, datetime, timedelta

import pytest

from events.pulls.github import limits

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 900)}


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (403, LATER, "API rate limit exceeded", 900),
        (429, LATER, "", 900),
        (403, {"retry-after": "30"}, "", 30),
        (429, {"retry-after": "30", **LATER}, "", 30),
        (429, {}, "", 60),
        (403, {}, "You have exceeded a secondary rate limit", 60),
        (403, {}, "You have triggered an abuse detection mechanism", 60),
        (200, {}, "API rate limit already exceeded", 60),
        (403, {}, "Resource not accessible by integration", None),
        (403, {"x-ratelimit-remaining": "4999", "x-ratelimit-reset": "1"}, "Must have admin rights", None),
        (404, LATER, "Not Found", None),
        # Odd clocks and hostile headers neither stop a connection for days nor make it ask at once.
        (429, {"retry-after": "0"}, "", 1),
        (429, {"retry-after": "99999999"}, "", 7_200),
        (429, {"retry-after": "-1"}, "", 60),
        (429, {"retry-after": "soon"}, "", 60),
        (429, {"retry-after": "٣"}, "", 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "0"}, "", 1),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, "", 7_200),
    ],
)
def test_how_long_a_refusal_asks_to_wait(
    status: int, headers: dict[str, str], message: str, seconds: int | None
) -> None:
    until = limits.wait_after(status, headers, message, now=NOW)
    assert until == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_what_is_told_of_a_limit_is_kept_by_its_resource() -> None:
    headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "1790000000"}
    kept = {"limit": 5000, "remaining": 7, "reset": 1_790_000_000}
    assert limits.told(headers) == {"core": kept}
    assert limits.told({**headers, "x-ratelimit-resource": "graphql"}) == {"graphql": kept}
    assert limits.told({}) == limits.told({"x-ratelimit-remaining": "many"}) == {}


def test_a_used_up_limit_is_waited_for_and_a_backfill_leaves_a_tenth_of_it() -> None:
    reset = NOW + timedelta(minutes=5)
    known = {"core": {"limit": 5000, "remaining": 400, "reset": int(reset.timestamp())}}
    assert limits.used_up_until(known, "core", now=NOW) is None
    assert limits.used_up_until(known, "core", now=NOW, kept=limits.KEPT_SHARE) == reset
    assert limits.used_up_until(known, "core", now=reset, kept=limits.KEPT_SHARE) is None
    assert limits.used_up_until(known, "graphql", now=NOW, kept=limits.KEPT_SHARE) is None
    known["core"]["remaining"] = 0
    assert limits.used_up_until(known, "core", now=NOW) == reset
