"""One merged pull request at a time, from its webhook to the team's dashboard, beside 200,000 others.

`python -m bench.merges PULLS` for another number of others. The product's own worker stands still meanwhile; what asks
GitHub is left out, as are the lines, which need its answers.
"""

import json
import subprocess
import sys
from statistics import quantiles

from bench.dashboards import Page, environment_of, pages
from bench.figures import Figure, table
from bench.product import CHECKOUT, Product, product, without_worker

PULLS = 200_000
SLUG = "bench-pulls"
"""Of `preload_pulls`, which only runs where Django is set up."""
_PAGES = [Page("pull requests, the list", f"/o/{SLUG}/pulls/", 60), Page("defects", f"/o/{SLUG}/defects/", 60)]


def run(running: Product, pulls: int = PULLS) -> list[Figure]:
    with without_worker(running):
        _python(running, "bench.preload_pulls", str(pulls))
        keys = running.provision(SLUG)
        told = json.loads(_python(running, "bench.merging", running.url, keys.ingest_key))
        stored = f"{pulls:,} pull requests"
        return [
            *(Figure(f"one merge, {name}, {stored}", times, "ms") for name, times in told["parts"].items()),
            Figure(
                f"one merge, from webhook to dashboard, 95th percentile, {stored}",
                [quantiles(told["total"], n=20)[-1]], "ms", at_most=300,
            ),
            *pages(running, SLUG, _PAGES, stored),
        ]  # fmt: skip


def _python(running: Product, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.check_output(command, env=environment_of(running), cwd=CHECKOUT, text=True)


if __name__ == "__main__":
    with product() as started:
        print(table(run(started, *map(int, sys.argv[1:2]))))
