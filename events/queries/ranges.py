"""Healthy ranges as people of an organization set them, and which of them holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from codecard.lib.reading import Band
from events.models import HealthyRange


class Source(StrEnum):
    DEFAULT = "default"
    ORGANIZATION = "organization"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Range:
    """A range that holds, and where it comes from. `set_by` "": nobody, or somebody who is gone."""

    band: Band
    source: Source = Source.DEFAULT
    set_by: str = ""
    set_at: datetime | None = None


class Ranges:
    """All that is set in one organization."""

    def __init__(self, rows: Iterable[HealthyRange]) -> None:
        self._rows = {(row.metric, row.team_id, row.task_type): row for row in rows}

    def of(
        self, metric: str, team_id: int | None = None, task_type: str = "", *, default: Band | None = None
    ) -> Range | None:
        """The most specific one: the team's for this kind of work, the team's, the organization's for this kind of
        work, the organization's, the metric's `default`. None: there is no range, and so no verdict.

        A team inside another one has its own ranges or the organization's, never those of the team around it.
        """
        for team, task in dict.fromkeys([(team_id, task_type), (team_id, ""), (None, task_type), (None, "")]):
            if row := self._rows.get((metric, team, task)):
                return _range(row)
        return Range(default) if default else None


def _range(row: HealthyRange) -> Range:
    source = Source.ORGANIZATION if row.team_id is None else Source.TEAM
    return Range(band_of(row), source, str(row.set_by) if row.set_by else "", row.set_at)


def band_of(row: HealthyRange) -> Band:
    return Band(row.low, row.high)


def ranges_of(organization_id: int) -> Ranges:
    """In one statement. Inside the tenant."""
    return Ranges(set_ranges(organization_id))


def set_ranges(organization_id: int, metric: str = "") -> list[HealthyRange]:
    """With their teams and who set them, of all metrics or of one: by metric, the organization's first, then by name of
    the team, each for all work first. Inside the tenant. Index: healthyrange_in_organization."""
    rows = HealthyRange.objects.filter(organization=organization_id).select_related("team", "set_by")
    if metric:
        rows = rows.filter(metric=metric)
    return sorted(rows, key=_place)


def _place(row: HealthyRange) -> tuple[str, str, int, str]:
    return row.metric, row.team.name if row.team else "", row.team_id or 0, row.task_type
