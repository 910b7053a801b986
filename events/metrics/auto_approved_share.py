"""Auto-approved share: how much of what was decided a rule decided, so that nobody looked."""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._details import DIMENSIONS, cases_of
from events.metrics._samples import Share
from events.queries.cells import Has
from events.queries.facts import Detail, Facts
from events.queries.stamps import Source


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(facts, Has.RULINGS, _share)


def _share(detail: Detail) -> Share:
    by_rule = detail.sums["auto_accepted"] + detail.sums["auto_rejected"]
    return Share(by_rule, by_rule + detail.sums["accepted"] + detail.sums["rejected"])


METRIC = Metric(
    slug="auto-approved-share",
    label="Auto-approved share",
    short="Decided by a rule",
    unit=Unit.SHARE,
    noun="decisions",
    direction=Direction.NEITHER,
    definition="The share of decisions on suggested edits that a rule made: configuration, hook or automatic mode.",
    formula="decided by a rule ÷ all decisions",
    population="Decisions on edits proposed by an agent, whoever made them.",
    care="From a half on, the acceptance rate tells of a minority of the edits.",
    minimum=100,
    domain=(0.0, 1.0),
    dimensions=DIMENSIONS,
    cases=cases,
    reads=(Source.DETAILS,),
    needs="A tool that tells decisions and who made them: Claude Code, Codex or Gemini CLI.",
    example=Example(words="Of 400 decisions a rule made 300: 300 ÷ 400 = 75.0%.", sample=Share(300, 400), value=0.75),
)
