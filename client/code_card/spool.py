"""What could not be sent yet: one file each, sent in order when the server is there again.

Every fact has an id of its own, so that what is sent twice is stored once.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from . import files, web
from .account import Account
from .places import Places

MOST_FILES = 2_000
MOST_BYTES = 100 << 20
# Not the sender's fault, or cured by signing in again: these are kept.
_LATER = {401, 403, 408, 425, 429}


def folder(places: Places) -> Path:
    return places.state / "spool"


def waiting(places: Places) -> list[Path]:
    """The oldest first."""
    try:
        return sorted(path for path in folder(places).iterdir() if path.suffix == ".post")
    except OSError:
        return []


def keep(places: Places, path: str, body: bytes, content_type: str = "application/json") -> None:
    """Beyond the limits the oldest goes."""
    head = json.dumps({"path": path, "content_type": content_type}).encode()
    name = f"{time.time_ns():020d}-{os.getpid()}.post"
    files.write(folder(places) / name, head + b"\n" + body)
    found = waiting(places)
    sizes = [one.stat().st_size for one in found]
    while found and (len(found) > MOST_FILES or sum(sizes) > MOST_BYTES):
        found.pop(0).unlink()
        sizes.pop(0)


def is_for_later(answer: web.Answer) -> bool:
    return answer.status in _LATER or answer.status >= 500


def drain(places: Places, account: Account, *, seconds: float = web.SECONDS) -> tuple[int, list[str]]:
    """Sends what waits: how much was taken, and in words what the server refused for good.

    :raises web.OfflineError: not reached, or asked to come back; what is left waits on.
    """
    sent, refused = 0, []
    with files.locked(places.state / "spool.lock"):
        for path in waiting(places):
            head, _, body = path.read_bytes().partition(b"\n")
            told = json.loads(head)
            answer = web.ask(
                account.server, told["path"], body, key=account.ingest_key, content_type=told["content_type"],
                seconds=seconds,
            )  # fmt: skip
            if is_for_later(answer):
                raise web.OfflineError(answer.reason)
            path.unlink()
            sent += answer.is_ok
            if not answer.is_ok:
                refused.append(answer.reason)
    return sent, refused
