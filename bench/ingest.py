"""Ingestion over HTTP against a bare COPY of the same rows, in the same run, on the same server."""

import time

import psycopg

from bench.bodies import otlp_bodies, own_bodies
from bench.figures import Figure
from bench.load import Sent, send_all
from bench.product import Keys, Product

RUNS = 5
BATCH = 1_000
OWN = "/api/v1/events"
_JSON, _PROTOBUF = "application/json", "application/x-protobuf"


def headers_of(keys: Keys, content_type: str = _JSON) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {keys.ingest_key}", "Content-Type": content_type, "Content-Encoding": "gzip",
    }  # fmt: skip


def bare_copy(product: Product, limit: int) -> float:
    """Rows per second of COPY (text, prepared beforehand) in transactions of BATCH rows into an unindexed table."""
    with psycopg.connect(product.database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copy")
        cursor.execute("CREATE TABLE bench_copy (LIKE events_event)")
        with cursor.copy(f"COPY (SELECT * FROM events_event LIMIT {limit}) TO STDOUT") as copy:
            lines = b"".join(bytes(block) for block in copy).splitlines(keepends=True)
        chunks = [b"".join(lines[start : start + BATCH]) for start in range(0, len(lines), BATCH)]
        began = time.perf_counter()
        for chunk in chunks:
            with cursor.copy("COPY bench_copy FROM STDIN") as copy:
                copy.write(chunk)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_copy")
    return len(lines) / seconds


def select_one(product: Product) -> float:
    """Milliseconds of the smallest question over one connection."""
    with psycopg.connect(product.database_url, autocommit=True) as connection:
        began = time.perf_counter()
        for _ in range(1000):
            connection.execute("SELECT 1").fetchall()
        return time.perf_counter() - began


def measured(
    product: Product, path: str, headers: dict[str, str], bodies: list[bytes], connections: int = 4
) -> tuple[Sent, float, float]:
    """What was sent, and the CPU seconds it cost the server and PostgreSQL."""
    web, database = product.cpu_seconds()
    sent = send_all(product.port, path, headers, bodies, connections)
    web_after, database_after = product.cpu_seconds()
    return sent, web_after - web, database_after - database


def batches_of_a_thousand(product: Product, batches: int = 150) -> list[Figure]:
    keys = product.provision("thousands")
    headers, events = headers_of(keys), batches * BATCH
    send_all(product.port, OWN, headers, list(own_bodies(40, BATCH, seed=1)))
    rates, copies, web_us, database_us, again, p95 = [], [], [], [], [], []
    for number in range(RUNS):
        bodies = list(own_bodies(batches, BATCH, seed=1_000_000 * (number + 1)))
        copies.append(bare_copy(product, 100_000))
        sent, web, database = measured(product, OWN, headers, bodies)
        rates.append(events / sent.seconds)
        web_us.append(web / events * 1e6)
        database_us.append(database / events * 1e6)
        p95.append(sent.percentile_ms(0.95))
        _, web_again, database_again = measured(product, OWN, headers, bodies)
        again.append((web_again + database_again) / (web + database))
    return [
        Figure("bare COPY of the same rows, one connection, unindexed", copies, "rows/s"),
        Figure("`SELECT 1`, one connection", [select_one(product) for _ in range(RUNS)], "ms"),
        Figure("own events, batches of 1,000", rates, "events/s"),
        Figure("ratio to the bare COPY", [r / c for r, c in zip(rates, copies, strict=True)], at_least=0.30),
        Figure("95th percentile of a batch, 4 connections", p95, "ms"),
        Figure("server CPU per event", web_us, "µs", at_most=8),
        Figure("PostgreSQL CPU per event", database_us, "µs", at_most=11),
        Figure("replay, CPU of the first time's", again, at_most=0.7),
    ]


def otlp_logs(product: Product, batches: int = 60, records: int = 500) -> list[Figure]:
    keys = product.provision("otlp")
    # Something for the bare COPY to copy, and warm workers.
    first = list(otlp_bodies(40, records, seed="first", is_json=True))
    send_all(product.port, "/otlp/v1/logs", headers_of(keys), first)
    figures = []
    for name, content_type in (("JSON", _JSON), ("protobuf", _PROTOBUF)):
        rates, copies = [], []
        for number in range(RUNS):
            bodies = list(otlp_bodies(batches, records, seed=f"{name}{number}", is_json=content_type == _JSON))
            copies.append(bare_copy(product, 100_000))
            sent, *_ = measured(product, "/otlp/v1/logs", headers_of(keys, content_type), bodies)
            rates.append(batches * records / sent.seconds)
        figures += [
            Figure(f"Claude Code logs, {name}, bodies of {records}", rates, "records/s"),
            Figure("ratio to the bare COPY", [r / c for r, c in zip(rates, copies, strict=True)], at_least=0.10),
        ]
    return figures


def small_bodies(product: Product) -> list[Figure]:
    keys = product.provision("small")
    headers, fifties, singles = headers_of(keys), [], []
    for number in range(RUNS):
        bodies = list(own_bodies(400, 50, seed=30_000_000 + 1_000_000 * number))
        fifties.append(400 * 50 / measured(product, OWN, headers, bodies)[0].seconds)
        bodies = list(own_bodies(600, 1, seed=60_000_000 + 1_000_000 * number))
        singles.append(600 / measured(product, OWN, headers, bodies)[0].seconds)
    return [
        Figure("batches of 50", fifties, "events/s", at_least=12_000),
        Figure("single events", singles, "requests/s", at_least=400),
    ]


def growth(product: Product, batches: int = 1000) -> list[Figure]:
    """How much the web server's memory grows over a million events of one organization."""
    keys = product.provision("million")
    headers = headers_of(keys)
    send_all(product.port, OWN, headers, list(own_bodies(4, BATCH, seed=90_000_000)))
    before = product.web_memory_mb()
    for start in range(0, batches, 100):
        send_all(product.port, OWN, headers, list(own_bodies(100, BATCH, seed=91_000_000 + start * BATCH)))
    grown = product.web_memory_mb() - before
    return [Figure("web processes after 1,000,000 events, over their start", [grown], "MB", at_most=150)]
