"""Kept share: how much of what an assistant wrote is still its own when it is merged.

Where rules approve everything, acceptance says nothing: this does. It can be above 1 where a tool attributes lines that
it never counted.
"""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, behaviour_of
from events.metrics._samples import Ratio
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return behaviour_of(facts, _kept, Ratio())


def _kept(pull: Pull) -> Ratio | None:
    if not pull.accepted_lines or pull.ai_lines is None:
        return None
    return Ratio.case(pull.ai_lines, pull.accepted_lines)


METRIC = Metric(
    slug="kept-share",
    label="Kept share of AI lines",
    short="AI lines kept",
    unit=Unit.SHARE,
    noun="pull requests",
    direction=Direction.NEITHER,
    definition="AI lines that were merged, of the lines that assistants wrote for it and people or rules accepted.",
    formula="Σ AI lines merged ÷ Σ AI lines accepted",
    population=(
        "AI-assisted pull requests on the default branch whose lines a tool attributes and whose linked sessions count"
        " the lines that were accepted."
    ),
    care="Lines rewritten by the assistant itself lower it as much as lines rewritten by people.",
    minimum=20,
    domain=(0.0, 1.0),
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and attribution of lines (git-ai) or sessions that tell their commits.",
    example=Example(
        words="Of 200 accepted lines of two pull requests 150 were merged: 150 ÷ 200 = 75.0%.",
        sample=Ratio.of([Ratio.case(90, 100), Ratio.case(60, 100)]),
        value=0.75,
    ),
)
