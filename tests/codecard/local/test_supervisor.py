import signal
import subprocess
import sys

import pytest

from tests._processes import Processes, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

# Two children; the second leaves a grandchild behind that ignores a polite request.
PROGRAM = """
import os, sys
from pathlib import Path
from codecard.local import supervisor, undertaker
undertaker.SECONDS_TO_STOP = 0.5
folder = Path({folder!r})
def program(name, *command):
    return supervisor.Program(name=name, command=list(command), log=folder / name, cwd=folder)
with supervisor.Supervisor() as running:
    running.start(program("first", "sleep", "60"))
    running.start(program("second", "sh", "-c", {second!r}))
    print("started", flush=True)
    try:
        running.run()
    except supervisor.Stopped:
        sys.exit(0)
    except supervisor.ChildEnded as ended:
        print(ended, flush=True)
        sys.exit(1)
"""
LEAVES_A_GRANDCHILD = "(trap '' TERM; sleep 60) & sleep 60"


def start(processes: Processes, second: str = LEAVES_A_GRANDCHILD) -> subprocess.Popen[str]:
    program = processes.start("-c", PROGRAM.format(folder=str(processes.folder), second=second))
    assert program.stdout
    assert program.stdout.readline() == "started\n"
    assert wait_until(lambda: len(processes.alive()) >= 5)
    return program


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_ends_everything_and_is_no_error(processes: Processes, number: int) -> None:
    program = start(processes)
    program.send_signal(number)
    assert program.wait(10) == 0
    assert processes.alive() == []


def test_nothing_outlives_a_supervisor_that_was_killed(processes: Processes) -> None:
    start(processes).kill()
    assert wait_until(lambda: processes.alive() == [], seconds=5)


def test_a_child_that_ends_by_itself_ends_everything_and_is_named(processes: Processes) -> None:
    program = processes.start("-c", PROGRAM.format(folder=str(processes.folder), second="sleep 0.2; exit 3"))
    output, _ = program.communicate(timeout=10)
    assert program.returncode == 1
    assert "second ended by itself (exit code 3)" in output
    assert processes.alive() == []


def test_output_goes_to_the_log(processes: Processes) -> None:
    program = processes.start("-c", PROGRAM.format(folder=str(processes.folder), second="echo out; echo err >&2"))
    program.communicate(timeout=10)
    assert (processes.folder / "second").read_text() == "out\nerr\n"
