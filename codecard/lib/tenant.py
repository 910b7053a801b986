"""The wall between organizations, on the side of the code: every query runs inside `tenant(organization_id)`.

The other side is PostgreSQL's row-level security (`codecard.lib.walls`), which reads the settings made here. Outside a
tenant a query on a table of a tenant raises: there is no setting to read, and an empty page would hide the mistake.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction

_current: ContextVar[int | None] = ContextVar("tenant", default=None)


def current_tenant() -> int | None:
    """The organization whose rows can be seen now, or None."""
    return _current.get()


@contextmanager
def tenant(organization_id: int, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Opens a transaction in which the rows of one organization can be seen and written, and no others.

    Inside itself for the same organization it is a savepoint.
    :raises RuntimeError: inside the tenant of another organization.
    """
    outer = _current.get()
    if outer is not None and outer != organization_id:
        raise RuntimeError("a tenant can't be entered from inside another tenant")
    is_inside_transaction = connections[using].in_atomic_block
    with transaction.atomic(using=using):
        # SET LOCAL with the number in the text, not set_config(): Citus hands only SET on to its workers.
        _set_local("app.org", str(int(organization_id)), using)
        token = _current.set(organization_id)
        try:
            yield
        finally:
            _current.reset(token)
        if is_inside_transaction and outer is None:
            # A released savepoint keeps the setting; what follows in the transaction is outside of the tenant.
            _set_local("app.org", "", using)


@contextmanager
def by_digest(digest: bytes, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Lets one key or invitation be found by its digest before its organization is known."""
    with _narrow("app.digest", digest.hex(), using):
        yield


@contextmanager
def by_user(user_id: int, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Lets one user's memberships and contributors be found across organizations."""
    with _narrow('app."user"', str(int(user_id)), using):  # a reserved word
        yield


def rows_of_user(
    user_id: int, statement: str, parameters: Mapping[str, Any], using: str = DEFAULT_DB_ALIAS
) -> list[tuple[Any, ...]]:
    """What `by_user` lets be found, by one statement and in one round trip instead of four: the statements of one
    message are one transaction."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SET LOCAL app.\"user\" = '{int(user_id)}'; {statement}; SET LOCAL app.\"user\" = ''", parameters
        )
        cursor.nextset()  # the first result is that of SET
        return cast(list[tuple[Any, ...]], cursor.fetchall())


@contextmanager
def _narrow(setting: str, value: str, using: str) -> Iterator[None]:
    is_inside_transaction = connections[using].in_atomic_block
    with transaction.atomic(using=using):
        _set_local(setting, value, using)
        yield
        if is_inside_transaction:
            # The setting would outlive the block; after an error the rollback takes it back.
            _set_local(setting, "", using)


def _set_local(setting: str, value: str, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(f"SET LOCAL {setting} = '{value}'")
