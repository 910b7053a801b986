"""What arrived and what became of it, for data health. Counts of deliveries, not facts: a replay adds to them."""

from enum import IntEnum

from django.db import models


class Fate(IntEnum):
    """Stored numbers; never renumber."""

    ACCEPTED = 1
    DUPLICATE = 2
    SUPERSEDED = 3
    REJECTED = 4
    IGNORED = 5
    UNKNOWN = 6


class IntakeDay(models.Model):
    """Per source and UTC day of arrival: how many items met which fate. `name` is the reason of a rejection, or the
    sender's name of what was ignored or not known; empty for the others. `skewed`: events ahead of our clock."""

    pk = models.CompositePrimaryKey("organization_id", "day", "source", "fate", "name")
    organization_id = models.BigIntegerField()
    day = models.DateField()
    source = models.CharField(max_length=60)
    fate = models.SmallIntegerField()
    name = models.CharField(max_length=200)
    items = models.BigIntegerField(default=0, db_default=0)
    with_session = models.BigIntegerField(default=0, db_default=0)
    with_repository = models.BigIntegerField(default=0, db_default=0)
    with_person = models.BigIntegerField(default=0, db_default=0)
    skewed = models.BigIntegerField(default=0, db_default=0)
    last_event_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "events_intake_day"
