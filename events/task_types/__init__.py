"""The kind of work a change or a suggestion is, from one table, with an organization's own rules before it."""

from events.schema import TaskType
from events.task_types.changes import task_type_of, task_type_of_path
from events.task_types.rules import Rule, rules_of
from events.task_types.table import LANGUAGES, TABLE, task_type_of_suggestion

__all__ = [
    "LANGUAGES",
    "TABLE",
    "Rule",
    "TaskType",
    "rules_of",
    "task_type_of",
    "task_type_of_path",
    "task_type_of_suggestion",
]
