"""Rework share: how often a review leads to more commits."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Share
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), _reworked, Share())


def _reworked(pull: Pull) -> Share | None:
    return None if pull.review_seconds is None else Share(pull.is_reworked, 1)


METRIC = Metric(
    slug="rework-share",
    label="Rework after review",
    short="Reworked",
    unit=Unit.SHARE,
    noun="reviewed pull requests",
    direction=Direction.NEITHER,
    definition="The share of reviewed AI-assisted pull requests with commits made after their first review.",
    formula="with a commit after the first review ÷ reviewed",
    population="AI-assisted pull requests that are on the default branch and had a review of a person.",
    care="A careful review makes it rise. None at all may mean that nobody looks.",
    minimum=20,
    domain=(0.0, 1.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, with reviews by people.",
    example=Example(words="Of 60 reviewed, 21 were changed again: 21 ÷ 60 = 35.0%.", sample=Share(21, 60), value=0.35),
)
