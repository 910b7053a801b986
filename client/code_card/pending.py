"""Accepted edits of assistants that are not committed yet: a file of lines for each repository, on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from . import files
from .kept import Written
from .places import Places

MOST_EDITS = 5_000


def salt(places: Places) -> bytes:
    """Of this machine: what is hashed here can't be compared with hashes made elsewhere."""
    path = places.state / "salt"
    known = files.read(path)
    if known is None or len(known) < 16:
        with files.locked(places.state / "salt.lock"):
            known = files.read(path) or secrets.token_bytes(16)
            files.write(path, known)
    return known[:64]


def _file(places: Places, root: Path) -> Path:
    name = hashlib.blake2b(os.fsencode(root), digest_size=12).hexdigest()
    return places.state / "pending" / f"{name}.jsonl"


def add(places: Places, root: Path, edit: Written) -> None:
    with _held(places, root) as path:
        files.make_folder(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, files.PRIVATE)
        with os.fdopen(handle, "ab") as file:
            file.write(json.dumps(asdict(edit)).encode() + b"\n")


def has_any(places: Places, root: Path) -> bool:
    return _file(places, root).exists()


@contextlib.contextmanager
def taken(places: Places, root: Path) -> Iterator[list[Written]]:
    """The edits of a repository, the oldest first. What the list holds at the end is kept."""
    with _held(places, root) as path:
        edits = list(_read(path))
        yield edits
        if edits:
            kept = b"".join(json.dumps(asdict(edit)).encode() + b"\n" for edit in edits[-MOST_EDITS:])
            files.write(path, kept)
        else:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _read(path: Path) -> Iterator[Written]:
    for line in (files.read(path) or b"").splitlines():
        with contextlib.suppress(ValueError, TypeError):
            yield Written(**json.loads(line))


@contextlib.contextmanager
def _held(places: Places, root: Path) -> Iterator[Path]:
    path = _file(places, root)
    with files.locked(places.state / "pending.lock"):
        yield path
