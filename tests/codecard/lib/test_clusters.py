from math import sqrt
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codecard.lib.clusters import Moments
from codecard.lib.intervals import t_of

# Tokens and lines of pull requests, as (a, n).
PAIRS = st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 5_000)), min_size=2, max_size=40)
SHARES = st.lists(st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=30)


@given(st.lists(st.tuples(st.integers(-100, 100), st.integers(0, 100))), st.integers(0, 40))
def test_moments_add_up(pairs: list[tuple[int, int]], cut: int) -> None:
    assert Moments.from_pairs(pairs[:cut]) + Moments.from_pairs(pairs[cut:]) == Moments.from_pairs(pairs)
    assert sum((Moments.from_pairs([pair]) for pair in pairs), Moments()) == Moments.from_pairs(pairs)


def test_a_cluster_without_anything_is_none() -> None:
    assert Moments.from_pairs([(3, 4), (0, 0), (1, 2)]) == Moments(2, 6, 4, 20, 14, 10)
    # Tokens that gave no line are to be paid all the same.
    assert Moments.from_pairs([(3, 4), (5, 0)]) == Moments(2, 4, 8, 16, 12, 34)


@pytest.mark.parametrize(
    ("pairs", "effect"),
    [
        # 10 sessions of 10, half of them all accepted: 10 observations, not 100. 10/9 · 10 · 25 / 100² · 100 / 0.25.
        ([(10, 10)] * 5 + [(0, 10)] * 5, 10 / 9 * 10),
        ([(1, 1)] * 50 + [(0, 1)] * 50, 100 / 99),
        ([(5, 10)] * 10, 1.0),
        ([], 1.0),
        # A single session, and all decided alike: sessions count as one decision each.
        ([(40, 100)], 100.0),
        ([(10, 10)] * 10, 10.0),
        ([(0, 10)] * 10, 10.0),
    ],
)
def test_what_is_alike_within_clusters_shrinks_the_sample(pairs: list[tuple[int, int]], effect: float) -> None:
    assert Moments.from_pairs(pairs).design_effect == pytest.approx(effect)


@given(SHARES)
def test_a_design_effect_is_at_least_one_and_leaves_at_least_one_decision(shares: list[tuple[int, int]]) -> None:
    moments = Moments.from_pairs(shares)
    # Of m clusters the variance is m/(m - 1) times what it would be if their mean were known.
    assert 1 <= moments.design_effect <= 2 * max(1, moments.n)


@pytest.mark.parametrize("moments", [Moments.from_pairs([(5, 4)]), Moments.from_pairs([(-1, 4)])])
def test_what_is_no_share_has_no_design_effect(moments: Moments) -> None:
    with pytest.raises(ValueError, match="of a share"):
        _ = moments.design_effect


