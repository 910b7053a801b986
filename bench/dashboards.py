"""Pages and ingestion while the database grows a hundredfold.

Server time is taken at the client: from sending a request on a kept-alive local connection to having read the whole
answer. It so holds a little more than the time in the server, never less.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median
from typing import Any

from bench.bodies import own_bodies
from bench.figures import Figure
from bench.ingest import BATCH, OWN, headers_of, measured
from bench.load import send_all
from bench.product import CHECKOUT, Keys, Product

RUNS = 5
REQUESTS, WARM_UP = 25, 12
FORTY, LARGEST = "bench-forty", "bench-largest"
MILLION, TEN_MILLION = 1_000_000, 10_000_000
_TEAM = "/t/everyone/"


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    at_most_ms: float | None = None
    at_most_queries: int | None = None


TEAM_OF_FORTY = Page("team dashboard, 28 days, 40 people", f"/o/{FORTY}{_TEAM}", 40, 12)
_FORTY_PAGES = [
    TEAM_OF_FORTY,
    Page("the same, against the year before", f"/o/{FORTY}{_TEAM}?vs=year", 40, 12),
]
_LARGEST_PAGES = [
    Page("largest organization, team dashboard, 134 people", f"/o/{LARGEST}{_TEAM}", 60, 12),
    Page("largest organization, overview", f"/o/{LARGEST}/", 60),
    Page("largest organization, data health", f"/o/{LARGEST}/health/"),
]
_USAGE = "/api/v1/usage/?by=tool,model"


def run(product: Product) -> list[Figure]:
    """Everything here in one run: ingestion at 100,000 events, pages at a million, both at ten million."""
    keys = product.provision("bench-flat")
    send_all(product.port, OWN, headers_of(keys), list(own_bodies(100, BATCH, seed=200_000_000)))
    small = ingest_costs(product, keys, seed=210_000_000)
    preload(product, MILLION)
    early = pages(product, FORTY, [TEAM_OF_FORTY], "1 million events")
    preload(product, TEN_MILLION)
    late = pages(product, FORTY, _FORTY_PAGES, "10 million events")
    large = ingest_costs(product, keys, seed=220_000_000)
    return [
        *early,
        *late,
        Figure("team dashboard at 10 million, of its time at 1 million", [late[0].value / early[0].value], at_most=1.2),
        *pages(product, LARGEST, _LARGEST_PAGES, "10 million events"),
        usage(product),
        Figure("CPU per event at 100,000 stored events", small, "µs"),
        Figure("CPU per event at 10 million", large, "µs"),
        Figure("cost of an event at 10 million, of that at 100,000", [median(large) / median(small)], at_most=1.3),
    ]


def preload(product: Product, events: int) -> None:
    """Fills the database up to so many events, by SQL."""
    subprocess.run(
        [sys.executable, "-m", "bench.preload", str(events)], env=environment_of(product), cwd=CHECKOUT, check=True
    )


def ingest_costs(product: Product, keys: Keys, *, seed: int, batches: int = 60) -> list[float]:
    """CPU microseconds per event, of server and PostgreSQL together."""
    costs, headers = [], headers_of(keys)
    for number in range(RUNS):
        bodies = list(own_bodies(batches, BATCH, seed=seed + 1_000_000 * number))
        _, web, database = measured(product, OWN, headers, bodies)
        costs.append((web + database) / (batches * BATCH) * 1e6)
    return costs


def pages(product: Product, slug: str, asked: Sequence[Page], stored: str) -> list[Figure]:
    """Milliseconds and queries of pages, for a signed-in owner. `stored`: how much there is, in words."""
    visit = _visit(product, slug, [page.path for page in asked])
    figures = []
    for page, queries in zip(asked, visit["queries"], strict=True):
        times = list(milliseconds(product, page.path, {"Cookie": visit["cookie"]}))
        figures += [
            Figure(f"{page.name}, {stored}", times, "ms", at_most=page.at_most_ms),
            Figure(f"{page.name}, queries", [queries], at_most=page.at_most_queries),
        ]
    return figures


def cookie_of(product: Product, slug: str) -> str:
    """Of the organization's owner, signed in."""
    return str(_visit(product, slug, [f"/o/{slug}/"])["cookie"])


def _visit(product: Product, slug: str, paths: list[str]) -> Any:
    product.provision(slug)
    command = [sys.executable, "-m", "bench.visitor", slug, *paths]
    return json.loads(subprocess.check_output(command, env=environment_of(product), cwd=CHECKOUT, text=True))


def usage(product: Product) -> Figure:
    keys = product.provision(LARGEST)
    times = list(milliseconds(product, _USAGE, {"Authorization": f"Bearer {keys.api_token}"}))
    return Figure("usage API of the largest organization, all its days by tool and model", times, "ms")


def milliseconds(product: Product, path: str, headers: dict[str, str], warm_up: int = WARM_UP) -> Iterator[float]:
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    for number in range(warm_up + REQUESTS):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
        if answer.status != HTTPStatus.OK:
            raise SystemExit(f"{path} answered {answer.status}")
        if number >= warm_up:
            yield took * 1000


def environment_of(product: Product) -> dict[str, str]:
    return {**product.environment, "DJANGO_SETTINGS_MODULE": "codecard.settings"}
