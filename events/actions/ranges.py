"""Healthy ranges: what leads and admins hold to be healthy, and the way back to what was said before them.

Who may is asked by the views (`teams.editing`).
"""

from datetime import datetime
from math import isfinite
from typing import Any, Final

from codecard.lib.entering import entry_of
from codecard.lib.reading import Band
from codecard.lib.tenant import tenant
from events.actions.holding import hold_team
from events.metrics._base import Metric
from events.models import HealthyRange
from events.task_types import TaskType
from teams import audit
from teams.models import Organization, Team, User

TASK_TYPES: Final = tuple(str(task_type) for task_type in TaskType)


class RangeRefusedError(ValueError):
    """No such range can be set. Says why in words."""


def set_range(
    *,
    organization: Organization,
    metric: Metric,
    team: Team | None = None,
    task_type: str = "",
    low: float | None,
    high: float | None,
    by: User | None,
    now: datetime,
) -> HealthyRange | None:
    """Sets the range of one metric, in place of the one that was set for the same team and type of task. Both ends are
    in the metric's unit. None where it was so already.

    :raises RangeRefusedError: the ends are no range, or there is no such type of task.
    :raises TeamGoneError: the team was deleted meanwhile.
    """
    check_range(metric, low, high)
    if task_type and task_type not in TASK_TYPES:
        raise RangeRefusedError("There is no such kind of work.")
    with tenant(organization.id):
        hold_team(organization, team)
        row, is_new = HealthyRange.objects.select_for_update(no_key=True, of=("self",)).get_or_create(
            organization=organization, metric=metric.slug, team=team, task_type=task_type,
            defaults={"low": low, "high": high, "set_by": by, "set_at": now},
        )  # fmt: skip
        before = None if is_new else _ends(row)
        if before == {"low": low, "high": high}:
            return None
        row.low, row.high, row.set_by, row.set_at = low, high, by, now
        row.save(update_fields=["low", "high", "set_by", "set_at"])
        audit.record(organization, "range.set", row, by=by, now=now, before=before, after=_ends(row))
    return row


def clear_range(
    *,
    organization: Organization,
    metric: Metric,
    team: Team | None = None,
    task_type: str = "",
    by: User | None,
    now: datetime,
) -> bool:
    """Goes back to what holds without this one. False where none was set."""
    with tenant(organization.id):
        rows = HealthyRange.objects.filter(organization=organization, metric=metric.slug, team=team)
        row = rows.filter(task_type=task_type).select_for_update(of=("self",)).first()
        if row is None:
            return False
        audit.record(organization, "range.cleared", row, by=by, now=now, before=_ends(row), after=None)
        row.delete()
    return True


def check_range(metric: Metric, low: float | None, high: float | None) -> Band:
    """:raises RangeRefusedError: no end is given, they are upside down, or no value of the metric could be there."""
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        raise RangeRefusedError("Give at least one end of the range.")
    entry = entry_of(metric.unit)
    if not all(isfinite(end) and entry.is_plausible(end) for end in ends):
        raise RangeRefusedError(entry.limits)
    if low is not None and high is not None and low > high:
        raise RangeRefusedError("The lower end lies above the upper one.")
    return Band(low, high)


def _ends(row: HealthyRange) -> dict[str, Any]:
    return {"low": row.low, "high": row.high}
