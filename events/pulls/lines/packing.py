"""Run lists and changes as bytes, one field a file: columns of numbers, each as narrow as it may be, then deflated.

The first byte says which version of this wrote it. Reading gives exactly what was written.
:raises ValueError: where bytes weren't written by this.
"""

import sys
import zlib
from array import array
from collections.abc import Sequence

from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, State
from events.pulls.lines.kinds import KINDS
from events.pulls.lines.owners import OPEN, Runs

_PLAIN, _DEFLATED = 1, 2
_WORTH_DEFLATING = 96
_CODES = "BHIQ"
_OPEN = 0  # no run has no lines, so that 0 is free to say "to the end"
_KIND_AT = {kind: at for at, kind in enumerate(KINDS)}
_REAL = 8


def pack_runs(runs: Runs) -> bytes:
    lengths = runs.lengths
    if lengths and lengths[-1] == OPEN:
        lengths = [*lengths[:-1], _OPEN]
    return _pack([lengths, runs.owners])


def unpack_runs(packed: bytes) -> Runs:
    lengths, owners = _unpack(packed, 2)
    if lengths and lengths[-1] == _OPEN:
        lengths[-1] = OPEN
    return Runs(lengths, owners)


def pack_numbers(change: FileChange) -> bytes:
    """Groups, deleted lines, anchors and state. The names and the status are columns of the row."""
    return _pack(
        [
            [change.state is State.OPAQUE],
            [number for group in change.groups for number in group],
            [deleted.line for deleted in change.deleted],
            [_KIND_AT[deleted.kind] + _REAL * deleted.real for deleted in change.deleted],
            [anchor.line for anchor in change.anchors],
            [_KIND_AT[anchor.kind] for anchor in change.anchors],
        ]
    )


def unpack_numbers(packed: bytes, change: FileChange) -> FileChange:
    """`change` with what was packed of it."""
    state, groups, lines, marks, anchors, kinds = _unpack(packed, 6)
    try:
        return change._replace(
            state=State.OPAQUE if state[0] else State.COMPLETE,
            groups=tuple(Group(*group) for group in zip(groups[::3], groups[1::3], groups[2::3], strict=True)),
            deleted=tuple(Deleted(at, KINDS[m % _REAL], m >= _REAL) for at, m in zip(lines, marks, strict=True)),
            anchors=tuple(Anchor(at, KINDS[kind]) for at, kind in zip(anchors, kinds, strict=True)),
        )
    except IndexError as error:
        raise ValueError("these are no packed numbers") from error


def _pack(columns: Sequence[Sequence[int]]) -> bytes:
    parts = []
    for column in columns:
        code = _code(max(column, default=0))
        numbers = array(code, column)
        if sys.byteorder == "big":
            numbers.byteswap()
        parts += [code.encode(), len(column).to_bytes(4, "little"), numbers.tobytes()]
    body = b"".join(parts)
    if len(body) < _WORTH_DEFLATING:
        return bytes([_PLAIN]) + body
    return bytes([_DEFLATED]) + zlib.compress(body, 1)


def _unpack(packed: bytes, count: int) -> list[list[int]]:
    body = _body(bytes(packed))
    columns = []
    at = 0
    for _ in range(count):
        code, length = body[at : at + 1].decode("latin-1"), int.from_bytes(body[at + 1 : at + 5], "little")
        if not code or code not in _CODES:
            raise ValueError("a column's width is unknown")
        numbers = array(code)
        end = at + 5 + length * numbers.itemsize
        if end > len(body):
            raise ValueError("a column ends too early")
        numbers.frombytes(body[at + 5 : end])
        if sys.byteorder == "big":
            numbers.byteswap()
        columns.append(numbers.tolist())
        at = end
    return columns


def _body(packed: bytes) -> bytes:
    if packed[:1] == bytes([_PLAIN]):
        return packed[1:]
    if packed[:1] != bytes([_DEFLATED]):
        raise ValueError("another version wrote this")
    try:
        return zlib.decompress(packed[1:])
    except zlib.error as error:
        raise ValueError("these bytes are broken") from error


def _code(largest: int) -> str:
    return next(code for code in _CODES if largest < 1 << (8 * array(code).itemsize))
