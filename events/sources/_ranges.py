"""Line ranges as tools write them: numbers of the lines of a file, from 1, both ends included."""

import re
from collections.abc import Iterable
from typing import Any

from events.sources._base import Invalid

Range = tuple[int, int]
MOST = 20_000
"""Ranges of one file and session; more than that is no file that anybody wrote."""
_LAST_LINE = 10_000_000
_TEXT = re.compile(r"([0-9]{1,8})(?:-([0-9]{1,8}))?", re.ASCII)


def read(told: Any) -> list[Range]:
    """Of `"1,4-7"`, `[1, [4, 7]]`, or `[{"Single": 1}, {"Range": [4, 7]}]`.

    :raises Invalid: for anything else, and for lines that can't be.
    """
    parts = told.split(",") if isinstance(told, str) else told
    if not isinstance(parts, list):
        raise Invalid("line ranges: neither text nor an array")
    if len(parts) > MOST:
        raise Invalid(f"line ranges: more than {MOST:,} of one file")
    return [_checked(*_one(part)) for part in parts if part != ""]


def _one(part: Any) -> tuple[Any, Any]:
    if isinstance(part, str) and (match := _TEXT.fullmatch(part.strip())):
        return int(match[1]), int(match[2] or match[1])
    if isinstance(part, dict):
        single = part.get("Single")
        part = part.get("Range") if single is None else single
    if isinstance(part, list) and len(part) == 2:
        return part[0], part[1]
    return part, part


def _checked(first: Any, last: Any) -> Range:
    is_number = all(isinstance(value, int) and not isinstance(value, bool) for value in (first, last))
    if not is_number or not 1 <= first <= last <= _LAST_LINE:
        raise Invalid("line ranges: not first and last line, from 1")
    return first, last


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """In order, without overlaps: no line is counted twice."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def count(ranges: Iterable[Range]) -> int:
    return sum(last - first + 1 for first, last in ranges)
