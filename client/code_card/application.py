"""This program as one file, where hooks find it again: what uvx or npx unpacked may be gone tomorrow."""

from __future__ import annotations

import io
import os
import shlex
import sys
import zipfile
from pathlib import Path

from . import files
from .places import Places

_MAIN = "from code_card.cli import main\n\nraise SystemExit(main())\n"
_WHEN = (1980, 1, 1, 0, 0, 0)


def archive(package: Path) -> bytes:
    """The zip application of a folder with this package: of the same files always the same bytes, since nothing is
    compressed by whichever library is there."""
    content = io.BytesIO()
    content.write(b"#!/usr/bin/env python3\n")
    modules = sorted(path for path in package.iterdir() if path.suffix == ".py")
    told = [("__main__.py", _MAIN.encode()), *((f"code_card/{one.name}", one.read_bytes()) for one in modules)]
    with zipfile.ZipFile(content, "w") as packed:
        for name, data in told:
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.external_attr, entry.create_system = 0o644 << 16, 3  # the same wherever it is built
            packed.writestr(entry, data)
    return content.getvalue()


def own_archive() -> bytes:
    here = Path(__file__).resolve().parent
    if here.is_dir():
        return archive(here)
    return here.parent.read_bytes()  # we run from the zip application


def installed(places: Places) -> Path:
    """Writes the application to its place, if another or none is there."""
    path, content = places.own / "code-card.pyz", own_archive()
    if files.read(path) != content:
        files.write(path, content, 0o700)
    return path


def interpreter() -> str:
    """Of this machine, not of an environment that may go."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def command(places: Places, *arguments: str) -> str:
    """For a shell, such as git's and Claude Code's; on Windows both have one of POSIX."""
    words = [interpreter(), str(installed(places)), *arguments]
    return " ".join(shlex.quote(word.replace("\\", "/") if places.platform == "win32" else word) for word in words)
