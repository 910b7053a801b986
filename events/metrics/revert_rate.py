"""Revert rate: which share of AI-assisted pull requests was taken back."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Share
from events.queries.facts import Facts


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), lambda pull: Share(pull.is_reverted, 1), Share())


METRIC = Metric(
    slug="revert-rate",
    label="Revert rate",
    short="Reverted",
    unit=Unit.SHARE,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="The share of AI-assisted pull requests that a later change says it reverts.",
    formula="reverted ÷ all",
    population="AI-assisted pull requests that are on the default branch, without bots and backports.",
    care="The newest ones may still be reverted: the defect escape rate waits for 30 days, this doesn't.",
    minimum=20,
    domain=(0.0, 0.2),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected.",
    example=Example(words="Of 120, 3 were reverted: 3 ÷ 120 = 2.5%.", sample=Share(3, 120), value=0.025),
)
