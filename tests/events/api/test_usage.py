"""`GET /api/v1/usage/`: what an organization used, which adds up however it is broken down."""

from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from django.test import Client

from events.queries import Breakdown
from teams.models import Organization
from tests import factories
from tests.events.api.sending import EVENTS, event, fixture_bodies, post

pytestmark = pytest.mark.django_db
COMBINATIONS = [by for size in range(len(Breakdown) + 1) for by in combinations(Breakdown, size)]
FIELDS = {
    "requests",
    "tokens",
    "cost_usd",
    "lines_added",
    "lines_removed",
    "suggestions",
    "sessions",
    "prompts",
    "commits",
    "pull_requests",
}
# Money that isn't known adds up to nothing: these do.
ADDED_UP = FIELDS - {"cost_usd"} | {"cost_given_usd", "cost_estimated_usd", "unpriced_tokens"}


@pytest.fixture
def token(acme: Organization) -> str:
    return factories.make_token(acme).secret


@pytest.fixture
def key(acme: Organization) -> str:
    return factories.make_key(acme).secret


def get(token: str, query: str = "") -> Any:
    return Client().get(f"/api/v1/usage/{query}", headers={"Authorization": f"Bearer {token}"} if token else {})


def numbers(row: dict[str, Any]) -> Counter[str]:
    """The counters of a row by their path. A Counter's sum would drop what is 0, so it is updated instead."""
    found: Counter[str] = Counter()
    for name in ADDED_UP:
        for inner, value in row[name].items() if isinstance(row[name], dict) else [("", row[name])]:
            found[f"{name}.{inner}"] += value
    return found


def send_fixtures(key: str, pattern: str = "*/*") -> None:
    for path, content_type, body in fixture_bodies(pattern):
        answer = post(path, body, key, content_type)
        assert answer.status_code == 200
        assert b"partial" not in answer.content


def test_rows_add_up_to_the_total_however_they_are_broken_down(token: str, key: str) -> None:
    send_fixtures(key)
    total = get(token).json()["total"]
    assert set(total) >= FIELDS
    assert total["requests"] > 0
    assert total["sessions"] > 0
    assert total["commits"] > 0
    for by in COMBINATIONS:
        told = get(token, f"?by={','.join(by)}").json()
        assert told["total"] == total
        added: Counter[str] = Counter()
        for row in told["rows"]:
            assert set(row) == set(by) | set(total)
            added.update(numbers(row))
        if by:
            assert added == pytest.approx(numbers(total)), by
        keys = [tuple(row[name] for name in by) for row in told["rows"]]
        assert len(set(keys)) == len(keys)


# What was really used: the ledger of the server that the clients talked to while they were recorded.
TRUTH = {
    "claude-code/working-day.*": {
        "claude-haiku-5-5": (4, 130, 1518, 41000, 5462),
        "claude-opus-5-5": (7, 161, 1792, 38500, 8428),
        "claude-sonnet-5-5": (16, 384, 4304, 96000, 19536),
    },
    "claude-code/working-day-cumulative.*": {
        "claude-haiku-5-5": (4, 130, 1518, 41000, 5462),
        "claude-opus-5-5": (7, 161, 1792, 38500, 8428),
        "claude-sonnet-5-5": (16, 384, 4304, 96000, 19536),
    },
    "codex/working-day.*": {"gpt-5.5": (17, 388, 4313, 92000, 0), "gpt-6-sol": (6, 141, 1575, 34500, 0)},
    "copilot/working-day.*": {"gpt-5.1": (25, 600, 6725, 150000, 0)},
}


@pytest.mark.parametrize("pattern", TRUTH)
def test_a_real_day_gives_its_tokens_by_model_exactly(token: str, key: str, pattern: str) -> None:
    send_fixtures(key, pattern)
    send_fixtures(key, pattern)
    told = {row["model"]: row for row in get(token, "?by=model").json()["rows"]}
    found = {
        model: (row["requests"], *(row["tokens"][kind] for kind in ("input", "output", "cache_read", "cache_write")))
        for model, row in told.items()
        if any(row["tokens"].values())
    }
    assert found == TRUTH[pattern]


