"""Annotations: what the charts of a team show beside their weeks."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet

from codecard.lib.periods import Days
from events.models import Annotation


class Numbered(NamedTuple):
    """`number`: 1 for the first of the days that were asked for; the chart and the list below it show the same."""

    number: int
    on: date
    text: str
    annotation: Annotation


def annotations_of(organization_id: int, team_id: int | None, days: Days) -> list[Numbered]:
    """Of a team and of everybody, of everybody alone without a team; within the half-open range of days, the earliest
    first. Inside the tenant. Indexes: annotation_of_team, annotation_of_everybody."""
    rows = _seen_by(organization_id, team_id).filter(on__gte=days.start_on, on__lt=days.end_on)
    return _numbered(rows.order_by("on", "id"))


def all_annotations_of(organization_id: int, team_id: int | None) -> list[Annotation]:
    """The newest first, with who made them. Inside the tenant. Indexes: annotation_of_team, annotation_of_everybody."""
    return list(_seen_by(organization_id, team_id).select_related("made_by").order_by("-on", "-id"))


def _seen_by(organization_id: int, team_id: int | None) -> QuerySet[Annotation]:
    is_seen = Q(team=None) if team_id is None else Q(team=None) | Q(team=team_id)
    return Annotation.objects.filter(is_seen, organization=organization_id)


def _numbered(rows: Iterable[Annotation]) -> list[Numbered]:
    return [Numbered(number, row.on, row.text, row) for number, row in enumerate(rows, 1)]
