from math import exp, factorial, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.intervals import (
    Interval,
    Ratio,
    Stratum,
    garwood,
    mantel_haenszel,
    newcombe,
    rule_of_three,
    wilson,
    z_of,
)

NONE_SEEN = st.integers(min_value=1, max_value=10_000_000)
SAMPLES = st.integers(min_value=1, max_value=1_000_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
EFFECTS = st.floats(min_value=1, max_value=50)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_figures(k: int, n: int, low: float, high: float) -> None:
    interval = wilson(k, n)
    assert interval is not None
    assert interval == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_gives_the_published_figures(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    interval = newcombe(*one, *two)
    assert interval is not None
    assert interval == pytest.approx((low, high), abs=5e-5)


def test_an_empty_sample_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert newcombe(0, 0, 3, 4) is None
    assert newcombe(3, 4, 0, 0) is None
    assert rule_of_three(0) is None


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (1, 0), (0, -1), (float("nan"), 3)])
def test_refuses_what_is_no_share(k: float, n: float) -> None:
    with pytest.raises(ValueError, match="a share needs"):
        wilson(k, n)


@given(SAMPLES, EFFECTS)
def test_wilson_lies_between_0_and_1_and_holds_the_share(sample: tuple[int, int], effect: float) -> None:
    k, n = sample
    interval = wilson(k, n, design_effect=effect)
    assert interval is not None
    assert 0 <= interval.low <= k / n <= interval.high <= 1
    assert interval.low < interval.high


@given(SAMPLES)
def test_wilson_is_symmetric_between_a_share_and_its_rest(sample: tuple[int, int]) -> None:
    k, n = sample
    one, rest = wilson(k, n), wilson(n - k, n)
    assert one is not None
    assert rest is not None
    assert one == pytest.approx((1 - rest.high, 1 - rest.low), abs=1e-9)


@given(SAMPLES, EFFECTS)
def test_a_design_effect_is_a_smaller_sample(sample: tuple[int, int], effect: float) -> None:
    k, n = sample
    plain, wider, smaller = wilson(k, n), wilson(k, n, design_effect=effect), wilson(k / effect, n / effect)
    assert plain is not None
    assert wider is not None
    assert wider == pytest.approx(smaller, abs=1e-9)
    assert wider.high - wider.low >= plain.high - plain.low - 1e-12


def test_a_design_effect_below_1_is_not_believed() -> None:
    assert wilson(3, 10, design_effect=0.2) == wilson(3, 10)


def test_more_certainty_is_a_wider_interval() -> None:
    narrow, wide = wilson(30, 100, level=0.8), wilson(30, 100, level=0.99)
    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < narrow.high < wide.high


@given(SAMPLES, SAMPLES)
def test_newcombe_holds_the_difference_and_turns_with_its_sign(one: tuple[int, int], two: tuple[int, int]) -> None:
    there, back = newcombe(*one, *two), newcombe(*two, *one)
    assert there is not None
    assert back is not None
    assert -1 <= there.low <= one[0] / one[1] - two[0] / two[1] <= there.high <= 1
    assert there == pytest.approx((-back.high, -back.low), abs=1e-9)


@given(SAMPLES)
def test_equal_samples_never_differ_for_real(sample: tuple[int, int]) -> None:
    interval = newcombe(*sample, *sample)
    assert interval is not None
    assert not interval.leaves_out(0)


def test_design_effects_belong_to_their_own_sample() -> None:
    plain = newcombe(56, 70, 48, 80)
    first_clustered = newcombe(56, 70, 48, 80, design_effects=(3, 1))
    second_clustered = newcombe(56, 70, 48, 80, design_effects=(1, 3))
    assert plain is not None
    assert first_clustered is not None
    assert second_clustered is not None
    assert plain.leaves_out(0)
    assert first_clustered.low < plain.low
    assert second_clustered.low < plain.low
    assert first_clustered != second_clustered


@given(NONE_SEEN)
def test_the_rule_of_three_is_near_the_exact_bound(n: int) -> None:
    bound, exact = rule_of_three(n), 1 - 0.05 ** (1 / n)
    assert bound is not None
    assert 0 < bound <= 1
    assert bound >= exact - 1e-12
    assert n < 30 or bound == pytest.approx(exact, rel=0.06)


