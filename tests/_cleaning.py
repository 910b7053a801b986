"""Empties what tests left behind: tables as their owner, since the application may not truncate; and the broker."""

import os
from functools import cache
from graphlib import TopologicalSorter

import psycopg
import redis
from psycopg import sql

# Filled by migrations, needed by every test.
KEPT = ("django_migrations", "django_content_type", "auth_permission", "django_site")

TABLES = """
SELECT c.oid, c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> ALL(%s)
"""
# A deferrable key is judged at the end of the transaction, when everything is gone.
STRICT_FOREIGN_KEYS = """
SELECT conrelid, confrelid FROM pg_constraint
WHERE contype = 'f' AND NOT condeferrable AND conparentid = 0 AND conrelid <> confrelid
"""


class Cleaner:
    """DELETE, not TRUNCATE: most tables are empty after a test, and a hundred partitions are slow to truncate."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(
            os.environ["DATABASE_URL"],
            autocommit=True,
            prepare_threshold=0,
            # A test that left a lock behind is to fail here, not to hang.
            options="-c role=codecard_owner -c lock_timeout=10s",
        )
        self._tables = self._referring_first()
        probes = sql.SQL(", ").join(
            sql.SQL("(SELECT {} FROM {} LIMIT 1)").format(sql.Literal(table), sql.Identifier(table))
            for table in self._tables
        )
        self._find_filled = sql.SQL("SELECT unnest(array_remove(ARRAY[{}], NULL))").format(probes)

    def clean(self) -> list[str]:
        """Delete all rows but those of migrations; the names of the tables that had some."""
        filled = {name for (name,) in self._connection.execute(self._find_filled)}
        ordered = [table for table in self._tables if table in filled]
        if ordered:
            deletes = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in ordered)
            with self._connection.transaction():
                self._connection.execute(deletes, prepare=False)
        return ordered

    def close(self) -> None:
        self._connection.close()

    def _referring_first(self) -> list[str]:
        names: dict[int, str] = dict(self._connection.execute(TABLES, [list(KEPT)]).fetchall())
        graph: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(names, ()))
        for referring, referred in self._connection.execute(STRICT_FOREIGN_KEYS):
            if referring in names and referred in names:
                graph.add(referred, referring)
        return [names[oid] for oid in graph.static_order()]


@cache
def broker() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])
