"""Changes single values in the text of a JSON file, comments and commas of editors allowed, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Path = Sequence[str]
MISSING: Any = object()
_BLANK = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
_DEEPEST = 200


class UnreadableError(ValueError):
    """The text is not what its format says, or in a form that isn't changed safely."""


@dataclass
class Node:
    """A value and where it stands: text[start:end]. `members` of an object, `items` of an array."""

    start: int
    end: int = 0
    value: Any = None
    members: list[tuple[str, int, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


def parse(text: str) -> Node:
    """:raises UnreadableError: it is no JSON, or not an object."""
    node = _value(text, _skip(text, 0), 0)
    if _skip(text, node.end) != len(text):
        raise UnreadableError("there is something after its end")
    if not isinstance(node.value, dict):
        raise UnreadableError("it is not an object")
    return node


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise UnreadableError("it is nested too deeply")
    if text[at : at + 1] == "{":
        return _object(text, at, depth)
    if text[at : at + 1] == "[":
        return _array(text, at, depth)
    match = _STRING.match(text, at) or _WORD.match(text, at)
    if match is None:
        raise UnreadableError(f"it can't be read at line {text.count(chr(10), 0, at) + 1}")
    try:
        return Node(at, match.end(), json.loads(match.group(), strict=False))
    except ValueError:
        raise UnreadableError(f"it can't be read at line {text.count(chr(10), 0, at) + 1}") from None


def _object(text: str, at: int, depth: int) -> Node:
    node, at = Node(at, value={}), _skip(text, at + 1)
    while text[at : at + 1] != "}":
        key = _value(text, at, _DEEPEST)
        colon = _skip(text, key.end)
        if not isinstance(key.value, str) or text[colon : colon + 1] != ":":
            raise UnreadableError(f"a name is missing at line {text.count(chr(10), 0, at) + 1}")
        child = _value(text, _skip(text, colon + 1), depth + 1)
        node.members.append((key.value, key.start, child))
        node.value[key.value] = child.value
        at = _after(text, child.end, "}")
    node.end = at + 1
    return node


def _array(text: str, at: int, depth: int) -> Node:
    node, at = Node(at, value=[]), _skip(text, at + 1)
    while text[at : at + 1] != "]":
        child = _value(text, at, depth + 1)
        node.items.append(child)
        node.value.append(child.value)
        at = _after(text, child.end, "]")
    node.end = at + 1
    return node


def _after(text: str, at: int, closing: str) -> int:
    """Where the next member begins, or the closing bracket is."""
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != closing:
        raise UnreadableError(f"a comma is missing at line {text.count(chr(10), 0, at) + 1}")
    return at


def get(text: str, path: Path) -> Any:
    """The value there, or MISSING."""
    value = parse(text).value if text.strip() else {}
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def put(text: str, path: Path, value: Any) -> str:
    """The text with this value there, and everything else as it was.

    :raises UnreadableError: the text is no JSON, or something on the way is not an object.
    """
    text = text if text.strip() else "{}\n"
    node, rest = parse(text), list(path)
    while rest:
        child = _member(node, rest[0])
        if child is None:
            break
        node, rest = child, rest[1:]
        if rest and not isinstance(node.value, dict):
            raise UnreadableError(f"{'.'.join(path[: -len(rest)])} is not an object")
    if not rest:
        return text[: node.start] + _written(value, _indent_of(text, node.start), _unit(text)) + text[node.end :]
    for name in reversed(rest[1:]):
        value = {name: value}
    return _insert(text, node, f"{json.dumps(rest[0], ensure_ascii=False)}: ", value)


def drop(text: str, path: Path) -> str:
    """The text without the member there."""
    parent = _node(parse(text), path[:-1])
    for index, (name, start, child) in enumerate(parent.members if parent else []):
        if name == path[-1]:
            before = parent.members[index - 1][2].end if parent and index else None
            return _cut(text, start, child.end, before)
    return text


def append(text: str, path: Path, value: Any) -> str:
    """The text with one more item in the array there, which is made if it is missing."""
    if get(text, path) is MISSING:
        return put(text, path, [value])
    node = _node(parse(text), path)
    if node is None or not isinstance(node.value, list):
        raise UnreadableError(f"{'.'.join(path)} is not an array")
    return _insert(text, node, "", value)


def remove(text: str, path: Path, value: Any) -> str:
    """The text without this item of the array there; as it was, if there is none."""
    node = _node(parse(text), path) if text.strip() else None
    for index, item in enumerate(node.items if node else []):
        if item.value == value:
            before = node.items[index - 1].end if node and index else None
            return _cut(text, item.start, item.end, before)
    return text


def _member(node: Node, name: str) -> Node | None:
    """The last of this name, which is the one that counts."""
    return next((child for key, _, child in reversed(node.members) if key == name), None)


def _node(node: Node | None, path: Path) -> Node | None:
    for name in path:
        node = node and _member(node, name)
    return node


def _insert(text: str, node: Node, lead: str, value: Any) -> str:
    """A new last member or item of the node."""
    starts = [start for _, start, _ in node.members] or [item.start for item in node.items]
    ends = [child.end for _, _, child in node.members] or [item.end for item in node.items]
    base = _indent_of(text, node.start)
    if not starts:
        indent = base + _unit(text)
        comments = text[node.start + 1 : node.end - 1].rstrip()
        inner = f"{comments}\n{indent}{lead}{_written(value, indent, _unit(text))}\n{base}"
        return text[: node.start + 1] + inner + text[node.end - 1 :]
    is_listed = "\n" in text[node.start : starts[0]]
    indent = _indent_of(text, starts[0]) if is_listed else base
    # After comments that stand behind the last one.
    stop = node.end - 1 - len(text[: node.end - 1]) + len(text[: node.end - 1].rstrip())
    has_comma = text[_skip(text, ends[-1])] == ","
    comma = "" if has_comma else ","
    new = (f"\n{indent}" if is_listed else " ") + lead + _written(value, indent, _unit(text))
    return text[: ends[-1]] + comma + text[ends[-1] : stop] + new + text[stop:]


def _cut(text: str, start: int, end: int, before: int | None) -> str:
    """Without text[start:end], its line, and one comma. `before`: where the one before it ends."""
    behind = _skip(text, end)
    if text[behind] == ",":
        end = behind + 1
    elif before is not None:
        comma = text.index(",", _skip(text, before))
        text, start, end = text[:comma] + text[comma + 1 :], start - 1, end - 1
    lead = len(text[:start].rstrip(" \t"))
    if text[lead - 1 : lead] == "\n" and text[end : end + 1] in ("\n", ""):
        return text[: lead - 1] + text[end:]
    return text[:start].rstrip(" \t") + text[end:] if before is not None else text[:start] + text[end:].lstrip(" \t")


def _indent_of(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    """What one level is indented by in this text."""
    match = re.search(r"\n([ \t]+)\S", text)
    return match.group(1) if match else "  "


def _written(value: Any, indent: str, unit: str) -> str:
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", f"\n{indent}")
