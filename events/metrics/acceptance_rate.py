"""Suggestion acceptance rate: which share of the code that an assistant proposed people kept.

Only decisions that a person made count: what a rule approved says nothing of the code. A session's decisions are alike,
so the interval is widened by the design effect of its clusters.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from codecard.lib.clusters import Moments
from codecard.lib.formats import Unit
from codecard.lib.reading import Band
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._details import DIMENSIONS, cases_of
from events.metrics._samples import Share
from events.queries.cells import Has
from events.queries.facts import Facts
from events.queries.stamps import Source


def cases(facts: Facts) -> Iterable[Case]:
    return cases_of(
        facts, Has.DECISIONS, lambda one: Share(one.sums["accepted"], one.sums["accepted"] + one.sums["rejected"])
    )


def clusters(facts: Facts) -> Mapping[date, Moments]:
    return facts.decisions


METRIC = Metric(
    slug="acceptance-rate",
    label="Suggestion acceptance rate",
    short="Acceptance rate",
    rank=1,
    unit=Unit.SHARE,
    noun="suggestions",
    direction=Direction.NEITHER,
    definition="The share of suggested edits that people accept, of those on which a person decided.",
    formula="accepted ÷ (accepted + rejected), decided by a person",
    population=(
        "Edits proposed by an agent and decided by a person. Approvals by configuration, hook or automatic mode are a"
        " share of their own; inline completions are another kind. Accepted after a change counts as accepted."
    ),
    care=(
        "An approval for a whole session is one decision, and what follows counts as approved by a rule. Where most is"
        " approved by rules this number says little: read the share of AI lines that were kept instead."
    ),
    minimum=100,
    band=Band(0.25, 0.60),
    band_source="A common benchmark; boilerplate lies higher. Above it: look at how deeply people review.",
    domain=(0.0, 1.0),
    dimensions=DIMENSIONS,
    cases=cases,
    clusters=clusters,
    reads=(Source.DETAILS,),
    needs=(
        "A tool that tells decisions, in a mode that asks people before it edits: Claude Code, Codex, Gemini"
        " CLI, or Copilot in VS Code."
    ),
    example=Example(
        words="Of 250 edits on which people decided, 110 were accepted: 110 ÷ 250 = 44.0%.",
        sample=Share(110, 250),
        value=0.44,
    ),
)
