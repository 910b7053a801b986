"""Servers, databases and the ban on the outside world. People and organizations of the tests: factories.py."""

import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from tests import _services
from tests._cleaning import Cleaner, broker

pytest_plugins = ["tests.people", "tests._github", "tests._github_api"]
services_key = pytest.StashKey[subprocess.Popen[bytes] | None]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[services_key] = _services.start_services()


def pytest_unconfigure(config: pytest.Config) -> None:
    if services_key in config.stash:
        _services.stop_services(config.stash[services_key])


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replaces pytest-django's: settings point at this worker's database already, it only has to be made."""
    with _services.own_migrated_database(), pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        cleaner = Cleaner()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: cleaner.clean())
        yield
        cleaner.close()


@pytest.fixture(autouse=True)
def _empty_broker(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing cached, counted or queued by one test is seen by the next."""
    yield
    if "_django_db_helper" in request.fixturenames:
        broker().flushdb()


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """A test that calls the outside world fails, whoever wrote the client."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        is_local = self.family == socket.AF_UNIX or address[0] in {"127.0.0.1", "::1", "localhost"}
        if not is_local:
            self.close()
            raise RuntimeError(f"Tests may only connect to this machine, not to {address!r}.")
        return connect(self, address)

    return guarded
