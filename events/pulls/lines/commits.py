"""A commit's whole diff as bytes: `DefaultCommit.changes`. Names of files and numbers, never text.

:raises ValueError: where bytes weren't written by this.
"""

import zlib
from collections.abc import Iterable

import msgspec

from events.pulls.lines.changes import FileChange, Status
from events.pulls.lines.packing import pack_numbers, unpack_numbers

_Row = tuple[Status, str | None, str | None, bytes]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Row]).decode


def pack_changes(changes: Iterable[FileChange]) -> bytes:
    rows = [(change.status, change.old_path, change.new_path, pack_numbers(change)) for change in changes]
    return zlib.compress(_encode(rows), 1)


def unpack_changes(packed: bytes) -> list[FileChange]:
    """In the order in which they were packed."""
    try:
        rows = _decode(zlib.decompress(bytes(packed)))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise ValueError("these are no packed changes") from error
    return [unpack_numbers(numbers, FileChange(status, old, new)) for status, old, new, numbers in rows]
