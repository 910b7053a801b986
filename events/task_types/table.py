"""The kind of work a change is: METRICS.md, "Task type". One table for pull requests and for suggestions.

A path has the type of the first row of `TABLE` that knows it: by its path class, by one of the row's patterns, or by
its language. Of a suggestion no path is kept, only its class and language, from which its type follows when it is read.

An organization's own rules are asked before the table: of the files of a pull request whenever they are read, of a
suggestion when it arrives, while its path is still there; what they say is kept beside its class.
"""

from typing import Final, NamedTuple

from codecard.lib.globs import matches
from events.models import PATH_CLASSES, path_class_in, task_type_in
from events.schema import PathClass, TaskType
from events.sources._paths import classify


class Row(NamedTuple):
    """`says`: what such files are, for people. Any of the three makes a path be of the type."""

    task_type: TaskType
    says: str
    path_classes: tuple[PathClass, ...] = ()
    globs: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


TABLE: Final[tuple[Row, ...]] = (
    Row(TaskType.MIGRATION, "Changes of a database's schema, as migrations or numbered SQL files.", ("migration",)),
    Row(TaskType.TEST, "Tests, their fixtures and their settings, whatever they test.", ("test",)),
    Row(TaskType.SERIALIZER, "Serializers, schemas, data transfer objects, Protocol Buffers, GraphQL types.",
        ("serializer",)),
    Row(TaskType.ENDPOINT, "Views, controllers, handlers, resolvers, routes and URLs.", ("view",)),
    Row(TaskType.CLIENT, "Clients, adapters, gateways and connectors to other services.", ("client",)),
    Row(TaskType.MODEL, "Models, entities, repositories of data.", ("model",)),
    Row(TaskType.NUMERIC, "Numeric code, algorithms, statistics, simulation, notebooks.", ("numeric",)),
    Row(TaskType.DATA, "Pipelines, queries, data sets and what loads them.", (),
        ("etl/", "pipelines/", "pipeline/", "dags/", "dbt/", "datasets/", "data/", "queries/", "warehouse/",
         "*_pipeline.py", "*_etl.py", "*_dag.py", "*.parquet", "*.csv"), ("SQL",)),
    Row(TaskType.FRONT_END, "Templates, components and styles.", ("template",), (),
        ("HTML", "CSS", "SCSS", "Less", "Vue", "Svelte")),
    Row(TaskType.BUILD, "Build files, dependencies, containers, infrastructure, CI.", ("build",)),
    Row(TaskType.DOCS, "Documents, read-me files, changelogs, licences.", ("docs",)),
    Row(TaskType.CONFIG, "Settings and configuration.", ("config",)),
    Row(TaskType.REFACTOR, "Pull requests in which at least 80 % of the files only moved: renamed, with at most 5"
        " changed lines each. No single file tells that."),
    Row(TaskType.OTHER, "All the rest.", ("other",)),
)  # fmt: skip
LANGUAGES: Final = frozenset(language for row in TABLE for language in row.languages)
"""No other language changes the type of a suggestion."""
_PATH_CLASS_OF_NUMBER = {number: name for name, number in PATH_CLASSES.items()}


def row_of_path(path: str) -> Row:
    path_class, language = classify(path)
    return next(row for row in TABLE if _knows(row, path_class, language) or matches(path, row.globs))


def task_type_of_suggestion(path_class: int, language: str | None) -> TaskType | None:
    """By the stored number of its path class, which may hold a type that was told with it; None where no path was
    told, or by a class of a newer version."""
    if (told := task_type_in(path_class)) is not None:
        return told
    name = _PATH_CLASS_OF_NUMBER.get(path_class_in(path_class))
    if name is None:
        return None
    return next(row.task_type for row in TABLE if _knows(row, name, language))


def _knows(row: Row, path_class: str, language: str | None) -> bool:
    return path_class in row.path_classes or language in row.languages
