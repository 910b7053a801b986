from events.models.counters import COUNTERS, CostBasis, Counters, Outcome
from events.models.event import (
    PATH_CLASSES,
    ClientCommit,
    Dimension,
    DimensionKind,
    Event,
    Series,
    SeriesPoint,
    Session,
)
from events.models.intake import Fate, IntakeDay
from events.models.relocation import Relocation
from events.models.rollup import ContributorDay, DetailDay, OrganizationDay

__all__ = [
    "COUNTERS",
    "PATH_CLASSES",
    "ClientCommit",
    "ContributorDay",
    "CostBasis",
    "Counters",
    "DetailDay",
    "Dimension",
    "DimensionKind",
    "Event",
    "Fate",
    "IntakeDay",
    "OrganizationDay",
    "Outcome",
    "Relocation",
    "Series",
    "SeriesPoint",
    "Session",
]
