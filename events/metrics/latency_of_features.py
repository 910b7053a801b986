"""Latency of features with tests: an endpoint, a view, a serializer, changed together with a test."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from codecard.lib.reading import Band
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._latency import latencies
from events.metrics._pulls import DIMENSIONS
from events.metrics._samples import Values
from events.models import ChangeClass
from events.queries.facts import Facts


def cases(facts: Facts) -> Iterable[Case]:
    return latencies(facts, ChangeClass.FEATURE_WITH_TESTS)


METRIC = Metric(
    slug="latency-features-with-tests",
    label="Latency of features with tests",
    short="Features with tests, prompt to merge",
    rank=4,
    unit=Unit.DURATION,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="From the first prompt of a feature with tests until it is on the default branch: the median.",
    formula="median of (integrated − first prompt)",
    population=(
        "AI-assisted pull requests that touch a routing, view, serializer or API file and a test, with a linked"
        " prompt, without bots and backports."
    ),
    care="Nights and weekends count. The page of a pull request shows in which stage the time went.",
    minimum=20,
    band=Band(high=3_600.0),
    band_source="Within an hour; each organization sets its own.",
    domain=(0.0, 4 * 86_400.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and sessions that tell their repository, so that they are linked to pull requests.",
    example=Example(
        words="Four features took 40, 50, 70 and 300 minutes: the median is 1\u00a0h\u00a00\u00a0m.",
        sample=Values((2_400.0, 3_000.0, 4_200.0, 18_000.0)),
        value=3_600.0,
    ),
)
