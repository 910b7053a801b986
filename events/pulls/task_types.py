"""The kind of work a pull request is, from the paths it touches: METRICS.md, "Task type". One table, in one place.

Each file belongs to the first type that knows its path; the pull request has the type with the most changed lines,
the earlier in the table where two have as many. A repository's own globs are asked before the table.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from events.pulls.lines.changes import FileChange, State, Status
from events.pulls.paths import is_generated, matches
from events.pulls.sizes import Changed
from events.schema import PathClass
from events.sources._paths import classify


class TaskType(StrEnum):
    """In the order of the table."""

    MIGRATION = "migration"
    TEST = "test"
    SERIALIZER = "serializer"
    ENDPOINT = "endpoint"
    CLIENT = "client"
    MODEL = "model"
    NUMERIC = "numeric"
    DATA = "data"
    FRONT_END = "front-end"
    BUILD = "build"
    DOCS = "docs"
    CONFIG = "config"
    REFACTOR = "refactor"
    OTHER = "other"


_OF_CLASS: Mapping[PathClass, TaskType] = {
    "migration": TaskType.MIGRATION,
    "test": TaskType.TEST,
    "serializer": TaskType.SERIALIZER,
    "view": TaskType.ENDPOINT,
    "client": TaskType.CLIENT,
    "model": TaskType.MODEL,
    "numeric": TaskType.NUMERIC,
    "template": TaskType.FRONT_END,
    "build": TaskType.BUILD,
    "docs": TaskType.DOCS,
    "config": TaskType.CONFIG,
}
_DATA = (
    "etl/", "pipelines/", "pipeline/", "dags/", "dbt/", "datasets/", "data/", "queries/", "warehouse/",
    "*_pipeline.py", "*_etl.py", "*_dag.py", "*.sql", "*.parquet", "*.csv",
)  # fmt: skip
_FRONT_END_LANGUAGES = frozenset(["HTML", "CSS", "SCSS", "Less", "Vue", "Svelte"])
_ORDER = {task_type: i for i, task_type in enumerate(TaskType)}
_MOVED_SHARE = 0.8


def task_type_of(
    files: Iterable[Changed],
    *,
    rules: Sequence[tuple[str, TaskType]] = (),
    generated: Sequence[str] = (),
    moved_share: float = 0.0,
) -> TaskType:
    """`rules` are (glob, type) of the organization; `moved_share` comes from `moved_share_of`."""
    lines: Counter[TaskType] = Counter()
    for file in files:
        if not is_generated(file.path, generated):
            lines[_type_of(file.path, rules)] += max(1, file.lines)  # a moved file has no changed line
    if not lines:
        return TaskType.OTHER
    if moved_share >= _MOVED_SHARE:
        return TaskType.REFACTOR
    return min(lines, key=lambda task_type: (-lines[task_type], _ORDER[task_type]))


def moved_share_of(changes: Iterable[FileChange]) -> float:
    """How much of a change only moves: the share of files renamed with at most 5 changed lines each."""
    seen = list(changes)
    moved = [c for c in seen if c.status is Status.RENAMED and c.state is State.COMPLETE and c.added + c.removed <= 5]
    return len(moved) / len(seen) if seen else 0.0


def _type_of(path: str, rules: Sequence[tuple[str, TaskType]]) -> TaskType:
    told = next((task_type for glob, task_type in rules if matches(path, (glob,))), None)
    if told is not None:
        return told
    path_class, language = classify(path)
    known = _OF_CLASS.get(path_class)
    if known is not None and _ORDER[known] < _ORDER[TaskType.DATA]:
        return known
    if matches(path, _DATA):
        return TaskType.DATA
    return known or (TaskType.FRONT_END if language in _FRONT_END_LANGUAGES else TaskType.OTHER)
