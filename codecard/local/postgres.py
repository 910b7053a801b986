"""One PostgreSQL cluster on a Unix socket, for nobody but the user who started it."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from codecard.local.account import Account, own_name, run_as
from codecard.local.binaries import postgres_major
from codecard.local.supervisor import Child, ChildEnded, Program, Supervisor

LOGIN = DATABASE = "codecard"
FIRST_MAJOR_WITH_BUILTIN_LOCALE = 17
ATTEMPTS = 5
SECONDS_FOR_FORMER_SERVER = 20
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}
# For tests: lost with the power, and three times as quick.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
}


@dataclass(frozen=True)
class Postgres:
    programs: Path
    data: Path
    sockets: Path
    account: Account
    is_throwaway: bool = False

    @property
    def url(self) -> str:
        return f"postgresql:///{DATABASE}?{urlencode({'host': self.sockets, 'user': LOGIN}, safe='/')}"

    def prepare(self) -> None:
        """Make the cluster where there is none yet; refuse one made by another version or user."""
        if (self.data / "PG_VERSION").exists():
            self._demand_same_version()
        else:
            self._create()
        # The connecting user's name may have changed (root yesterday, somebody today): written at every start.
        self._write("pg_hba.conf", "local all all peer map=codecard\n")
        self._write("pg_ident.conf", f'codecard "{own_name()}" {LOGIN}\n')

    def start(self, supervisor: Supervisor, log: Path) -> Child:
        """Start the server and wait until it takes connections, through recovery if the last run was killed."""
        self._wait_for_former_server()
        attempt = 1
        while (child := self._start_once(supervisor, log)).process.poll() is not None:
            supervisor.finish(child)
            if attempt == ATTEMPTS:
                raise ChildEnded(child)
            # Backends of a killed server may hold its memory for a moment longer.
            supervisor.wait_until(_after(0.2 * attempt))
            attempt += 1
        return child

    def _start_once(self, supervisor: Supervisor, log: Path) -> Child:
        """A server that is ready, or that has ended."""
        child = supervisor.start(
            Program(
                name="PostgreSQL",
                command=[
                    str(self.programs / "postgres"),
                    "-D",
                    str(self.data),
                    "-k",
                    str(self.sockets),
                    *self._options(),
                ],
                log=log,
                cwd=self.data,
                # libpq inside the server looks into HOME, which must not be root's.
                environment={**os.environ, "HOME": str(self.data)},
                account=self.account,
                stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            )
        )
        supervisor.wait_until(lambda: self._is_ready(child) or child.process.poll() is not None, also_ending=child)
        return child

    def _create(self) -> None:
        if self.data.exists():
            shutil.rmtree(self.data)  # No PG_VERSION: an initdb that was interrupted.
        self.data.mkdir(mode=0o700)
        self.account.own(self.data)
        unfinished = self.data / "new"
        initdb = [self.programs / "initdb", "-D", unfinished, "-U", LOGIN, "-E", "UTF8", *self._locale()]
        initdb += ["--auth-local=peer", "--auth-host=scram-sha-256", *(["--no-sync"] if self.is_throwaway else [])]
        run_as(self.account, [*map(str, initdb)], cwd=self.data)
        single = [self.programs / "postgres", "--single", "-D", unfinished, "postgres"]
        run_as(self.account, [*map(str, single)], cwd=self.data, stdin=f"CREATE DATABASE {DATABASE}\n")
        # PG_VERSION last: with it the cluster counts as made.
        for part in sorted(unfinished.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            part.rename(self.data / part.name)
        unfinished.rmdir()

    def _locale(self) -> list[str]:
        if postgres_major(self.programs) >= FIRST_MAJOR_WITH_BUILTIN_LOCALE:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _demand_same_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != (found := postgres_major(self.programs)):
            raise SystemExit(
                f"The data in {self.data} were made by PostgreSQL {made_by}; the one found here is {found}. "
                "Set CODECARD_HOME to a new folder, or DATABASE_URL to a server that has the data."
            )

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        self.account.own(path)

    def _options(self) -> list[str]:
        settings = {**SETTINGS, "shared_buffers": f"{_shared_buffers_mb()}MB"}
        if self.is_throwaway:
            settings |= THROWAWAY_SETTINGS
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _is_ready(self, child: Child) -> bool:
        """What pg_ctl reads: the server writes its own state into the eighth line."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[0] == str(child.process.pid) and lines[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text().splitlines()
        return []

    def _wait_for_former_server(self) -> None:
        """A server of the last run may just be going; a stale number may meanwhile be somebody else's."""
        lines = self._pid_file()
        if not lines:
            return
        former, give_up_at = int(lines[0]), time.monotonic() + SECONDS_FOR_FORMER_SERVER
        while _serves(former, self.data) and self._pid_file()[:1] == lines[:1]:
            if time.monotonic() > give_up_at:
                raise SystemExit(
                    f"Another PostgreSQL (process {former}) uses {self.data}. Stop it first: kill -INT {former}"
                )
            with contextlib.suppress(OSError):
                os.kill(former, signal.SIGINT)
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def _serves(process_id: int, data: Path) -> bool:
    """Whether this process is the server of `data`: a server's working directory is its data."""
    if Path("/proc/self/cwd").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{process_id}/cwd").readlink() == data
        return False
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(process_id)], capture_output=True, text=True, check=False)
    return f"-D {data} " in shown.stdout


def _shared_buffers_mb() -> int:
    """An eighth of memory, a gigabyte at most. Pages count once they are touched, so that it costs an idle product
    nothing; with less, ingestion writes pages out again and again."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(32, min(1024, total // 8 // 2**20))


def _after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until
