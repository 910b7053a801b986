"""Daily roll-ups: sums of `COUNTERS` by keys, kept by the ledger in the transaction that stores the events.

The day is the contributor's local day. Dimensions are numbers of `Dimension`, 0 for unknown; the task type follows
from (language, path class) when read, so that rules can change without rewriting history.
"""

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
