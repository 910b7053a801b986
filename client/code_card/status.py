"""`code-card status`: what arrives, what is missing, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import connect, edits, files, git, hooks, spool, web
from .account import Account
from .places import Places
from .terminal import say
from .tools import TOOLS, Tool

ARRIVALS = "/api/v1/contributors/me/arrivals/"


def status(places: Places, account: Account, folder: Path) -> int:
    """0 if all is well, 1 if something has to be done."""
    say(f"{account.server} · {account.organization} · key {account.ingest_key[:8]}…")
    arrived, problem = _arrived(account)
    if problem:
        say(f"! {problem}")
    is_well = not problem
    known = connect.records(places)
    tools = [tool for tool in TOOLS if tool.name in known or tool.is_there(places)]
    for tool in tools:
        fixes = _setup_fixes(places, tool, known.get(tool.name))
        fixes += [] if problem else _data_fixes(_of(tool, arrived))
        is_well = is_well and not fixes
        say(f"\n{tool.label}: {_line(_of(tool, arrived)) if not problem else 'unknown'}")
        for fix in fixes:
            say(f"  → {fix}")
    if not tools:
        say("\nNo tool was found on this machine: Claude Code, Codex, Gemini CLI or Copilot in VS Code.")
    _own(places, folder)
    return 0 if is_well and tools else 1


def _arrived(account: Account) -> tuple[list[dict[str, Any]], str]:
    """What came in the last day by tool, and what is wrong, in words."""
    if not account.api_token:
        return [], "This machine may not read what arrived. Sign in again: code-card login"
    try:
        answer = web.ask(account.server, ARRIVALS, key=account.api_token)
    except web.OfflineError as error:
        return [], f"{error} What is sent by hooks waits until it does."
    if answer.status in (401, 403):
        return [], f"{answer.reason} Then: code-card login, code-card connect"
    return (answer.json().get("tools", []), "") if answer.is_ok else ([], answer.reason)


def _of(tool: Tool, arrived: list[dict[str, Any]]) -> dict[str, Any]:
    """Of all names under which the tool sends, added up."""
    mine = [one for one in arrived if one.get("tool") in tool.names]
    total: dict[str, Any] = {"last_at": max((str(one["last_at"]) for one in mine), default="")}
    for name in ("events", "tokens", "sessions", "with_repository", "cost_usd"):
        total[name] = sum(one.get(name) or 0 for one in mine)
    return total


def _line(came: dict[str, Any]) -> str:
    if not came["events"]:
        return "nothing arrived in the last day"
    parts = [f"{came['events']} events", f"{came['sessions']} sessions", f"{came['tokens']} tokens"]
    return f"{', '.join(parts)} in the last day; the newest at {came['last_at']}"


def _setup_fixes(places: Places, tool: Tool, record: dict[str, Any] | None) -> list[str]:
    fixes = []
    if record is None:
        fixes.append(f"It is not connected: code-card connect --tool {tool.name}")
    elif not edits.is_in_place(record):
        fixes.append(f"Its settings were changed since: code-card connect --tool {tool.name}")
    if tool.name == "claude-code" and _is_managed(places):
        fixes.append(f"{places.claude_managed} sets telemetry for this machine and wins. Ask who manages it.")
    return fixes


def _is_managed(places: Places) -> bool:
    told = files.read_json(places.claude_managed)
    environment = told.get("env") if isinstance(told, dict) else None
    return isinstance(environment, dict) and any(name.startswith("OTEL_EXPORTER") for name in environment)


def _data_fixes(came: dict[str, Any]) -> list[str]:
    if not came["events"]:
        return ["Start the tool anew, ask it something, and wait a minute."]
    words = {
        "sessions": "No session: ask one more question.",
        "with_repository": "No repository: start it inside a clone that has a remote.",
        "tokens": "No tokens: they come with the first answer, or when the session ends.",
        "cost_usd": "No cost: the tool tells none, and the model has no known price.",
    }
    return [fix for name, fix in words.items() if not came[name]]


def _own(places: Places, folder: Path) -> None:
    say()
    if waiting := len(spool.waiting(places)):
        say(f"{waiting} waiting to be sent; `code-card send` tries again.")
    try:
        is_there = hooks.is_ours(hooks.git_hook(folder))
        say(f"Hook of git here: {'installed' if is_there else 'none (code-card hook install)'}")
    except git.NoRepositoryError:
        pass
    say(f"Hook of Claude Code: {'installed' if hooks.has_claude(places) else 'none (code-card hook install)'}")
