"""Sends prepared bodies over several kept-alive connections, and says how long it took."""

import http.client
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass
class Sent:
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def send_all(port: int, path: str, headers: dict[str, str], bodies: Iterable[bytes], connections: int = 4) -> Sent:
    """:raises SystemExit: on any answer but 200."""
    todo, sent, lock = iter(bodies), Sent(), Lock()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            with lock:
                body = next(todo, None)
            if body is None:
                return
            began = time.perf_counter()
            status, answer = _post(connection, path, headers, body)
            sent.latencies_ms.append((time.perf_counter() - began) * 1000)
            if status != http.client.OK:
                raise SystemExit(f"{path} answered {status}: {answer[:300]!r}")

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        for job in [pool.submit(work) for _ in range(connections)]:
            job.result()
    sent.seconds = time.perf_counter() - began
    return sent


def _post(connection: http.client.HTTPConnection, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()
