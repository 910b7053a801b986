"""The type of a whole change, from its files."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from events.schema import TaskType
from events.task_types.rules import Rule, rule_of_path
from events.task_types.table import TABLE, row_of_path

MOVED_SHARE: Final = 0.8
_ORDER = {row.task_type: i for i, row in enumerate(TABLE)}


def task_type_of(files: Iterable[tuple[str, int]], *, rules: Sequence[Rule] = (), moved_share: float = 0.0) -> TaskType:
    """The type with the most changed lines, the earlier in the table where two have as many; of no file: other.

    `files`: path and changed lines of each that somebody wrote. `moved_share`: of those, what only moved.
    """
    lines: Counter[TaskType] = Counter()
    for path, changed in files:
        lines[task_type_of_path(path, rules)] += max(1, changed)  # a moved file has no changed line
    if not lines:
        return TaskType.OTHER
    if moved_share >= MOVED_SHARE:
        return TaskType.REFACTOR
    return min(lines, key=lambda task_type: (-lines[task_type], _ORDER[task_type]))


def task_type_of_path(path: str, rules: Sequence[Rule] = ()) -> TaskType:
    rule = rule_of_path(path, rules)
    return rule.task_type if rule else row_of_path(path).task_type
