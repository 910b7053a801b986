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


def once(name: str, *fields: str) -> list[models.UniqueConstraint]:
    """Once per organization and team, and once for everybody, who have no team. Not `nulls_distinct`: Django's checks
    ask the server for its version then, before a new installation has roles to ask with."""
    return [
        models.UniqueConstraint(fields=["organization", "team", *fields], name=f"{name}_of_team"),
        models.UniqueConstraint(
            fields=["organization", *fields], condition=models.Q(team=None), name=f"{name}_of_everybody"
        ),
    ]
