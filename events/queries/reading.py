"""How the named reads are run."""

from collections.abc import Mapping
from typing import Any, cast

from django.db import connection


def rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a read, inside the tenant that the caller has entered."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cast(list[tuple[Any, ...]], cursor.fetchall())
