"""What Claude Code's hook tells of an edit: which lines were written and which were taken away, as hashes."""

from __future__ import annotations

import difflib
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import git, pending
from .kept import Written, hashes
from .places import Places

TOOL = "claude-code"


def note(places: Places, payload: dict[str, Any], now: datetime | None = None) -> bool:
    """Keeps an edit of a file in a repository until it is committed. False: there is nothing to keep."""
    told = payload.get("tool_input")
    path = told.get("file_path") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(path, str) or payload.get("tool_name") not in CHANGES:
        return False
    file = Path(os.path.realpath(Path(str(payload.get("cwd") or "."), path)))
    try:
        root = git.root_of(file.parent)
    except (git.NoRepositoryError, OSError):
        return False
    change = _change(payload, told)
    if change is None:
        return False
    salt = pending.salt(places)
    edit = Written(
        id=str(payload.get("tool_use_id") or f"{payload.get('session_id')}:{now or datetime.now(timezone.utc)}"),
        tool=TOOL,
        session=str(payload.get("session_id") or ""),
        at=(now or datetime.now(timezone.utc)).isoformat(),
        branch=git.branch_of(root),
        path=file.relative_to(root).as_posix(),
        lines=hashes(change[0], salt),
        removed=hashes(change[1], salt),
        replaces_all=change[2],
    )
    pending.add(places, root, edit)
    return True


def _change(payload: dict[str, Any], told: dict[str, Any]) -> tuple[list[str], list[str], bool] | None:
    """Lines that were written, lines that were taken away, and whether all that was there before is gone."""
    answer = payload.get("tool_response")
    if isinstance(answer, dict):
        if answer.get("success") is False:
            return None
        if patch := answer.get("structuredPatch"):
            return _of_patch(patch)
    return CHANGES[str(payload["tool_name"])](told, answer if isinstance(answer, dict) else {})


def _of_patch(patch: Any) -> tuple[list[str], list[str], bool]:
    """What was really written, after a person changed the proposal."""
    hunks = [hunk["lines"] for hunk in patch if isinstance(hunk, dict) and isinstance(hunk.get("lines"), list)]
    lines = [line for hunk in hunks for line in hunk if isinstance(line, str)]
    written, removed = ([line[1:] for line in lines if line[:1] == sign] for sign in "+-")
    return written, removed, False


def _of_edit(told: dict[str, Any], answer: dict[str, Any]) -> tuple[list[str], list[str], bool]:
    """Of one replacement, or of several after each other."""
    edits = told["edits"] if isinstance(told.get("edits"), list) else [told]
    written: list[str] = []
    removed: list[str] = []
    for one in edits:
        old, new = (str(one.get(name) or "").splitlines() for name in ("old_string", "new_string"))
        for line in difflib.ndiff(old, new) if len(old) + len(new) < _MOST_COMPARED else _all(old, new):
            if line[:2] in ("+ ", "- "):
                (written if line[0] == "+" else removed).append(line[2:])
    return written, removed, False


_MOST_COMPARED = 400


def _all(old: list[str], new: list[str]) -> list[str]:
    """`ndiff` looks for likeness inside of lines, which takes its time."""
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        line
        for kind, i, j, k, end in blocks
        if kind != "equal"
        for line in (*(f"- {one}" for one in old[i:j]), *(f"+ {one}" for one in new[k:end]))
    ]


def _of_write(told: dict[str, Any], answer: dict[str, Any]) -> tuple[list[str], list[str], bool] | None:
    """A whole file. Of one that was there before, only what differs is new."""
    new, old = str(told.get("content") or ""), answer.get("originalFile")
    if isinstance(old, str) and old:
        return _of_edit({"old_string": old, "new_string": new}, {})
    return new.splitlines(), [], True


CHANGES = {"Edit": _of_edit, "MultiEdit": _of_edit, "Write": _of_write}
