"""Tools tell the same thing twice: only the best channel of a session counts, whichever came first."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.ledger import record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.models import Event, Fate, IntakeDay
from events.schema import Activity, Response
from events.sources._base import Channel, Parsed
from teams.models import Organization
from tests.events.ledger.books import NOW, access, books, store, total

pytestmark = pytest.mark.django_db

LOGS, METRICS = Channel("claude_code.logs", 1, 10), Channel("claude_code.metrics", 2, 20)


def call(key: str, minutes: int, **fields: Any) -> Response:
    at = NOW - timedelta(minutes=minutes)
    return Response(**{"id": key, "at": at, "tool": "claude-code", "session": "s1", "input_tokens": 100, **fields})


def told() -> list[tuple[Channel, Response]]:
    """Three calls by events, and their tokens once more by metrics, across midnight."""
    logs = [(LOGS, call(f"req{number}", 10 + 500 * number, model="claude-sonnet-4-5")) for number in range(3)]
    metrics = [(METRICS, call(f"m{number}", 11 + 500 * number, requests=0, language="Python")) for number in range(3)]
    return logs + metrics


@pytest.mark.parametrize("order", list(itertools.permutations(range(6)))[::97])
def test_only_the_best_channel_counts_in_any_order(acme: Organization, order: tuple[int, ...]) -> None:
    who, facts = access(acme), told()
    for index in order:
        channel, event = facts[index]
        store(who, event, channel=channel)
    assert total(acme, "input_tokens") == 300
    assert total(acme, "requests") == 3
    with tenant(acme.pk):
        assert Event.objects.filter(is_superseded=True).count() == 3


def test_the_order_of_channels_leaves_no_trace(acme: Organization, globex: Organization) -> None:
    for organization, facts in ((acme, told()), (globex, told()[::-1])):
        who = access(organization)
        for channel, event in facts:
            store(who, event, channel=channel)
    assert _anonymous(books(acme)) == _anonymous(books(globex))


def test_a_rebuild_gives_the_same_tables(acme: Organization) -> None:
    who = access(acme)
    for channel, event in told()[::-1]:
        store(who, event, channel=channel)
    before = books(acme)
    assert len(list(rebuild(acme.pk, days_to_rebuild(acme.pk)))) >= 2
    assert books(acme) == before


def test_another_session_and_another_kind_keep_their_own_channel(acme: Organization) -> None:
    who = access(acme)
    store(who, call("req", 10), channel=LOGS)
    store(who, call("m", 10, session="s2"), channel=METRICS)
    common: dict[str, Any] = {"at": NOW, "tool": "claude-code", "session": "s1"}
    store(who, Activity(id="l", lines_added=5, **common), channel=METRICS)
    assert total(acme, "input_tokens") == 200
    assert total(acme, "lines_added") == 5


def test_an_exporter_without_sessions_is_compared_within_its_process(acme: Organization) -> None:
    """Copilot: spans name the conversation, metrics only the process."""
    spans, metrics = Channel("copilot.spans", 8, 10), Channel("copilot.metrics", 10, 20)
    who = access(acme)
    common: dict[str, Any] = {"tool": "copilot", "input_tokens": 7}
    metric = Response(id="m", at=NOW, requests=0, **common)
    other = Response(id="o", at=NOW, requests=0, **common)
    span = Response(id="s", at=NOW - timedelta(minutes=1), session="conversation", **common)
    store(who, metric, channel=metrics, scope="process-1")
    store(who, other, channel=metrics, scope="process-2")
    store(who, span, channel=spans, scope="process-1")
    assert total(acme, "input_tokens") == 14
    with tenant(acme.pk):
        assert {row[1] for row in books(acme)["sessions"] if not row[2]} == {"conversation"}


def test_data_health_shows_what_was_superseded(acme: Organization) -> None:
    who = access(acme)
    store(who, call("m", 10, requests=0), channel=METRICS)
    store(who, call("req", 9), channel=LOGS)
    with tenant(acme.pk):
        rows = IntakeDay.objects.filter(organization_id=acme.pk).values_list("source", "fate", "items")
        assert set(rows) == {("test", Fate.ACCEPTED, 2), ("claude-code", Fate.SUPERSEDED, 1)}


def test_one_body_may_hold_both_channels(acme: Organization) -> None:
    body = Parsed()
    for channel, event in told():
        body.add("claude-code", channel, event)
    receipt = record(body, access(acme), now=NOW, source="test")
    assert (receipt.stored, receipt.superseded) == (6, 3)
    assert total(acme, "input_tokens") == 300


def test_a_replay_after_superseding_changes_nothing(acme: Organization) -> None:
    who = access(acme)
    for channel, event in told()[::-1]:
        store(who, event, channel=channel)
    before = books(acme)
    for channel, event in told():
        assert store(who, event, channel=channel).duplicates == 1
    assert books(acme) == before


def _anonymous(found: dict[str, list[tuple[Any, ...]]]) -> Any:
    return {
        name: sorted(repr(tuple("key" if str(v).startswith("key:") else v for v in row)) for row in rows)
        for name, rows in found.items()
    }
