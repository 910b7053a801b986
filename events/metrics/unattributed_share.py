"""Unattributed share: pull requests of which nobody knows how they were made. Shown, never dropped."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import By, Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, cases_of
from events.metrics._samples import Share
from events.queries.facts import Facts

_WHATEVER_MADE_THEM = tuple(by for by in DIMENSIONS if by not in (By.TOOL, By.MODEL))


def cases(facts: Facts) -> Iterable[Case]:
    found = cases_of(facts.own_pulls, lambda pull: Share(pull.ai_class == "unknown", 1), Share())
    return (case._replace(parts=case.parts[: len(_WHATEVER_MADE_THEM)]) for case in found)


METRIC = Metric(
    slug="unattributed-share",
    label="Unattributed share of pull requests",
    short="Unattributed",
    unit=Unit.SHARE,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="The share of merged pull requests without evidence of an assistant and without proof of its absence.",
    formula="neither AI-assisted nor known to be human ÷ all",
    population="Pull requests that are on the default branch, without bots and backports.",
    care="A high share means that tools aren't connected: the other measures then tell of the rest alone.",
    minimum=20,
    domain=(0.0, 1.0),
    is_work=True,
    dimensions=_WHATEVER_MADE_THEM,
    cases=cases,
    needs="GitHub connected.",
    example=Example(
        words="Of 80 merged pull requests of 12 nothing is known: 12 ÷ 80 = 15.0%.", sample=Share(12, 80), value=0.15
    ),
)
