"""Two contributors of half a million events each become one while others go on sending, and the pages about people of
an organization with 5,000 members."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from bench.bodies import own_bodies
from bench.dashboards import Page, environment_of, pages
from bench.figures import Figure
from bench.ingest import OWN, headers_of
from bench.load import Sent, send_all
from bench.product import CHECKOUT, Keys, Product

PAIR, CROWD, ELSEWHERE = "bench-pair", "bench-crowd", "bench-elsewhere"
BATCH, PAUSE_SECONDS, CALM_SECONDS = 50, 0.05, 15
_PAGES = [
    Page("settings", f"/o/{CROWD}/settings/", 60),
    Page("members", f"/o/{CROWD}/settings/members/", 60),
    Page("members, found by name", f"/o/{CROWD}/settings/members/?q=person+49", 60),
    Page("invitations", f"/o/{CROWD}/settings/invitations/", 60),
    Page("teams", f"/o/{CROWD}/settings/teams/", 60),
    Page("keys", f"/o/{CROWD}/settings/keys/", 60),
    Page("audit", f"/o/{CROWD}/settings/audit/", 60),
    Page("people", f"/o/{CROWD}/people/", 60),
    Page("people, found by name", f"/o/{CROWD}/people/?q=person+49", 60),
    Page("people, the last page", f"/o/{CROWD}/people/?page=100", 60),
]


def run(product: Product) -> list[Figure]:
    _crowd(product, "fill", CROWD)
    return [*pages(product, CROWD, _PAGES, "5,000 members"), *merging(product)]


def merging(product: Product) -> list[Figure]:
    """Others are a colleague in the same organization, and somebody in another one."""
    _crowd(product, "pair", PAIR)
    others = [product.provision(PAIR), product.provision(ELSEWHERE)]
    calm = _sent_meanwhile(product, others, 100, lambda: time.sleep(CALM_SECONDS))
    began = time.perf_counter()
    busy = _sent_meanwhile(product, others, 200, lambda: _crowd(product, "merge", PAIR))
    seconds = time.perf_counter() - began
    ratios = [late.percentile_ms(0.95) / early.percentile_ms(0.95) for early, late in zip(calm, busy, strict=True)]
    return [
        Figure("merging two contributors of 500,000 events each", [seconds], "s", at_most=20),
        Figure("95th percentile of a colleague's batches before", [calm[0].percentile_ms(0.95)], "ms"),
        Figure("the same while it lasts, of before", [ratios[0]], at_most=1.5),
        Figure("95th percentile of another organization's batches before", [calm[1].percentile_ms(0.95)], "ms"),
        Figure("the same while it lasts, of before", [ratios[1]], at_most=1.5),
    ]


def _sent_meanwhile(product: Product, others: list[Keys], seed: int, work: Callable[[], None]) -> list[Sent]:
    """Each sends a batch after the other, with a pause between, as long as the work lasts."""
    is_done = Event()

    def paced(number: int) -> Iterator[bytes]:
        for body in own_bodies(100_000, BATCH, seed=(seed + number) * 1_000_000):
            if is_done.wait(PAUSE_SECONDS):
                return
            yield body

    with ThreadPoolExecutor(len(others)) as pool:
        jobs = [
            pool.submit(send_all, product.port, OWN, headers_of(keys), paced(number), 1)
            for number, keys in enumerate(others)
        ]
        try:
            work()
        finally:
            is_done.set()
        return [job.result() for job in jobs]


def _crowd(product: Product, what: str, slug: str) -> None:
    command = [sys.executable, "-m", "bench.crowd", what, slug]
    subprocess.run(command, env=environment_of(product), cwd=CHECKOUT, check=True)
