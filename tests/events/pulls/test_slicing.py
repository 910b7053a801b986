"""Slices are made of the times of commits alone."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from events.pulls.slicing import Ending, Mark, Slice, slices_of
from tests.factories import NOW

MOMENT = timedelta(microseconds=1)
START, END = NOW, NOW + timedelta(hours=10)
OPEN = Ending(None, 9)


def mark(hours: float, pull: int) -> Mark:
    return Mark(START + timedelta(hours=hours), f"{pull}-{hours}", pull)


def test_of_one_pull_request_the_session_is_whole_until_that_is_over() -> None:
    assert slices_of(START, END, [mark(2, 1)], {1: OPEN}) == {1: Slice(((START, END + MOMENT),), is_all=True)}
    over = Ending(START + timedelta(hours=3), 9)
    assert slices_of(START, END, [mark(2, 1)], {1: over})[1].end == START + timedelta(hours=3) + MOMENT
    before = Ending(START - timedelta(hours=3), 9)
    assert slices_of(START, END, [], {1: before})[1].is_all


def test_a_pull_request_may_have_several_parts() -> None:
    found = slices_of(START, END, [mark(1, 1), mark(2, 2), mark(3, 1), mark(4, 1)], {1: OPEN, 2: OPEN})
    hour = [START + timedelta(hours=n) + MOMENT for n in range(5)]
    assert found[1].parts == ((START, hour[1]), (hour[2], hour[4]))
    assert found[2].parts == ((hour[1], hour[2]),)


def test_one_that_is_linked_but_has_no_commit_gets_nothing_of_a_session_with_commits() -> None:
    assert slices_of(START, END, [mark(1, 1)], {1: OPEN, 2: OPEN})[2] == Slice()


@given(st.lists(st.tuples(st.integers(-2, 12), st.integers(1, 3)), max_size=8), st.sets(st.integers(1, 3), min_size=1))
def test_no_moment_is_given_to_two(commits: list[tuple[int, int]], linked: set[int]) -> None:
    marks = [mark(hours, pull) for hours, pull in commits]
    endings = dict.fromkeys(linked | {pull for _, pull in commits}, OPEN)
    found = slices_of(START, END, marks, endings)
    assert set(found) == set(endings)
    if marks:
        parts = sorted(part for one in found.values() for part in one.parts)
        assert all(part[0] < part[1] for part in parts)
        assert all(one[1] <= other[0] for one, other in pairwise(parts))
    assert sum(one.share for one in found.values()) == (len(found) if marks or len(found) == 1 else 1)
