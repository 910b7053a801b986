"""The product under measurement: throw-away embedded servers, the web server as `make run` starts it, and their CPU."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Keys:
    organization: str
    ingest_key: str
    api_token: str


@dataclass
class Product:
    """A running product. `processes` are the roots of the process trees whose CPU counts as the server's."""

    environment: dict[str, str]
    database_url: str
    folder: Path
    port: int = 0
    web: subprocess.Popen[bytes] | None = None
    services: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=CHECKOUT, check=True, capture_output=True, text=True)
        return done.stdout

    def provision(self, slug: str) -> Keys:
        email = f"owner@{slug}.test"
        made = json.loads(self.manage("provision", "--organization", slug, "--email", email, "--role", "owner"))
        return Keys(made["organization"], made["ingest_key"], made["api_token"])

    def cpu_seconds(self) -> tuple[float, float]:
        """CPU so far of (the web server, PostgreSQL)."""
        web = self.web.pid if self.web else 0
        services = self.services.pid if self.services else 0
        tree = _children()
        return sum(map(_cpu, _descendants(web, tree))), sum(
            _cpu(pid) for pid in _descendants(services, tree) if "postgres" in _name(pid)
        )

    def memory_mb(self) -> float:
        """Proportional set size of everything that was started."""
        return sum(map(_pss_mb, _descendants(self.services.pid if self.services else 0, _children())))

    def web_memory_mb(self) -> float:
        """Proportional set size of the web server's processes."""
        return sum(map(_pss_mb, _descendants(self.web.pid if self.web else 0, _children())))


@contextmanager
def product(workers: int | None = None) -> Iterator[Product]:
    """Starts a durable embedded product without a sample; stops it and removes its folder at the end."""
    with tempfile.TemporaryDirectory(prefix="ccb", dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        home = folder / "home"
        environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
        port = _free_port()
        environment |= {
            "CODECARD_HOME": str(home), "CODECARD_SAMPLE": "0", "PORT": str(port), "LOG_LEVEL": "WARNING",
            "CODECARD_LOCAL": "1", "SECRET_KEY": secrets.token_urlsafe(48),
        }  # fmt: skip
        started = subprocess.Popen(
            [sys.executable, "-m", "codecard.local", "run"], env=environment, cwd=CHECKOUT,
            stdout=(folder / "out").open("wb"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield _await(started, folder, environment, port)
        finally:
            started.terminate()
            started.wait(60)


@contextmanager
def without_worker(running: Product) -> Iterator[None]:
    """The product's own worker would do the same work at the same time."""
    root = running.services.pid if running.services else 0
    workers = [pid for pid in _descendants(root, _children()) if "codecard.local.worker" in _command(pid)]
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)


def _await(started: subprocess.Popen[bytes], folder: Path, environment: dict[str, str], port: int) -> Product:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if started.poll() is not None:
            raise SystemExit(f"the product did not start:\n{(folder / 'out').read_text()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                break
        except OSError:
            time.sleep(0.1)
    sockets = next(_find_sockets(started.pid))
    database_url = f"postgresql:///codecard?host={sockets}&user=codecard"
    environment = {**environment, "DATABASE_URL": database_url, "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0"}
    web = next(pid for pid in _descendants(started.pid, _children()) if "granian" in _command(pid))
    running = Product(environment, database_url, folder, port)
    running.services = started
    running.web = _Process(web)  # type: ignore[assignment]
    return running


@dataclass
class _Process:
    pid: int


def _find_sockets(pid: int) -> Iterator[str]:
    for child in _descendants(pid, _children()):
        environment = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        for entry in environment:
            if entry.startswith(b"DATABASE_URL=") and b"host=" in entry:
                yield entry.decode().partition("host=")[2].partition("&")[0].replace("%2F", "/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children() -> dict[int, list[int]]:
    tree: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            tree.setdefault(parent, []).append(int(entry.name))
    return tree


def _descendants(pid: int, tree: dict[int, list[int]]) -> list[int]:
    found, todo = [], [pid] if pid else []
    while todo:
        found.append(todo.pop())
        todo += tree.get(found[-1], [])
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _cpu(pid: int) -> float:
    """Own CPU seconds and those of children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[index]) for index in (11, 12, 13, 14)) / _TICKS


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
