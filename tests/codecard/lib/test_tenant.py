"""How far a tenant reaches: into its own block, and not a statement further."""

import asyncio
import threading
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from codecard.lib.tenant import by_digest, by_user, current_tenant, tenant
from teams.models import Contributor, Organization
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


class Stop(Exception):
    pass


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [name])
        return str(cursor.fetchone()[0])


def is_visible(organization: Organization) -> bool:
    return Contributor.objects.filter(organization=organization).exists()


@pytest.fixture
def peopled(acme: Organization, globex: Organization) -> tuple[Organization, Organization]:
    for organization in (acme, globex):
        with tenant(organization.id):
            factories.make_contributor(organization)
    return acme, globex


def test_only_the_organizations_own_rows_are_seen(peopled: tuple[Organization, Organization]) -> None:
    acme, globex = peopled
    with tenant(acme.id):
        assert is_visible(acme)
        assert not is_visible(globex)
        assert Contributor.objects.count() == 1


def test_is_a_transaction_that_is_kept_at_the_end_and_rolled_back_on_an_error(acme: Organization) -> None:
    with tenant(acme.id):
        assert connection.in_atomic_block
        factories.make_contributor(acme, "Kept")
    with suppress(Stop), tenant(acme.id):
        factories.make_contributor(acme, "Lost")
        raise Stop
    with tenant(acme.id):
        assert list(Contributor.objects.values_list("display_name", flat=True)) == ["Kept"]


def test_inside_itself_it_is_a_savepoint(acme: Organization) -> None:
    with tenant(acme.id):
        with suppress(Stop), tenant(acme.id):
            factories.make_contributor(acme, "Lost")
            raise Stop
        factories.make_contributor(acme, "Kept")
        with tenant(acme.id):
            pass
        assert (current_tenant(), setting("app.org")) == (acme.id, str(acme.id))
        assert list(Contributor.objects.values_list("display_name", flat=True)) == ["Kept"]


def test_another_organizations_can_not_be_entered_from_inside(acme: Organization, globex: Organization) -> None:
    with tenant(acme.id):
        with pytest.raises(RuntimeError, match="inside another tenant"), tenant(globex.id):
            pass
        assert (current_tenant(), setting("app.org")) == (acme.id, str(acme.id))


@pytest.mark.parametrize("is_inside_transaction", [True, False])
@pytest.mark.parametrize("error", [None, Stop, DatabaseError])
def test_nothing_of_it_stays_behind(
    acme: Organization, error: type[Exception] | None, is_inside_transaction: bool
) -> None:
    def use() -> None:
        with suppress(Stop, DatabaseError), tenant(acme.id):
            if error:
                raise error

    if is_inside_transaction:
        with transaction.atomic():
            use()
            assert (current_tenant(), setting("app.org")) == (None, "")
    else:
        use()
    assert (current_tenant(), setting("app.org")) == (None, "")


def test_what_follows_in_the_transaction_is_outside(peopled: tuple[Organization, Organization]) -> None:
    acme, globex = peopled
    with transaction.atomic():
        with tenant(acme.id):
            assert is_visible(acme)
        with pytest.raises(DatabaseError), transaction.atomic():
            is_visible(acme)
        with tenant(globex.id):
            assert is_visible(globex)
            assert not is_visible(acme)


def test_after_an_error_of_the_database_the_next_tenant_is_as_good_as_new(
    peopled: tuple[Organization, Organization],
) -> None:
    acme, globex = peopled
    with pytest.raises(DatabaseError), tenant(acme.id), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    with tenant(globex.id):
        assert is_visible(globex)
        assert not is_visible(acme)


def test_each_thread_has_its_own(acme: Organization, globex: Organization) -> None:
    seen: list[int | None] = []

    def look() -> None:
        try:
            seen.append(current_tenant())
            with tenant(globex.id):
                seen.append(current_tenant())
        finally:
            connection.close()

    with tenant(acme.id):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert current_tenant() == acme.id
    assert seen == [None, globex.id]


def test_a_task_started_inside_knows_where_it_is(acme: Organization) -> None:
    async def look() -> int | None:
        return current_tenant()

    with tenant(acme.id):
        assert asyncio.run(look()) == acme.id


@pytest.mark.parametrize("hostile", ["1; DROP TABLE x", "1' OR '1'='1", None, "", "0x1"])
def test_a_number_is_a_number(hostile: object) -> None:
    with pytest.raises((ValueError, TypeError)), tenant(hostile):  # type: ignore[arg-type]
        pass
    with pytest.raises((ValueError, TypeError)), by_user(hostile):  # type: ignore[arg-type]
        pass
    assert current_tenant() is None


def test_an_organization_that_does_not_exist_has_nothing(peopled: tuple[Organization, Organization]) -> None:
    with tenant(2**62):
        assert not Contributor.objects.exists()


@pytest.mark.parametrize("is_inside_transaction", [True, False])
@pytest.mark.parametrize("error", [None, Stop])
def test_narrow_look_ups_end_with_their_block(error: type[Exception] | None, is_inside_transaction: bool) -> None:
    def use() -> None:
        with suppress(Stop), by_digest(b"\x00\xff'"):
            assert setting("app.digest") == "00ff27"
            if error:
                raise error
        with suppress(Stop), by_user(7):
            assert setting("app.user") == "7"
            if error:
                raise error

    if is_inside_transaction:
        with transaction.atomic():
            use()
            assert (setting("app.digest"), setting("app.user")) == ("", "")
    else:
        use()
    assert (setting("app.digest"), setting("app.user")) == ("", "")
