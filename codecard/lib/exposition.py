"""Figures for Prometheus, the same whichever of the worker processes is asked.

Workers count in memory and add to one hash in Redis once a second, so that a request never waits for it and several
machines add up. Apps add their own collectors to `COLLECTORS` when they are ready.
"""

import logging
import os
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import redis
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

COLLECTORS: list[Collector] = []
HASH = "codecard:http"
FLUSH_SECONDS = 1.0
BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Anybody can send any method, and each new one would be a series for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger(__name__)
_pending: Counter[str] = Counter()
_lock = threading.Lock()
_timer: threading.Timer | None = None


def broker(timeout_seconds: float = 1.0) -> "redis.Redis":
    """A client that gives up soon: for checks and figures, which must never hold anything up."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        decode_responses=True,
    )


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Counts one answered request."""
    global _timer
    series = f"{method if method in _METHODS else 'other'} {route}"
    bucket = next((str(upper) for upper in BUCKETS_SECONDS if seconds <= upper), "+Inf")
    with _lock:
        _pending[f"status {status} {series}"] += 1
        _pending[f"bucket {bucket} {series}"] += 1
        _pending[f"microseconds - {series}"] += round(seconds * 1e6)
        if _timer is None:
            _timer = threading.Timer(FLUSH_SECONDS, flush)
            _timer.daemon = True
            _timer.start()


def flush() -> None:
    """Adds what was counted since to the shared hash; keeps it for the next time if Redis is away."""
    global _pending, _timer
    with _lock:
        counted, _pending, _timer = _pending, Counter(), None
    try:
        with broker() as client, client.pipeline(transaction=True) as pipeline:
            for field, amount in counted.items():
                pipeline.hincrby(HASH, field, amount)
            pipeline.execute()
    except (redis.RedisError, OSError, ValueError) as error:
        log.warning("request figures are kept in memory for now: %s", error)
        with _lock:
            _pending.update(counted)


def expose() -> bytes:
    """All figures in Prometheus' text format."""
    flush()
    registry = CollectorRegistry(auto_describe=False)
    for collector in (HttpCollector(), ProcessCollector(), *COLLECTORS):
        registry.register(collector)
    return generate_latest(registry)


class HttpCollector(Collector):
    """Requests and their durations by route, from the shared hash."""

    def collect(self) -> Iterable[Metric]:
        try:
            with broker() as client:
                stored = client.hgetall(HASH)
        except redis.RedisError:
            return []
        return http_metrics({str(field): int(amount) for field, amount in dict(stored).items()})


def http_metrics(stored: dict[str, int]) -> list[Metric]:
    answered = CounterMetricFamily("codecard_http_requests", "Answered requests.", labels=["method", "route", "status"])
    durations = HistogramMetricFamily(
        "codecard_http_request_duration_seconds", "Time to answer a request.", labels=["method", "route"]
    )
    buckets: dict[tuple[str, str], Counter[str]] = {}
    for field, amount in sorted(stored.items()):
        kind, value, method, route = field.split(" ", 3)
        if kind == "status":
            answered.add_metric([method, route, value], amount)
        else:
            buckets.setdefault((method, route), Counter())[value if kind == "bucket" else kind] += amount
    for (method, route), counts in buckets.items():
        durations.add_metric([method, route], cumulated(counts), sum_value=counts["microseconds"] / 1e6)
    return [answered, durations]


def cumulated(counts: Counter[str]) -> list[tuple[str, float]]:
    """Prometheus' buckets: each holds all requests that took as long or less."""
    rows: list[tuple[str, float]] = []
    below = 0.0
    for upper in (*map(str, BUCKETS_SECONDS), "+Inf"):
        below += counts[upper]
        rows.append((upper, below))
    return rows


class ProcessCollector(Collector):
    """Memory and processor time of all workers of this server, so that the figures don't jump with the one asked.

    Empty where there is no /proc.
    """

    def collect(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily("codecard_process_resident_memory_bytes", "Resident memory.", labels=["pid"])
        cpu = CounterMetricFamily("codecard_process_cpu_seconds", "User and system time.", labels=["pid"])
        for pid in worker_pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            memory.add_metric([str(pid)], int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))
            cpu.add_metric([str(pid)], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
        return [memory, cpu]


def worker_pids() -> list[int]:
    """This process and its siblings that run the same program."""
    own, parent = os.getpid(), os.getppid()
    try:
        siblings = {int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}
        program = Path(f"/proc/{own}/cmdline").read_bytes()
        return sorted({own} | {pid for pid in siblings if Path(f"/proc/{pid}/cmdline").read_bytes() == program})
    except OSError:
        return [own] if Path("/proc/self/stat").exists() else []
