"""Sends facts and reports; what can't be sent now waits in the spool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import application, git, spool, web
from .account import Account
from .places import Places

EVENTS = "/api/v1/events"
JUNIT = "/api/v1/ci/junit"
QUALITY = "/api/v1/ci/quality"
MOST_EVENTS = 5_000


class FileError(ValueError):
    """The file can't be sent. Says why."""


def kind_of(content: bytes) -> str:
    """events, junit or quality, by what the file looks like. :raises FileError: it looks like none of them."""
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<"):
        return "junit"
    if not text.startswith((b"[", b"{")):
        raise FileError("It is neither JSON nor XML.")
    first = text.split(b"\n", 1)[0] if b"\n{" in text and text.startswith(b"{") else text
    for told in (text, first):
        try:
            value = json.loads(told)
        except ValueError:
            continue
        items = value if isinstance(value, list) else [value]
        return "events" if items and isinstance(items[0], dict) and "kind" in items[0] else "quality"
    raise FileError("It is no JSON.")


def place_of(folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Of which run a report is: what was given, the rest by git. :raises FileError: something is not known."""
    told = {
        "repository": given.get("repository") or git.remote_of(folder),
        "commit": given.get("commit") or git.line(folder, "rev-parse", "HEAD"),
        "branch": given.get("branch") or git.branch_of(folder),
        **{name: given[name] for name in ("attempt", "job", "pull_request", "format") if given.get(name)},
    }
    for name in ("repository", "commit"):
        if not told[name]:
            raise FileError(f"Of which {name} is it? Say --{name}, or start it in the clone.")
    return {name: value for name, value in told.items() if value}


def target(content: bytes, folder: Path, given: dict[str, Any]) -> tuple[str, str]:
    """Path with query, and content type. :raises FileError: as above."""
    kind = given.get("kind") or kind_of(content)
    if kind == "events":
        is_lines = content.lstrip().startswith(b"{") and b"\n{" in content
        return EVENTS, "application/x-ndjson" if is_lines else "application/json"
    query = urlencode(place_of(folder, given))
    return (f"{JUNIT}?{query}", "application/xml") if kind == "junit" else (f"{QUALITY}?{query}", "application/json")


def send(places: Places, account: Account, path: str, body: bytes, content_type: str) -> web.Answer | None:
    """The server's answer, after what waited was sent. None: it waits in the spool."""
    try:
        spool.drain(places, account)
        answer = web.ask(account.server, path, body, key=account.ingest_key, content_type=content_type)
    except web.OfflineError:
        answer = None
    if answer is None or spool.is_for_later(answer):
        spool.keep(places, path, body, content_type)
    return answer


def keep_events(places: Places, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), MOST_EVENTS):
        spool.keep(places, EVENTS, json.dumps(events[start : start + MOST_EVENTS]).encode())


def drain_behind(places: Places) -> None:
    """In a process of its own, so that nobody who commits waits for a server."""
    words = [application.interpreter(), str(application.installed(places)), "drain"]
    nothing = subprocess.DEVNULL
    subprocess.Popen(
        words, stdin=nothing, stdout=nothing, stderr=nothing, cwd=places.own, env=dict(os.environ),
        start_new_session=sys.platform != "win32",
    )  # fmt: skip
