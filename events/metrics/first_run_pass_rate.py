"""First-run test pass rate: how often the first run of the tests in CI passes, with no edit in between.

The first attempt of the test checks on the first head commit that has any. What runs on a developer's machine is
another kind, never blended with this (first-run-pass-rate-local).
"""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from codecard.lib.reading import Band
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, assisted, cases_of
from events.metrics._samples import Share
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(assisted(facts), _first_run, Share())


def _first_run(pull: Pull) -> Share | None:
    return Share(pull.tests == "passed", 1) if pull.tests in ("passed", "failed") else None


METRIC = Metric(
    slug="first-run-pass-rate",
    label="First-run test pass rate",
    short="First-run test pass",
    rank=2,
    unit=Unit.SHARE,
    noun="first runs",
    direction=Direction.HIGHER,
    definition="The share of AI-assisted pull requests whose first test run in CI passed, with no edit in between.",
    formula="first runs that passed ÷ first runs that passed or failed",
    population=(
        "AI-assisted pull requests whose tests ran in CI. The first attempt on the first head commit that has a test"
        " check; skipped and cancelled checks don't count, and runs without a test are no pass."
    ),
    care="A team that writes its tests first scores higher on easier tasks. A change that weakens tests passes easily.",
    minimum=20,
    band=Band(low=0.60),
    band_source="A common benchmark for well-specified tasks with clear interfaces.",
    domain=(0.0, 1.0),
    is_work=True,
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, with checks that run tests on pull requests; or JUnit reports sent by CI.",
    example=Example(
        words="Of 40 pull requests with tests, 26 passed in their first run: 26 ÷ 40 = 65.0%.",
        sample=Share(26, 40),
        value=0.65,
    ),
)
