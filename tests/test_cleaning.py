"""The tests' own ground: databases and broker are empty again, and the outside world is shut."""

import socket

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection

from codecard.lib.exposition import HASH
from teams.models import User
from tests._cleaning import Cleaner, broker


@pytest.mark.django_db(transaction=True)
def test_committed_rows_are_deleted_and_those_of_migrations_stay() -> None:
    User.objects.create(email="left@example.com")
    cleaner = Cleaner()
    assert cleaner.clean() == [User._meta.db_table]
    assert cleaner.clean() == []
    cleaner.close()
    assert not User.objects.exists()
    assert ContentType.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(2))
def test_nothing_of_the_test_before_is_seen(_: int) -> None:
    assert not User.objects.exists()
    assert cache.get("left") is None
    User.objects.create(email="left@example.com")
    cache.set("left", 1)
    # The figures for Prometheus of an earlier test's requests may still be on their way.
    kept = broker().keys()
    assert len([key for key in kept if key != HASH.encode()]) == 1


@pytest.mark.django_db
def test_tests_run_as_the_application_which_may_not_truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, has_table_privilege('teams_user', 'TRUNCATE')")
        assert cursor.fetchone() == ("codecard_app", False)


def test_the_outside_world_is_shut() -> None:
    with pytest.raises(RuntimeError, match="only connect to this machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
