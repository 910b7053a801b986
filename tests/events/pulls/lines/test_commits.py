"""A commit's diff as bytes."""

import pytest

from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, State, Status
from events.pulls.lines.commits import pack_changes, unpack_changes

DIFF = [
    FileChange(Status.ADDED, None, "shop/new.py", (Group(0, 0, 7),)),
    FileChange(
        Status.RENAMED, "shop/old.py", "shop/кошик.py",
        (Group(3, 2, 1), Group(9, 0, 4)), (Deleted(3, "k", True), Deleted(4, "b", False)), (Anchor(9, "k"),),
    ),
    FileChange(Status.DELETED, "gone.bin", None, state=State.OPAQUE),
]  # fmt: skip


def test_a_diff_is_read_as_it_was_written() -> None:
    assert unpack_changes(pack_changes(DIFF)) == DIFF
    assert unpack_changes(memoryview(pack_changes(DIFF))) == DIFF  # type: ignore[arg-type]  # what psycopg gives
    assert unpack_changes(pack_changes([])) == []


@pytest.mark.parametrize("broken", [b"", b"nothing", pack_changes(DIFF)[:-3]])
def test_other_bytes_are_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):
        unpack_changes(broken)
