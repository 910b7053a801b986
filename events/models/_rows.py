"""What the rows of pull requests share."""

from typing import Any, Final

from django.db import models

STATED: Final = (
    "What the text stated, without the text: reverts_shas, reverts_numbers, reverts_subject (keyed hash), is_reapply,"
    " fixes_shas, caused_by_shas, caused_by_numbers, cherry_picked_from, closes (numbers)."
)


def reference(to: str, **options: Any) -> Any:
    """A foreign key within the organization: the constraint is in the migration and leads with the organization."""
    options.setdefault("on_delete", models.CASCADE)
    return models.ForeignKey(to, db_constraint=False, db_index=False, **options)
