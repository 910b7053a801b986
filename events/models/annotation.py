"""What people wrote beside the weeks: a new tool, a freeze, a move of the office."""

from typing import Final

from django.db import models

from events.models._rows import once, reference
from teams.models import OrganizationRow, User

LONGEST_TEXT: Final = 80


class Annotation(OrganizationRow):
    """A day and a few words, drawn in the charts of one team, or of everybody without one. Plain text."""

    team = reference("teams.Team", null=True, related_name="+")
    on = models.DateField()
    text = models.CharField(max_length=LONGEST_TEXT)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    made_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            # A form that is sent twice makes one.
            *once("annotation", "on", "text"),
            models.CheckConstraint(condition=~models.Q(text=""), name="annotation_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.on}: {self.text}"
