"""JSON as senders really write it, so that one bad value costs its own item and not the body around it.

`load` returns what strict JSON would, except that a value that can't be used (a huge integer, NaN, Infinity, a lone
surrogate, bytes that aren't UTF-8) is a `Bad` that tells why; whoever reads that field refuses the item.
"""

import json
import math
import re
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import msgspec

from events.sources._base import Unreadable

DEPTH = 64
"""OTLP needs about a dozen levels; an attribute of nested lists somewhat more."""

_LONGEST_INTEGER = 20  # digits and sign of a 64-bit number: longer ones cost quadratic time before they can be judged
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # as signed bytes: one deeper, one less deep
CUT = "\0too deep\0"
"""What stands for a list or object that nested too deeply."""
_CUT_JSON = b'"\\u0000too deep\\u0000"'
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_strict = msgspec.json.Decoder()


class Bad:
    """A value that can't be used. It is no str, number or bool, so that a reader that checks types refuses it."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Bad({self.reason!r})"


def load(body: bytes, *, depth: int = DEPTH) -> Any:
    """:raises Unreadable: if the body isn't JSON at all, or nests deeper than `depth`."""
    if is_deeper(body, depth):
        raise Unreadable(f"nested more than {depth} levels deep")
    try:
        return _strict.decode(body)
    except RecursionError:
        raise Unreadable(f"nested more than {depth} levels deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _load_slowly(body)


def is_deeper(body: bytes, depth: int) -> bool:
    """Whether brackets nest deeper, found without decoding and in linear time."""
    if body.count(b"{") + body.count(b"[") <= depth:
        return False
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(unescaped.translate(_STEPS, _NOT_STRUCTURE).split(b'"')[::2])
    return max(accumulate(array("b", brackets)), default=0) > depth


def without_depth(body: bytes, depth: int = DEPTH) -> bytes:
    """The body with a mark in place of each list or object that would nest deeper, in linear time."""
    if not is_deeper(body, depth):
        return body
    kept, done = [], 0
    for start, end in _too_deep(body, depth):
        kept += [body[done:start], _CUT_JSON]
        done = end
    return b"".join([*kept, body[done:]])


def _too_deep(body: bytes, depth: int) -> Iterator[tuple[int, int]]:
    level = start = 0
    for token in _TOKENS.finditer(body):
        mark = token[0]
        if mark in b"[{":
            level += 1
            if level == depth + 1:
                start = token.start()
        elif mark in b"]}":
            level -= 1
            if level == depth:
                yield start, token.end()


def _load_slowly(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig", "surrogateescape")
        value = json.loads(text, strict=False, parse_int=_integer, parse_float=_number, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    return _without_surrogates(value)


def _integer(digits: str) -> int | Bad:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else Bad("a number is too large")


def _number(digits: str) -> float | Bad:
    number = float(digits)
    return number if math.isfinite(number) else Bad("a number is too large")


def _constant(name: str) -> Bad:
    return Bad(f"{name} is not a number")


def _without_surrogates(value: Any) -> Any:
    """Recursion is safe: `load` has bounded the depth."""
    if isinstance(value, str):
        return value if is_text(value) else Bad("text is not valid Unicode")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_safe_key(key): _without_surrogates(item) for key, item in value.items()}
    return value


def is_text(value: str) -> bool:
    """Whether it can be encoded, which a lone surrogate can't."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _safe_key(key: str) -> str:
    return key if is_text(key) else key.encode("utf-8", "replace").decode()
