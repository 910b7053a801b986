"""Real processes, found again by a mark in their environment, so that none can hide."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

CHECKOUT = Path(__file__).resolve().parents[1]
LEFT_OUT = (
    "DATABASE_URL",
    "REDIS_URL",
    "CODECARD_TESTING",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "DJANGO_SETTINGS_MODULE",
)


class Processes:
    """Starts programs whose descendants carry a mark of this test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid4().hex
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        program = subprocess.Popen(
            [sys.executable, *command],
            cwd=CHECKOUT,
            env={**clean, "TEST_MARK": self.mark, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(program)
        return program

    def alive(self) -> list[int]:
        entry = f"TEST_MARK={self.mark}".encode()
        return [process_id for process_id, environ in _environments() if entry in environ.split(b"\0")]

    def kill_all(self) -> None:
        # Again, for what was being forked meanwhile.
        while alive := self.alive():
            for process_id in alive:
                _kill(process_id)
            time.sleep(0.05)

    def close(self) -> None:
        self.kill_all()
        for program in self._started:
            program.wait()
            for stream in (program.stdin, program.stdout):
                if stream:
                    stream.close()


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> bool:
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def _environments() -> Iterator[tuple[int, bytes]]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environ, command = (path / "environ").read_bytes(), (path / "cmdline").read_bytes()
        except OSError:
            continue
        if command:  # empty for what has ended and only waits to be noticed
            yield int(path.name), environ


def _kill(process_id: int) -> None:
    try:
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        return
