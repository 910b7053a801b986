"""Style violations: what analysers in CI find on the lines that pull requests add."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Ratio
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), _violations, Ratio())


def _violations(pull: Pull) -> Ratio | None:
    if pull.violations is None or not pull.checked_lines:
        return None
    return Ratio.case(pull.violations, pull.checked_lines / 100)


METRIC = Metric(
    slug="style-violations",
    label="Style violations per 100 added lines",
    short="Style violations",
    unit=Unit.NUMBER,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="Violations that analysers found on the lines that AI-assisted pull requests added, per 100 such lines.",
    formula="Σ violations on added lines ÷ Σ added lines × 100",
    population=(
        "AI-assisted pull requests on the default branch whose added lines are known, and of which an analyser in CI"
        " told violations by line. Generated and vendored files are left out."
    ),
    care=(
        "Every added line counts, also of languages that no analyser looks at. Two analysers that find the same count"
        " twice. Another configuration finds other things: compare within one."
    ),
    minimum=20,
    domain=(0.0, 10.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and CI that reports style: ruff, flake8 or SARIF.",
    example=Example(
        words="Two pull requests: 6 violations on 120 lines and 2 on 280: 8 ÷ 400 × 100 = 2.0.",
        sample=Ratio.of([Ratio.case(6, 1.2), Ratio.case(2, 2.8)]),
        value=2.0,
    ),
)
