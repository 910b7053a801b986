"""The folder of the embedded data: its place, its lock, its secret, its sockets."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from codecard.local.account import Account

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SYSTEM_FOLDER = Path("/var/lib/codecard")
# 107 bytes of path on Linux, 103 on macOS, less the longest socket's name.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")
SECONDS_FOR_FORMER_RUN = 15


@dataclass(frozen=True)
class State:
    folder: Path

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def copies(self) -> Path:
        return self.folder / "programs"

    def create(self, account: Account) -> None:
        """Make the folders; those below the top are closed to others, the top lets `account` through."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.copies.mkdir(exist_ok=True)
        if not account.can_traverse(self.folder):
            self.folder.chmod(self.folder.stat().st_mode | 0o011)

    def lock(self) -> int:
        """Hold the folder until this process and its undertaker are gone. :raises SystemExit: another run has it."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        give_up_at = time.monotonic() + SECONDS_FOR_FORMER_RUN
        while not _try_lock(descriptor):
            holder = os.pread(descriptor, 20, 0).decode()
            if _is_alive(holder) or time.monotonic() > give_up_at:
                raise SystemExit(self._taken_message(holder))
            time.sleep(0.1)  # Its supervisor is dead and the rest is just being stopped.
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return descriptor

    def is_running(self) -> bool:
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDWR)
        except OSError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def secret_key(self) -> str:
        path = self.folder / "secret_key"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(64))
        return path.read_text().strip()

    def remember(self, environment: dict[str, str]) -> None:
        """Keep what `manage.py` in a second terminal needs to reach the running services."""
        _write_private(self.folder / "environment.json", json.dumps(environment, indent=1))

    def remembered(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.folder / "environment.json").read_text()))
        return {}

    def socket_folder(self, account: Account) -> Path:
        """An empty folder that only `account` (and root) can enter, with a path short enough for sockets."""
        kept = self.folder / "sockets"
        if kept.is_symlink():
            shutil.rmtree(kept.readlink(), ignore_errors=True)
            kept.unlink()
        if len(os.fsencode(kept)) <= LONGEST_SOCKET_FOLDER:
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(mode=0o700)
            folder = kept
        else:
            shutil.rmtree(kept, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix="codecard-", dir="/tmp"))
            kept.symlink_to(folder)
        account.own(folder)
        return folder

    def _taken_message(self, holder: str) -> str:
        address = self.remembered().get("BASE_URL", "")
        where = f" at {address}" if address else ""
        return f"Code Card is already running from {self.folder}{where}. Stop that one first: kill {holder}"


def find_state(account: Account) -> State:
    """The folder of CODECARD_HOME, else `.local/` of the checkout; out of `account`'s reach, one below /var/lib."""
    wanted = Path(os.environ.get("CODECARD_HOME") or CHECKOUT / ".local").expanduser().absolute()
    existing = next(folder for folder in wanted.parents if folder.is_dir())
    if account.can_traverse(existing):
        return State(wanted)
    mark = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:8]
    return State(SYSTEM_FOLDER / f"{CHECKOUT.name}-{mark}")


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(process_id: str) -> bool:
    try:
        os.kill(int(process_id), 0)
    except PermissionError:
        return True
    except (ValueError, ProcessLookupError):
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.rename(path)
