"""A memory gives back what was kept under the very key, and forgets what was asked for longest ago."""

from codecard.lib.remembering import Memory, digest_of


def test_it_gives_back_what_was_kept_and_nothing_else() -> None:
    memory = Memory[str](most=3)
    memory.keep((1, "week"), "one")
    assert memory.get((1, "week")) == "one"
    assert memory.get((2, "week")) is None
    memory.clear()
    assert memory.get((1, "week")) is None
    assert len(memory) == 0


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    memory = Memory[int](most=3)
    for number in (1, 2, 3):
        memory.keep(number, number)
    assert memory.get(1) == 1
    memory.keep(4, 4)
    assert [memory.get(number) for number in (1, 2, 3, 4)] == [1, None, 3, 4]


def test_all_together_weigh_no_more_than_they_may() -> None:
    memory = Memory[str](most=10)
    memory.keep("heavy", "alone too heavy", weight=11)
    assert memory.get("heavy") is None
    memory.keep("a", "a", weight=6)
    memory.keep("a", "again", weight=6)  # in place of the former
    memory.keep("b", "b", weight=4)
    assert (memory.get("a"), memory.get("b")) == ("again", "b")
    memory.keep("c", "c", weight=1)
    assert [memory.get(key) for key in "abc"] == [None, "b", "c"]


def test_a_digest_is_equal_for_equal_parts_alone() -> None:
    assert digest_of(sorted(some) for some in ({1, 2}, {3})) == digest_of([[1, 2], [3]])
    assert len({digest_of(parts) for parts in ([[1, 2], [3]], [[1], [2, 3]], [[12], [3]], ["a", None], ["a"])}) == 5