def test_the_rule_of_three_as_people_quote_it() -> None:
    assert rule_of_three(163) == pytest.approx(0.0184, abs=5e-5)


@pytest.mark.parametrize(("value", "is_outside"), [(0.0, True), (0.1, False), (0.2, False), (0.3, False), (0.4, True)])
def test_an_interval_holds_its_ends(value: float, is_outside: bool) -> None:
    assert Interval(0.1, 0.3).leaves_out(value) is is_outside


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [  # PULLS.md 3.4, 5: shares of pull requests to which a defect was traced
        (97, 987, 0.081, 0.118),
        (103, 1553, 0.055, 0.080),
        (193, 777, 0.219, 0.280),
    ],
)
def test_shares_have_the_intervals_that_were_published_with_them(k: int, n: int, low: float, high: float) -> None:
    interval = wilson(k, n)
    assert interval is not None
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (10, 4.7954, 18.3904), (100, 81.3640, 121.6268)],
)
def test_garwoods_interval_as_it_is_published(count: int, low: float, high: float) -> None:
    assert garwood(count) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(min_value=1, max_value=120), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_garwoods_ends_leave_the_same_probability_outside(count: int, level: float) -> None:
    def at_most(k: int, mean: float) -> float:
        return sum(exp(i * log(mean) - mean) / factorial(i) for i in range(k + 1))

    low, high = garwood(count, level=level)
    assert 1 - at_most(count - 1, low) == pytest.approx((1 - level) / 2, rel=1e-6)
    assert at_most(count, high) == pytest.approx((1 - level) / 2, rel=1e-6)


@given(st.floats(min_value=0, max_value=5e3))
def test_garwoods_interval_holds_what_was_seen_and_grows_with_it(count: float) -> None:
    low, high = garwood(count)
    assert low <= count <= high
    more = garwood(count + 1)
    assert more.low > low
    assert more.high > high


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        garwood(-1)


ARMS = st.tuples(st.integers(1, 500), st.integers(0, 500), st.integers(1, 500), st.integers(0, 500))


@given(ARMS)
def test_of_one_stratum_the_ratio_is_the_plain_one_with_katz_interval(arms: tuple[int, int, int, int]) -> None:
    a, more_1, c, more_0 = arms
    n1, n0 = a + more_1, c + more_0
    half = z_of(0.95) * sqrt(max(0, 1 / a - 1 / n1 + 1 / c - 1 / n0))
    ratio = mantel_haenszel([Stratum(a, n1, c, n0)])
    plain = (a / n1) / (c / n0)
    assert ratio == pytest.approx((plain, plain * exp(-half), plain * exp(half)), rel=1e-6)


@given(ARMS, st.integers(2, 5))
def test_strata_that_say_the_same_say_it_more_surely(arms: tuple[int, int, int, int], times: int) -> None:
    a, more_1, c, more_0 = arms
    stratum = Stratum(a, a + more_1, c, c + more_0)
    one, many = mantel_haenszel([stratum]), mantel_haenszel([stratum] * times)
    assert one is not None
    assert many is not None
    assert many.value == pytest.approx(one.value)
    assert many.high / many.low <= one.high / one.low * (1 + 1e-9)


def test_a_ratio_that_is_only_one_of_sizes_goes_away() -> None:
    # Of large changes one in two fails in both arms, of small ones one in ten; the exposed arm has more large ones.
    ratio = mantel_haenszel([Stratum(40, 80, 10, 20), Stratum(2, 20, 8, 80)])
    assert isinstance(ratio, Ratio)
    assert ratio.value == pytest.approx(1)
    assert ratio.low < 1 < ratio.high


def test_without_events_in_either_arm_there_is_no_ratio() -> None:
    assert mantel_haenszel([]) is None
    assert mantel_haenszel([Stratum(0, 9, 3, 9)]) is None
    assert mantel_haenszel([Stratum(3, 9, 0, 9)]) is None
    assert mantel_haenszel([Stratum(3, 9, 0, 0), Stratum(0, 0, 3, 9)]) is None
