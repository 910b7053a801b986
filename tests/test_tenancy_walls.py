"""The walls between organizations, as PostgreSQL itself holds them."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import Model
from django.db.utils import DataError, ProgrammingError

from codecard.lib import walls
from codecard.lib.tenant import by_digest, by_user, current_tenant, tenant
from events.models import Connection
from teams.models import AuditEntry, Contributor, Identity, Invitation, Key, Membership, Organization, Team, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner", "operator"])


def has_organization(model: type[Model]) -> bool:
    return any(getattr(field, "column", "") == "organization_id" for field in model._meta.get_fields())


WALLED = sorted(
    filter(has_organization, apps.get_models(include_auto_created=True)), key=lambda model: model._meta.label
)


@pytest.mark.parametrize("model", WALLED, ids=lambda model: model._meta.label)
def test_every_table_of_an_organization_has_forced_row_security(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute(
            "SELECT polname, pg_get_expr(polwithcheck, polrelid) FROM pg_policy WHERE polrelid = %s::regclass",
            [model._meta.db_table],
        )
        policies = dict(cursor.fetchall())
    assert policies.keys() == {"tenant", "owner", "operator"}
    assert "app.org" in policies["tenant"]
    assert "app.digest" not in policies["tenant"]


@pytest.mark.parametrize("model", WALLED, ids=lambda model: model._meta.label)
def test_a_query_outside_of_a_tenant_raises(model: type[Model], acme: Organization, alice: User) -> None:
    with tenant(acme.id):
        Invitation.objects.create(organization=acme, digest=b"i" * 32, expires_at=NOW)
        Connection.objects.create(organization=acme, digest=b"c" * 32)
    factories.make_key(acme)
    with pytest.raises((DataError, ProgrammingError)):
        list(model._base_manager.order_by()[:1])
    with transaction.atomic():
        with tenant(acme.id):
            pass
        with pytest.raises((DataError, ProgrammingError)), transaction.atomic():
            list(model._base_manager.order_by()[:1])


def test_a_table_with_an_organization_that_no_model_knows_has_the_wall_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attname = 'organization_id'"
            " WHERE relkind IN ('r', 'p') AND NOT relispartition AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        assert cursor.fetchall() == []


def test_only_rows_of_the_tenant_are_seen(acme: Organization, globex: Organization) -> None:
    factories.make_team(acme, "Payments")
    factories.make_team(globex, "Reactor")
    with tenant(acme.id):
        assert [team.name for team in Team.objects.all()] == ["Payments"]
        assert Team.objects.filter(organization=globex).count() == 0
        assert Team.objects.update(name="Mine") == 1
    with tenant(globex.id):
        assert [team.name for team in Team.objects.all()] == ["Reactor"]


def test_a_row_of_another_organization_can_not_be_written(acme: Organization, globex: Organization) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), tenant(acme.id):
        Team.objects.create(organization=globex, slug="spy", name="Spy")
    team = factories.make_team(acme)
    with pytest.raises(ProgrammingError, match="row-level security"), tenant(acme.id):
        Team.objects.filter(id=team.id).update(organization=globex)


def test_a_row_can_not_point_into_another_organization(acme: Organization, globex: Organization) -> None:
    with tenant(globex.id):
        theirs = factories.make_contributor(globex)
    with pytest.raises(IntegrityError), tenant(acme.id):
        Identity.objects.create(organization=acme, contributor_id=theirs.id, kind="email", value="spy@acme.example")
    team = factories.make_team(globex)
    with pytest.raises(IntegrityError), tenant(acme.id):
        Team.objects.create(organization=acme, slug="child", name="Child", parent_id=team.id)


def test_foreign_keys_between_tables_of_organizations_lead_with_the_organization() -> None:
    walled = {model._meta.db_table for model in WALLED}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, conrelid::regclass::text, confrelid::regclass::text, (SELECT attname FROM pg_attribute"
            " WHERE attrelid = conrelid AND attnum = conkey[1]) FROM pg_constraint WHERE contype = 'f'"
        )
        found = cursor.fetchall()
    assert found
    assert [row for row in found if {row[1], row[2]} <= walled and row[3] != "organization_id"] == []


@pytest.mark.parametrize(("alias", "role"), [("default", walls.APP), ("operator", walls.OPERATOR)])
def test_no_role_but_the_owner_can_get_around_the_walls(alias: str, role: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (role,)
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = %s", [role])
        assert cursor.fetchone() == (False, False, False)
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND (has_table_privilege(%s, oid, 'TRUNCATE, TRIGGER') OR pg_has_role(%s, relowner, 'USAGE'))",
            [role, role],
        )
        assert cursor.fetchall() == []
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("CREATE TABLE public.spy ()")


def test_a_partition_can_not_be_read_around_its_parent() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind IN ('r', 'p')"
            " AND has_table_privilege('codecard_app', oid, 'SELECT, INSERT, UPDATE, DELETE')"
        )
        assert cursor.fetchall() == []


def test_one_key_is_found_by_its_digest_and_no_other(acme: Organization, globex: Organization) -> None:
    wanted = factories.make_key(acme).key
    factories.make_key(acme)
    factories.make_key(globex)
    with by_digest(bytes(wanted.digest)):
        assert [key.id for key in Key.objects.all()] == [wanted.id]
    with by_digest(b"\0" * 32):
        assert list(Key.objects.all()) == []


def test_a_look_up_by_digest_writes_nothing(acme: Organization) -> None:
    wanted = factories.make_key(acme).key
    with pytest.raises(DatabaseError), by_digest(bytes(wanted.digest)):
        Key.objects.filter(id=wanted.id).update(name="mine")


def test_one_invitation_is_found_by_its_digest(acme: Organization, globex: Organization) -> None:
    for organization, digest in ((acme, b"a" * 32), (globex, b"b" * 32)):
        with tenant(organization.id):
            Invitation.objects.create(organization=organization, digest=digest, expires_at=NOW)
    with by_digest(b"a" * 32):
        assert [row.organization_id for row in Invitation.objects.all()] == [acme.id]


def test_a_user_s_own_rows_are_found_across_organizations(acme: Organization, globex: Organization, bob: User) -> None:
    factories.make_member(globex, user=bob)
    factories.make_member(globex)
    with by_user(bob.id):
        assert {row.organization_id for row in Membership.objects.all()} == {acme.id, globex.id}
        assert {row.user_id for row in Membership.objects.all()} == {bob.id}
        assert {row.user_id for row in Contributor.objects.all()} == {bob.id}


def test_a_narrow_look_up_inside_a_tenant_ends_with_its_block(acme: Organization, globex: Organization) -> None:
    theirs = factories.make_key(globex).key
    with tenant(acme.id):
        with by_digest(bytes(theirs.digest)):
            assert Key.objects.count() == 1
        assert Key.objects.count() == 0


def test_a_tenant_can_not_be_entered_from_another(acme: Organization, globex: Organization) -> None:
    with tenant(acme.id):
        with tenant(acme.id):
            assert current_tenant() == acme.id
        with pytest.raises(RuntimeError), tenant(globex.id):
            pass
    assert current_tenant() is None


def test_an_error_inside_a_tenant_leaves_nothing_open(acme: Organization) -> None:
    with pytest.raises(ZeroDivisionError), tenant(acme.id):
        raise ZeroDivisionError
    with pytest.raises((DataError, ProgrammingError)):
        Team.objects.count()


@pytest.mark.parametrize("alias", ["default", "operator"])
def test_an_audit_entry_can_not_be_changed_or_deleted(alias: str, acme: Organization) -> None:
    with tenant(acme.id, using=alias):
        assert AuditEntry.objects.using(alias).exists()
    for statement in ("UPDATE teams_auditentry SET action = 'x'", "DELETE FROM teams_auditentry"):
        with pytest.raises(ProgrammingError, match="permission denied"), tenant(acme.id, using=alias):
            connections[alias].cursor().execute(statement)


def test_the_operator_sees_all_organizations(acme: Organization, globex: Organization) -> None:
    factories.make_team(acme)
    factories.make_team(globex)
    assert Team.objects.using("operator").count() == 2
