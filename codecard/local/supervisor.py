"""Starts processes, watches them, stops them in order; whatever ends it, nothing is left running."""

import contextlib
import ctypes
import math
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from codecard.local.account import Account
from codecard.local.undertaker import Undertaker, signal_group

SECONDS_TO_STOP = 8
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """Somebody asked us to stop."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is to be started; its output goes to the end of `log`."""

    name: str
    command: list[str]
    log: Path
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    account: Account = field(default_factory=Account)
    stop_signal: int = signal.SIGTERM


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    stop_signal: int
    log: Path


class ChildEnded(Exception):
    """A process that had to stay ended by itself."""

    def __init__(self, child: Child) -> None:
        super().__init__(f"{child.name} ended by itself ({_describe(child.process.returncode)})")
        self.child = child


def say(text: str) -> None:
    """Print, also to a terminal that has just been closed."""
    with contextlib.suppress(OSError):
        os.write(1, f"{text}\n".encode())


class Supervisor:
    """Use as a context: leaving it, in whatever way, stops all children, last started first."""

    def __init__(self, *, with_parent: bool = False) -> None:
        self.children: list[Child] = []
        self._is_asked_to_stop = False
        self._parent = os.getppid() if with_parent else None
        self._wakeup_reader, self._wakeup_writer = os.pipe()
        self._undertaker = Undertaker()

    def __enter__(self) -> Self:
        for descriptor in (self._wakeup_reader, self._wakeup_writer):
            os.set_blocking(descriptor, False)
        # A handler only sets a flag: waiting for a process inside of one can hang for ever.
        for number in STOPPING_SIGNALS:
            signal.signal(number, self._note_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_writer, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self.children:
            self._stop(self.children[-1])
        self._undertaker.dismiss()
        signal.set_wakeup_fd(-1)

    def start(self, program: Program) -> Child:
        with program.log.open("ab") as output:
            process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(program.environment),
                cwd=program.cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent(program.stop_signal),  # noqa: PLW1509 (no threads)
                **program.account.popen_options(),
            )
        self._undertaker.watch(process.pid, program.stop_signal)
        child = Child(program.name, process, program.stop_signal, program.log)
        self.children.append(child)
        return child

    def finish(self, child: Child) -> int:
        """Wait for a process that is meant to end; its exit code."""
        self.wait_until(lambda: child.process.poll() is not None, also_ending=child)
        self._forget(child)
        return child.process.returncode

    def wait_until(
        self,
        is_done: Callable[[], bool],
        *,
        also_ending: Child | None = None,
        pause_seconds: float = 0.02,
        give_up_after_seconds: float = math.inf,
    ) -> None:
        """Poll `is_done`. :raises Stopped: :raises ChildEnded: when one ends that is not `also_ending`.

        :raises SystemExit: when it takes too long.
        """
        give_up_at = time.monotonic() + give_up_after_seconds
        while not is_done():
            self._check(also_ending)
            if time.monotonic() > give_up_at:
                raise SystemExit(
                    f"No answer within {give_up_after_seconds:.0f} seconds. Logs: {self.children[-1].log.parent}"
                )
            self._pause(pause_seconds)

    def run(self, every_second: Iterable[Callable[[], None]] = ()) -> None:
        """Stay until asked to stop or until a child ends."""
        while True:
            self._check(None)
            for call in every_second:
                call()
            self._pause(1)

    def _check(self, also_ending: Child | None) -> None:
        if self._is_asked_to_stop or (self._parent is not None and os.getppid() != self._parent):
            raise Stopped
        for child in self.children:
            if child is not also_ending and child.process.poll() is not None:
                raise ChildEnded(child)

    def _pause(self, seconds: float) -> None:
        if select.select([self._wakeup_reader], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup_reader, 4096)

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        self._is_asked_to_stop = True

    def _stop(self, child: Child) -> None:
        """The process first, then whatever it left in its group."""
        if child.process.poll() is None:
            child.process.send_signal(child.stop_signal)
            give_up_at = time.monotonic() + SECONDS_TO_STOP
            while child.process.poll() is None and time.monotonic() < give_up_at:
                self._pause(0.05)
        signal_group(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self._forget(child)

    def _forget(self, child: Child) -> None:
        self._undertaker.forget(child.process.pid)
        self.children.remove(child)


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _die_with_parent(stop_signal: int) -> Callable[[], None] | None:
    """Linux: the kernel sends `stop_signal` when we die. Asked for after the change of user, which undoes it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
