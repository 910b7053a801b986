"""How fast stored diffs become line owners in PostgreSQL: a made-up history, or `replay_*_hunks.jsonl.gz` of a folder.

`python -m bench.ownership DIR` measures the histories of a folder. Whether they are right, `bench/pulls.py` says.
"""

import json
import subprocess
import sys
from pathlib import Path

from bench.dashboards import environment_of
from bench.figures import Figure, table
from bench.product import CHECKOUT, Product, product

COMMITS = 3_000


def run(running: Product, folder: str = "") -> list[Figure]:
    """Each history alone in a process of its own, which does what a worker does for the chore REPLAY."""
    figures = []
    for history in sorted(Path(folder).glob("replay_*_hunks.jsonl.gz")) if folder else [Path("made-up")]:
        command = [sys.executable, "-m", "bench.replaying", str(history), str(COMMITS)]
        told = json.loads(subprocess.check_output(command, env=environment_of(running), cwd=CHECKOUT, text=True))
        name = history.name.removesuffix("_hunks.jsonl.gz")
        figures += [
            Figure(f"{name}: commits/s with every file's owners written", [told["commits_per_second"]], at_least=500),
            Figure(f"{name}: memory of the worker", [told["memory_mb"]], "MB", at_most=200),
            Figure(f"{name}: files with owners", [told["files"]]),
        ]
    return figures


if __name__ == "__main__":
    with product() as started:
        print(table(run(started, *sys.argv[1:2])))
