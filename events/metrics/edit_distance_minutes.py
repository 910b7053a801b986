"""Edit distance within minutes of acceptance, as editors tell it: another horizon, never blended with the commit's."""

from collections.abc import Iterable

from codecard.lib.clusters import Moments
from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._details import DIMENSIONS
from events.metrics._distances import distances
from events.metrics._samples import Distances
from events.models import EditHorizon
from events.queries.facts import Facts
from events.queries.stamps import Source


def cases(facts: Facts) -> Iterable[Case]:
    return distances(facts, EditHorizon.MINUTES)


METRIC = Metric(
    slug="edit-distance-minutes",
    label="Edit distance within minutes",
    short="Edited within minutes",
    unit=Unit.SHARE,
    noun="edits",
    direction=Direction.LOWER,
    definition="How much of the accepted code was changed within minutes of its acceptance.",
    formula="Σ lines · distance ÷ Σ lines",
    population=(
        "Copilot: 1 − survival of four-grams after 15 minutes. Gemini CLI: what was modified before it was accepted."
    ),
    care="Tools measure this differently: compare a tool with itself.",
    minimum=100,
    domain=(0.0, 0.6),
    dimensions=DIMENSIONS,
    cases=cases,
    reads=(Source.EDITS,),
    needs="A tool that tells what was left of an edit: Copilot in VS Code, or an editor by own events.",
    example=Example(
        words="Two edits, one kept and one changed by 30%, each weighing 1: (0 + 0.3) ÷ 2 = 15.0%.",
        sample=Distances({0: 1, 30: 1}, Moments(), 2),
        value=0.15,
    ),
)
