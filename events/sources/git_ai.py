"""git-ai's authorship notes (Git AI standard 3.0.0): which lines of a commit which session wrote.

A note is attestations (a path, then indented keys with line ranges), a line `---`, and metadata in JSON; the same as
one JSON object is read too. Counts and line numbers are kept; hashes, people, addresses and own attributes are dropped.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from events.schema import AttributedLines
from events.sources import _ranges
from events.sources._base import Invalid

NAME: Final = "git_ai"
LONGEST_NOTE = 8_000_000

_TOOLS: Final = {
    "claude": "claude-code", "github-copilot": "copilot", "copilot-cli": "copilot", "gemini": "gemini-cli",
    "codex-cli": "codex",
}  # fmt: skip
_KEY = re.compile(
    r"(?P<session>s_[0-9a-f]{14})(?:(?:::|/)t_[0-9a-f]{14})?|(?P<human>h_[0-9a-f]{14})|(?P<prompt>[0-9a-f]{7,64})"
)


def parse(note: Any, repository: str, sha: str) -> list[AttributedLines]:
    """One for each file and session, with the lines that known people wrote beside them.

    :raises Invalid: the note isn't one, or holds a range that can't be.
    """
    attested, metadata = _of_text(note) if isinstance(note, str) else _of_json(note)
    agents = _agents(metadata)
    found: list[AttributedLines] = []
    for path, entries in attested:
        found += _of_file(path, entries, agents, repository, sha)
    return found


Entry = tuple[str, Any]
"""A key, and its ranges as they are written."""


def _of_text(note: str) -> tuple[list[tuple[str, list[Entry]]], Mapping[str, Any]]:
    if len(note) > LONGEST_NOTE:
        raise Invalid("note: longer than 8 MB")
    above, divider, below = f"\n{note}".partition("\n---\n")
    if not divider:
        raise Invalid("note: no line of three dashes between attestations and metadata")
    try:
        metadata = msgspec.json.decode(below.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Invalid("note: the metadata are no JSON") from None
    files: list[tuple[str, list[Entry]]] = []
    for line in above.split("\n"):
        if not line.strip():
            continue
        if not line.startswith(" "):
            files.append((_path(line.strip()), []))
        elif not files:
            raise Invalid("note: line ranges before any path")
        else:
            key, _, ranges = line.strip().partition(" ")
            files[-1][1].append((key, ranges.strip()))
    return files, _mapping(metadata, "metadata")


def _path(told: str) -> str:
    """Paths with blanks are in quotes."""
    return told[1:-1] if len(told) > 1 and told[0] == told[-1] == '"' else told


def _of_json(note: Any) -> tuple[list[tuple[str, list[Entry]]], Mapping[str, Any]]:
    """`{"attestations": [{"file_path", "entries": [{"hash", "line_ranges"}]}], "metadata": {...}}`"""
    whole = _mapping(note, "note")
    files = []
    for one in _list(whole.get("attestations"), "attestations"):
        told = _mapping(one, "attestations")
        entries = [_mapping(entry, "entries") for entry in _list(told.get("entries"), "entries")]
        files.append((str(told.get("file_path") or ""), [(str(e.get("hash")), e.get("line_ranges")) for e in entries]))
    return files, _mapping(whole.get("metadata") or {}, "metadata")


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{name}: not an object")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid(f"{name}: not an array")
    return value


def _agents(metadata: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Key -> tool, model, session. Prompts are the older form of sessions."""
    found = {}
    for name in ("prompts", "sessions"):
        for key, told in _mapping(metadata.get(name) or {}, name).items():
            agent = told.get("agent_id") if isinstance(told, dict) else None
            agent = agent if isinstance(agent, dict) else {}
            tool = str(agent.get("tool") or "").strip().lower()
            found[key] = (_TOOLS.get(tool, tool), str(agent.get("model") or "").lower(), str(agent.get("id") or ""))
    return found


def _of_file(
    path: str, entries: Iterable[Entry], agents: Mapping[str, tuple[str, str, str]], repository: str, sha: str
) -> Iterator[AttributedLines]:
    by_agent: dict[tuple[str, str, str], list[_ranges.Range]] = {}
    human: list[_ranges.Range] = []
    for key, told in entries:
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        ranges = _ranges.read(told)
        if match["human"]:
            human += ranges
        else:
            agent = agents.get(match["session"] or key, ("git-ai", "", ""))
            by_agent.setdefault(agent, []).extend(ranges)
    people = _ranges.count(_ranges.merged(human))
    for tool, model, session in sorted(by_agent):
        lines = _ranges.merged(by_agent[tool, model, session])
        yield AttributedLines(
            source=NAME, repository=repository, sha=sha, path=path, tool=tool or "git-ai", model=model, session=session,
            ai_lines=_ranges.count(lines), human_lines=people, ranges=lines,
        )  # fmt: skip
