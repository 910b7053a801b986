"""Files: read with their line ends, written whole or not at all, ours for nobody else to read."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

PRIVATE = 0o600
_BOM = "\ufeff"


@dataclass(frozen=True)
class Text:
    """A file's text with plain line ends, and how it is spelled on disk."""

    text: str
    has_bom: bool = False
    is_crlf: bool = False

    @classmethod
    def of(cls, content: bytes) -> Text:
        """:raises UnicodeDecodeError: it is no UTF-8."""
        told = content.decode("utf-8")
        plain = told[1:] if told.startswith(_BOM) else told
        is_crlf = "\r\n" in plain and "\n" not in plain.replace("\r\n", "")
        return cls(plain.replace("\r\n", "\n") if is_crlf else plain, told.startswith(_BOM), is_crlf)

    def spelled(self, text: str) -> bytes:
        """Another text in this one's spelling."""
        told = text.replace("\n", "\r\n") if self.is_crlf else text
        return ((_BOM if self.has_bom else "") + told).encode("utf-8")


def read(path: Path) -> bytes | None:
    """None where there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def write(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Whole or not at all. Where the path is a link, the file behind it is written and the link stays."""
    target = Path(os.path.realpath(path))
    make_folder(target.parent)
    handle, name = tempfile.mkstemp(prefix=".code-card-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def make_folder(path: Path) -> None:
    """New folders are for their owner alone."""
    if not path.is_dir():
        make_folder(path.parent)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def read_json(path: Path) -> Any:
    """None where there is none, or none that can be read."""
    content = read(path)
    try:
        return None if content is None else json.loads(content)
    except ValueError:
        return None


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, indent=1).encode() + b"\n")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time. The lock goes with the process."""
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


if os.name == "nt":  # pragma: no cover - the other platform
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
