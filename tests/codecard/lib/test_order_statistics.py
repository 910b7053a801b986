from math import comb, log
from random import Random
from time import process_time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codecard.lib.order_statistics import (
    median_difference,
    median_ratio,
    quantile_interval,
    rank_test,
    weighted_mean,
    weighted_quantile,
)
from codecard.lib.survival import quantile

LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])
VALUES = st.lists(st.integers(-1000, 1000), min_size=5, max_size=60)
BUCKETS = st.lists(st.integers(0, 50), min_size=101, max_size=101)


@pytest.mark.parametrize(
    ("n", "ranks"),
    [  # Of a median, the narrowest of 95 % or more, with what it holds: as tables of the sign test have it
        (6, (1, 6)),  # 96.9 %
        (7, (1, 7)),  # 98.4 %
        (8, (1, 8)),  # 99.2 %
        (9, (2, 8)),  # 96.1 %
        (10, (2, 9)),  # 97.9 %
        (11, (2, 10)),  # 98.8 %
        (12, (3, 10)),  # 96.1 %
        (13, (3, 11)),  # 97.8 %
        (14, (3, 12)),  # 98.7 %
        (15, (4, 12)),  # 96.5 %
        (16, (4, 13)),  # 97.9 %
        (17, (5, 13)),  # 95.1 %
        (18, (5, 14)),  # 96.9 %
        (19, (5, 15)),  # 98.1 %
        (20, (6, 15)),  # 95.9 %
    ],
)
def test_a_median_lies_between_the_published_ranks(n: int, ranks: tuple[int, int]) -> None:
    assert quantile_interval(range(1, n + 1), 0.5) == ranks


@pytest.mark.parametrize(("share", "fewest"), [(0.5, 6), (0.75, 13), (0.25, 13), (0.9, 36), (0.95, 72)])
def test_too_few_values_say_nothing(share: float, fewest: int) -> None:
    """The highest of n values exceeds the quantile with 1 - share^n: 97.5 % of it is needed."""
    assert quantile_interval(range(fewest - 1), share) is None
    assert quantile_interval(range(fewest), share) is not None


def test_a_level_that_is_just_reached_is_reached() -> None:
    """The lowest and the highest of n values leave the median outside with 2 / 2^n."""
    for n in range(2, 31):
        assert quantile_interval(range(1, n + 1), 0.5, level=1 - 2 / 2**n) == (1, n)


@pytest.mark.parametrize("share", [0, 1])
def test_where_a_population_ends_is_not_known(share: float) -> None:
    assert quantile_interval(range(1000), share) is None
    assert quantile_interval([], share) is None


@given(st.integers(1, 150), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]), LEVELS)
def test_each_end_leaves_out_no_more_than_half_of_the_rest(n: int, share: float, level: float) -> None:
    """And the next value inwards would leave out more."""

    def at_most(k: int) -> float:
        return sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k + 1))

    tail = (1 - level) / 2 * (1 + 1e-9)
    found = quantile_interval(range(1, n + 1), share, level=level)
    if found is None:
        assert at_most(0) > tail or 1 - at_most(n - 1) > tail
        return
    low, high = int(found.low), int(found.high)
    assert at_most(low - 1) <= tail < at_most(low)
    assert 1 - at_most(high - 1) <= tail + 1e-12
    assert 1 - at_most(high - 2) > tail - 1e-12


@given(VALUES, st.floats(0.02, 0.98), LEVELS)
def test_an_interval_holds_the_quantile_and_a_surer_one_holds_it(values: list[int], share: float, level: float) -> None:
    found, surer = (quantile_interval(sorted(values), share, level=at) for at in (level, 0.995))
    assume(found is not None)
    assert found is not None
    estimate = quantile(values, share)
    assert estimate is not None
    assert found.low <= estimate <= found.high
    assert surer is None or (surer.low <= found.low and found.high <= surer.high)


def test_the_ranks_of_a_hundred_thousand_take_no_time() -> None:
    values = range(1, 100_001)
    start = process_time()
    found = [quantile_interval(values, share) for share in (0.5, 0.75, 0.9)]
    assert process_time() - start < 0.1
    # Of the middle one half the width is about 1.96 · sqrt(100,000 · 0.75 · 0.25) = 268.4.
    assert found == [(49_690, 50_311), (74_731, 75_269), (89_814, 90_187)]


def test_a_median_of_anything_is_held_as_often_as_it_says() -> None:
    seed, held = Random(5), 0
    for _ in range(1000):
        found = quantile_interval(sorted(seed.paretovariate(0.8) for _ in range(40)), 0.5)
        assert found is not None
        held += not found.leaves_out(2 ** (1 / 0.8))
    # Ranks 14 and 27 of 40: 96.2 %.
    assert 0.94 < held / 1000 < 0.98


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [  # The examples of ci.median2 in Bonett's R package statpsych, 1.4 and 1.9
        ([32, 39, 26, 35, 43, 27, 40, 37, 34, 29], [36, 44, 47, 42, 49, 39, 46, 31, 33, 48], -16.95977, -0.04022524),
        (
            [32.1, 39.8, 26.3, 35.0, 43.1, 27.0, 40.9, 37.4, 34.0, 29.2],
            [36.8, 44.0, 47.1, 42.7, 49.0, 39.6, 46.2, 31.6, 33.1, 48.4],
            -17.66002,
            -0.0399751,
        ),
    ],
)
def test_medians_differ_by_what_was_published(a: list[float], b: list[float], low: float, high: float) -> None:
    assert median_difference(a, b) == pytest.approx((low, high), abs=1e-5)


