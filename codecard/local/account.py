"""Whom the embedded services run as: PostgreSQL refuses root, so root hands over to `nobody`."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict


class PopenAccount(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """`uid` is None when we are not root: the services then run as whoever started us."""

    uid: int | None = None
    gid: int | None = None

    def popen_options(self) -> PopenAccount:
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_traverse(self, path: Path) -> bool:
        """Whether this account gets into `path` (an existing folder) and every folder above it."""
        return self.uid is None or all(self._can_enter(folder.stat()) for folder in (path, *path.parents))

    def _can_enter(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def service_account() -> Account:
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def own_name() -> str:
    """The name PostgreSQL's peer authentication will see for connections of ours."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise SystemExit(
            f"User id {os.geteuid()} has no entry in the list of users, which PostgreSQL demands. "
            "Add one (useradd), or set DATABASE_URL and REDIS_URL."
        ) from None


def run_as(account: Account, command: list[str], *, cwd: Path, stdin: str | None = None) -> None:
    """Run a short command to its end. :raises SystemExit: with its output, when it fails."""
    environment = {**os.environ, "HOME": str(cwd)}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        # Its own session: Ctrl-C reaches only the supervisor, which then stops in order.
        start_new_session=True,
        **account.popen_options(),
    )
    if done.returncode != 0:
        raise SystemExit(f"{Path(command[0]).name} failed ({done.returncode}):\n{done.stdout}")
