import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.intervals import Interval, newcombe, rule_of_three, wilson

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
