"""Cases that are histograms of how far accepted code was changed, at one horizon."""

from collections.abc import Iterator

from events.metrics._base import UNKNOWN, Case
from events.metrics._samples import Distances
from events.models import EditHorizon
from events.queries.facts import Facts


def distances(facts: Facts, horizon: EditHorizon) -> Iterator[Case]:
    for one in facts.distances:
        if one.horizon == horizon:
            parts = one.task, one.model, one.tool, one.repository, one.language
            sample = Distances(one.lines, one.moments, one.edits)
            yield Case(one.week_on, tuple(part or UNKNOWN for part in parts), one.people, sample)
