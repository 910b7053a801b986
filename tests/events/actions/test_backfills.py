from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.actions.backfills import NothingToAskError, restart_backfill, start_backfill, stop_backfill
from events.models import Backfill, Stage
from events.pulls.backfilling import STOPPED
from teams.models import AuditEntry, Organization, User
from tests.events.pulls.asking import connect
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_started_stopped_and_begun_anew_and_the_audit_says_by_whom(acme: Organization, owner: User) -> None:
    repository = connect(acme)
    told: dict[str, Any] = {"organization": acme, "repository_ids": [repository.id], "by": owner, "now": NOW}
    assert start_backfill(**told) == [repository]
    with tenant(acme.id):
        rows = Backfill.objects.order_by("id")
        assert [row.stage for row in rows] == list(Stage)
        assert {row.cursor["since"] for row in rows} == {"2025-06-01T12:00:00+00:00"[:10] + NOW.isoformat()[10:]}
        rows.filter(stage=Stage.PULLS).update(cursor={"after": "25"}, done=25)
    stop_backfill(**told)
    with tenant(acme.id):
        assert {row.error for row in Backfill.objects.all()} == {STOPPED}
    start_backfill(**told)
    with tenant(acme.id):
        row = Backfill.objects.get(stage=Stage.PULLS)
        assert (row.cursor, row.done, row.finished_at, row.error) == ({"after": "25"}, 25, None, "")
    restart_backfill(**told)
    with tenant(acme.id):
        row = Backfill.objects.get(stage=Stage.PULLS)
        assert (row.cursor.keys(), row.done) == ({"since"}, 0)
        entries = AuditEntry.objects.filter(object_type="repository").order_by("id")
        assert [(entry.action, entry.actor_id, entry.object_label) for entry in entries] == [
            (action, owner.id, repository.full_name)
            for action in ("backfill.started", "backfill.stopped", "backfill.started", "backfill.restarted")
        ]


def test_another_organization_s_repository_and_one_without_a_token_are_refused(
    acme: Organization, globex: Organization, owner: User
) -> None:
    theirs = connect(globex)
    silent = connect(acme, token="")
    for id_ in (theirs.id, silent.id):
        with pytest.raises(NothingToAskError, match="enter a token"):
            start_backfill(organization=acme, repository_ids=[id_], by=owner, now=NOW)
    assert stop_backfill(organization=acme, repository_ids=[theirs.id], by=owner, now=NOW) == []
    for organization in (acme, globex):
        with tenant(organization.id):
            assert not Backfill.objects.exists()
