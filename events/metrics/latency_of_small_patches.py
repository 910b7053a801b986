"""Latency of small patches: at most 50 changed lines in at most 3 files. How fast is a small thing in?"""

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
    return latencies(facts, ChangeClass.SMALL_PATCH)


METRIC = Metric(
    slug="latency-small-patches",
    label="Latency of small patches",
    short="Small patches, prompt to merge",
    rank=3,
    unit=Unit.DURATION,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="From the first prompt of a small patch until it is on the default branch: the median.",
    formula="median of (integrated − first prompt)",
    population=(
        "AI-assisted pull requests of at most 50 changed lines in at most 3 files outside of generated ones, with a"
        " linked prompt, without bots and backports."
    ),
    care="Nights and weekends count. A patch that waits for a review waits for people, not for tools.",
    minimum=20,
    band=Band(high=600.0),
    band_source="Within 10 minutes, with automated checks; each organization sets its own.",
    domain=(0.0, 86_400.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and sessions that tell their repository, so that they are linked to pull requests.",
    example=Example(
        words="Three small patches took 6, 9 and 40 minutes: the median is 9m\u00a00s.",
        sample=Values((360.0, 540.0, 2_400.0)),
        value=540.0,
    ),
)
