"""What git knows, asked by its own command. Nothing here writes to a repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_SECONDS = 20


class NoRepositoryError(ValueError):
    """There is no repository, or no git."""


def ask(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """:raises NoRepositoryError: git refuses."""
    # Hooks get GIT_DIR and GIT_INDEX_FILE of their repository: right for it, and for no other.
    try:
        done = subprocess.run(
            ["git", "-c", "core.quotePath=false", *arguments],
            cwd=folder, input=stdin, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRepositoryError(str(error)) from None
    if done.returncode:
        raise NoRepositoryError(done.stderr.decode("utf-8", "replace").strip()[:300])
    return done.stdout


def line(folder: Path, *arguments: str) -> str:
    """The answer in one line; "" where git has none."""
    try:
        return ask(folder, *arguments).decode("utf-8", "replace").strip()
    except NoRepositoryError:
        return ""


def root_of(folder: Path) -> Path:
    """:raises NoRepositoryError: there is no work tree around this folder."""
    told = ask(folder, "rev-parse", "--show-toplevel").decode("utf-8", "replace").rstrip("\r\n")
    return Path(os.path.realpath(told))


def branch_of(folder: Path) -> str:
    """ "" where no branch is checked out."""
    return line(folder, "symbolic-ref", "--short", "-q", "HEAD")


def remote_of(folder: Path) -> str:
    """Of `origin`, else of the only one. Credentials in it never leave."""
    remotes = line(folder, "remote").split()
    name = "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else ""
    return without_credentials(line(folder, "remote", "get-url", name)) if name else ""


def without_credentials(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def hooks_of(folder: Path) -> Path:
    """Where git looks for hooks: `core.hooksPath`, if it is set."""
    told = ask(folder, "rev-parse", "--git-path", "hooks").decode("utf-8", "replace").rstrip("\r\n")
    return (folder / told).resolve()
