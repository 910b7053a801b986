"""Owners of lines: the product's replay against `git blame --first-parent`. `python -m bench.judging.replay FILE`
replays one file in a process of its own and says how much memory that took."""

import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.judging.rows import Judged, Row, read, read_lines, share
from events.pulls.lines.changes import FileChange, Group, Status
from events.pulls.lines.owners import UNKNOWN, Runs, apply, unseen

_TIMES = 5
_ROOT = Path(__file__).resolve().parents[2]


class Commit(NamedTuple):
    sha: str
    changes: list[FileChange]


class Lines(NamedTuple):
    right: int
    wrong: int
    unknown: int


def judge(paths: Sequence[Path]) -> Judged:
    whole, middle, seconds, commits_seen = Lines(0, 0, 0), Lines(0, 0, 0), 0.0, 0
    for path in paths:
        commits = list(_commits(path))
        truth = _truth(path.with_name(path.name.replace("_hunks.jsonl.gz", "_blame_truth.json")))
        whole = _sum(whole, _compared(commits, truth, start=0))
        middle = _sum(middle, _compared(commits, truth, start=len(commits) // 2))
        seconds += min(_seconds(commits) for _ in range(_TIMES))
        commits_seen += len(commits)
    memory = max(map(_memory_mb, paths))
    speed = commits_seen / seconds if seconds else 0.0
    total = sum(whole)
    rows = [
        share("replay, lines right", whole.right, total, at_least=0.998),
        Row("replay begun in mid-history, wrong lines", middle.wrong, at_most=0, note=f"{middle.right:,} lines right"),
        Row("replay, commits a second", speed, at_least=4000, note=f"{commits_seen:,} commits in memory, one core"),
        Row("replay, memory in MB", memory, at_most=200, note="the process with all commits and owners"),
    ]
    return Judged(
        {
            "right": whole.right / total if total else None,
            "commits_per_second": round(speed),
            "wrong_from_the_middle": middle.wrong,
            "memory_mb": round(memory),
        },
        rows,
    )


def replayed(commits: Sequence[Commit], start: int = 0) -> Iterator[tuple[Commit, dict[str, Runs]]]:
    """Each commit with the files as they are right before it."""
    files: dict[str, Runs] = {}
    for owner, commit in enumerate(commits[start:], start + 1):
        yield commit, files
        done = apply(commit.changes, owner, files)
        for path in done.gone:
            files.pop(path, None)
        files.update(done.written)


def _commits(path: Path) -> Iterator[Commit]:
    for row in read_lines(path):
        yield Commit(row["sha"], [_change(*file) for file in row["files"]])


def _change(status: str, old: str | None, new: str | None, groups: list[list[int]]) -> FileChange:
    letter = status[:1]
    known = Status(letter) if letter in list(Status) else Status.MODIFIED
    kept_old = None if known is Status.ADDED else old
    return FileChange(
        known, kept_old, None if known is Status.DELETED else new, tuple(Group(*group) for group in groups)
    )


def _truth(path: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in read(path) if path.exists() else []:
        found[row["at_parent_of"]].append(row)
    return found


def _compared(commits: Sequence[Commit], truth: Mapping[str, list[Any]], *, start: int) -> Lines:
    number = {commit.sha: at for at, commit in enumerate(commits, 1)}
    right = wrong = unknown = 0
    for commit, files in replayed(commits, start):
        for row in truth.get(commit.sha, []):
            runs = files.get(row["path"]) or unseen()
            for line, length, sha in row["runs"]:
                told = runs.owners_of(range(line, line + length))
                right += sum(owner == number.get(sha, -1) for owner in told)
                unknown += told.count(UNKNOWN)
                wrong += sum(owner not in (UNKNOWN, number.get(sha, -1)) for owner in told)
    return Lines(right, wrong, unknown)


def _sum(one: Lines, other: Lines) -> Lines:
    return Lines(*(a + b for a, b in zip(one, other, strict=True)))


def _seconds(commits: Sequence[Commit]) -> float:
    """Processor time, so that other programs on the machine don't count."""
    began = time.process_time()
    for _ in replayed(commits):
        pass
    return time.process_time() - began


def _memory_mb(path: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.judging.replay", str(path.resolve())],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    kept = list(replayed(list(_commits(Path(sys.argv[1])))))
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
