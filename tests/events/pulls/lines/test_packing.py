import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, State, Status
from events.pulls.lines.kinds import KINDS
from events.pulls.lines.owners import OPEN, Runs, unseen
from events.pulls.lines.packing import pack_numbers, pack_runs, unpack_numbers, unpack_runs

LINES = st.integers(0, 2**31)
BLANK = FileChange(Status.MODIFIED, "a.py", "a.py")


@given(st.lists(st.tuples(st.integers(1, 2**33), st.integers(0, 2**33)), max_size=60), st.booleans())
def test_runs_come_back_as_they_were(runs: list[tuple[int, int]], is_open: bool) -> None:
    told = Runs([length for length, _ in runs], [owner for _, owner in runs])
    if is_open and runs:
        told.lengths[-1] = OPEN
    assert unpack_runs(pack_runs(told)) == told


@given(
    st.lists(st.tuples(LINES, LINES, LINES).map(lambda told: Group(*told)), max_size=30),
    st.lists(st.tuples(LINES, st.sampled_from(KINDS), st.booleans()).map(lambda told: Deleted(*told)), max_size=30),
    st.lists(st.tuples(LINES, st.sampled_from(KINDS)).map(lambda told: Anchor(*told)), max_size=5),
    st.sampled_from(State),
)
def test_changes_come_back_as_they_were(
    groups: list[Group], deleted: list[Deleted], anchors: list[Anchor], state: State
) -> None:
    change = BLANK._replace(groups=tuple(groups), deleted=tuple(deleted), anchors=tuple(anchors), state=state)
    assert unpack_numbers(pack_numbers(change), BLANK) == change


def test_bytes_are_few() -> None:
    assert len(pack_runs(unseen())) < 16
    assert len(pack_runs(Runs([3, 1, 40] * 300, [1, 2, 3] * 300))) < 200


@given(st.binary(max_size=40))
def test_foreign_bytes_are_refused(packed: bytes) -> None:
    for unpack in (unpack_runs, lambda told: unpack_numbers(told, BLANK)):
        try:
            unpack(packed)
        except ValueError:
            continue


@pytest.mark.parametrize("packed", [b"", b"\x07abc", b"\x02abc", b"\x01B\x09\x00\x00\x00a", b"\x01Z\x00\x00\x00\x00"])
def test_broken_bytes_are_told(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_runs(packed)
