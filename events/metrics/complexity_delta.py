"""Complexity of touched functions: how hard what a pull request leaves behind is to read.

The ruler shows the level, since teams set a target for it: of each pull request the 90th percentile, of these the
median. How it changed against the base is told of each pull request, and by complexity-raised-share of many.
"""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from codecard.lib.reading import Band
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Values
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), _level, Values())


def _level(pull: Pull) -> Values | None:
    return None if pull.complexity is None else Values((pull.complexity,))


METRIC = Metric(
    slug="complexity-delta",
    label="Complexity of touched functions",
    short="Complexity",
    rank=8,
    unit=Unit.NUMBER,
    noun="pull requests",
    direction=Direction.LOWER,
    definition=(
        "How complex the functions are that AI-assisted pull requests touched, as they left them: nine tenths of those"
        " of a pull request are no more complex than this."
    ),
    formula="median over pull requests of P90(complexity of the functions that the pull request touched)",
    population=(
        "AI-assisted pull requests on the default branch that touched functions of which an analyser in CI told the"
        " complexity. Of one tool a pull request: radon where it told, else the first by name. Generated and vendored"
        " files are left out. Where the landed lines are not known, all functions of touched files count."
    ),
    care=(
        "Old functions count with whoever touches them: read it beside the share that raised complexity. Tools count"
        " differently, so that repositories measured by different tools don't compare."
    ),
    minimum=20,
    band=Band(high=10.0),
    band_source="A common target of teams; yours may be another.",
    domain=(0.0, 20.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and CI that reports complexity, from radon or complexipy.",
    example=Example(
        words="Five pull requests whose functions have a 90th percentile of 3, 5, 6, 9 and 14: the median is 6.0.",
        sample=Values((3.0, 5.0, 6.0, 9.0, 14.0)),
        value=6.0,
    ),
)
