import json
from math import inf
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.survival import (
    End,
    Observation,
    aalen_johansen,
    kaplan_meier,
    median_incidence,
    median_incidence_interval,
    median_survival,
    median_survival_interval,
    quantile,
)

REAL: dict[str, Any] = json.loads((Path(__file__).parents[2] / "fixtures/pulls/latency.json").read_text())
WINDOWS = {"10m": 600, "1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000}
CENSORED, EVENT, COMPETING = End
# Weeks in remission under 6-MP and under a placebo: Freireich and others, Blood 21 (1963) 699-716.
MERCAPTOPURINE = [
    *(Observation(week, EVENT) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
    *(Observation(week, CENSORED) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
]
PLACEBO = [Observation(week, EVENT) for week in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]
WATCHED = st.lists(st.builds(Observation, st.integers(0, 50), st.sampled_from(End)), min_size=1, max_size=60)


@pytest.mark.parametrize("tool", list(REAL))
def test_equals_what_another_implementation_says_of_real_pull_requests(tool: str) -> None:
    seen = [Observation(time, End(end)) for time, end in REAL[tool]["seconds_and_end"]]
    expected = REAL[tool]["expected"]
    curve = aalen_johansen(seen)
    for window, share in expected["aalen_johansen_merged_by"].items():
        assert curve.at(WINDOWS[window]) == pytest.approx(share, abs=1e-5)
    assert median_survival(kaplan_meier(seen)) == expected["km_close_as_censor_median_seconds"]
    merged = [time for time, end in seen if end is EVENT]
    for name, value in expected["merged_only_seconds"].items():
        assert quantile(merged, int(name[1:]) / 100) == pytest.approx(value, abs=0.051)


def test_kaplan_meier_by_hand() -> None:
    seen = [(1, EVENT), (2, CENSORED), (3, EVENT), (3, EVENT), (3, CENSORED), (9, CENSORED)]
    curve = kaplan_meier(Observation(*told) for told in seen)
    assert curve.times == [1, 3]
    assert curve.values == pytest.approx([5 / 6, 5 / 6 * 2 / 4])
    assert [curve.at(time) for time in (0, 0.9, 1, 2.9, 99)] == pytest.approx([1, 1, 5 / 6, 5 / 6, 5 / 12])
    assert median_survival(curve) == 3


def test_what_is_closed_will_never_be_merged() -> None:
    seen = [Observation(1, COMPETING)] * 6 + [Observation(2, EVENT)] * 4
    curve = aalen_johansen(seen)
    assert curve.at(99) == pytest.approx(0.4)
    assert median_incidence(curve) is None
    assert median_incidence(curve, 0.4 - 1e-9) == 2
    # Taking what is closed for what may still be merged says that all are, at 2.
    assert kaplan_meier(seen).at(2) == 0


def test_of_nothing_nothing_is_known() -> None:
    assert aalen_johansen([]).at(1) == 0
    assert kaplan_meier([]).at(1) == 1
    assert median_incidence(aalen_johansen([])) is None
    assert quantile([], 0.5) is None


@given(WATCHED)
def test_merged_and_closed_and_neither_are_all(seen: list[Observation]) -> None:
    swapped = {EVENT: COMPETING, COMPETING: EVENT, CENSORED: CENSORED}
    either = [Observation(time, EVENT if end else CENSORED) for time, end in seen]
    merged, closed = aalen_johansen(seen), aalen_johansen(Observation(t, swapped[end]) for t, end in seen)
    for time in range(-1, 52):
        assert merged.at(time) + closed.at(time) + kaplan_meier(either).at(time) == pytest.approx(1)
    assert merged.values == sorted(merged.values)


@given(WATCHED)
def test_without_censoring_the_incidence_is_the_plain_share(seen: list[Observation]) -> None:
    ended = [told for told in seen if told.end is not CENSORED]
    curve = aalen_johansen(ended)
    for time in range(52):
        share = sum(told.end is EVENT and told.time <= time for told in ended) / max(1, len(ended))
        assert curve.at(time) == pytest.approx(share)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 1))
def test_quantiles_lie_between_the_values(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert found is not None
    assert min(values) <= found <= max(values)
    assert quantile(values, 0) == min(values)
    assert quantile(values, 1) == max(values)


def test_remissions_lasted_as_long_as_was_published() -> None:
    """Survival, Greenwood's error and the log-log band: as SAS' LIFETEST and Stata's sts list print them."""
    curve = kaplan_meier(MERCAPTOPURINE)
    told = [
        (week, value, variance**0.5, *(curve.interval_at(week) or ()))
        for week, value, variance in zip(curve.times, curve.values, curve.variances, strict=True)
    ]
    published = [
        (6, 0.8571, 0.0764, 0.6197, 0.9516),
        (7, 0.8067, 0.0869, 0.5631, 0.9228),
        (10, 0.7529, 0.0963, 0.5032, 0.8894),
        (13, 0.6902, 0.1068, 0.4316, 0.8491),
        (16, 0.6275, 0.1141, 0.3675, 0.8049),
        (22, 0.5378, 0.1282, 0.2678, 0.7468),
        (23, 0.4482, 0.1346, 0.1881, 0.6801),
    ]
    assert told == [pytest.approx(row, abs=6e-5) for row in published]


@pytest.mark.parametrize(("seen", "median", "interval"), [(MERCAPTOPURINE, 23, (13, inf)), (PLACEBO, 8, (4, 11))])
def test_median_remissions_have_the_published_intervals(
    seen: list[Observation], median: float, interval: tuple[float, float]
) -> None:
    curve = kaplan_meier(seen)
    assert median_survival(curve) == median
    assert median_survival_interval(curve) == interval


def test_what_cannot_be_said_is_not_said() -> None:
    curve = kaplan_meier(MERCAPTOPURINE)
    assert curve.interval_at(5) is None  # all were in remission: nothing tells how many might not have been
    assert curve.interval_at(35) is not None
    assert curve.interval_at(36) is None  # nobody was watched for that long
    assert kaplan_meier(PLACEBO).interval_at(22) is not None
    assert kaplan_meier(PLACEBO).interval_at(23) is None  # nobody was left
    assert aalen_johansen(Observation(i, EVENT) for i in range(10)).interval_at(9) is None  # ten tenths are nearly 1
    for of_nothing in (kaplan_meier([]), aalen_johansen([])):
        assert of_nothing.interval_at(1) is None
        assert median_survival_interval(of_nothing) is None
        assert median_incidence_interval(of_nothing) is None
    assert median_survival_interval(kaplan_meier([Observation(3, EVENT)])) is None
    # One of a hundred: more than half lasted, and how much longer isn't known.
    rare = kaplan_meier([Observation(3, EVENT)] + [Observation(9, CENSORED)] * 99)
    assert median_survival_interval(rare) is None


def test_where_all_have_ended_the_incidence_is_known_for_ever() -> None:
    seen = [Observation(1, COMPETING)] * 6 + [Observation(2, EVENT)] * 4
    assert aalen_johansen(seen).interval_at(99) == aalen_johansen(seen).interval_at(2) is not None
    assert aalen_johansen([*seen, Observation(3, CENSORED)]).interval_at(99) is None
    # Of what is closed the survival would have gone on.
    assert kaplan_meier([*seen, Observation(3, COMPETING)]).interval_at(99) is None


@given(WATCHED)
def test_without_censoring_variances_are_binomial(seen: list[Observation]) -> None:
    ended = [told for told in seen if told.end is not CENSORED]
    curve = aalen_johansen(ended)
    for value, variance in zip(curve.values, curve.variances, strict=True):
        assert variance == pytest.approx(value * (1 - value) / len(ended), abs=1e-12)


@given(WATCHED)
def test_without_competition_the_incidence_is_what_does_not_survive(seen: list[Observation]) -> None:
    plain = [Observation(time, EVENT if end else CENSORED) for time, end in seen]
    merged, waiting = aalen_johansen(plain), kaplan_meier(plain)
    assert merged.variances == pytest.approx(waiting.variances, abs=1e-12)
    assert merged.known_until == waiting.known_until
    assert median_incidence(merged, 0.37) == median_survival(waiting, 0.63)


@given(WATCHED, st.integers(0, 55), st.sampled_from([0.8, 0.95]))
def test_intervals_hold_the_value_and_more_certainty_is_wider(seen: list[Observation], time: int, level: float) -> None:
    for curve in (kaplan_meier(seen), aalen_johansen(seen)):
        found, surer = curve.interval_at(time, level=level), curve.interval_at(time, level=0.99)
        assert (found is None) is (surer is None)
        if found and surer:
            assert 0 <= surer.low <= found.low <= curve.at(time) <= found.high <= surer.high <= 1


@given(WATCHED, st.sampled_from([0.25, 0.5, 0.75]))
def test_intervals_of_a_median_hold_it(seen: list[Observation], share: float) -> None:
    for curve, median, interval in (
        (kaplan_meier(seen), median_survival, median_survival_interval),
        (aalen_johansen(seen), median_incidence, median_incidence_interval),
    ):
        found, estimate = interval(curve, share), median(curve, share)
        if found:
            assert found.low <= (inf if estimate is None else estimate) <= found.high


def test_the_median_wait_is_held_about_as_often_as_it_says() -> None:
    """Of 40 pull requests, each merged after an exponential time and watched for some time of its own."""
    seed, held, incidence_held = Random(3), 0, 0
    for _ in range(600):
        pairs = [(seed.expovariate(1.0), seed.uniform(0.3, 4)) for _ in range(40)]
        seen = [Observation(min(pair), EVENT if pair[0] < pair[1] else CENSORED) for pair in pairs]
        # The same competing: half of all ends are a closing.
        raced = [told._replace(end=COMPETING) if told.end and seed.random() < 0.5 else told for told in seen]
        found, merged = median_survival_interval(kaplan_meier(seen)), aalen_johansen(raced).interval_at(0.7)
        assert found is not None
        assert merged is not None
        held += not found.leaves_out(0.6931)
        incidence_held += not merged.leaves_out(0.5 * (1 - 0.4966))
    assert 0.92 < held / 600 < 0.98
    assert 0.92 < incidence_held / 600 < 0.98
