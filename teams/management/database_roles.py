"""The three roles of PostgreSQL and their rights, made and checked around every migration."""

import time
from collections.abc import Iterable
from typing import Any

import psycopg
from django.apps import apps
from django.core.management import CommandError
from django.db import connections
from psycopg import errors, sql

from codecard.lib import walls

ALIASES = {"owner": walls.OWNER, "default": walls.APP, "operator": walls.OPERATOR}
# Any number will do that nothing else locks in the same database.
MIGRATION_LOCK = 0x43C4_0DE5_CA2D_0001
ATTEMPTS = 5
Connection = psycopg.Connection[tuple[Any, ...]]


def connect_as_login() -> Connection:
    """As the login itself, before it becomes a role: the roles may not be there yet."""
    settings = connections["owner"].settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name != "options"}
    address = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    return psycopg.connect(
        dbname=settings["NAME"],
        password=settings["PASSWORD"] or None,
        autocommit=True,
        **{name: value for name, value in address.items() if value},
        **options,
    )


def queue(connection: Connection) -> None:
    """Waits until no other migrator is at work in this database; the lock goes with the connection."""
    connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])


def prepare_roles(connection: Connection) -> None:
    """Makes the roles, lets the logins become them, and lets them into the schema, where that is missing.

    :raises CommandError: with the statements for an administrator, when the login has not the right to.
    """
    for _ in range(ATTEMPTS):
        missing = _missing_statements(connection)
        if not missing:
            return
        try:
            for statement in missing:
                connection.execute(statement)
        except errors.InsufficientPrivilege:
            break
        except (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_):
            # Roles belong to the whole server, the queue to one database: another database's migrator was quicker.
            time.sleep(0.1)
    if missing := _missing_statements(connection):
        script = "\n".join(f"  {statement.as_string(connection)};" for statement in missing)
        raise CommandError(f"The login lacks the right to prepare the roles. Have an administrator run:\n{script}")


def _missing_statements(connection: Connection) -> list[sql.Composed]:
    found = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'codecard\\_%%'")}
    statements = [
        sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)) for role in walls.ROLES if role not in found
    ]
    for alias, role in ALIASES.items():
        login = connections[alias].settings_dict["USER"] or connection.info.user
        if role not in found or not _can_become(connection, login, role):
            statements.append(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
    for role, right in ((walls.OWNER, "CREATE"), *((role, "USAGE") for role in walls.ROLES)):
        if role not in found or not _holds(connection, "has_schema_privilege(%s, 'public', %s)", role, right):
            statements.append(sql.SQL("GRANT {} ON SCHEMA public TO {}").format(sql.SQL(right), sql.Identifier(role)))
    return statements


def _can_become(connection: Connection, login: str, role: str) -> bool:
    # Before 16 whoever is a member may become the role.
    right = "SET" if connection.info.server_version >= 160000 else "MEMBER"
    return _holds(connection, "pg_has_role(%s, %s, %s)", login, role, right)


def _holds(connection: Connection, condition: str, *arguments: str) -> bool:
    row = connection.execute(f"SELECT {condition}", arguments).fetchone()
    return bool(row and row[0])


def grant_third_party_tables() -> None:
    """Tables of Django and of packages have no wall and come with no rights: their migrations aren't ours.

    Their ids are identity columns, which need no right on the sequence.
    """
    tables = sorted({model._meta.db_table for model in _third_party_models()})
    with connections["owner"].cursor() as cursor:
        present = set(connections["owner"].introspection.table_names(cursor))
        for table in tables:
            if table in present:
                cursor.execute(f'GRANT {walls.ALL_RIGHTS} ON "{table}" TO {walls.APP}, {walls.OPERATOR}')
        cursor.execute(f"GRANT SELECT ON django_migrations TO {walls.APP}, {walls.OPERATOR}")


def _third_party_models() -> Iterable[Any]:
    for model in apps.get_models(include_auto_created=True):
        where = apps.get_app_config(model._meta.app_label).path
        is_installed = "site-packages" in where or "dist-packages" in where
        if is_installed and model._meta.managed and not any(f.name == "organization" for f in model._meta.get_fields()):
            yield model


FAULTS = """
    SELECT format('table %%s has an organization_id but no forced row-level security', c.relname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    UNION ALL
    SELECT format('role %%s has a right on partition %%s, whose parent holds the wall', r.rolname, c.relname)
    FROM pg_class c JOIN pg_roles r ON r.rolname IN (%s, %s)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relispartition
      AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
    UNION ALL
    SELECT format('role %%s is a superuser or bypasses row-level security', rolname)
    FROM pg_roles WHERE rolname IN (%s, %s) AND (rolsuper OR rolbypassrls)
    ORDER BY 1
"""


def demand_walls() -> None:
    """:raises CommandError: naming every table and role that would let one organization see another."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(FAULTS, [walls.APP, walls.OPERATOR] * 2)
        faults = [fault for (fault,) in cursor.fetchall()]
    if faults:
        raise CommandError("\n  ".join(["The walls between organizations have holes:", *faults]))
