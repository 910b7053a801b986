"""Which kinds of work there are."""

from enum import StrEnum


class TaskType(StrEnum):
    """In the order of the table. Values are stored: never rename one."""

    label: str

    def __new__(cls, value: str, label: str) -> "TaskType":
        made = str.__new__(cls, value)
        made._value_, made.label = value, label
        return made

    MIGRATION = "migration", "Migrations"
    TEST = "test", "Tests"
    SERIALIZER = "serializer", "Serializers"
    ENDPOINT = "endpoint", "API endpoints"
    CLIENT = "client", "Clients"
    MODEL = "model", "Models"
    NUMERIC = "numeric", "Numeric code"
    DATA = "data", "Data code"
    FRONT_END = "front-end", "Front end"
    BUILD = "build", "Build and CI"
    DOCS = "docs", "Docs"
    CONFIG = "config", "Configuration"
    REFACTOR = "refactor", "Refactors"
    OTHER = "other", "Other"
