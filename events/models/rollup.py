"""Daily roll-ups: sums by keys, kept by the ledger in the transaction that stores the events.

The day is the contributor's local day. Dimensions are numbers of `Dimension`, 0 for unknown; the task type follows
from (language, path class) when read, so that rules can change without rewriting history.
"""

from enum import IntEnum

from django.db import models

from events.models.counters import Counters


class DetailDay(Counters):
    """What one person did on one day, by everything it can be broken down by."""

    pk = models.CompositePrimaryKey(
        "organization_id", "day", "contributor_id", "tool_id", "model_id", "repository_id", "language_id", "path_class"
    )
    organization_id = models.BigIntegerField()
    day = models.DateField()
    contributor_id = models.BigIntegerField()
    tool_id = models.IntegerField()
    model_id = models.IntegerField()
    repository_id = models.IntegerField()
    language_id = models.IntegerField()
    path_class = models.SmallIntegerField()

    class Meta:
        db_table = "events_detail_day"


class ContributorDay(Counters):
    """What one person did on one day."""

    pk = models.CompositePrimaryKey("organization_id", "day", "contributor_id")
    organization_id = models.BigIntegerField()
    day = models.DateField()
    contributor_id = models.BigIntegerField()

    class Meta:
        db_table = "events_contributor_day"


class OrganizationDay(Counters):
    """What an organization did on one day, without people: long ranges of large organizations read this."""

    pk = models.CompositePrimaryKey(
        "organization_id", "day", "tool_id", "model_id", "repository_id", "language_id", "path_class"
    )
    organization_id = models.BigIntegerField()
    day = models.DateField()
    tool_id = models.IntegerField()
    model_id = models.IntegerField()
    repository_id = models.IntegerField()
    language_id = models.IntegerField()
    path_class = models.SmallIntegerField()

    class Meta:
        db_table = "events_organization_day"


class EditHorizon(IntEnum):
    """When what became of accepted code was measured, named as in `schema.Edit`; stored numbers, never renumber."""

    MINUTES = 1
    COMMIT = 2
    MERGE = 3


class EditDay(models.Model):
    """What became of one person's accepted code, as a histogram: `bucket` is 100 × distance, rounded half up: 0 to 100.

    `count` is how many edits. `lines` is what they weigh together, each its lines of accepted code and at least 1: so a
    tool that tells no lines (Copilot) gives every edit the same weight, and not none.
    """

    pk = models.CompositePrimaryKey(
        "organization_id", "day", "contributor_id", "tool_id", "model_id", "repository_id", "language_id",
        "path_class", "horizon", "bucket",
    )  # fmt: skip
    organization_id = models.BigIntegerField()
    day = models.DateField()
    contributor_id = models.BigIntegerField()
    tool_id = models.IntegerField()
    model_id = models.IntegerField()
    repository_id = models.IntegerField()
    language_id = models.IntegerField()
    path_class = models.SmallIntegerField()
    horizon = models.SmallIntegerField()
    bucket = models.SmallIntegerField()
    count = models.BigIntegerField()
    lines = models.BigIntegerField()

    class Meta:
        db_table = "events_edit_day"
