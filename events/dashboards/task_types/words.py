"""Task types in words: what a path is and why, and what a change of rules does."""

from collections.abc import Sequence
from typing import NamedTuple

from events.dashboards.pulls.words import task_type
from events.models import PATH_CLASSES
from events.pulls.paths import is_generated
from events.pulls.retyping import Preview
from events.sources._paths import classify
from events.task_types import Rule, task_type_of_suggestion
from events.task_types.rules import rule_of_path, rule_of_told_path
from events.task_types.table import row_of_path


class Answer(NamedTuple):
    """What one path is. `rule`: None where the table says it. `of_suggestion`: what a suggestion in that file is."""

    path: str
    label: str
    rule: Rule | None
    says: str
    is_generated: bool
    of_suggestion: str


def answer(path: str, rules: Sequence[Rule]) -> Answer:
    rule, row = rule_of_path(path, rules), row_of_path(path)
    by_rule = rule_of_told_path(path, rules)
    path_class, language = classify(path)
    by_table = task_type_of_suggestion(PATH_CLASSES[path_class], language) or row.task_type
    of_suggestion = by_rule.task_type if by_rule else by_table
    return Answer(path, (rule or row).task_type.label, rule, row.says, is_generated(path), of_suggestion.label)


class Change(NamedTuple):
    before: str
    after: str
    pulls: int


def changes(found: Preview) -> list[Change]:
    return [Change(task_type(before) or "Unknown", task_type(after), pulls) for before, after, pulls in found.changes]
