"""Stores a history of a file (or a made-up one), replays it as a worker does, and prints what that took.

Run with the environment of a product: `python -m bench.replaying FILE COMMITS`. Without such a file, so many commits
are made up.
"""

import gzip
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

django.setup()

# Only once the apps are there.
from codecard.lib.tenant import tenant  # noqa: E402
from events.models import DefaultCommit, DiffState, FileOwners, Repository  # noqa: E402
from events.pulls import ownership  # noqa: E402
from events.pulls.lines.changes import Deleted, FileChange, Group, Status  # noqa: E402
from events.pulls.lines.commits import pack_changes  # noqa: E402
from teams import actions  # noqa: E402

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Commit = dict[str, Any]


def history_of(path: Path, commits: int) -> Iterator[Commit]:
    if not path.exists():
        yield from _made_up(commits)
        return
    with gzip.open(path, "rt") as file:
        yield from map(json.loads, file)


def _made_up(commits: int) -> Iterator[Commit]:
    """Four files of 400 a commit, twenty lines each in two places, as busy repositories have it."""
    chance = random.Random(7)
    lengths = [300] * 400
    names = [f"src/module{number}.py" for number in range(400)]
    yield {"sha": "0", "ct": 0, "files": [["A", None, name, [[0, 0, 300]]] for name in names]}
    for number in range(1, commits):
        files = []
        for place in chance.sample(range(400), 4):
            at = chance.randint(1, max(1, lengths[place] - 60))
            files.append(["M", names[place], names[place], [[at, 8, 10], [at + 30, 2, 1]]])
            lengths[place] += 1
        yield {"sha": str(number), "ct": number, "files": files}


def store(repository: Repository, history: Iterator[Commit]) -> None:
    rows = []
    for seq, commit in enumerate(history, 1):
        rows.append(
            DefaultCommit(
                organization_id=repository.organization_id,
                repository=repository,
                sha=commit["sha"],
                seq=seq,
                committed_at=datetime.fromtimestamp(commit["ct"], UTC),
                diff_state=DiffState.COMPLETE,
                changes=pack_changes(map(_change, commit["files"])),
            )
        )
    DefaultCommit.objects.bulk_create(rows, batch_size=500)


def _change(told: list[Any]) -> FileChange:
    status, old, new, hunks = told
    groups = tuple(Group(*hunk) for hunk in hunks)
    # As if each were a line of code: a worker notes whose lines a commit changed.
    lines = (line for start, old_len, _ in groups for line in range(start, start + old_len))
    return FileChange(Status(status), old, new, groups, tuple(Deleted(line, "k", True) for line in lines))


def main(path: Path, commits: int) -> None:
    organization = actions.create_organization(name=path.name[:40], slug=f"replay-{time.time_ns()}", by=None, now=NOW)
    with tenant(organization.id):
        repository = Repository.objects.create(organization=organization, full_name="bench/replay", dimension_id=1)
        store(repository, history_of(path, commits))
    before = _memory_mb()
    began = time.perf_counter()
    ownership.handle(organization.id, repository.id, now=NOW)
    seconds = time.perf_counter() - began
    with tenant(organization.id):
        repository.refresh_from_db()
        files = FileOwners.objects.filter(repository=repository).count()
    told = {
        "commits_per_second": repository.replayed_to / seconds,
        "memory_mb": max(before, _memory_mb()),
        "files": files,
    }
    print(json.dumps(told))


def _memory_mb() -> float:
    """The most that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
