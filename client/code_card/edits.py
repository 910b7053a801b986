"""What connecting changes in one settings file, and how it is taken back: exactly, or key by key where the file was
changed elsewhere meanwhile."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files, jsonc, toml
from .jsonc import MISSING, UnreadableError
from .tools import Change, Tool

Record = dict[str, Any]
"""What is kept of an edit, as JSON holds it."""


@dataclass(frozen=True)
class Edit:
    """`before`: None where there is no such file. `record`: what undoing needs."""

    tool: Tool
    path: Path
    before: bytes | None
    after: bytes
    record: Record

    @property
    def changes_something(self) -> bool:
        return self.before != self.after

    def diff(self, shown: str) -> str:
        """A unified diff. The key in it is the caller's to hide."""
        old, new = (_text(one).text.splitlines(keepends=True) for one in (self.before or b"", self.after))
        lines = difflib.unified_diff(old, new, shown if self.before is not None else "/dev/null", shown)
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

    def write(self) -> None:
        """Nobody else may read it from now on: there is a key in it."""
        mode = files.mode_of(self.path) if self.before is not None else files.PRIVATE
        files.write(self.path, self.after, mode & files.PRIVATE)


def plan(tool: Tool, path: Path, changes: Sequence[Change], earlier: Record | None = None) -> Edit:
    """What has to be changed. With an `earlier` record its edit is replaced, and undoing still leads to what was there
    before the first.

    :raises UnreadableError: the file can't be read, or is written in a form that isn't changed safely.
    """
    before = files.read(path)
    base, is_new, mode = before, before is None, None if before is None else files.mode_of(path)
    if earlier and before is not None:
        base, is_new, mode = undone(before, earlier).content, earlier["is_new"], earlier["mode"]
        base = b"" if base is None else base
    spelling = _text(base or b"")
    text, keys = spelling.text, []
    for at, value in changes:
        was = _get(tool, text, at)
        made = [list(at[:depth]) for depth in range(1, len(at)) if not _has(tool, text, at[:depth])]
        text = (toml if tool.is_toml else jsonc).put(text, at, value)
        key = {"path": list(at), "is": value, "made": made}
        keys.append(key if was is MISSING else {**key, "was": was})
    _check(tool, text, changes)
    after = spelling.spelled(text)
    record = {"tool": tool.name, "file": str(path), "is_new": is_new, "mode": mode, "keys": keys}
    return Edit(tool, path, before, after, {**record, **_exactly(base or b"", after)})


def _text(content: bytes) -> files.Text:
    try:
        return files.Text.of(content)
    except UnicodeDecodeError:
        raise UnreadableError("it is not UTF-8") from None


def _check(tool: Tool, text: str, changes: Sequence[Change]) -> None:
    """Reads back what was written: a file of somebody is never left in a state that wasn't meant."""
    for at, value in changes:
        if _get(tool, text, at) != value:
            raise UnreadableError("it is written in a way that can't be changed safely")


def _get(tool: Tool, text: str, at: Sequence[str]) -> Any:
    return toml.get(text, at) if tool.is_toml else jsonc.get(text, at)


def _has(tool: Tool, text: str, at: Sequence[str]) -> bool:
    return toml.has(text, at[0]) if tool.is_toml else jsonc.get(text, at) is not MISSING


def _exactly(before: bytes, after: bytes) -> Record:
    """The one stretch that differs, by which an untouched file goes back to the very same bytes."""
    start = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    stretch = before[start : len(before) - end].decode("latin-1")
    return {"digest": files.digest(after), "at": start, "length": len(after) - end - start, "stretch": stretch}


@dataclass(frozen=True)
class Undone:
    """`content` None: the file goes. `left`: settings that somebody else has changed since, and that stay."""

    content: bytes | None
    left: Sequence[str] = ()


def undone(content: bytes, record: Record) -> Undone:
    """The file's content without the edit.

    :raises UnreadableError: it can't be read any more.
    """
    if files.digest(content) == record["digest"]:
        start, stretch = record["at"], record["stretch"].encode("latin-1")
        exact = content[:start] + stretch + content[start + record["length"] :]
        return Undone(None if record["is_new"] else exact)
    spelling = _text(content)
    is_toml = record["file"].endswith(".toml")
    text, left = _key_by_key(spelling.text, record, is_toml)
    is_gone = record["is_new"] and (not text.strip() if is_toml else jsonc.parse(text or "{}").value == {})
    return Undone(None if is_gone and not left else spelling.spelled(text), left)


def _key_by_key(text: str, record: Record, is_toml: bool) -> tuple[str, list[str]]:
    of = toml if is_toml else jsonc
    left, made = [], []
    for key in reversed(record["keys"]):
        at = key["path"]
        now = of.get(text, at) if text.strip() else MISSING
        if now is not MISSING and now != key["is"]:
            left.append(".".join(at))
        elif now is not MISSING:
            text = of.put(text, at, key["was"]) if "was" in key else of.drop(text, at)
        made += key["made"]
    for at in made:
        text = _without_empty(text, at, is_toml)
    return text, left


def _without_empty(text: str, at: list[str], is_toml: bool) -> str:
    """Without what was made to hold our keys, if it holds nothing now."""
    if is_toml:
        is_empty = toml.has(text, at[0]) and toml.is_empty(text, at[0])
        return toml.drop(text, at) if is_empty else text
    return jsonc.drop(text, at) if jsonc.get(text, at) in ({}, []) else text


def undo(record: Record) -> Undone | None:
    """Takes an edit back on disk. None: the file is gone, and so is the edit."""
    path = Path(record["file"])
    content = files.read(path)
    if content is None:
        return None
    result = undone(content, record)
    if result.content is None:
        path.unlink()
    else:
        mode, was = files.mode_of(path), record["mode"]
        is_ours = was is not None and mode == was & files.PRIVATE
        files.write(path, result.content, was if is_ours else mode)
    return result


def is_in_place(record: Record) -> bool:
    """Whether all of an edit's settings are still what they were set to."""
    content = files.read(Path(record["file"]))
    try:
        text = "" if content is None else _text(content).text
        of = toml if record["file"].endswith(".toml") else jsonc
        return all(of.get(text, key["path"]) == key["is"] for key in record["keys"])
    except UnreadableError:
        return False
