"""First-run pass rate on developers' machines: the first test command of a session after an accepted edit."""

from collections.abc import Iterable, Iterator

from codecard.lib.formats import Unit
from codecard.lib.reading import Band
from events.metrics._base import UNKNOWN, By, Case, Direction, Example, Metric
from events.metrics._samples import Share
from events.queries.facts import Facts
from events.queries.stamps import Source


def cases(facts: Facts) -> Iterable[Case]:
    return _cases(facts)


def _cases(facts: Facts) -> Iterator[Case]:
    for run in facts.first_runs:
        parts = (run.tool or UNKNOWN, run.repository or UNKNOWN)
        whole = run.passed + run.failed
        yield Case(run.week_on, parts, run.people, Share(run.passed, whole), whole + run.none)


METRIC = Metric(
    slug="first-run-pass-rate-local",
    label="First-run pass rate, local",
    short="First run, local",
    unit=Unit.SHARE,
    noun="first runs",
    direction=Direction.HIGHER,
    definition="The share of sessions whose first test run after an accepted edit passed, on the developer's machine.",
    formula="first runs that passed ÷ first runs that passed or failed",
    population="Sessions with an accepted edit and a test command after it: pytest, tox, go test, npm test and so on.",
    care="Not every tool tells its test runs. A command that succeeds without running a test is no pass.",
    minimum=20,
    band=Band(low=0.60),
    band_source="A common benchmark for well-specified tasks with clear interfaces.",
    domain=(0.0, 1.0),
    dimensions=(By.TOOL, By.REPOSITORY),
    cases=cases,
    reads=(Source.SESSIONS,),
    needs="A tool that tells which commands ran: Claude Code with tool details, or Codex.",
    example=Example(
        words="In 50 sessions tests ran after an edit; the first run passed in 33: 33 ÷ 50 = 66.0%.",
        sample=Share(33, 50),
        value=0.66,
    ),
)
