"""The same facts in any order, over several connections, by several keys, in any encoding: the same rows."""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import Identity, Organization
from tests import factories
from tests.events.api.sending import (
    EVENTS,
    JSON,
    PROTOBUF,
    as_json,
    as_protobuf,
    fixture_bodies,
    logs,
    metrics,
    point,
    post,
    record,
)
from tests.events.ledger.books import books, total
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)
Body = tuple[str, str, bytes]
_SCOPE = re.compile(r"(?<=@)[0-9]+$")
Books = dict[str, list[tuple[Any, ...]]]


def pieces(body: Body) -> list[Body]:
    """A body of OTLP cut into some, as an exporter's batches happen to fall."""
    path, content_type, raw = body
    if path == EVENTS:
        return [body]
    signal = path.rpartition("/")[2]
    tree = json.loads(raw) if content_type == JSON else as_json(signal, raw)
    [groups] = tree  # resourceLogs, resourceMetrics or resourceSpans
    return [(path, JSON, json.dumps({groups: part}).encode()) for part in _halves(tree[groups])]


def _halves(groups: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(groups), max(1, len(groups) // 4)):
        yield groups[start : start + max(1, len(groups) // 4)]


def all_bodies() -> list[Body]:
    """Cumulative and delta payloads of one day are two tellings of the same: one of each is taken."""
    return [
        body
        for pattern in ("claude-code/[gtw]*", "co*/*", "gemini-cli/working-day.*")
        for body in fixture_bodies(pattern)
    ]


def send(key: str, body: Body, *, is_packed: bool = False) -> None:
    path, content_type, raw = body
    packed = {"Content-Encoding": "gzip"} if is_packed else {}
    answer = post(path, gzip.compress(raw) if is_packed else raw, key, content_type, **packed)
    assert answer.status_code == 200, answer.content
    assert b"rejected" not in answer.content or not answer.json().get("rejected")


def send_at_once(keys: list[str], bodies: list[Body], seed: int) -> None:
    """From four threads with a connection each, shuffled, by either key, some of them compressed."""
    draw = random.Random(seed)
    draw.shuffle(bodies)
    todo = [(draw.choice(keys), body, draw.random() < 0.5) for body in bodies]

    def work(part: list[tuple[str, Body, bool]]) -> None:
        try:
            for key, body, is_packed in part:
                send(key, body, is_packed=is_packed)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [todo[start::4] for start in range(4)]))


def plain(told: Books) -> Books:
    """Without the contributor's number, which the key of an exporter's scope ends in."""
    return {
        name: sorted((tuple(_SCOPE.sub("", v) if isinstance(v, str) else v for v in row) for row in rows), key=repr)
        for name, rows in told.items()
    }


def differing(one: Books, other: Books) -> dict[str, tuple[list[Any], list[Any]]]:
    """By table, what only the one and what only the other has."""
    one, other = plain(one), plain(other)
    return {
        name: (
            [row for row in one[name] if row not in other[name]],
            [row for row in other[name] if row not in one[name]],
        )
        for name in one
        if one[name] != other[name]
    }


def two_keys_of_one_person(organization: Organization) -> list[str]:
    """Facts that name nobody are the key's; two keys of nobody would be two people."""
    with tenant(organization.pk):
        person = factories.make_contributor(organization, "Ada")
    return [factories.make_key(organization, contributor=person).secret for _ in range(2)]


@pytest.fixture
def keys(acme: Organization) -> list[str]:
    return two_keys_of_one_person(acme)


@pytest.fixture
def reference(acme: Organization, keys: list[str]) -> Books:
    """Everything once, in order, by one key."""
    for body in all_bodies():
        send(keys[0], body)
    found = books(acme)
    assert all(found.values())
    return found


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_shuffled_over_four_connections_and_two_keys(reference: Books, globex: Organization, seed: int) -> None:
    theirs = two_keys_of_one_person(globex)
    send_at_once(theirs, [piece for body in all_bodies() for piece in pieces(body)], seed)
    assert differing(books(globex), reference) == {}
    send_at_once(theirs, all_bodies(), seed)
    assert differing(books(globex), reference) == {}


def test_a_replay_by_another_key_stores_nothing(acme: Organization, keys: list[str], reference: Books) -> None:
    for body in reversed(all_bodies()):
        send(keys[1], body, is_packed=True)
    assert books(acme) == reference


def test_after_two_people_were_merged_in_the_middle(
    acme: Organization, keys: list[str], reference: Books, globex: Organization
) -> None:
    """Merged after everything was stored, or when half of it was: the same books."""
    theirs = two_keys_of_one_person(globex)
    everything = [piece for body in all_bodies() for piece in pieces(body)]
    half = everything[::2]
    loser, winner = _two_people(acme)
    send_at_once(theirs, [*half, *(body for body in everything if _has(body, loser) or _has(body, winner))], 3)
    for organization in (acme, globex):
        _merge(organization, loser, winner)
    send_at_once(theirs, everything, 4)
    assert differing(books(globex), books(acme)) == {}
    assert books(acme)["contributor"] != reference["contributor"]
    send_at_once(keys, everything, 5)
    assert differing(books(globex), books(acme)) == {}


def _two_people(organization: Organization) -> tuple[str, str]:
    with tenant(organization.pk):
        values = Identity.objects.filter(organization=organization, contributor__user=None).order_by("kind", "value")
        by_person = {contributor: value for value, contributor in values.values_list("value", "contributor")}
    loser, winner, *_ = by_person.values()
    return loser, winner


def _has(body: Body, identity: str) -> bool:
    return identity.rpartition(":")[2].encode().lower() in body[2].lower()


def _merge(organization: Organization, loser: str, winner: str) -> None:
    with tenant(organization.pk):
        one, other = (factories.person_by(organization, value) for value in (loser, winner))
    actions.merge_contributors(organization=organization, loser=one, winner=other, by=None, now=NOW)


ENCODERS: dict[str, Callable[[str, dict[str, Any]], tuple[str, bytes]]] = {
    "json": lambda signal, tree: (JSON, json.dumps(tree).encode()),
    "protobuf": lambda signal, tree: (PROTOBUF, as_protobuf(signal, tree)),
}


@pytest.mark.parametrize(
    "name",
    [
        "claude-code/working-day.*",
        "claude-code/working-day-cumulative.*",
        "codex/*",
        "copilot/*",
        "gemini-cli/working-day.*",
    ],
)
def test_json_protobuf_and_gzip_are_alike(acme: Organization, globex: Organization, name: str) -> None:
    found = []
    for organization, encoding in ((acme, "json"), (globex, "protobuf")):
        key, _ = two_keys_of_one_person(organization)
        for path, content_type, raw in fixture_bodies(name):
            signal = path.rpartition("/")[2]
            tree = json.loads(raw) if content_type == JSON else as_json(signal, raw)
            send(key, (path, *ENCODERS[encoding](signal, tree)), is_packed=encoding == "protobuf")
        found.append(books(organization))
    assert differing(*found) == {}
    assert found[0]["events"]


@pytest.mark.parametrize(
    ("delta", "cumulative"),
    [
        ("claude-code/working-day.*", "claude-code/working-day-cumulative.*"),
        ("gemini-cli/working-day-delta.metrics.json", "gemini-cli/working-day.metrics.json"),
    ],
)
def test_delta_and_cumulative_come_to_the_same(
    acme: Organization, globex: Organization, delta: str, cumulative: str
) -> None:
    told = []
    for organization, pattern in ((acme, delta), (globex, cumulative)):
        key, token = factories.make_key(organization).secret, factories.make_token(organization).secret
        bodies = [piece for body in fixture_bodies(pattern) for piece in pieces(body)]
        send_at_once([key], [*bodies, *bodies], 6)
        told.append(_tokens(token))
    assert told[0] == told[1]
    assert told[0]


def _tokens(token: str) -> dict[str | None, Any]:
    answer = _usage(token, "?by=model")
    return {
        row["model"]: (row["tokens"], row["lines_added"], row["lines_removed"])
        for row in answer["rows"]
        if row["model"]
    }


def _usage(token: str, query: str) -> Any:
    return Client().get(f"/api/v1/usage/{query}", headers={"Authorization": f"Bearer {token}"}).json()


def record_of_a_commit(name: str, branch: str) -> Any:
    told = {
        "command": "git commit -m x",
        "full_command": "git commit -m x",
        "git_commit_id": "0123abc",
        "git_branch": branch,
    }
    return record(
        name,
        **{
            "event.name": "tool_result",
            "tool_name": "Bash",
            "success": "true",
            "tool_use_id": name,
            "tool_parameters": json.dumps(told),
        },
    )


def test_a_commit_on_a_branch_that_nothing_else_names(acme: Organization) -> None:
    key = factories.make_key(acme).secret
    for number in range(3):
        body = logs(record_of_a_commit(f"toolu_{number}", f"branch-{number}"))
        assert post("/otlp/v1/logs", body, key).json() == {}
    assert books(acme)["commits"]


def test_points_that_tell_nothing_new_by_a_key_that_was_never_seen(acme: Organization) -> None:
    for _ in range(2):
        body = metrics(point(10), temporality=2)
        assert post("/otlp/v1/metrics", body, factories.make_key(acme).secret).json() == {}
    assert total(acme, "input_tokens") == 10
