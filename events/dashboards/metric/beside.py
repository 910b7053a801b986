"""What stands beside some metrics alone: how many of those begun are merged after a while, and known human work."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from codecard.lib.formats import duration
from codecard.lib.intervals import Interval
from codecard.lib.periods import Days
from codecard.lib.survival import End, aalen_johansen, median_incidence
from events.metrics import (
    defect_escape_rate,
    latency_of_features,
    latency_of_small_patches,
    latency_to_integration,
)
from events.metrics._base import Metric
from events.metrics.defect_escape_rate import Rate
from events.models import ChangeClass
from events.queries.cohorts import begun_in
from events.queries.facts import Facts
from events.queries.pull_facts import HORIZON_DAYS

_CLASSES: Final = {
    latency_to_integration.METRIC.slug: "",
    latency_of_small_patches.METRIC.slug: ChangeClass.SMALL_PATCH,
    latency_of_features.METRIC.slug: ChangeClass.FEATURE_WITH_TESTS,
}
_AFTER: Final = ((600.0, "10 minutes"), (3_600.0, "1 hour"), (86_400.0, "24 hours"), (604_800.0, "7 days"))
FEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class Share:
    after: str
    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Of `n` whose first prompt was in the period: `shares` merged by then; `half`: by when half of them are, or ""."""

    n: int
    merged: int
    closed: int
    still_open: int
    shares: list[Share]
    half: str


def cohort_of(facts: Facts, metric: Metric, days: Days) -> Cohort | None:
    """None for what is no latency, and for too few to tell of."""
    if metric.slug not in _CLASSES:
        return None
    people = None if facts.is_everybody else facts.group.people
    wanted = _CLASSES[metric.slug]
    begun = begun_in(facts.organization_id, people, days, facts.zone, facts.now)
    seen = [one.observation for one in begun if wanted in ("", one.change_class)]
    if len(seen) < FEWEST:
        return None
    curve = aalen_johansen(seen)
    half = median_incidence(curve)
    ends = [one.end for one in seen]
    return Cohort(
        n=len(seen),
        merged=ends.count(End.EVENT),
        closed=ends.count(End.COMPETING),
        still_open=ends.count(End.CENSORED),
        shares=[Share(words, curve.at(after), curve.interval_at(after)) for after, words in _AFTER],
        half="" if half is None else duration(half),
    )


def escapes_of(facts: Facts, metric: Metric, days: Days) -> Rate | None:
    """Of the headline's horizon, with defects per 1,000 lines and the comparison with known human work."""
    if metric.slug != defect_escape_rate.METRIC.slug:
        return None
    # Those whose window ends in the period.
    start, end = days.shifted(-timedelta(days=HORIZON_DAYS)).moments(ZoneInfo(facts.zone))
    people = None if facts.is_everybody else facts.group.people
    rows = defect_escape_rate.rows_of(facts.organization_id, start, end, people=people)
    return defect_escape_rate.rate(rows, facts.now)
