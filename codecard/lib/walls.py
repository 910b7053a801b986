"""The wall between organizations, on the side of the database: roles, forced row-level security, composite keys.

Used by migrations. Three roles: `codecard_owner` owns the tables and migrates, `codecard_app` is everything else and
sees one organization at a time, `codecard_operator` is the instance admin under `/admin/`. None of them bypasses row
security by attribute; owner and operator have a policy that lets them through, so that no superuser right is needed.
"""

from typing import Literal

from django.db.migrations.operations import RunSQL

OWNER, APP, OPERATOR = "codecard_owner", "codecard_app", "codecard_operator"
ROLES = (OWNER, APP, OPERATOR)

# current_setting() without a default: outside a tenant the policy raises instead of showing nothing.
IN_TENANT = "organization_id = (SELECT current_setting('app.org')::bigint)"
BY_DIGEST = (
    "CASE WHEN coalesce(current_setting('app.digest', true), '') <> ''"
    " THEN digest = decode(current_setting('app.digest', true), 'hex')"
    " ELSE organization_id = current_setting('app.org')::bigint END"
)
BY_USER = (
    "CASE WHEN coalesce(current_setting('app.user', true), '') <> ''"
    " THEN user_id = current_setting('app.user', true)::bigint"
    " ELSE organization_id = current_setting('app.org')::bigint END"
)
Rights = Literal["SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT", "SELECT"]
ALL_RIGHTS: Rights = "SELECT, INSERT, UPDATE, DELETE"


def wall(table: str, seen: str = IN_TENANT, app: Rights = ALL_RIGHTS, operator: Rights = ALL_RIGHTS) -> RunSQL:
    """Puts a table with an `organization_id` behind the wall. `seen`: which rows the application role may read;
    what it writes must always lie in the tenant, narrow look-ups included."""
    return RunSQL(
        sql=f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON {table} TO {APP} USING ({seen}) WITH CHECK ({IN_TENANT});
            CREATE POLICY owner ON {table} TO {OWNER} USING (true) WITH CHECK (true);
            CREATE POLICY operator ON {table} TO {OPERATOR} USING (true) WITH CHECK (true);
            GRANT {app} ON {table} TO {APP};
            GRANT {operator} ON {table} TO {OPERATOR};
        """,
        reverse_sql=f"""
            DROP POLICY IF EXISTS tenant ON {table};
            DROP POLICY IF EXISTS owner ON {table};
            DROP POLICY IF EXISTS operator ON {table};
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def tenant_foreign_key(table: str, column: str, target: str, on_delete: str = "NO ACTION") -> RunSQL:
    """A foreign key that leads with the organization, so that a row can't point into another one and the tables
    distribute. The model's field has `db_constraint=False`; `target` needs unique (organization_id, id)."""
    name = f"{table}_{column}_tenant_fk"[:63]
    return RunSQL(
        sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column})
            REFERENCES {target} (organization_id, id) ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};",
    )


def open_table(table: str) -> RunSQL:
    """Rights on a table that has no wall: organizations, users, sessions, the sign-in tables."""
    return RunSQL(
        sql=f"GRANT {ALL_RIGHTS} ON {table} TO {APP}, {OPERATOR};",
        reverse_sql=f"REVOKE ALL ON {table} FROM {APP}, {OPERATOR};",
    )
