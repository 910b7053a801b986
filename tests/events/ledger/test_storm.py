"""Everything at once, in processes of their own: and no wrong row."""

import os
import signal
import subprocess
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from events.ledger import Receipt, record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.models import COUNTERS
from events.schema import Activity, Commit, Edit, Event, Kind, Point, Prompt, Response, Suggestion, TestRun
from events.sources._base import Channel
from events.sources.otlp_claude_code import LOGS, METRICS
from teams.models import Organization
from tests import factories
from tests._processes import Processes
from tests.events.ledger import storming
from tests.events.ledger.books import NOW, access, books, total
from tests.events.ledger.storming import COMMAND, MERGES, WRITERS, Storm, Told

pytestmark = pytest.mark.django_db(transaction=True)
Books = dict[str, list[tuple[Any, ...]]]
ZONE = ZoneInfo("America/New_York")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    started = Processes(tmp_path)
    yield started
    started.close()


@pytest.mark.parametrize(
    ("seed", "size"),
    [(7, 300), pytest.param(11, 12_000, marks=pytest.mark.slow), pytest.param(12, 30_000, marks=pytest.mark.slow)],
)
def test_a_storm_leaves_no_wrong_row(seed: int, size: int, processes: Processes, tmp_path: Path) -> None:
    stormy, calm = (factories.make_organization(time_zone=ZONE.key) for _ in range(2))
    storm, told = Storm(stormy.pk, access(stormy).key_id, seed, size), storming.all_told(seed, size)
    _rage(storm, processes, tmp_path / "stop")
    found = books(stormy)
    _deliver_once(calm, told)
    assert not (wrong := _differences(found, books(calm))), "\n".join(wrong)
    assert _by_person_and_day(found) == _expected(told)
    assert found["edits"]
    assert any(row[-len(COUNTERS) - 2] for row in found["sessions"])
    list(rebuild(stormy.pk, days_to_rebuild(stormy.pk)))
    assert not (wrong := _differences(books(stormy), found)), "\n".join(wrong)


def _rage(storm: Storm, processes: Processes, stop: Path) -> None:
    def start(command: str, *rest: str) -> subprocess.Popen[str]:
        numbers = map(str, storm)
        return processes.start(*COMMAND, command, *numbers, *rest, DJANGO_SETTINGS_MODULE="tests.settings")

    doomed = start("write", "0", "endless")
    writers = [start("write", str(number), "once") for number in range(1, WRITERS)]
    others = [start("rebuild", str(stop)), start("merge")]
    _hear(doomed, bodies=6)
    os.kill(doomed.pid, signal.SIGKILL)
    assert doomed.wait() == -signal.SIGKILL
    writers.append(start("write", "0", "once"))
    _wait_for(writers)
    stop.touch()
    _wait_for(others)


def _hear(writer: subprocess.Popen[str], bodies: int) -> None:
    assert writer.stdout
    for _ in range(bodies):
        line = writer.stdout.readline()
        assert line.startswith("told"), line + writer.stdout.read()


def _wait_for(running: list[subprocess.Popen[str]]) -> None:
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, output


def _deliver_once(organization: Organization, told: list[Told]) -> None:
    """The same in one go: in the order of time, 200 a body, and the merges afterwards."""
    storm = Storm(organization.pk, access(organization).key_id, seed=0, size=len(told))
    for start in range(0, len(told), 200):
        storming.tell(storm, told[start : start + 200])
    storming.merge_all(storm)


def _differences(found: Books, expected: Books) -> list[str]:
    """Said in a few lines, where comparing the books would fill pages."""
    lines = []
    for name, rows in expected.items():
        was, became = Counter(map(repr, rows)), Counter(map(repr, found[name]))
        lines += [f"{name}: not expected {row}" for row in became - was]
        lines += [f"{name}: missing {row}" for row in was - became]
    return lines[:20]


class _Fact(NamedTuple):
    rank: int
    kind: Kind
    within: list[tuple[str | None, ...]]
    """The session, the exporter, or both, in which channels are compared."""
    at: datetime
    person: str
    counts: dict[str, int]


def _expected(told: list[Told]) -> dict[tuple[str, date], Counter[str]]:
    """What each person did on each day, added up the plain way."""
    facts = [*_told_facts(told), *_told_increases(told)]
    best: dict[Any, int] = {}
    for fact in facts:
        for key in fact.within:
            best[key, fact.kind] = min(fact.rank, best.get((key, fact.kind), fact.rank))
    found: defaultdict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for fact in facts:
        if all(fact.rank == best[key, fact.kind] for key in fact.within):
            person, day = MERGES.get(fact.person, fact.person), fact.at.astimezone(ZONE).date()
            found[person, day].update(fact.counts)
    return {key: +counts for key, counts in found.items() if +counts}


