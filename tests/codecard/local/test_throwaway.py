"""The servers for real: made, stopped, killed, recovered."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from tests._processes import Processes, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


def serve(processes: Processes, folder: Path) -> subprocess.Popen[str]:
    program = processes.start("-m", "codecard.local", "services", str(folder))
    assert wait_until((folder / "ready").exists), program.communicate()
    return program


def connect(folder: Path) -> psycopg.Connection:
    return psycopg.connect(f"host={folder}/sockets user=codecard dbname=codecard", autocommit=True)


def test_servers_answer_and_go_with_whoever_holds_their_input(processes: Processes, short_folder: Path) -> None:
    program = serve(processes, short_folder)
    with connect(short_folder) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("",)
    assert redis.Redis.from_url(f"unix://{short_folder}/sockets/valkey.sock?db=0").ping()
    assert (short_folder / "sockets").stat().st_mode & 0o777 == 0o700
    assert program.stdin
    program.stdin.close()
    assert program.wait(10) == 0
    assert processes.alive() == []
    assert not short_folder.exists()
    short_folder.mkdir()


def test_committed_rows_survive_the_killing_of_everything(processes: Processes, short_folder: Path) -> None:
    serve(processes, short_folder)
    with connect(short_folder) as connection:
        connection.execute("SET synchronous_commit = on")  # the tests' servers are laxer
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
    # First of all: were its keeper killed before it, on a busy machine it would have the time to shut down in peace.
    postmaster = int((short_folder / "postgres/postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    processes.kill_all()
    (short_folder / "ready").unlink()
    assert (short_folder / "postgres/postmaster.pid").exists()
    # The number may belong to anybody by now: to us, for one.
    pid_file = short_folder / "postgres/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(processes.start("-c", "import time; time.sleep(30)").pid), *lines[1:]]))
    serve(processes, short_folder)
    with connect(short_folder) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_data_of_another_version_are_refused_in_words(processes: Processes, short_folder: Path) -> None:
    (short_folder / "postgres").mkdir()
    (short_folder / "postgres/PG_VERSION").write_text("12\n")
    program = processes.start("-m", "codecard.local", "services", str(short_folder))
    assert program.wait(20) == 1
    assert "were made by PostgreSQL 12" in (short_folder / "failed").read_text()
    assert processes.alive() == []


def test_given_servers_are_used_and_none_are_started(processes: Processes, short_folder: Path) -> None:
    program = processes.start(
        *("-m", "codecard.local", "services", str(short_folder)),
        DATABASE_URL="postgresql://elsewhere/codecard",
        REDIS_URL="redis://elsewhere/0",
    )
    assert wait_until((short_folder / "ready").exists), program.communicate()
    assert not (short_folder / "postgres").exists()
    assert len(processes.alive()) == 2  # itself and its undertaker
