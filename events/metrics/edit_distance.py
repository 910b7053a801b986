"""Edit distance after acceptance: how much of accepted code was changed until it was committed.

Computed where the code is, so that it never leaves the machine; what arrives is a distance. Kept as a histogram of
hundredths, so that a mean over lines can be made of any part.
"""

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
    return distances(facts, EditHorizon.COMMIT)


METRIC = Metric(
    slug="edit-distance",
    label="Edit distance after acceptance",
    short="Edit after acceptance",
    rank=5,
    unit=Unit.SHARE,
    noun="edits",
    direction=Direction.LOWER,
    definition="How much of the accepted code was changed before it was committed: from nothing, 0%, to all of it.",
    formula="Σ lines · distance ÷ Σ lines, of accepted suggestions at their commit",
    population=(
        "Accepted suggestions that a tool compared with what was committed (normalised Levenshtein distance, or AI"
        " lines checkpointed against committed). A histogram of hundredths; without line counts an edit weighs 1."
    ),
    care="Formatters and renames count as changes. Only accepted code is measured.",
    minimum=100,
    domain=(0.0, 0.6),
    dimensions=DIMENSIONS,
    cases=cases,
    reads=(Source.EDITS,),
    needs="A tool that tells what was left of an edit: Copilot in VS Code, or an editor by own events.",
    example=Example(
        words="30 lines were kept as they were and 10 lines changed by 60%: (30 · 0 + 10 · 0.6) ÷ 40 = 15.0%.",
        sample=Distances({0: 30, 60: 10}, Moments(), 2),
        value=0.15,
    ),
)
