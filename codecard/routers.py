"""Which of the three database roles a query uses."""

from contextvars import ContextVar

from django.db.models import Model

is_operator: ContextVar[bool] = ContextVar("is_operator", default=False)


class RoleRouter:
    """The operator's role for everything under `/admin/`, the owner's for migrations, else the application's."""

    def db_for_read(self, model: type[Model], **hints: object) -> str | None:
        return "operator" if is_operator.get() else None

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: object) -> bool:
        """All aliases are the same database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return db == "owner"
