"""Review wait: how long an AI-assisted pull request waits for its first review by somebody else."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Values
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), _waited, Values())


def _waited(pull: Pull) -> Values | None:
    seconds = pull.review_seconds
    return Values((float(seconds),)) if seconds is not None and seconds >= 0 else None


METRIC = Metric(
    slug="review-wait",
    label="Wait for the first review",
    short="Wait for review",
    unit=Unit.DURATION,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="From the moment at which a pull request is ready for review to its first review: the median.",
    formula="median of (first review − later of opened and ready for review)",
    population="AI-assisted pull requests that are on the default branch and had a review by another person.",
    care="Those without any review are not in it: the coverage says how many were reviewed.",
    minimum=20,
    domain=(0.0, 2 * 86_400.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, with reviews by people.",
    example=Example(
        words="Three waited 10, 25 and 90 minutes: the median is 25m\u00a00s.",
        sample=Values((600.0, 1_500.0, 5_400.0)),
        value=1_500.0,
    ),
)
