"""The healthy ranges that answers are judged by."""

from codecard.lib.reading import Band
from events.answers.answering import BandOf
from events.metrics._base import Metric
from events.queries.ranges import Ranges


def bands_of(ranges: Ranges, team_id: int | None) -> BandOf:
    """Those that hold for a team, or for everybody without one."""

    def band_of(metric: Metric, task: str) -> Band | None:
        found = ranges.of(metric.slug, team_id, task, default=metric.band)
        return found.band if found else None

    return band_of
