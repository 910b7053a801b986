"""Our arithmetic against statsmodels and scipy, which the product itself doesn't import."""

from math import inf, sqrt
from random import Random
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm  # type: ignore[import-untyped]
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight  # type: ignore[import-untyped]
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]
    confint_proportions_2indep,
    proportion_confint,
)
from statsmodels.stats.rates import confint_poisson  # type: ignore[import-untyped]

from codecard.lib.clusters import Moments
from codecard.lib.intervals import Stratum, garwood, mantel_haenszel, newcombe, t_of, wilson
from codecard.lib.order_statistics import quantile_interval, rank_test
from codecard.lib.survival import (
    End,
    Observation,
    aalen_johansen,
    kaplan_meier,
    median_incidence,
    median_survival,
    median_survival_interval,
)

SAMPLES = [(0, 12), (1, 29), (7, 9), (20, 20), (81, 263), (15, 148), (4_210, 9_999)]
LEVELS = [0.8, 0.9, 0.95, 0.99]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("k", "n"), SAMPLES)
def test_shares(k: int, n: int, level: float) -> None:
    assert wilson(k, n, level=level) == pytest.approx(proportion_confint(k, n, 1 - level, "wilson"), abs=1e-12)


@pytest.mark.parametrize("one", SAMPLES)
@pytest.mark.parametrize("two", SAMPLES)
def test_differences_of_shares(one: tuple[int, int], two: tuple[int, int]) -> None:
    theirs = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff")
    assert newcombe(*one, *two) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 7, 40, 512])
def test_counts(count: int) -> None:
    assert garwood(count) == pytest.approx(confint_poisson(count, 1, method="exact-c"), rel=1e-9)


def test_ratios_over_strata() -> None:
    """Their pooled odds ratio of rare events is near our risk ratio, which they don't have: one in a thousand."""
    tables = [np.array([[30, 20_000], [20, 25_000]]), np.array([[9, 4_000], [11, 8_000]])]
    ratio = mantel_haenszel(Stratum(t[0, 0], t[0].sum(), t[1, 0], t[1].sum()) for t in tables)
    theirs = sm.stats.StratifiedTable(tables)
    assert ratio is not None
    assert ratio.value == pytest.approx(theirs.oddsratio_pooled, rel=2e-3)
    assert (ratio.low, ratio.high) == pytest.approx(theirs.oddsratio_pooled_confint(), rel=4e-3)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 10, 30, 1000])
@pytest.mark.parametrize(("level", "off"), [(0.8, 3e-4), (0.9, 6e-4), (0.95, 1.3e-3), (0.99, 1e-2)])
def test_students_t(degrees: int, level: float, off: float) -> None:
    # The expansion is at its worst for 3 degrees of freedom.
    assert t_of(level, degrees) == pytest.approx(
        stats.t.ppf((1 + level) / 2, degrees), rel=off if degrees in (3, 4) else off / 10
    )


@pytest.mark.parametrize("seed", range(3))
def test_ratios_of_clusters(seed: int) -> None:
    """A share of clustered decisions is the mean of 0 and 1 with errors that know of the clusters."""
    draw = Random(seed)
    clusters = [(draw.randint(1, 30), draw.betavariate(1, 2)) for _ in range(25)]
    decisions = [[float(draw.random() < share) for _ in range(n)] for n, share in clusters]
    values = np.array([one for some in decisions for one in some])
    groups = np.array([i for i, some in enumerate(decisions) for _ in some])
    fitted = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "df_correction": False, "use_correction": False}
    )
    moments = Moments.from_pairs((sum(some), len(some)) for some in decisions)
    assert moments.value == pytest.approx(fitted.params[0])
    # They divide by all clusters, we by one less.
    assert moments.standard_error == pytest.approx(fitted.bse[0] * sqrt(25 / 24))


@pytest.mark.parametrize("n", [7, 12, 40, 173])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_of_quantiles(n: int, share: float, level: float) -> None:
    values = sorted(Random(n).lognormvariate(3, 1) for _ in range(n))
    theirs = stats.quantile_test(values, q=share, p=share).confidence_interval(confidence_level=level)
    ours = quantile_interval(values, share, level=level)
    if np.isnan([theirs.low, theirs.high]).any():
        assert ours is None
    else:
        assert ours == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("seed", range(12))
def test_ranks(seed: int) -> None:
    draw = Random(seed)
    # Every other with many ties.
    a, b = ([draw.lognormvariate(mean, 1) for _ in range(draw.randint(5, 60))] for mean in (1, 1 + seed / 10))
    if seed % 2:
        a, b = [float(round(one)) for one in a], [float(round(one)) for one in b]
    theirs = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=True)
    assert rank_test(a, b) == pytest.approx(theirs.pvalue, rel=1e-9)


def _watched(seed: int) -> tuple[list[Observation], Any, Any]:
    draw = Random(seed)
    seen = [Observation(draw.randint(1, 25), End(draw.choice([0, 1, 1, 2]))) for _ in range(draw.randint(15, 120))]
    return seen, np.array([told.time for told in seen]), np.array([int(told.end) for told in seen])


@pytest.mark.parametrize("seed", range(8))
def test_survival(seed: int) -> None:
    seen, times, ends = _watched(seed)
    ours, theirs = kaplan_meier(seen), SurvfuncRight(times, (ends == 1).astype(int))
    left = theirs.surv_prob > 0
    assert ours.times == list(theirs.surv_times)
    assert ours.values == pytest.approx(theirs.surv_prob, abs=1e-12)
    assert np.sqrt(ours.variances)[left] == pytest.approx(theirs.surv_prob_se[left])
    for share in (0.25, 0.5, 0.75):
        # On the scale log(-log) they stumble over a survival of 0, at which the interval has ended long ago.
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = theirs.quantile_ci(1 - share)
        # The last value bounds a sample, not a population: where theirs ends at a survival of 0, ours (as R's) doesn't.
        high = inf if expected[1] in theirs.surv_times[~left] else expected[1]
        assert median_survival_interval(ours, share) == (expected[0], high)
        if high < inf:
            assert median_survival(ours, share) == theirs.quantile(1 - share)


@pytest.mark.parametrize("seed", range(8))
def test_incidence_of_competing_ends(seed: int) -> None:
    seen, times, ends = _watched(seed)
    # Where nobody is left they divide by 0 and give no error.
    with np.errstate(divide="ignore", invalid="ignore"):
        ours, theirs = aalen_johansen(seen), CumIncidenceRight(times, ends)
    stepped = np.isin(theirs.times, ours.times)
    assert ours.values == pytest.approx(theirs.cinc[0][stepped])
    known = stepped & ~np.isnan(theirs.cinc_se[0])
    assert np.sqrt(ours.variances)[: known.sum()] == pytest.approx(theirs.cinc_se[0][known])
    assert median_incidence(ours, 0.2) == theirs.times[np.argmax(theirs.cinc[0] >= 0.2)]
