"""Tables of pages as files: the same rows as the pages show."""

from collections.abc import Iterable, Iterator
from typing import Any

from events.dashboards.health import SourceRow
from events.dashboards.organization import TeamRow

OVERVIEW = ("Team", "Members", "Metric", "From", "Until, not included", "Value", "Unit", "Sample", "Of", "Low (95%)",
            "High (95%)", "Before", "Verdict")  # fmt: skip
HEALTH = ("Source", "State", "Newest event", "Stored", "Duplicates", "Superseded", "Dropped", "Counted only",
          "From the future")  # fmt: skip


def overview_rows(context: dict[str, Any]) -> list[list[object]]:
    return [row for team in context["rows"] for row in _team(team, context["counted"])]


def _team(team: TeamRow, counted: Any) -> Iterator[list[object]]:
    named = [("Active", team.active), *((metric.label, reading) for metric, reading, _ in team.readings)]
    for label, reading in named:
        low, high = reading.interval or (None, None)
        yield [
            team.name, team.members, label, counted.start_on, counted.end_on, reading.value, reading.unit, reading.n,
            reading.noun, low, high, reading.previous, reading.verdict.word,
        ]  # fmt: skip


def health_rows(sources: Iterable[SourceRow]) -> list[list[object]]:
    return [
        [
            one.name, one.word, f"{one.last_at:%Y-%m-%d %H:%M:%S}" if one.last_at else "", one.accepted,
            one.duplicates, one.superseded, one.dropped, one.ignored, one.skewed,
        ]
        for one in sources
    ]  # fmt: skip
