"""A process that outlives the supervisor by seconds, to bury what a `kill -9` of it left behind."""

import contextlib
import os
import signal
import time

SECONDS_TO_STOP = 10


class Undertaker:
    """Forked early and told of every process group; acts when its pipe closes, which no kind of death can avoid.

    On Linux the children also get a signal of their own (PDEATHSIG), should both be killed at once.
    """

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        self._process_id = os.fork()
        if self._process_id == 0:
            os.close(self._writer)
            _wait_and_bury(reader)
            os._exit(0)
        os.close(reader)

    def watch(self, process_group: int, stop_signal: int) -> None:
        self._tell(f"{process_group} {stop_signal}\n")

    def forget(self, process_group: int) -> None:
        self._tell(f"{process_group} 0\n")

    def dismiss(self) -> None:
        os.close(self._writer)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process_id, 0)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, line.encode())


def _wait_and_bury(reader: int) -> None:
    os.setsid()
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, int] = {}
    with os.fdopen(reader) as lines:
        for line in lines:
            group, stop_signal = map(int, line.split())
            groups.pop(group, None)
            if stop_signal:
                groups[group] = stop_signal
    for group, stop_signal in groups.items():
        signal_group(group, stop_signal)
    give_up_at = time.monotonic() + SECONDS_TO_STOP
    while any(signal_group(group, 0) for group in groups) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def signal_group(group: int, number: int) -> bool:
    """False when nothing is left in the group."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # macOS says so for a group of zombies
    return True
