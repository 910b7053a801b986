"""The worked example of docs/links.md, AIDev's figures, and the rows of an organization."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from codecard.lib.intervals import Interval, wilson
from codecard.lib.tenant import tenant
from events.metrics.latency_to_integration import (
    METRIC,
    Row,
    bars_of,
    cohort,
    cohort_rows,
    completed,
    completed_rows,
    interval_of_quantile,
)
from events.models import ChangeClass, Latency, LatencyState
from teams.models import Organization, User
from tests.factories import NOW, person
from tests.pull_requests import make_author, make_pull_request, make_repository

AIDEV = json.loads((Path(__file__).parents[2] / "fixtures" / "pulls" / "latency.json").read_text())
STATES = (LatencyState.PENDING, LatencyState.MEASURED, LatencyState.CLOSED)


def row(seconds: float, state: LatencyState = LatencyState.MEASURED, change_class: str = "small_patch") -> Row:
    """One that began `seconds` before NOW and ended then, or is still open."""
    end = None if state == LatencyState.PENDING else NOW
    whole = int(seconds) if state == LatencyState.MEASURED else None
    return Row(state, NOW - timedelta(seconds=seconds), end, whole, change_class, "")


def test_the_worked_example() -> None:
    """Twenty small patches took 1 to 20 minutes: their median is 10.5, and half are within the bar of ten. With five
    more, closed after two and a half, 10 of 25 are in after ten minutes and 20 at last; half of the 25 after 13."""
    patches = [row(60 * n) for n in range(1, 21)]
    done = completed([*patches, row(0, LatencyState.NEGATIVE), row(0, LatencyState.NO_PROMPT)])
    assert [one.seconds / 60 for one in done.quantiles] == [10.5, 15.25, pytest.approx(18.1)]
    assert done.quantiles[0].interval == Interval(6 * 60, 15 * 60)
    assert done.is_enough
    assert (done.negative, done.without_prompt, done.coverage) == (1, 1, 20 / 22)
    small = done.under_bar[ChangeClass.SMALL_PATCH]
    assert (small.k, small.n, small.interval) == (10, 20, wilson(10, 20))
    closed = [row(150, LatencyState.CLOSED)] * 5
    seen = cohort([*patches, *closed], NOW)
    assert (seen.n, seen.integrated, seen.closed, seen.open) == (25, 20, 5, 0)
    assert seen.integrated_by == pytest.approx((10 / 25, 20 / 25, 20 / 25, 20 / 25))
    assert seen.median_seconds == 13 * 60


def test_fewer_than_the_minimum_are_not_enough() -> None:
    few = completed([row(60)] * (METRIC.minimum - 1))
    assert not few.is_enough
    assert completed([]).quantiles == ()
    assert completed([]).coverage is None
    assert not cohort([], NOW).is_enough
    assert cohort([], NOW).median_seconds is None


@pytest.mark.parametrize("tool", AIDEV)
def test_equals_the_published_cohorts(tool: str) -> None:
    """2,931 pull requests of AIDev: every figure to 1e-4."""
    rows = [row(seconds, STATES[end]) for seconds, end in AIDEV[tool]["seconds_and_end"]]
    expected: dict[str, Any] = AIDEV[tool]["expected"]
    seen, done = cohort(rows, NOW), completed(rows)
    assert (seen.n, seen.integrated, seen.closed, seen.open) == tuple(
        expected[name] for name in ("n", "merged", "closed_unmerged", "open")
    )
    by = expected["aalen_johansen_merged_by"]
    assert seen.integrated_by == pytest.approx([by[name] for name in ("10m", "1h", "24h", "7d")], abs=1e-4)
    only = expected["merged_only_seconds"]
    assert [one.seconds for one in done.quantiles] == pytest.approx([only["p50"], only["p75"], only["p90"]], abs=0.06)


@pytest.mark.parametrize(("n", "share", "ranks"), [(20, 0.5, (6, 15)), (100, 0.5, (40, 61)), (10, 0.5, (2, 9))])
def test_intervals_of_quantiles_are_those_of_the_tables(n: int, share: float, ranks: tuple[int, int]) -> None:
    """Ranks as printed for the sign test's interval of the median."""
    assert interval_of_quantile(range(1, n + 1), share) == ranks


def test_too_few_values_have_no_interval() -> None:
    assert interval_of_quantile([1, 2, 3], 0.5) is None


def test_an_organization_sets_its_own_bars() -> None:
    assert bars_of({}) == bars_of({"latency_bars_minutes": {}})
    assert bars_of({"latency_bars_minutes": {"small_patch": 30}})[ChangeClass.SMALL_PATCH] == timedelta(minutes=30)


@pytest.mark.django_db
def test_reads_the_rows_of_a_window_and_of_people(acme: Organization, globex: Organization, bob: User) -> None:
    week = (NOW - timedelta(days=7), NOW)
    for organization in (globex, acme):
        with tenant(organization.id):
            repository = make_repository(organization)
            author = make_author(organization, bob) if organization == acme else None
            for number, ago in enumerate((1, 30, 200), 1):
                pull = make_pull_request(
                    repository, number, merged_at=NOW - timedelta(hours=ago), author=author if number == 1 else None,
                    change_class=ChangeClass.SMALL_PATCH,
                )  # fmt: skip
                began = NOW - timedelta(hours=ago + 3)
                Latency.objects.create(
                    organization=organization, pull_request=pull, version=1, state=LatencyState.MEASURED,
                    first_prompt_at=began, ended_at=pull.merged_at, seconds=3 * 3600,
                )  # fmt: skip
            left_out = make_pull_request(repository, 9)
            Latency.objects.create(
                organization=organization, pull_request=left_out, version=1, state=LatencyState.LEFT_OUT
            )
    with tenant(acme.id):
        assert completed(completed_rows(acme.id, *week)).n == 2
        assert cohort(cohort_rows(acme.id, *week), NOW).n == 2
        only_bobs = completed_rows(acme.id, *week, people=[person(acme, bob).id], change_class="small_patch")
        assert len(only_bobs) == 1
        assert completed_rows(acme.id, *week, repositories=[]) == []
