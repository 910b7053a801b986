"""`python bench/pulls.py DIR [--json]`: the product's own code on every file of a folder whose truth is known.

Files are found by their names; of a kind there may be several, or none. No database is needed.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from bench.judging import latency, links, replay, reverts, szz, trailers
from bench.judging.rows import Judged, Row, table


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/pulls.py", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir():
        parser.error(f"{asked.folder} is no folder")
    judged = judge(asked.folder)
    if asked.json:
        print(json.dumps({kind: found.values if found else None for kind, found in judged.items()}))
    else:
        rows: list[Row] = [row for found in judged.values() if found for row in found.rows]
        print(table(rows))
    return 0


def judge(folder: Path) -> dict[str, Judged | None]:
    """Each kind of data, None where the folder has none of it."""

    def named(*patterns: str) -> list[Path]:
        return sorted({path for pattern in patterns for path in folder.glob(pattern)})

    cases = named("szz_cases*.jsonl.gz", "szz_*.jsonl.gz")
    hunks = named("replay_*_hunks.jsonl.gz")
    reverted = named("reverts*.json", "reverts*.json.gz")
    squashes = named("link_squash*.json.gz")
    clients = [path for path in named("link_*.json.gz") if path not in squashes]
    lines = named("ai_trailers*.json", "ai_trailers*.json.gz")
    times = named("aidev_latency*.json.gz")
    pairs = named("icse*pairs*.json")
    return {
        "szz": szz.judge(cases, pairs) if cases else None,
        "replay": replay.judge(hunks) if hunks else None,
        "reverts": reverts.judge(reverted) if reverted else None,
        "squash": links.judge_squashes(squashes) if squashes else None,
        "links": links.judge(clients) if clients else None,
        "trailers": trailers.judge(lines) if lines else None,
        "latency": latency.judge(times) if times else None,
    }
