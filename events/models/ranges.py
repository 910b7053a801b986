"""What people of an organization hold to be healthy."""

from django.db import models
from django.db.models import F, Q

from events.models._rows import once, reference
from teams.models import OrganizationRow, User


class HealthyRange(OrganizationRow):
    """The range of one metric: of a team, or of everybody without one; for one type of task, or for all without one.

    `low` and `high` in the metric's unit, both included, an open end is None. What nobody set has no row: then the
    metric's own default holds, if it has one.
    """

    metric = models.CharField(max_length=64)
    team = reference("teams.Team", null=True, related_name="+")
    task_type = models.CharField(max_length=20, blank=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    set_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    set_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            *once("healthy_range", "metric", "task_type"),
            models.CheckConstraint(
                condition=Q(low__isnull=False) | Q(high__isnull=False), name="healthy_range_has_an_end"
            ),
            models.CheckConstraint(condition=Q(low__lte=F("high")), name="healthy_range_goes_upwards"),
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.metric, self.team.name if self.team else "", self.task_type]))
