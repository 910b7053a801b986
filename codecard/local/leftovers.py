"""What a `kill -9` of everything missed: a process forked in that very moment has nobody left to end it."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

MARK = "CODECARD_RUN_FOLDER"


def end_leftovers(folder: Path) -> list[int]:
    """End the processes of an earlier run from `folder`, whose lock the caller holds; their ids. Linux only.

    Only what the supervisor started carries the mark, so a command in another terminal is not hit.
    """
    ended = list(_marked(f"{MARK}={folder}".encode()))
    for process_id in ended:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)
    return ended


def _marked(entry: bytes) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/environ"):
        # Gone meanwhile, or somebody else's.
        with contextlib.suppress(OSError):
            if entry in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)