@given(VALUES, VALUES)
def test_a_difference_of_medians_turns_with_its_sign(a: list[int], b: list[int]) -> None:
    there, back = median_difference(a, b), median_difference(b, a)
    assume(there is not None)
    assert there is not None
    assert back is not None
    assert there == pytest.approx((-back.high, -back.low))
    difference = (quantile(a, 0.5) or 0) - (quantile(b, 0.5) or 0)
    assert there.low <= difference <= there.high


@given(st.lists(st.integers(1, 10_000), min_size=5, max_size=40), st.lists(st.integers(1, 10_000), min_size=5))
def test_a_ratio_of_medians_holds_it_and_has_no_unit(a: list[int], b: list[int]) -> None:
    found = median_ratio(a, b)
    assume(found is not None)
    assert found is not None
    ratio = (quantile(a, 0.5) or 0) / (quantile(b, 0.5) or 1)
    assert 0 < found.low <= ratio * (1 + 1e-9)
    assert ratio <= found.high * (1 + 1e-9)
    assert median_ratio([60 * one for one in a], b) == pytest.approx((60 * found.low, 60 * found.high))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([], [1, 2, 3, 4, 5]),
        ([1, 2, 3, 4], [1, 2, 3, 4, 5]),
        ([7] * 30, [1, 2, 3, 4, 5]),  # all tied
        ([1, *[7] * 30, 9], [1, 2, 3, 4, 5]),  # tied where it matters
    ],
)
def test_how_medians_differ_is_not_always_known(a: list[float], b: list[float]) -> None:
    assert median_difference(a, b) is None
    assert median_difference(b, a) is None
    assert median_ratio(a, b) is None


def test_a_ratio_needs_what_lies_above_0_only_around_the_median() -> None:
    assert median_ratio([0, -3, *range(1, 30)], range(1, 30)) is not None
    assert median_ratio([0] * 12 + list(range(1, 13)), range(1, 30)) is None
    assert median_ratio(range(1, 30), [-1] * 40) is None


def test_changes_of_medians_are_found_as_often_as_they_should_be() -> None:
    """Hours until a merge: of two weeks alike one in twenty looks unlike, and half the time is seen nearly always."""
    seed, held, found_difference, ranked, found_ranked = Random(11), 0, 0, 0, 0
    for _ in range(600):
        before, same, faster = ([seed.lognormvariate(m, 1.0) for _ in range(60)] for m in (3, 3, 3 - log(2)))
        alike, halved = median_ratio(same, before), median_ratio(faster, before)
        assert alike is not None
        assert halved is not None
        held += not alike.leaves_out(1)
        found_difference += halved.leaves_out(1)
        ranked += rank_test(same, before) < 0.05
        found_ranked += rank_test(faster, before) < 0.05
    assert 0.92 < held / 600 < 0.98
    assert 0.02 < ranked / 600 < 0.08
    assert found_difference / 600 > 0.75
    assert found_ranked / 600 > 0.9


@given(VALUES, VALUES)
def test_a_rank_test_asks_only_for_the_order(a: list[int], b: list[int]) -> None:
    p = rank_test(a, b)
    assert 0 <= p <= 1
    assert rank_test(b, a) == pytest.approx(p)
    assert rank_test([one**3 for one in a], [one**3 for one in b]) == p
    assert rank_test(a, a) == 1


def test_nothing_speaks_for_a_difference_of_nothing() -> None:
    assert rank_test([], [1, 2, 3]) == 1
    assert rank_test([1, 2, 3], []) == 1
    assert rank_test([5] * 40, [5] * 3) == 1


def test_a_rank_test_by_hand() -> None:
    """All of 8 below all of 8: U = 0 of mean 32, deviation sqrt(64 · 17 / 12) = 9.5219, z = 31.5 / 9.5219 = 3.3082."""
    assert rank_test(range(8), range(10, 18)) == pytest.approx(0.000939, abs=1e-6)


def test_quantiles_of_a_histogram_by_hand() -> None:
    buckets = [0] * 101
    buckets[0], buckets[7], buckets[50], buckets[100] = 60, 10, 20, 10
    expected = {0: 0.0, 0.6: 0.0, 0.61: 0.07, 0.7: 0.07, 0.71: 0.5, 0.9: 0.5, 0.91: 1.0, 1: 1.0}
    assert {share: weighted_quantile(buckets, share) for share in expected} == expected
    assert weighted_mean(buckets) == pytest.approx(0.1 * 0.07 + 0.2 * 0.5 + 0.1)
    assert weighted_quantile([7, 93], 0.07) == 0


def test_a_histogram_of_nothing_says_nothing() -> None:
    assert weighted_quantile([0] * 101, 0.5) is None
    assert weighted_quantile([], 0.5) is None
    assert weighted_mean([0] * 101) is None


@given(BUCKETS, st.integers(0, 100))
def test_quantiles_of_a_histogram_are_those_of_what_it_holds(buckets: list[int], hundredths: int) -> None:
    values = [i / 100 for i, weight in enumerate(buckets) for _ in range(weight)]
    assume(values)
    # The least of which at least the share are no higher: Hyndman and Fan's type 1.
    place = max(0, -(-hundredths * len(values) // 100) - 1)
    assert weighted_quantile(buckets, hundredths / 100) == values[place]
    assert weighted_mean(buckets) == pytest.approx(sum(values) / len(values))
