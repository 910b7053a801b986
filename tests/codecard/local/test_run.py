"""The whole product as `make run` starts it."""

import shelve
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from codecard.local.run import choose_port, is_free
from tests._processes import Processes, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

SESSION = "from django.contrib.sessions.models import Session as S"


def run(processes: Processes, home: Path, port: int) -> tuple[subprocess.Popen[str], list[str]]:
    """The supervisor once it has announced the address, and all it printed until then."""
    environment = {"CODECARD_HOME": str(home), "CODECARD_SAMPLE": "0", "PORT": str(port), "WEB_CONCURRENCY": "1"}
    program = processes.start("-m", "codecard.local", "run", **environment)
    assert program.stdout
    lines = []
    for line in program.stdout:
        lines.append(line)
        if "Stop it with" in line:
            return program, lines
    raise AssertionError("".join(lines))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_runs_recovers_from_being_killed_and_leaves_nothing_behind(processes: Processes, short_folder: Path) -> None:
    home, port = short_folder / "home", free_port()
    _, lines = run(processes, home, port)
    assert any(f"http://127.0.0.1:{port}/" in line for line in lines)
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).status == 200

    second = processes.start("-m", "codecard.local", "run", CODECARD_HOME=str(home))
    assert f"already running from {home} at http://127.0.0.1:{port}" in second.communicate(timeout=20)[0]
    assert second.returncode == 1

    shell = ("manage.py", "shell", "-v0", "-c")
    beside = processes.start(
        *shell, f"{SESSION}; S(pk='kept', expire_date='2100-01-01T00:00Z').save()", CODECARD_HOME=str(home)
    )
    assert beside.communicate(timeout=30)[0] == ""  # it found the same database by itself

    processes.kill_all()
    program, _ = run(processes, home, port)
    beside = processes.start(*shell, f"{SESSION}; print(S.objects.get().pk)", CODECARD_HOME=str(home))
    assert beside.communicate(timeout=30)[0] == "kept\n"

    program.send_signal(signal.SIGTERM)
    assert program.wait(20) == 0
    assert wait_until(lambda: processes.alive() == [], seconds=1)
    with shelve.open(str(home / "beat"), "r") as schedule:  # noqa: S301 (our own worker wrote it)
        assert set(schedule["entries"]) >= set(settings.CELERY_BEAT_SCHEDULE)


def test_a_taken_port_is_told_and_the_next_one_used(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        assert not is_free(port)
        assert choose_port() > port
    assert f"Port {port} is taken" in capfd.readouterr().out
