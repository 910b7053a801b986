from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError
from django.db import connections
from psycopg import sql

from teams.management import database_roles

LOGIN = "codecard_test_login"


@pytest.fixture
def poor_login(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection as a login that may nothing."""
    with database_roles.connect_as_login() as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(LOGIN)))
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(LOGIN)))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(LOGIN)))
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(LOGIN)))
        yield connection
        connection.execute("RESET ROLE")
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(LOGIN)))


def test_roles_that_are_ready_are_left_alone(transactional_db: None) -> None:
    with database_roles.connect_as_login() as connection:
        assert database_roles._missing_statements(connection) == []
        database_roles.prepare_roles(connection)


def test_a_login_without_rights_is_told_what_an_administrator_must_run(
    poor_login: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections["operator"].settings_dict, "USER", LOGIN)
    with pytest.raises(CommandError) as refused:
        database_roles.prepare_roles(poor_login)
    assert f'GRANT "codecard_operator" TO "{LOGIN}";' in str(refused.value)


def test_two_migrators_queue(transactional_db: None) -> None:
    with database_roles.connect_as_login() as first, database_roles.connect_as_login() as second:
        database_roles.queue(first)
        second.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            database_roles.queue(second)
        first.close()
        second.execute("SET lock_timeout = '5s'")
        database_roles.queue(second)
