"""How the named reads are run."""

from collections.abc import Mapping
from typing import Any, cast

from django.db import connection


def rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a read, inside the tenant that the caller has entered."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cast(list[tuple[Any, ...]], cursor.fetchall())


def rows_by_pages(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """As `rows`, for thousands of neighbours: an index scan looks a page up again for each of them, a bitmap reads it
    once, which takes a third of the time. The planner can't know of how many days, and guesses few."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL enable_indexscan = off; {statement}; SET LOCAL enable_indexscan TO DEFAULT", parameters
        )
        cursor.nextset()  # the first result is that of SET
        return cast(list[tuple[Any, ...]], cursor.fetchall())
