"""The storm's facts, and the processes that tell, rebuild and merge while it lasts.

What is told follows from a seed alone, so that every process knows all of it without being handed any.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from django.db import DatabaseError, OperationalError, connection

from codecard.lib.tenant import tenant
from events.ledger import record, relocation
from events.ledger.lookups import forget
from events.ledger.rebuild import days_to_rebuild, rebuild_day
from events.schema import Activity, Commit, CounterName, Edit, Event, Point, Prompt, Response, Suggestion, TestRun
from events.sources import code_card
from events.sources._base import Channel, Parsed
from events.sources.otlp_claude_code import LOGS, METRICS
from events.sources.otlp_copilot import METRICS as COPILOT_METRICS
from events.sources.otlp_copilot import SPANS
from teams import actions
from teams.key_cache import Access
from teams.models import Contributor, Identity, KeyKind, Organization
from tests.factories import NOW

WRITERS = 4
PEOPLE = [f"person{number}@acme.test" for number in range(8)]
MERGES = {PEOPLE[6]: PEOPLE[0], PEOPLE[7]: PEOPLE[1]}
"""Who turns out to be whom in the middle of the storm."""
_START = NOW - timedelta(days=9)
_MODELS = ("claude-sonnet-4-5", "gpt-5.1", "a-model-without-a-price", None)
_START_OF_PROCESS = "import django; django.setup(); from tests.events.ledger import storming; storming.main()"
COMMAND = ("-c", _START_OF_PROCESS)


class Told(NamedTuple):
    """One thing that is told by one channel."""

    channel: Channel
    what: Event | Point | Commit
    scope: str | None = None


class Storm(NamedTuple):
    organization_id: int
    key_id: int
    seed: int
    size: int

    @property
    def access(self) -> Access:
        return Access(self.organization_id, self.key_id, None, KeyKind.INGEST, frozenset())


def all_told(seed: int, size: int) -> list[Told]:
    """About `size` things in the order of their times, no two at the same moment."""
    draw, ticks = random.Random(seed), count()
    told: list[Told] = []
    for number in range(max(size // 40, 4)):
        told += _session(draw, f"session-{number}", _moments(draw, ticks))
    for number in range(max(size // 150, 2)):
        told += _process(draw, f"process-{number}", _moments(draw, ticks))
    return sorted(told, key=lambda item: item.what.at)


def _session(draw: random.Random, key: str, moments: Iterator[datetime]) -> Iterator[Told]:
    channels = draw.sample([LOGS, METRICS, code_card.CHANNEL], draw.randint(1, 3))
    owner, guest = draw.sample(PEOPLE, 2)
    common: dict[str, Any] = {"tool": "claude-code", "session": key}
    for number in range(36):
        channel = draw.choice(channels)
        if channel is METRICS:
            continue
        where = {
            "repository": draw.choice(["github.com/a/b", "github.com/a/c", None]),
            "branch": draw.choice(["x", None]),
        }
        who = {"email": owner if draw.random() < 0.9 else guest, "path_class": draw.choice(["test", "view", None])}
        what = _fact(draw, id=f"{key}:{number}", at=next(moments), **common, **where, **who)
        yield Told(channel, what)
        if draw.random() < 0.1:
            sha, repository = f"{draw.randrange(60):040x}", "github.com/a/b"
            yield Told(channel, Commit(sha=sha, at=next(moments), repository=repository, email=owner, **common))
    if METRICS in channels:
        yield from _series(draw, moments, owner, common)


def _fact(draw: random.Random, **fields: Any) -> Event:
    match draw.randrange(6):
        case 0:
            return Prompt(**fields)
        case 1:
            fields |= {"outcome": draw.choice(["accepted", "rejected"]), "decided_by": draw.choice(["person", "rule"])}
            return Suggestion(count=draw.randint(1, 3), **fields)
        case 2:
            return Activity(lines_added=draw.randrange(50), lines_removed=draw.randrange(50), **fields)
        case 3:
            fields |= {"horizon": draw.choice(["minutes", "commit"]), "distance": draw.randrange(4) / 100}
            return Edit(lines=draw.randrange(9), **fields)
        case 4:
            fields |= {"outcome": draw.choice(["passed", "failed"]), "place": draw.choice(["local", "ci"])}
            return TestRun(runner="pytest", **fields)
        case _:
            cost = draw.choice([None, None, draw.randrange(1000) / 1000])
            tokens: dict[str, Any] = {"input_tokens": draw.randrange(10_000), "output_tokens": draw.randrange(1000)}
            return Response(cost_usd=cost, model=draw.choice(_MODELS), **tokens, **fields)


def _series(draw: random.Random, moments: Iterator[datetime], owner: str, common: dict[str, Any]) -> Iterator[Told]:
    """Two counters, two lives each; in a life the value grows, stays, and now and then falls."""
    facts: dict[CounterName, Callable[..., Any]] = {
        "input_tokens": partial(Response, requests=0),
        "lines_added": Activity,
    }
    for counter, fact in facts.items():
        series, fields = f"{common['session']}:{counter}", {**common, "email": owner, "model": draw.choice(_MODELS)}
        for start_ns in (0, 1):
            value = 0
            for at in sorted(next(moments) for _ in range(draw.randint(2, 8))):
                value = draw.randrange(20) if draw.random() < 0.1 else value + draw.choice([0, 0, 1, 70, 900])
                event = fact(id="-", at=at, **fields)
                point = Point(series=series, start_ns=start_ns, at=at, value=value, counter=counter, event=event)
                yield Told(METRICS, point)


def _process(draw: random.Random, scope: str, moments: Iterator[datetime]) -> Iterator[Told]:
    """An exporter whose counters know no session, and whose spans, which do, may or may not tell the same."""
    owner, has_spans = draw.choice(PEOPLE), draw.random() < 0.6
    for number in range(12):
        fields: dict[str, Any] = {"id": f"{scope}:{number}", "at": next(moments), "tool": "copilot", "email": owner}
        if has_spans and number % 2:
            yield Told(SPANS, Response(session=f"of {scope}", input_tokens=5, **fields), scope)
        else:
            yield Told(COPILOT_METRICS, Response(requests=0, input_tokens=7, **fields), scope)


def _moments(draw: random.Random, ticks: Iterator[int]) -> Iterator[datetime]:
    """Moments of about two days, across midnights. The ticks, one for each, keep any two of the storm apart."""
    start = _START + timedelta(hours=draw.randrange(6 * 24))
    while True:
        yield start + timedelta(seconds=draw.randrange(40 * 3600), microseconds=next(ticks))


def body(told: list[Told]) -> Parsed:
    parsed = Parsed()
    for channel, what, scope in told:
        if isinstance(what, Commit):
            parsed.commits.append(what)
        elif isinstance(what, Point):
            parsed.add_point("storm", channel, what, scope)
        else:
            parsed.add("storm", channel, what, scope)
    return parsed


def tell(storm: Storm, told: list[Told]) -> None:
    record(body(told), storm.access, now=NOW, source="storm")


class _TakenBack(Exception):
    pass


def write(storm: Storm, number: int, is_endless: bool) -> None:
    """Tells this writer's share and much of the others' in an order of its own, with everything that can go wrong."""
    draw = random.Random(f"{storm.seed}:{number}")
    told = all_told(storm.seed, storm.size)
    own = [item for index, item in enumerate(told) if index % WRITERS == number or draw.random() < 0.3]
    while True:
        late = draw.sample(own, len(own) // 8)
        first = [item for item in own if item not in late]
        # Not quite the order of time, as the queues of several exporters aren't.
        first.sort(key=lambda item: item.what.at + timedelta(hours=draw.randrange(24)))
        done: list[list[Told]] = []
        for part in (*_parts(draw, first), *_parts(draw, late)):
            _fail(draw, storm, part)
            tell(storm, part)
            done.append(part)
            if draw.random() < 0.2:
                replayed = draw.choice(done)
                tell(storm, draw.sample(replayed, draw.randint(1, len(replayed))))
            print(f"told {len(part)}", flush=True)  # noqa: T201 - the parent listens
        for part in done:
            tell(storm, part)
        if not is_endless:
            return


def _parts(draw: random.Random, told: list[Told]) -> Iterator[list[Told]]:
    while told:
        size = draw.choice([1, 5, 30, 80])
        yield told[:size]
        told = told[size:]


def _fail(draw: random.Random, storm: Storm, told: list[Told]) -> None:
    """Now and then a body is told in vain first: rolled back whole at its end, or cut off in any of its statements."""
    luck = draw.random()
    if luck < 0.1:
        with suppress(_TakenBack), tenant(storm.organization_id):
            tell(storm, told)
            raise _TakenBack
        # Names that were made inside went with the transaction, which isn't `record`'s own here.
        forget(storm.organization_id)
    elif luck < 0.3:
        _set_statement_timeout(draw.choice([1, 2, 3, 5]))
        with suppress(DatabaseError, psycopg.Error):
            tell(storm, told)
        _set_statement_timeout(0)


def _set_statement_timeout(milliseconds: int) -> None:
    """Tries until it is set: on a busy machine the timeout may cut off the very statement that lifts it."""
    for _ in range(100):
        with suppress(DatabaseError, psycopg.Error), connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {milliseconds}")
            return
    raise RuntimeError("the statement timeout could not be set")


def rebuild_at_random(storm: Storm, stop: Path) -> None:
    draw = random.Random(storm.seed)
    while not stop.exists():
        for day in draw.sample(days := days_to_rebuild(storm.organization_id), min(3, len(days))):
            rebuild_day(storm.organization_id, day)
        time.sleep(draw.uniform(0, 0.1))


def merge_all(storm: Storm) -> None:
    """Merges each pair as soon as both are known, with a pause between; their facts follow in many small steps."""
    relocation.AT_ONCE = -1
    organization = Organization.objects.get(pk=storm.organization_id)
    for loser, winner in MERGES.items():
        while len(found := _people(storm, loser, winner)) < 2:
            time.sleep(0.02)
        time.sleep(0.5)
        actions.merge_contributors(
            organization=organization, loser=found[loser], winner=found[winner], by=None, now=NOW
        )
        while _relocate(storm):
            time.sleep(0.01)


def _relocate(storm: Storm) -> bool:
    """Deadlocks are the task's to try again."""
    try:
        return relocation.relocate_step(storm.organization_id)
    except OperationalError:
        return True


def _people(storm: Storm, *emails: str) -> dict[str, Contributor]:
    with tenant(storm.organization_id):
        rows = Identity.objects.filter(organization=storm.organization_id, value__in=emails)
        return {row.value: row.contributor for row in rows.select_related("contributor")}


def main() -> None:
    command, *numbers = sys.argv[1:6]
    storm = Storm(*map(int, numbers))
    match command:
        case "write":
            write(storm, int(sys.argv[6]), is_endless=sys.argv[7] == "endless")
        case "rebuild":
            rebuild_at_random(storm, Path(sys.argv[6]))
        case "merge":
            merge_all(storm)
