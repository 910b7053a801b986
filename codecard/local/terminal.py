"""What of the children's logs belongs on the terminal."""

import contextlib
import json
from pathlib import Path

from codecard.local.supervisor import say

SEVERE = ("ERROR", "CRITICAL")


class Tail:
    """Passes on what is added to a log: errors, tracebacks and printed e-mails (sign-in codes); no routine lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0

    def show_new(self) -> None:
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._offset)
            added = file.read()
            complete = added[: added.rfind(b"\n") + 1]
            self._offset += len(complete)
            for line in complete.decode(errors="replace").splitlines():
                if shown := for_people(line):
                    say(shown)


def for_people(line: str) -> str:
    """The text of a log line that somebody at a terminal wants to see, else nothing."""
    if line.startswith("["):
        return ""  # the web server's own routine
    try:
        entry = json.loads(line)
        return (
            f"{entry['level']} {entry['message']}\n{entry.get('exc', '')}".strip() if entry["level"] in SEVERE else ""
        )
    except (ValueError, TypeError, KeyError):
        return line


def last_lines(path: Path, count: int = 25) -> str:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
    return ""
