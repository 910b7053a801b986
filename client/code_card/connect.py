"""`code-card connect`: shows what it would change in the settings of each tool, asks, writes, and takes it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from . import edits, files
from .account import Account
from .jsonc import UnreadableError
from .places import Places
from .terminal import complain, say
from .tools import TOOLS, Tool, tool_named

FILE = "connected.json"


def records(places: Places) -> dict[str, Any]:
    """What undoing needs, by tool."""
    told = files.read_json(places.own / FILE)
    return told if isinstance(told, dict) else {}


def _keep(places: Places, tool: str, record: dict[str, Any] | None) -> None:
    known = {name: one for name, one in records(places).items() if name != tool}
    files.write_json(places.own / FILE, known if record is None else {**known, tool: record})


def found(places: Places) -> list[Tool]:
    return [tool for tool in TOOLS if tool.is_there(places)]


def connect(
    places: Places, account: Account, tools: Iterable[Tool], agrees: Callable[[str], bool], *, is_dry: bool = False
) -> list[Tool]:
    """Those that are connected now."""
    connected = []
    for tool in tools:
        try:
            edit = _planned(places, account, tool)
        except (UnreadableError, OSError) as error:
            complain(
                f"{tool.file(places)} is left as it is: {error}. The page {account.server}/start/ says what to add."
            )
            continue
        if not edit.changes_something:
            say(f"{tool.label}: its settings are as they should be.")
            connected.append(tool)
        elif _shown(places, account, edit, agrees, is_dry):
            connected.append(tool)
    return connected


def _planned(places: Places, account: Account, tool: Tool) -> edits.Edit:
    changes = tool.changes(account.otlp, account.ingest_key)
    return edits.plan(tool, tool.file(places), changes, records(places).get(tool.name))


def _shown(places: Places, account: Account, edit: edits.Edit, agrees: Callable[[str], bool], is_dry: bool) -> bool:
    say(f"\n{edit.tool.label}: this would change in {edit.path}\n")
    say(account.hidden(edit.diff(str(edit.path))))
    if is_dry or not agrees(f"Change {edit.path.name} of {edit.tool.label}?"):
        say("Nothing was changed.")
        return False
    # First what undoes it: whatever happens in between, no change is left that nobody knows of.
    _keep(places, edit.tool.name, edit.record)
    edit.write()
    say(f"{edit.tool.label} is connected. {edit.tool.again}")
    return True


def undo(places: Places, only: Iterable[str] = ()) -> int:
    """Takes back what was changed; how many files could not be."""
    failed, known = 0, records(places)
    for name, record in known.items():
        if only and name not in only:
            continue
        tool = tool_named(name)
        label = tool.label if tool else name
        try:
            result = edits.undo(record)
        except (UnreadableError, OSError) as error:
            complain(f"{record['file']} can't be changed back: {error}.")
            failed += 1
            continue
        _keep(places, name, None)
        say(f"{label}: {record['file']} is as it was." if result else f"{label}: {record['file']} is gone already.")
        if result and result.left:
            say(f"  Changed by somebody since, and left alone: {', '.join(sorted(result.left))}")
    if not known:
        say("Nothing was changed by code-card on this machine.")
    return failed