def test_shape_of_a_row(token: str, key: str) -> None:
    post(EVENTS, [event("a", reasoning_tokens=2, cache_read_tokens=7, cache_write_tokens=3, cost_usd=0.5)], key)
    post(EVENTS, [event("b", kind="prompt"), event("c", kind="suggestion", outcome="rejected", decided_by="rule")], key)
    told = get(token, "?by=tool,model").json()
    row = next(row for row in told["rows"] if row["model"])
    assert (row["tool"], row["model"], row["requests"]) == ("my-assistant", "claude-sonnet-4-5", 1)
    assert row["tokens"] == {"input": 10, "output": 5, "cache_read": 7, "cache_write": 3, "reasoning": 2}
    assert row["cost_usd"] == 0.5
    [rest] = [row for row in told["rows"] if not row["model"]]
    assert rest["model"] is None
    assert (rest["prompts"], rest["suggestions"]["auto"], rest["sessions"]) == (1, 1, 1)
    assert told["total"]["sessions"] == 1


def test_what_has_no_price_is_not_free(token: str, key: str) -> None:
    post(EVENTS, [event("a", model="nobody-sells-this")], key)
    total = get(token).json()["total"]
    assert total["cost_usd"] is None
    assert total["unpriced_tokens"] == 15


def test_an_organization_without_events_gets_zeros(token: str) -> None:
    told = get(token, "?by=tool,model").json()
    assert told["rows"] == []
    assert not any(numbers(told["total"]).values())
    assert told["total"]["cost_usd"] == 0


def test_days_are_half_open(token: str, key: str) -> None:
    days = ("2026-05-01", "2026-05-02", "2026-05-03")
    post(EVENTS, [event(day, at=f"{day}T12:00:00Z", session=day) for day in days], key)

    def requests_and_sessions(query: str) -> tuple[int, int]:
        total = get(token, query).json()["total"]
        return total["requests"], total["sessions"]

    assert requests_and_sessions("?from=2026-05-01&to=2026-05-03") == (2, 2)
    assert requests_and_sessions("?from=2026-05-02") == (2, 2)
    assert requests_and_sessions("?to=2026-05-02") == (1, 1)
    assert requests_and_sessions("?from=2026-05-02&to=2026-05-03") == (1, 1)
    assert requests_and_sessions("?from=&to=&by=") == (3, 3)
    listed = get(token, "?by=day").json()["rows"]
    assert [row["day"] for row in listed] == list(days)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("?by=contributor", "contributor"),
        ("?by=tool,contributor", "contributor"),
        ("?by=email", "tool"),
        ("?by=tool;model", "tool"),
        ("?by=%00", "tool"),
        ("?by=%F0%9F%92%A9", "tool"),
        ("?from=yesterday", "from"),
        ("?from=2026-13-01", "from"),
        ("?from=2026-W01-1T", "from"),
        ("?to=99999-01-01", "to"),
        ("?from=%00", "from"),
        ("?from=2026-05-03&to=2026-05-01", "later"),
        ("?from=2026-05-01&to=2026-05-01", "later"),
    ],
)
def test_nonsense_is_a_400_in_words(token: str, query: str, named: str) -> None:
    answer = get(token, query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert named in str(answer.json()["errors"])


def test_contributors_are_refused_in_any_spelling(token: str) -> None:
    for name in ("Contributor", " contributor ", "contributor_id", "contributors", "person"):
        assert get(token, f"?by={name}").status_code == 400


def test_only_an_api_token_with_the_scope_reads(acme: Organization, token: str, key: str) -> None:
    assert get(token).status_code == 200
    assert get("").status_code == 401
    assert get("cca_" + "x" * 43).status_code == 401
    assert get(key).status_code == 403
    assert get(factories.make_token(acme, scopes=()).secret).status_code == 403
    assert Client().post("/api/v1/usage/", headers={"Authorization": f"Bearer {token}"}).status_code == 405


def test_nothing_of_another_organization_is_seen(token: str, globex: Organization) -> None:
    send_fixtures(factories.make_key(globex).secret, "code-card/*")
    for by in ("", *Breakdown):
        told = get(token, f"?by={by}").json()
        assert told["rows"] == []
        assert not any(numbers(told["total"]).values())
    theirs = get(factories.make_token(globex).secret, "?by=tool").json()
    assert theirs["total"]["requests"] > 0
