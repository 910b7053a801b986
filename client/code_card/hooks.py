"""Hooks: Claude Code's PostToolUse notes which lines were written, git's post-commit compares them with the commit."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from . import application, files, git, jsonc
from .places import Places

TOOLS = "Edit|MultiEdit|Write"
BEFORE = "post-commit.before-code-card"
_MARK = "# code-card hook"
_WORDS = ("hook", "post-tool-use")
_PATH = ("hooks", "PostToolUse")


class HookError(ValueError):
    """It can't be installed. Says why."""


# --- git -------------------------------------------------------------------------------------------------------------


def script(command: str) -> str:
    """Runs the hook that was there before, whose answer counts, then ours, which is never in the way."""
    return (
        f"#!/bin/sh\n{_MARK}: how much of what assistants wrote is committed.\n"
        "# `code-card hook uninstall` takes it away.\n"
        f'before="$(dirname "$0")/{BEFORE}"\nstatus=0\n'
        'if [ -x "$before" ]; then "$before" "$@"; status=$?; fi\n'
        f"{command} >/dev/null 2>&1 </dev/null || true\nexit $status\n"
    )


def git_hook(repository: Path) -> Path:
    """Where it is, or would be. :raises NoRepositoryError: there is no repository."""
    return git.hooks_of(repository) / "post-commit"


def is_ours(hook: Path) -> bool:
    return _MARK.encode() in (files.read(hook) or b"")


def install_git(places: Places, repository: Path) -> Path:
    """:raises HookError: what was there before was kept once already. :raises NoRepositoryError: no repository."""
    hook = git_hook(repository)
    if not is_ours(hook) and (hook.exists() or hook.is_symlink()):
        if hook.with_name(BEFORE).exists():
            raise HookError(f"{hook} was replaced since code-card kept {BEFORE}. Put them together by hand.")
        hook.rename(hook.with_name(BEFORE))
    content = script(application.command(places, "hook", "post-commit")).encode()
    files.write(hook, content, 0o755)
    return hook


def uninstall_git(repository: Path) -> Path | None:
    """The hook that was there before is there again. None: ours is not there."""
    hook = git_hook(repository)
    if not is_ours(hook):
        return None
    hook.unlink()
    if hook.with_name(BEFORE).exists():
        hook.with_name(BEFORE).rename(hook)
    return hook


# --- Claude Code -----------------------------------------------------------------------------------------------------


def claude_settings(places: Places) -> Path:
    return places.claude / "settings.json"


def install_claude(places: Places) -> Path:
    """:raises UnreadableError: its settings can't be read."""
    uninstall_claude(places)
    path = claude_settings(places)
    before = files.read(path)
    spelling = files.Text.of(before or b"")
    ours = {"type": "command", "command": application.command(places, *_WORDS), "timeout": 10}
    text = jsonc.append(spelling.text, _PATH, {"matcher": TOOLS, "hooks": [ours]})
    files.write(path, spelling.spelled(text), files.PRIVATE if before is None else files.mode_of(path))
    return path


def uninstall_claude(places: Places) -> Path | None:
    """Without our item, and without what would hold nothing then. None: it is not there."""
    path = claude_settings(places)
    before = files.read(path)
    if before is None:
        return None
    spelling = files.Text.of(before)
    text = spelling.text
    for item in claude_items(text):
        text = jsonc.remove(text, _PATH, item)
    if text == spelling.text:
        return None
    for at in (_PATH, _PATH[:1]):
        text = jsonc.drop(text, at) if jsonc.get(text, at) in ([], {}) else text
    if jsonc.parse(text).value == {}:
        path.unlink()
    else:
        files.write(path, spelling.spelled(text), files.mode_of(path))
    return path


def claude_items(text: str) -> list[Any]:
    found = jsonc.get(text, _PATH)
    return [item for item in found if _is_ours(item)] if isinstance(found, list) else []


def _is_ours(item: Any) -> bool:
    told = item.get("hooks") if isinstance(item, dict) else None
    commands = [one.get("command") for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return any(isinstance(one, str) and _ends_as_ours(one) for one in commands)


def _ends_as_ours(command: str) -> bool:
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    return tuple(words[-2:]) == _WORDS and any(Path(word).name == "code-card.pyz" for word in words)


def has_claude(places: Places) -> bool:
    try:
        return bool(claude_items(files.Text.of(files.read(claude_settings(places)) or b"{}").text))
    except (jsonc.UnreadableError, UnicodeDecodeError):
        return False


def read_payload(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
