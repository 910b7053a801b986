"""Which kinds of work there are."""

from enum import StrEnum


class TaskType(StrEnum):
    """In the order of the table. Values are stored: never rename one."""

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

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    TaskType.MIGRATION: "Migrations",
    TaskType.TEST: "Tests",
    TaskType.SERIALIZER: "Serializers",
    TaskType.ENDPOINT: "API endpoints",
    TaskType.CLIENT: "Clients",
    TaskType.MODEL: "Models",
    TaskType.NUMERIC: "Numeric code",
    TaskType.DATA: "Data code",
    TaskType.FRONT_END: "Front end",
    TaskType.BUILD: "Build and CI",
    TaskType.DOCS: "Docs",
    TaskType.CONFIG: "Configuration",
    TaskType.REFACTOR: "Refactors",
    TaskType.OTHER: "Other",
}
