"""`make bench`: measures the product on throw-away services, prints the table of docs/performance.md.

`python -m bench SECTION …` runs some of: ingest, otlp, small, growth, idle, dashboards, measures, people, ownership,
github, merges, connecting, sharing.
`python -m bench pulls DATA_DIR [--json]` judges the product on pull requests whose truth is known, without services.
"""

import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from bench import connecting, dashboards, github, ingest, measures, merges, ownership, people, sharing
from bench.figures import Figure, table
from bench.judging import report
from bench.product import Product, product


def idle(running: Product) -> list[Figure]:
    """The whole product right after its start, nothing sent."""
    return [Figure("whole product, idle after start", [running.memory_mb()], "MB", at_most=450)]


SECTIONS: dict[str, Callable[[Product], list[Figure]]] = {
    "idle": idle,
    "ingest": ingest.batches_of_a_thousand,
    "otlp": ingest.otlp_logs,
    "small": ingest.small_bodies,
    "growth": ingest.growth,
    "dashboards": dashboards.run,
    "measures": measures.run,
    "people": people.run,
    "ownership": ownership.run,
    "github": github.run,
    "merges": merges.run,
    "connecting": connecting.run,
    "sharing": sharing.run,
}


def main(names: list[str]) -> None:
    figures: list[Figure] = []
    for name in names or list(SECTIONS):
        print(f"{name} …", file=sys.stderr, flush=True)
        with product() as running:
            figures += SECTIONS[name](running)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {_memory()} GB, Python {platform.python_version()}\n")
    print(table(figures))


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


if __name__ == "__main__":
    if sys.argv[1:2] == ["pulls"]:
        raise SystemExit(report.main(sys.argv[2:]))
    main(sys.argv[1:])
