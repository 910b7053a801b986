"""AI-assisted share: how much of what is merged was made with an assistant, as far as there is evidence."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import By, Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, cases_of
from events.metrics._samples import Share
from events.queries.facts import Facts

_WHATEVER_MADE_THEM = tuple(by for by in DIMENSIONS if by not in (By.TOOL, By.MODEL))


def cases(facts: Facts) -> Iterable[Case]:
    found = cases_of(facts.own_pulls, lambda pull: Share(pull.ai_class == "ai", 1), Share())
    return (case._replace(parts=case.parts[: len(_WHATEVER_MADE_THEM)]) for case in found)


METRIC = Metric(
    slug="ai-assisted-share",
    label="AI-assisted share of pull requests",
    short="AI-assisted",
    unit=Unit.SHARE,
    noun="pull requests",
    direction=Direction.NEITHER,
    definition="The share of merged pull requests with evidence that an assistant worked on them.",
    formula="AI-assisted ÷ all",
    population="Pull requests that are on the default branch, without bots and backports.",
    care="No evidence isn't proof of a human: tools that aren't connected leave none. Look at the unattributed share.",
    minimum=20,
    domain=(0.0, 1.0),
    is_work=True,
    dimensions=_WHATEVER_MADE_THEM,
    cases=cases,
    needs="GitHub connected.",
    example=Example(words="Of 80 merged pull requests 52 are: 52 ÷ 80 = 65.0%.", sample=Share(52, 80), value=0.65),
)