def test_a_ratio_by_hand() -> None:
    """Three pull requests of 10, 20 and 30 lines took 200, 300 and 700 tokens: 20 a line, residuals 0, -100 and 100."""
    moments = Moments.from_pairs([(200, 10), (300, 20), (700, 30)])
    error = sqrt(3 / 2 * (100**2 + 100**2)) / 60
    assert moments.value == 20
    assert moments.standard_error == pytest.approx(error)
    # 4.302653 is Student's t of 2 degrees of freedom at 95 %.
    assert moments.interval() == pytest.approx((20 - 4.302653 * error, 20 + 4.302653 * error), rel=1e-6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_of_clusters_of_one_it_is_the_error_of_a_mean(values: list[float]) -> None:
    mean = sum(values) / len(values)
    plain = sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
    moments = Moments(len(values), len(values), sum(values), len(values), sum(values), sum(v * v for v in values))
    assert moments.standard_error == pytest.approx(plain, rel=1e-3, abs=1e-6 * max(map(abs, values)))


@given(SHARES)
def test_the_error_of_a_share_is_what_its_design_effect_says(shares: list[tuple[int, int]]) -> None:
    moments = Moments.from_pairs(shares)
    error, share = moments.standard_error, moments.value
    assume(error is not None and share not in (0, 1, None) and moments.design_effect > 1)
    assert error is not None
    assert share is not None
    assert error == pytest.approx(sqrt(moments.design_effect * share * (1 - share) / moments.n))


@given(PAIRS)
def test_an_interval_holds_the_ratio_and_more_certainty_is_wider(pairs: list[tuple[int, int]]) -> None:
    moments = Moments.from_pairs(pairs)
    narrow, wide = moments.interval(level=0.8), moments.interval(level=0.99)
    assume(narrow is not None)
    assert narrow is not None
    assert wide is not None
    assert moments.value is not None
    assert 0 <= wide.low <= narrow.low <= moments.value < narrow.high < wide.high


@given(PAIRS, st.integers(2, 5))
def test_more_of_the_same_is_surer(pairs: list[tuple[int, int]], times: int) -> None:
    one, more = Moments.from_pairs(pairs).standard_error, Moments.from_pairs(pairs * times).standard_error
    assert one is not None
    assert more is not None
    assert more <= one
    assert bool(more) is bool(one)


@given(PAIRS, st.integers(1, 1000))
def test_another_unit_is_another_unit(pairs: list[tuple[int, int]], unit: int) -> None:
    plain, scaled = Moments.from_pairs(pairs), Moments.from_pairs((a * unit, n) for a, n in pairs)
    assert plain.standard_error is not None
    assert scaled.standard_error == pytest.approx(plain.standard_error * unit, rel=1e-6)


@pytest.mark.parametrize("pairs", [[], [(3, 4)], [(3, 0), (4, 0)], [(3, 10), (6, 20), (9, 30)], [(0, 5), (0, 6)]])
def test_there_is_no_interval_where_nothing_was_seen_to_vary(pairs: list[tuple[int, int]]) -> None:
    moments, other = Moments.from_pairs(pairs), Moments.from_pairs([(1, 2), (3, 4)])
    assert moments.interval() is None
    assert moments.difference(other) is None
    assert other.difference(moments) is None


def test_only_what_can_be_negative_reaches_below_0() -> None:
    spread = Moments.from_pairs([(0, 10), (1, 10), (9, 10)])
    assert spread.interval() == pytest.approx((0, 1 / 3 + t_of(0.95, 2) * (spread.standard_error or 0)))
    signed = spread.interval(is_signed=True)
    assert signed is not None
    assert signed.low < 0
    fallen = Moments.from_pairs([(-3, 10), (1, 10), (-9, 10)])
    assert fallen.interval() == fallen.interval(is_signed=True)


@given(PAIRS, PAIRS)
def test_a_difference_turns_with_its_sign(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    a, b = Moments.from_pairs(one), Moments.from_pairs(two)
    there, back = a.difference(b), b.difference(a)
    assume(there is not None)
    assert there is not None
    assert back is not None
    assert a.value is not None
    assert b.value is not None
    assert there == pytest.approx((-back.high, -back.low))
    assert there.low <= a.value - b.value <= there.high


def _pull_requests(seed: Random, count: int, *, tokens_a_line: float) -> Moments:
    """Pull requests of 20 to 400 lines whose tokens a line differ by a factor of 2 or so between them."""
    sizes = [seed.randint(20, 400) for _ in range(count)]
    # The mean of a lognormal distribution is exp(σ²/2) times its median.
    return Moments.from_pairs((n * tokens_a_line * seed.lognormvariate(-0.18, 0.6), n) for n in sizes)


@pytest.mark.parametrize("count", [20, 60])
def test_intervals_hold_the_truth_about_as_often_as_they_say(count: int) -> None:
    seed = Random(2026)
    held = held_difference = 0
    for _ in range(1000):
        one = _pull_requests(seed, count, tokens_a_line=90.0)
        two = _pull_requests(seed, count, tokens_a_line=60.0)
        interval, difference = one.interval(), one.difference(two)
        assert interval is not None
        assert difference is not None
        held += not interval.leaves_out(90.0)
        held_difference += not difference.leaves_out(30.0)
    assert 0.90 < held / 1000 < 0.99
    assert 0.90 < held_difference / 1000 < 0.99


def test_without_clusters_too_much_would_be_called_certain() -> None:
    """Sessions in which all is accepted or nothing: a plain interval would hold the truth hardly every third time."""
    seed, held = Random(7), 0
    for _ in range(500):
        sizes = [seed.randint(5, 40) for _ in range(40)]
        interval = Moments.from_pairs((n if seed.random() < 0.4 else 0, n) for n in sizes).interval()
        assert interval is not None
        held += not interval.leaves_out(0.4)
    assert 0.90 < held / 500 < 0.99
