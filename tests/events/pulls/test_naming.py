"""Repositories are known by the vendor's number: names come and go, and may become another's."""

from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.sealing import seal
from codecard.lib.tenant import tenant
from events.actions.incidents import Told as ToldIncident
from events.actions.incidents import tell_incidents
from events.models import Backfill, Connection, Incident, Repository, RepositoryState, Stage
from events.pulls import backfilling, fetching, naming
from events.pulls.github.payloads import repository as read
from events.queries.pull_requests import pull_request_at
from teams.models import Organization
from tests.factories import NOW
from tests.pull_requests import make_pull_request
from tests.webhooks import make_connection, repository

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source(acme: Organization) -> Connection:
    return make_connection(acme, token=seal("t" * 30))


def told(source: Connection, number: int, name: str, day: int, **more: Any) -> Repository:
    record = read(repository(name, pushed=f"2026-05-{day:02}T08:00:00Z", id=number, **more))
    assert record
    with tenant(source.organization_id):
        return naming.find_or_make(source.organization_id, record, source, now=NOW)


def again(row: Repository) -> Repository:
    with tenant(row.organization_id):
        return Repository.objects.get(id=row.id)


def test_one_whose_name_became_another_s_is_not_asked_for_by_it(acme: Organization, source: Connection) -> None:
    """GitHub would tell of the other one, and all of that would count twice."""
    former = told(source, 1, "acme/shop", 2)
    told(source, 2, "acme/shop", 3)
    with tenant(acme.id):
        pull = make_pull_request(former, 7)
        Backfill.objects.create(organization=acme, repository=former, stage=Stage.PULLS)
    assert again(former).error == naming.REPLACED
    assert fetching._asked(acme.id, pull.id) is None
    with tenant(acme.id):
        assert not backfilling.is_anything_left(acme.id, now=NOW)
    told(source, 1, "acme/old-shop", 4)
    assert (again(former).state, again(former).error) == (RepositoryState.WAITING, "")
    assert fetching._asked(acme.id, pull.id) is not None
    with tenant(acme.id):
        assert backfilling.is_anything_left(acme.id, now=NOW)


def test_a_page_and_an_incident_are_of_the_repository_that_has_the_name_now(
    acme: Organization, source: Connection
) -> None:
    present = told(source, 1, "acme/one", 2)
    gone = told(source, 2, "acme/shop", 3)
    told(source, 1, "acme/shop", 4)
    with tenant(acme.id):
        for row in (gone, present):
            make_pull_request(row, 7)
        found = pull_request_at(acme, "acme/Shop", 7)
    assert found
    assert found.repository_id == present.id
    incident = ToldIncident("INC-1", NOW - timedelta(days=1), "acme/shop")
    tell_incidents(organization_id=acme.id, incidents=[incident], now=NOW)
    with tenant(acme.id):
        assert Incident.objects.get().repository_id == present.id


@pytest.mark.parametrize("name", ["a/b/c", "/b", "a/", "a b/c", "../c", "a/..", "a/b?x", "ä/b"])
def test_what_is_no_name_of_a_repository_is_none(name: str) -> None:
    """It becomes part of addresses."""
    assert read(repository(name)) is None
