import json
from pathlib import Path
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
    median_survival,
    quantile,
)

REAL: dict[str, Any] = json.loads((Path(__file__).parents[2] / "fixtures/pulls/latency.json").read_text())
WINDOWS = {"10m": 600, "1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000}
CENSORED, EVENT, COMPETING = End
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
