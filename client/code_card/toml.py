"""Changes single keys of one table in the text of a TOML file, and nothing else. Values are TOML as it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .jsonc import MISSING, UnreadableError

_HEADER = re.compile(r"\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(
    r"([A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')((?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*'))*)\s*=\s*"
)
_STRINGS = ('"""', "'''", '"', "'")


@dataclass(frozen=True)
class Statement:
    """A header, `key = value`, or nothing; text[start:end] with neither its comment nor its line end."""

    start: int
    end: int
    table: str
    is_header: bool = False
    key: str = ""
    value_start: int = 0


def statements(text: str) -> list[Statement]:
    """:raises UnreadableError: a string or a bracket is not closed."""
    found, table, at = [], "", 0
    while at < len(text):
        while text[at : at + 1] in (" ", "\t", "\n", "\r"):
            at += 1
        if text[at : at + 1] == "#":
            at = _end_of_line(text, at)
            continue
        if at >= len(text):
            break
        end = _end(text, at)
        statement = _statement(text, at, end, table)
        table = statement.table
        found.append(statement)
        at = _end_of_line(text, end)
    return found


def _statement(text: str, start: int, end: int, table: str) -> Statement:
    told = text[start:end]
    if told.startswith("["):
        match = _HEADER.fullmatch(told)
        return Statement(start, end, _plain(match.group(1)) if match else told, is_header=True)
    match = _KEY.match(told)
    if match is None:
        raise UnreadableError(f"line {text.count(chr(10), 0, start) + 1} is neither a key nor a table")
    return Statement(start, end, table, False, _plain(match.group(1) + match.group(2)), start + match.end())


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def _end(text: str, at: int) -> int:
    """Where the statement that begins here ends, arrays of several lines and long strings included."""
    depth, last = 0, at
    while at < len(text):
        letter = text[at]
        if letter == "#" or (letter == "\n" and not depth):
            if letter == "#" and depth:
                at = _end_of_line(text, at)
                continue
            return last
        opened = next((quote for quote in _STRINGS if text.startswith(quote, at)), None)
        if opened:
            at = last = _end_of_string(text, at, opened)
            continue
        depth += (letter in "[{") - (letter in "]}")
        at += 1
        if not letter.isspace():
            last = at
    if depth:
        raise UnreadableError("a bracket is not closed")
    return last


def _end_of_string(text: str, at: int, quote: str) -> int:
    at += len(quote)
    while at < len(text):
        if text.startswith(quote, at):
            return at + len(quote)
        if len(quote) == 1 and text[at] == "\n":
            break
        at += 2 if text[at] == "\\" and quote[0] == '"' else 1
    raise UnreadableError("a string is not closed")


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def get(text: str, path: Sequence[str]) -> str:
    """What is written there, or MISSING."""
    table, key = path
    found = (one for one in statements(text) if one.table == table and one.key == key and not one.is_header)
    return next((text[one.value_start : one.end] for one in found), MISSING)


def has(text: str, table: str) -> bool:
    return any(one.is_header and one.table == table for one in statements(text))


def put(text: str, path: Sequence[str], value: str) -> str:
    """:raises UnreadableError: the table is written in a form that can't be added to."""
    table, key = path
    found = statements(text)
    _demand_plain(found, table)
    mine = [one for one in found if one.table == table]
    for one in mine:
        if one.key == key:
            return text[: one.value_start] + value + text[one.end :]
    if mine:
        end = _end_of_line(text, mine[-1].end)
        return f"{text[:end]}\n{key} = {value}{text[end:]}"
    gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[{table}]\n{key} = {value}\n"


def drop(text: str, path: Sequence[str]) -> str:
    """Without the key, or with (table,) without the header of a table."""
    table, *key = path
    for one in statements(text):
        if one.table == table and (one.key == key[0] if key else one.is_header):
            start, end = text.rfind("\n", 0, one.start) + 1, _end_of_line(text, one.end)
            kept = text[:start] + text[end + 1 :]
            return kept if key else kept.rstrip("\n") + "\n" * bool(kept.strip())
    return text


def is_empty(text: str, table: str) -> bool:
    """Whether a table holds nothing."""
    return not [one for one in statements(text) if one.table == table and not one.is_header]


def _demand_plain(found: list[Statement], table: str) -> None:
    for one in found:
        is_part = one.is_header and (one.table.startswith((f"{table}.", f"[{table}", f"[[{table}")))
        is_dotted = not one.is_header and not one.table and (one.key == table or one.key.startswith(f"{table}."))
        if is_part or is_dotted or (one.table == table and "." in one.key):
            raise UnreadableError(f"its table [{table}] is written in parts")
    if sum(one.is_header and one.table == table for one in found) > 1:
        raise UnreadableError(f"it has the table [{table}] twice")
