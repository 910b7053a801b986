"""Servers that die in the middle: clients that retry end with exact totals, and nobody waits for anybody for ever."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from codecard.local.account import service_account
from codecard.local.binaries import Missing, postgres_folder
from codecard.local.postgres import Postgres
from teams.models import Organization
from tests import factories
from tests._processes import CHECKOUT, wait_until
from tests.events.api.sending import EVENTS, JSON, event, logs, metrics, point, post, record
from tests.events.api.serving import Server, serving
from tests.events.ledger.books import books, total

SECONDS_AWAY = 10.0
Send = tuple[str, Any]


class Database:
    """A PostgreSQL of our own, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        account = service_account()
        for name in ("copies", "sockets"):
            (folder / name).mkdir()
            account.own(folder / name)
        account.own(folder)
        self.log = (folder / "log").open("wb")
        self.account = account
        self.postgres = Postgres(
            postgres_folder(account, folder / "copies"), folder / "data", folder / "sockets", account, is_throwaway=True
        )
        self.postgres.prepare()
        self.start()

    def start(self) -> None:
        command = [self.postgres.programs / "postgres", "-D", self.postgres.data, "-k", self.postgres.sockets]
        self.program = subprocess.Popen(
            [*map(str, command), "-c", "listen_addresses=", "-c", "fsync=off"],
            cwd=self.postgres.data, env={**os.environ, "HOME": str(self.postgres.data)},
            stdout=self.log, stderr=self.log, **self.account.popen_options(),
        )  # fmt: skip
        assert wait_until(lambda: "ready" in self._state()), "PostgreSQL did not start"

    def stop(self, how: int = signal.SIGINT) -> None:
        self.program.send_signal(how)
        self.program.wait(20)

    def close(self) -> None:
        if self.program.poll() is None:
            self.stop()
        self.log.close()

    def _state(self) -> str:
        path = self.postgres.data / "postmaster.pid"
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    folder = Path("/tmp") / f"codecard-{uuid4().hex[:8]}"
    folder.mkdir()
    try:
        made = Database(folder)
    except Missing:
        pytest.skip("there is no PostgreSQL here that may be stopped")
    try:
        manage(made, "migrate", "--no-input", "--verbosity", "0")
        yield made
    finally:
        made.close()
        subprocess.run(["rm", "-rf", folder], check=True)


def manage(database: Database, *arguments: str) -> str:
    environment = {
        **os.environ,
        "DATABASE_URL": database.postgres.url,
        "DJANGO_SETTINGS_MODULE": "codecard.settings",
        "CODECARD_LOCAL": "1",
    }
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("outages"), DATABASE_URL=database.postgres.url) as running:
        yield running


class Client:
    """Sends as exporters do: again after 429, 503 and a broken connection; what is answered otherwise is lost."""

    def __init__(self, server: Server, database: Database) -> None:
        slug = f"acme-{uuid4().hex[:6]}"
        made = manage(database, "provision", "--organization", slug, "--email", f"o@{slug}.test", "--role", "owner")
        self.server, keys = server, json.loads(made)
        self.key, self.token = keys["ingest_key"], keys["api_token"]
        self.statuses: set[int] = set()
        self.has_met_trouble = Event()

    def send(self, path: str, body: Any) -> None:
        raw, give_up_at = json.dumps(body).encode(), time.monotonic() + 30
        while time.monotonic() < give_up_at:
            status = self._try(path, raw)
            self.statuses.add(status)
            if status == 200:
                return
            assert status in {0, 503}, status
            self.has_met_trouble.set()
            time.sleep(0.2)
        raise AssertionError("the product did not come back")

    def _try(self, path: str, raw: bytes) -> int:
        try:
            status, headers, _ = self.server.request(
                "POST", path, raw, Authorization=f"Bearer {self.key}", Content_Type=JSON
            )
        except (OSError, HTTPException):  # the connection, or the answer, broke off
            return 0
        assert status != 503 or 1 <= int(headers["retry-after"]) <= 5
        return status

    def load(self, loads: list[list[Send]], disturb: Callable[[], None]) -> None:
        """All loads at once, each in its order, with something happening in their middle."""
        with ThreadPoolExecutor(len(loads) + 1) as pool:
            sending = [pool.submit(self._send_all, load) for load in loads]
            disturbing: Future[None] = pool.submit(disturb)
            for done in (*sending, disturbing):
                done.result(60)

    def _send_all(self, load: list[Send]) -> None:
        for path, body in load:
            self.send(path, body)

    def total(self) -> dict[str, Any]:
        status, _, answer = self.server.request("GET", "/api/v1/usage/", Authorization=f"Bearer {self.token}")
        assert status == 200, answer
        return dict(json.loads(answer)["total"])


