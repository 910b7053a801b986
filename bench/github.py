"""The backfill of a simulated repository from the tests' stand-in for GitHub, over HTTP; killed, and taken up again.

`python -m bench.github PULLS` for another size than 10,000.
"""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.dashboards import environment_of
from bench.figures import Figure, table
from bench.product import CHECKOUT, Product, product, without_worker

PULLS = 10_000
NAME = "quillmere/monolith"
TOKEN = "github_pat_only-for-tests"  # noqa: S105 - of the stand-in
KILLED_AFTER_REQUESTS = 3
"""In percent of the pull requests: within their first stage, and once more within the last."""


def run(running: Product, pulls: int = PULLS) -> list[Figure]:
    with _stand_in(pulls) as api_url, without_worker(running):
        for times, requests in enumerate((pulls * KILLED_AFTER_REQUESTS // 100 + 2, pulls // 2)):
            _killed(running, api_url, times, requests)
        told = json.loads(_backfill(running, api_url, 2).communicate()[0])
        asked = _figures(api_url)
    assert told["is_finished"], told
    # A page that was asked for and not kept was not written to the rows.
    repeated = asked["rest_calls"] + asked["unchanged"] - told["calls"]
    repeated_points = asked["points"] - told["points"]
    return [
        Figure("backfill: pull requests", [told["pulls"]]),
        Figure("backfill: REST calls a merged pull request", [asked["rest_calls"] / told["merged"]], at_most=2.1),
        Figure("backfill: GraphQL points for 25", [asked["points"] / told["pulls"] * 25], at_most=5),
        Figure("backfill: REST calls repeated after two kills", [repeated], at_most=2 * 6),
        Figure("backfill: points repeated after two kills", [repeated_points], at_most=2 * 5),
        Figure("backfill: pull requests a minute of CPU, from the second kill on", [_rate(told, pulls)]),
        Figure("backfill: memory of the worker", [told["memory_mb"]], "MB", at_most=300),
    ]


def _rate(told: dict[str, Any], pulls: int) -> float:
    return pulls / 2 / max(float(told["cpu_seconds"]), 0.1) * 60


@contextmanager
def _stand_in(pulls: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests._github_api", "--pulls", str(pulls), "--limit", "10000000"]
    started = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout
        yield started.stdout.readline().strip()
    finally:
        started.kill()
        started.wait()


def _backfill(running: Product, api_url: str, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.backfilling", api_url, NAME, TOKEN, str(times)]
    return subprocess.Popen(command, env=environment_of(running), cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def _killed(running: Product, api_url: str, times: int, requests: int) -> None:
    started = _backfill(running, api_url, times)
    while _figures(api_url)["requests"] < requests and started.poll() is None:
        time.sleep(0.05)
    started.kill()
    started.wait()


def _figures(api_url: str) -> dict[str, int]:
    with urllib.request.urlopen(re.sub(r"/api/v3$", "/figures", api_url), timeout=120) as answer:  # noqa: S310 - loopback
        found: dict[str, int] = json.load(answer)
    return found


if __name__ == "__main__":
    assert Path("manage.py").exists(), "run it in the checkout"
    with product() as started:
        print(table(run(started, *map(int, sys.argv[1:2]))))
