"""What happened: events, and the rows of their own that events are about (sessions, commits, series).

Every key leads with the organization. Events have no foreign keys and no second index: the primary key serves both
dedupe and time scans, and the tables distribute as they are.
"""

from enum import IntEnum
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from events.models.counters import Counters
from events.schema import TaskType


class DimensionKind(IntEnum):
    """Stored numbers; never renumber."""

    TOOL = 1
    MODEL = 2
    REPOSITORY = 3
    LANGUAGE = 4
    BRANCH = 5
    TOOL_VERSION = 6
    PRICES = 7
    RUNNER = 8


PATH_CLASSES: Final[dict[str | None, int]] = {
    None: 0, "test": 1, "migration": 2, "serializer": 3, "view": 4, "model": 5, "numeric": 6, "client": 7,
    "template": 8, "build": 9, "docs": 10, "config": 11, "other": 12,
}  # fmt: skip
"""Stored numbers of the path classes; never renumber."""
TASK_TYPES: Final[dict[TaskType | None, int]] = {
    None: 0, TaskType.MIGRATION: 1, TaskType.TEST: 2, TaskType.SERIALIZER: 3, TaskType.ENDPOINT: 4, TaskType.CLIENT: 5,
    TaskType.MODEL: 6, TaskType.NUMERIC: 7, TaskType.DATA: 8, TaskType.FRONT_END: 9, TaskType.BUILD: 10,
    TaskType.DOCS: 11, TaskType.CONFIG: 12, TaskType.REFACTOR: 13, TaskType.OTHER: 14,
}  # fmt: skip
"""Stored numbers of the task types; never renumber."""
TYPED: Final = 100
"""A column `path_class` holds the class and, this many times, the task type that was told with the fact: 0 where class
and language tell it. So both are keys of the daily sums, in one number."""


def path_class_in(number: int) -> int:
    return number % TYPED


def task_type_in(number: int) -> TaskType | None:
    """The one told with the fact; None where there was none, or by a newer version."""
    return _TASK_TYPE_OF_NUMBER.get(number // TYPED)


def task_type_of_number(number: int | None) -> TaskType | None:
    return None if number is None else _TASK_TYPE_OF_NUMBER.get(number)


_TASK_TYPE_OF_NUMBER = {number: task_type for task_type, number in TASK_TYPES.items()}


class Dimension(models.Model):
    """A name that events repeat, as a small number; 0 stands for "unknown" wherever one is referred to."""

    id = models.AutoField(primary_key=True)
    organization = models.ForeignKey("teams.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.SmallIntegerField()
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "value"], name="dimension_value"),
            models.UniqueConstraint(fields=["organization", "id"], name="dimension_in_organization"),
        ]

    def __str__(self) -> str:
        return self.value