@pytest.fixture
def client(server: Server, database: Database) -> Client:
    return Client(server, database)


def loads(count: int = 60) -> list[list[Send]]:
    """Own events, OTLP records, and a running total, as three clients send them."""
    own = [(EVENTS, [event(f"own-{number}-{item}") for item in range(20)]) for number in range(count)]
    told = [
        ("/otlp/v1/logs", logs(*(record(f"otlp-{number}-{item}") for item in range(10)))) for number in range(count)
    ]
    start = int(point()["startTimeUnixNano"])
    running = [
        ("/otlp/v1/metrics", metrics(point(10 * number) | {"timeUnixNano": str(start + number * 10**9)}, temporality=2))
        for number in range(1, count + 1)
    ]
    return [own, told, running]


def assert_exact(client: Client, count: int = 60) -> None:
    total = client.total()
    assert total["requests"] == count * 30
    assert total["tokens"]["input"] == count * 300 + count * 10
    assert total["tokens"]["output"] == count * 150
    assert client.statuses <= {0, 200, 503}
    for load in loads(count):  # a replay changes nothing
        for path, body in load[:5]:
            client.send(path, body)
    assert client.total() == total


@pytest.mark.parametrize(
    "how", [signal.SIGINT, pytest.param(signal.SIGQUIT, marks=pytest.mark.slow)], ids=["stopped", "killed at once"]
)
def test_postgresql_away_in_the_middle_of_a_load(client: Client, database: Database, how: int) -> None:
    def away() -> None:
        time.sleep(0.3)
        database.stop(how)
        time.sleep(SECONDS_AWAY)
        database.start()

    client.load(loads(), away)
    assert 503 in client.statuses
    assert_exact(client)


def test_a_web_process_killed_in_the_middle_of_requests(client: Client, server: Server) -> None:
    def kill() -> None:
        time.sleep(0.3)
        before = server.workers()
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: set(server.workers()) - set(before) and server.is_up(), 20)

    client.load(loads(), kill)
    assert client.has_met_trouble.is_set()
    assert_exact(client)


def test_answers_without_a_database_are_503_and_right_again_after_it(client: Client, database: Database) -> None:
    client.send(EVENTS, [event("before")])
    database.stop()
    try:
        for path, body in (load[0] for load in loads(1)):
            assert client._try(path, json.dumps(body).encode()) == 503
        unknown = client.server.request("GET", "/api/v1/usage/", Authorization=f"Bearer {client.token}")
        assert unknown[0] == 503
        assert client.server.is_up()
    finally:
        database.start()
    client.send(EVENTS, [event("after")])
    assert client.total()["requests"] == 2


ROUNDS = 25


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("writers", [2, 4])
def test_the_same_people_in_opposite_order_do_not_wait_for_each_other(acme: Organization, writers: int) -> None:
    """Each writer's batch names all the people and sessions, every other in the opposite order; half of the facts are
    its own, half are everybody's."""
    key = factories.make_key(acme).secret
    barrier = Barrier(writers)

    def batch(writer: int, number: int) -> list[dict[str, Any]]:
        told = []
        for person in range(8):
            who = {
                "email": f"person{person}@acme.test",
                "session": f"s-{number}-{person}",
                "model": f"model-{number % 3}",
            }
            told += [event(f"{number}-{person}-{writer}", **who), event(f"{number}-{person}-all", **who)]
        return told if writer % 2 else told[::-1]

    def write(writer: int) -> list[int]:
        try:
            answers = []
            for number in range(ROUNDS):
                barrier.wait(20)
                answers.append(post(EVENTS, batch(writer, number), key))
            assert {answer.status_code for answer in answers} == {200}
            return [answer.json()["accepted"] + answer.json()["duplicates"] for answer in answers]
        finally:
            connections.close_all()

    before = _deadlocks()
    with ThreadPoolExecutor(writers) as pool:
        counts = list(pool.map(write, range(writers)))
    assert {count for listed in counts for count in listed} == {16}
    assert total(acme, "requests") == ROUNDS * 8 * (writers + 1)
    assert len(books(acme)["sessions"]) == ROUNDS * 8
    assert _deadlocks() == before


def _deadlocks() -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