def _told_facts(told: list[Told]) -> Iterator[_Fact]:
    for channel, what, scope in told:
        if not isinstance(what, Commit | Point):
            yield _fact(channel, what, scope, what.at, _counts(what))


def _told_increases(told: list[Told]) -> Iterator[_Fact]:
    chains: defaultdict[tuple[str, int], list[Point]] = defaultdict(list)
    for _, what, _ in told:
        if isinstance(what, Point):
            chains[what.series, what.start_ns].append(what)
    for points in chains.values():
        ordered = sorted(points, key=lambda point: point.at)
        befores = [0, *(point.value for point in ordered)]
        for before, point in zip(befores, ordered, strict=False):
            increase = int(point.value - before if point.value >= before else point.value)
            if increase:
                yield _fact(METRICS, point.event, None, point.at, {point.counter: increase})


def _fact(channel: Channel, event: Event, scope: str | None, at: datetime, counts: dict[str, int]) -> _Fact:
    kind, person = Kind(event.number), event.email or ""
    sessions = [("session", event.session)] if event.session else []
    scopes = [("scope", scope, person)] if scope else []
    return _Fact(channel.rank_of(kind), kind, [*sessions, *scopes], at, person, counts)


def _counts(event: Event) -> dict[str, int]:
    match event:
        case Prompt():
            return {"prompts": 1}
        case Response():
            given = round((event.cost_usd or 0) * 1_000_000)
            return {
                "requests": event.requests,
                "input_tokens": event.input_tokens,
                "output_tokens": event.output_tokens,
                "cost_given_micros": given,
            }
        case Suggestion():
            name = event.outcome if event.decided_by == "person" else f"auto_{event.outcome}"
            return {name: event.count}
        case Activity():
            return {"lines_added": event.lines_added, "lines_removed": event.lines_removed}
        case TestRun():
            return {f"tests_{event.outcome}": 1}
        case Edit():
            return {}
    raise TypeError(event)


_NOT_ADDED_UP = {"cost_estimated_micros", "unpriced_tokens"}


def _by_person_and_day(found: Books) -> dict[tuple[str, date], Counter[str]]:
    by_key = {}
    for day, names, *sums in found["contributor"]:
        counts = +Counter(dict(zip(COUNTERS, sums, strict=True)))
        person = names.split(",")[0].removeprefix("email:")
        by_key[person, day] = Counter({name: value for name, value in counts.items() if name not in _NOT_ADDED_UP})
    return by_key


def test_bodies_in_opposite_order_never_deadlock(acme: Organization) -> None:
    """Four at a time, each round with people, sessions, names and series that nobody has told of before."""
    who, rounds = access(acme), 60
    start = threading.Barrier(WRITERS, timeout=30)

    def send(writer: int) -> list[Receipt]:
        receipts = []
        try:
            for number in range(rounds):
                facts = _round(number)[:: 1 if writer % 2 else -1]
                start.wait()
                receipts.append(record(storming.body(facts), who, now=NOW, source="test"))
        finally:
            connection.close()
        return receipts

    with ThreadPoolExecutor(WRITERS) as pool:
        receipts = list(chain.from_iterable(pool.map(send, range(WRITERS))))
    assert len(receipts) == WRITERS * rounds
    assert sum(receipt.stored for receipt in receipts) == rounds * 20
    assert total(acme, "prompts") == rounds * 10
    assert total(acme, "input_tokens") == rounds * sum(range(1, 11))
    found = books(acme)
    assert (len(found["sessions"]), len(found["commits"]), len(found["points"])) == (
        rounds * 10,
        rounds * 10,
        rounds * 10,
    )
    list(rebuild(acme.pk, days_to_rebuild(acme.pk)))
    assert not (wrong := _differences(books(acme), found)), "\n".join(wrong)


def _round(number: int) -> list[Told]:
    told = []
    for item in range(10):
        name = f"{number}-{item}"
        at = NOW - timedelta(hours=number, seconds=10 * item)
        common: dict[str, Any] = {
            "tool": "claude-code",
            "session": name,
            "email": f"{name}@acme.test",
            "repository": name,
        }
        fact = Response(id="-", at=at, requests=0, **common)
        point = Point(series=name, start_ns=1, at=at, value=item + 1, counter="input_tokens", event=fact)
        told += [
            Told(LOGS, Prompt(id=name, at=at, **common)),
            Told(METRICS, point),
            Told(LOGS, Commit(sha=name, at=at, **common)),
        ]
    return told
