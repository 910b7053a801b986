"""The end of an organization, after its time of grace."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from events import erasing, tasks
from events.erasing import _tables
from teams import actions
from teams.models import AuditEntry, Invitation, Key, Membership, Organization, Team, User
from teams.notices import GRACE
from tests import factories
from tests.events.dashboards._work import monday, work
from tests.events.ledger.books import access, store
from tests.events.ledger.test_edits import edit
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def rows_of(organization_id: int) -> dict[str, int]:
    found = {}
    with tenant(organization_id), connection.cursor() as cursor:
        for table in [*_tables(), "teams_auditentry"]:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE organization_id = %s", [organization_id])
            found[table] = cursor.fetchone()[0]
    return {table: count for table, count in found.items() if count}


@pytest.fixture
def doomed(acme: Organization, payments: Team, alice: User, owner: User) -> Organization:
    with tenant(acme.id):
        person = factories.person(acme, alice)
        Invitation.objects.create(organization=acme, digest=b"i" * 32, team=payments, expires_at=NOW)
    factories.make_team(acme, parent=payments)
    for weeks_ago in (1, 9):
        work(acme, person, monday(weeks_ago), accepted=3)
    store(access(acme), edit("a"))
    actions.delete_organization(organization=acme, by=owner, now=NOW)
    return acme


def test_until_the_time_of_grace_is_over_nothing_goes(doomed: Organization) -> None:
    before = rows_of(doomed.id)
    assert erasing.due(NOW + GRACE - timedelta(seconds=1)) == []
    erasing.erase_organization(organization_id=doomed.id, now=NOW + GRACE - timedelta(seconds=1))
    assert rows_of(doomed.id) == before


def test_afterwards_nothing_is_left_but_the_audit(
    doomed: Organization, globex: Organization, charlie: User, alice: User
) -> None:
    untouched = rows_of(globex.id)
    assert len(rows_of(doomed.id)) > 10
    assert "events_edit_day" in rows_of(doomed.id)
    assert erasing.due(NOW + GRACE) == [doomed.id]
    for _ in range(2):
        erasing.erase_organization(organization_id=doomed.id, now=NOW + GRACE)
    assert rows_of(doomed.id).keys() == {"teams_auditentry"}
    assert list(Organization.objects.all()) == [globex]
    assert rows_of(globex.id) == untouched
    assert User.objects.filter(id__in=[alice.id, charlie.id]).count() == 2
    with tenant(doomed.id):
        told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told[-2:] == ["organization.deleted", "organization.erased"]
    assert factories.make_organization("acme").id != doomed.id


def test_killed_in_the_middle_it_goes_on_and_nobody_gets_in(
    doomed: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_erase_in_batches", killed)
        with pytest.raises(KeyboardInterrupt):
            erasing.erase_organization(organization_id=doomed.id, now=NOW + GRACE)
    with tenant(doomed.id):
        assert not Membership.objects.filter(is_active=True).exists()
        assert not Key.objects.filter(revoked_at=None).exists()
    with pytest.raises(actions.TooLateError):
        actions.keep_organization(organization=doomed, by=None, now=NOW + GRACE)
    erasing.erase_organization(organization_id=doomed.id, now=NOW + GRACE)
    assert rows_of(doomed.id).keys() == {"teams_auditentry"}
    with tenant(doomed.id):
        assert AuditEntry.objects.filter(action="organization.erased").count() == 1


def test_a_kept_organization_stays(doomed: Organization) -> None:
    actions.keep_organization(organization=doomed, by=None, now=NOW)
    before = rows_of(doomed.id)
    erasing.erase_organization(organization_id=doomed.id, now=NOW + 2 * GRACE)
    assert rows_of(doomed.id) == before


def test_the_sweep_asks_for_what_is_due(doomed: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.erase_organization, "delay", lambda **about: asked.append(about))
    tasks.erase_deleted_organizations()
    assert asked == [{"organization_id": doomed.id}]
    for _ in range(2):
        tasks.erase_organization(organization_id=doomed.id)
    assert not Organization.objects.exists()
