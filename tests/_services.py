"""The servers that the tests run on: embedded and throw-away, or those of DATABASE_URL and REDIS_URL.

One server of each kind for the whole run, started by the controlling process in the background; every xdist worker has
a database of its own (a clone of one that was migrated once) and a Redis database of its own. The addresses are known
before the servers are, so settings can be read at once. Of a given Redis the databases 1, 2, 3 … are emptied.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
from psycopg import sql

from codecard.local.throwaway import FAILED, READY

CHECKOUT = Path(__file__).resolve().parent.parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
SECONDS_TO_START = 60


def point_environment_at_services() -> None:
    """Before settings are read, in every process of the run; the controller's choices are inherited by the workers."""
    environment = os.environ
    if "CODECARD_TEST_FOLDER" not in environment:
        folder = _new_folder()
        embedded = {
            "DATABASE_URL": "postgresql:///codecard?"
            + urlencode({"host": folder / "sockets", "user": "codecard"}, safe="/"),
            "REDIS_URL": f"unix://{folder}/sockets/valkey.sock?db=0",
        }
        given = [name for name in embedded if environment.get(name)]
        environment["CODECARD_TEST_FOLDER"] = str(folder)
        environment["CODECARD_TEST_GIVEN"] = " ".join(given)
        for name, url in embedded.items():
            environment[f"CODECARD_TEST_{name}"] = environment.get(name) or url
    environment["DATABASE_URL"] = database_url(own_database())
    environment["REDIS_URL"] = _redis_url(int(WORKER.removeprefix("gw")) + 2 if WORKER else 1)
    for name in ("DATABASE_OWNER_URL", "DATABASE_OPERATOR_URL", "CODECARD_LOCAL", "DEBUG", "BASE_URL", "CODECARD_HOME"):
        environment.pop(name, None)
    # Compiled modules are kept, or every process that a test starts would compile all of them again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["CODECARD_TESTING"] = "1"
    environment["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"
    environment["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"


def start_services() -> subprocess.Popen[bytes] | None:
    """The process that has the servers; it stops them when our end of its standard input closes, however we end."""
    folder, given = _folder(), os.environ["CODECARD_TEST_GIVEN"].split()
    folder.mkdir(parents=True)
    environment = {**os.environ, **{name: os.environ[f"CODECARD_TEST_{name}"] for name in given}}
    for name in {"DATABASE_URL", "REDIS_URL"} - set(given):
        del environment[name]
    if len(given) == 2:
        (folder / READY).touch()
        return None
    command = [sys.executable, "-m", "codecard.local", "services", str(folder)]
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )


def stop_services(services: subprocess.Popen[bytes] | None) -> None:
    if services and services.stdin:
        services.stdin.close()
        services.wait(timeout=30)
    shutil.rmtree(_folder(), ignore_errors=True)


def wait_for_services() -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    while not (_folder() / READY).exists():
        if (_folder() / FAILED).exists():
            raise RuntimeError((_folder() / FAILED).read_text())
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"The servers of the tests did not start within {SECONDS_TO_START} seconds.")
        time.sleep(0.02)


@contextmanager
def own_migrated_database() -> Iterator[None]:
    """This worker's database, cloned from the migrated one; dropped at the end where the server isn't ours."""
    wait_for_services()
    with (_folder() / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_folder() / "migrated").exists():
            _migrate_template()
            (_folder() / "migrated").touch()
    _recreate(own_database(), template=_template())
    yield
    if "DATABASE_URL" in os.environ["CODECARD_TEST_GIVEN"].split():
        _execute("DROP DATABASE {} WITH (FORCE)", own_database())


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """The URL of one more database, of this worker, without a single table."""
    wait_for_services()
    own = f"{own_database()}_{name}"
    _recreate(own)
    yield database_url(own)
    _execute("DROP DATABASE {} WITH (FORCE)", own)


def own_database() -> str:
    return f"{_base_name()}_test_{WORKER or 'main'}"


def database_url(name: str) -> str:
    parts = urlsplit(os.environ["CODECARD_TEST_DATABASE_URL"])
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


def _migrate_template() -> None:
    _recreate(_template())
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(_template()),
        "DJANGO_SETTINGS_MODULE": "codecard.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"manage.py migrate failed:\n{done.stdout}{done.stderr}")


def _recreate(name: str, *, template: str = "template1") -> None:
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(os.environ["CODECARD_TEST_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _base_name() -> str:
    return urlsplit(os.environ["CODECARD_TEST_DATABASE_URL"]).path.lstrip("/")


def _template() -> str:
    return f"{_base_name()}_test_template"


def _redis_url(number: int) -> str:
    parts = urlsplit(os.environ["CODECARD_TEST_REDIS_URL"])
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return f"{parts.scheme}://{parts.netloc}/{number}" + (f"?{parts.query}" if parts.query else "")


def _folder() -> Path:
    return Path(os.environ["CODECARD_TEST_FOLDER"])


def _new_folder() -> Path:
    memory = Path("/dev/shm")
    is_usable = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return (memory if is_usable else Path(tempfile.gettempdir())) / f"codecard-test-{secrets.token_hex(4)}"
