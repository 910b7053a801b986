"""`POST /api/v1/attributions/`: git-ai notes and agent-trace records, each judged by itself.

An item is `{"repository", "commit", "note"}`, the note being git-ai's text or its JSON; or `{"repository", "trace"}`;
or an agent-trace record as it is. What items don't say of repository and commit stands in the address.
"""

import re
from typing import Any, Final, NamedTuple

from events.schema import AttributedLines
from events.sources import _repository, _tolerant, agent_trace, git_ai
from events.sources._base import Invalid, Rejected, Unreadable

MOST_ITEMS: Final = 1_000
_LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST: Final = {"path": 1000, "tool": 60, "model": 100, "session": 300}


class Item(NamedTuple):
    """What one item says: of which commit, by which format. It may say that nothing is a tool's."""

    index: int  # type: ignore[assignment]  # hides the method that every tuple has
    source: str
    repository: str
    sha: str
    lines: list[AttributedLines]


class Parsed(NamedTuple):
    items: list[Item]
    rejected: list[Rejected]


def parse(body: bytes, media_type: str, repository: str = "", commit: str = "") -> Parsed:
    """`repository` and `commit`: for items that don't say. Text is one note.

    :raises Unreadable: the body is neither JSON nor a note, or holds more than `MOST_ITEMS`.
    """
    items = _items(body.removeprefix(b"\xef\xbb\xbf").strip(), media_type)
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"more than {MOST_ITEMS:,} items in one body: send it in parts")
    found, rejected = [], []
    for index, item in enumerate(items):
        try:
            found.append(_read(index, item, repository, commit))
        except Invalid as error:
            rejected.append(Rejected(index, str(error)))
    return Parsed(found, rejected)


def _items(body: bytes, media_type: str) -> list[Any]:
    if not body:
        raise Unreadable("the body is empty")
    if media_type == "text/plain":
        return [{"note": body.decode("utf-8", "replace")}]
    if media_type in _LINES:
        return [_line(line) for line in body.split(b"\n") if line.strip()]
    value = _tolerant.load(body)
    return value if isinstance(value, list) else [value]


def _line(line: bytes) -> Any:
    try:
        return _tolerant.load(line)
    except Unreadable as error:
        return _tolerant.Bad(str(error))


def _read(index: int, item: Any, repository: str, commit: str) -> Item:
    if not isinstance(item, dict):
        raise Invalid(item.reason if isinstance(item, _tolerant.Bad) else "not an object")
    name = _repository_name(item.get("repository") or repository)
    told = item.get("commit") or commit
    sha = _sha(told) if told else ""
    if "note" in item:
        if not sha:
            raise Invalid("commit: is missing")
        return Item(index, git_ai.NAME, name, sha, [_checked(one) for one in git_ai.parse(item["note"], name, sha)])
    record = item.get("trace", item)
    if not isinstance(record, dict) or "files" not in record:
        raise Invalid("neither a note nor a trace")
    lines = [_checked(one) for one in agent_trace.parse(record, name, sha)]
    return Item(index, agent_trace.NAME, name, _sha(lines[0].sha) if lines else sha, lines)


def _repository_name(told: Any) -> str:
    if not told:
        raise Invalid("repository: is missing")
    name = _repository.normalise(told) if isinstance(told, str) else None
    plain = told.strip().lower() if isinstance(told, str) else ""
    if name is None and re.fullmatch(r"[\w.-]+(/[\w.-]+)+", plain, re.ASCII) and len(plain) <= 200:
        name = plain
    if name is None:
        raise Invalid("repository: not host/owner/name, nor an address of one")
    return name


def _sha(told: Any) -> str:
    sha = told.lower() if isinstance(told, str) else ""
    if not _SHA.fullmatch(sha):
        raise Invalid("commit: not a full SHA")
    return sha


def _checked(one: AttributedLines) -> AttributedLines:
    for name, most in _LONGEST.items():
        value = getattr(one, name)
        if len(value) > most:
            raise Invalid(f"{name}: longer than {most} characters")
        if not value.isprintable():
            raise Invalid(f"{name}: has a control character")
    if not one.path:
        raise Invalid("path: is empty")
    _sha(one.sha)
    return one