class Session(Counters):
    """One conversation with a tool; natural key (organization, tool, key). Its counters are sums over its events.

    `is_instance`: not a conversation but an exporter's process, the scope in which the channels of a tool are compared
    whose metrics carry no session; never counted as a session. `ranks[kind]` is the rank of the best channel that told
    facts of that kind, 0 where none did. `first_run_*`: the first local test run at or after the first accepted edit,
    and its `Outcome`, None and 0 where there is none (`ledger.first_runs`). What its person corrected
    (`ledger.correcting`): `repository_id` is theirs where `told_repository_id`, the tool's, isn't None;
    `corrected_task` a number of TASK_TYPES.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey("teams.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    tool_id = models.IntegerField()
    key = models.CharField(max_length=400)
    is_instance = models.BooleanField(default=False, db_default=False)
    contributor_id = models.BigIntegerField()
    identity_id = models.BigIntegerField(default=0, db_default=0)
    parts = models.JSONField(null=True)
    repository_id = models.IntegerField(default=0, db_default=0)
    repository_at = models.DateTimeField(null=True)
    told_repository_id = models.IntegerField(null=True)
    corrected_task = models.SmallIntegerField(null=True)
    branch_id = models.IntegerField(default=0, db_default=0)
    branch_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    started_on = models.DateField()
    ranks = ArrayField(models.SmallIntegerField(), default=list)
    first_run_at = models.DateTimeField(null=True)
    first_run_outcome = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "tool_id", "key"], name="session_key"),
            models.UniqueConstraint(fields=["organization", "id"], name="session_in_organization"),
        ]
        indexes = [
            models.Index(fields=["organization", "started_on", "contributor_id"], name="session_by_day"),
            models.Index(
                fields=["organization", "repository_id", "branch_id"],
                name="session_by_branch",
                condition=models.Q(branch_id__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def repository_as_told(self) -> int:
        """By its tool."""
        return self.repository_id if self.told_repository_id is None else self.told_repository_id

    @property
    def corrected_repository_id(self) -> int | None:
        """By its person; None where it is as told."""
        return None if self.told_repository_id is None else self.repository_id


class ClientCommit(models.Model):
    """A commit that a client reported; natural key (organization, repository, sha). Evidence, not a count."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey("teams.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    repository_id = models.IntegerField()
    sha = models.CharField(max_length=64)
    branch_id = models.IntegerField()
    tool_id = models.IntegerField()
    session_id = models.BigIntegerField()
    contributor_id = models.BigIntegerField()
    identity_id = models.BigIntegerField(default=0, db_default=0)
    committed_at = models.DateTimeField()
    authored_at = models.DateTimeField(null=True)
    parents = ArrayField(models.CharField(max_length=64), default=list, db_default=[])
    tree_sha = models.CharField(max_length=64, default="", db_default="", blank=True)
    # `git patch-id --stable`: finds the commit again after it was rewritten.
    patch_id = models.CharField(max_length=64, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "repository_id", "sha"], name="client_commit_sha"),
            models.UniqueConstraint(fields=["organization", "id"], name="client_commit_in_organization"),
        ]
        indexes = [
            models.Index(fields=["organization", "session_id"], name="client_commit_of_session"),
            models.Index(fields=["organization", "sha"], name="client_commit_by_sha"),
            models.Index(
                fields=["organization", "patch_id"], name="client_commit_by_patch", condition=~models.Q(patch_id="")
            ),
        ]

    def __str__(self) -> str:
        return self.sha[:10]


class Event(models.Model):
    """One fact. `id` is the 64-bit hash of the fact's natural key in its channel; together with the tool's own time it
    makes a retry, a replay and a second exporter one row. `day` is the contributor's local day when it arrived. Where
    the session was corrected, `detail` keeps what was told ("told": repository and path class).
    Range-partitioned by month. Written by the ledger alone; `*_id` 0 is "unknown"."""

    pk = models.CompositePrimaryKey("organization_id", "occurred_at", "id")
    organization_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    id = models.BigIntegerField()
    contributor_id = models.BigIntegerField()
    identity_id = models.BigIntegerField(default=0, db_default=0)
    session_id = models.BigIntegerField()
    cost_micros = models.BigIntegerField()
    day = models.DateField()
    tool_id = models.IntegerField()
    tool_version_id = models.IntegerField()
    model_id = models.IntegerField()
    repository_id = models.IntegerField()
    branch_id = models.IntegerField()
    language_id = models.IntegerField()
    prices_id = models.IntegerField()
    count = models.IntegerField()
    input_tokens = models.IntegerField()
    output_tokens = models.IntegerField()
    cache_read_tokens = models.IntegerField()
    cache_write_tokens = models.IntegerField()
    reasoning_tokens = models.IntegerField()
    lines_added = models.IntegerField()
    lines_removed = models.IntegerField()
    kind = models.SmallIntegerField()
    channel = models.SmallIntegerField()
    path_class = models.SmallIntegerField()
    outcome = models.SmallIntegerField()
    cost_basis = models.SmallIntegerField()
    is_superseded = models.BooleanField()
    is_modified = models.BooleanField()
    is_human = models.BooleanField()
    path_hash = models.BigIntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    active_ms = models.IntegerField(null=True)
    pushes = models.IntegerField(null=True)
    pull_requests = models.IntegerField(null=True)
    detail = models.JSONField(null=True)

    class Meta:
        db_table = "events_event"


class Series(models.Model):
    """A cumulative series; its row is the lock under which its points are ordered."""

    pk = models.CompositePrimaryKey("organization_id", "id")
    organization_id = models.BigIntegerField()
    id = models.BigIntegerField()

    class Meta:
        db_table = "events_series"


class SeriesPoint(models.Model):
    """One point of a cumulative series. `value` in the counter's stored unit (tokens, lines, micro-USD, ms)."""

    pk = models.CompositePrimaryKey("organization_id", "series_id", "start_ns", "at_us")
    organization_id = models.BigIntegerField()
    series_id = models.BigIntegerField()
    start_ns = models.BigIntegerField()
    at_us = models.BigIntegerField()
    value = models.BigIntegerField()

    class Meta:
        db_table = "events_series_point"
