from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client

from events.ledger import record
from events.sources._base import Parsed
from teams.key_cache import Access
from teams.models import Contributor, KeyKind, Organization
from tests import factories
from tests.events.dashboards._work import NOW, monday, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
HEALTH = "/o/acme/health/"


def _send(organization: Organization, parsed: Parsed, source: str = "claude-code") -> None:
    key = factories.make_key(organization).key
    record(parsed, Access(organization.id, key.id, None, KeyKind.INGEST, frozenset()), now=NOW, source=source)


def test_nothing_ever_arrived(alice_client: Client) -> None:
    answer = alice_client.get(HEALTH)
    assert answer.context["state"] == "empty"
    assert "Nothing has arrived yet" in answer.text


def test_a_source_says_what_became_of_what_it_sent(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    work(acme, crew[0], monday(1), accepted=1)
    (source,) = alice_client.get(HEALTH).context["sources"]
    assert (source.name, source.accepted, source.dropped, source.kind) == ("Events API", 3, 0, "ok")
    assert source.spark == [0] * 13 + [3]
    told = b"".join(alice_client.get(f"{HEALTH}export.csv")).decode("utf-8-sig").splitlines()
    assert told[1].startswith("Events API,Healthy,")
    assert len(told) == 2
    coverage = alice_client.get(HEALTH).context["coverage"]
    assert [(row.label, row.reading.value) for row in coverage] == [
        ("Session known", 1.0),
        ("Repository known", 0.0),
        ("Person known", 1.0),
    ]


def test_drops_stand_with_their_reasons_and_unknown_names_with_their_kind(
    acme: Organization, alice_client: Client
) -> None:
    parsed = Parsed()
    parsed.reject(0, "time is in the future")
    parsed.reject(1, "time is in the future")
    parsed.reject(2, "tokens: below 0")
    parsed.unknown = Counter({("claude-code", "metrics", "shiny.new"): 4})
    parsed.ignored = Counter({("claude-code", "logs", "mcp_server_connection"): 9})
    _send(acme, parsed)
    answer = alice_client.get(HEALTH)
    (source,) = answer.context["sources"]
    assert source.reasons == [("time is in the future", 2), ("tokens: below 0", 1)]
    assert (source.name, source.dropped, source.ignored, source.word) == ("Claude Code", 3, 9, "Drops everything")
    assert [(row.name, row.kind, row.count) for row in answer.context["unknown"]] == [("shiny.new", "metric", 4)]
    assert "shiny.new" in answer.text


def test_many_names_are_summed_under_one(acme: Organization, alice_client: Client) -> None:
    parsed = Parsed()
    parsed.unknown = Counter({("claude-code", "logs", f"name.{number:02}"): 1 for number in range(30)})
    _send(acme, parsed)
    unknown = alice_client.get(HEALTH).context["unknown"]
    assert len(unknown) == 13
    assert sum(row.count for row in unknown) == 30


def test_a_source_that_stopped_is_called_silent(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    work(acme, crew[0], monday(2), now=NOW - timedelta(days=6))
    (source,) = alice_client.get(HEALTH).context["sources"]
    assert (source.kind, source.word) == ("warn", "Silent for 6\u00a0days")


def test_after_four_weeks_the_page_says_so(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    work(acme, crew[0], monday(8), now=NOW - timedelta(days=50))
    answer = alice_client.get(HEALTH)
    assert answer.context["state"] == "silent"
    assert "Nothing has arrived for four weeks" in answer.text


def test_a_clock_that_is_ahead_is_seen(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    work(acme, crew[0], NOW.date(), now=NOW - timedelta(hours=3))
    (source,) = alice_client.get(HEALTH).context["sources"]
    assert (source.skewed, source.word) == (2, "Clock is ahead")


def test_another_organization_is_not_there(acme: Organization, charlie_client: Client, client: Client) -> None:
    assert charlie_client.get(HEALTH).status_code == 404
    assert client.get(HEALTH).status_code == 302
