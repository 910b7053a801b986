"""Complexity raised: how often a pull request leaves its functions more complex than those that stood there before."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Share
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), _raised, Share())


def _raised(pull: Pull) -> Share | None:
    if pull.complexity is None or pull.complexity_before is None:
        return None
    return Share(pull.complexity > pull.complexity_before, 1)


METRIC = Metric(
    slug="complexity-raised-share",
    label="Complexity raised",
    short="Complexity raised",
    unit=Unit.SHARE,
    noun="pull requests",
    direction=Direction.LOWER,
    definition=(
        "The share of AI-assisted pull requests after which the functions that they touched are more complex than those"
        " that stood there before."
    ),
    formula="P90 of touched functions above P90 of the base's ÷ pull requests with a base",
    population=(
        "AI-assisted pull requests on the default branch of which an analyser told both: what they touched, and the"
        " same places at the commit that they were merged onto, or at an ancestor of at most 30 days before."
    ),
    care="Pull requests that only add functions have no base. New behaviour has its price: some is to be expected.",
    minimum=20,
    domain=(0.0, 1.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and CI that reports complexity, of pull requests and of the default branch.",
    example=Example(words="Of 50 with a base, 14 raised it: 14 ÷ 50 = 28.0%.", sample=Share(14, 50), value=0.28),
)
