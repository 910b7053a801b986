"""`POST /api/v1/incidents/`: told once or again, and never for somebody else's repository."""

import json
from typing import Any

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from events.models import Defect, DefectLink, Incident, PullRequest
from teams.models import Organization
from tests.factories import make_key
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db
TOLD = {"id": "INC-1", "opened_at": "2026-06-01T11:30:00Z", "repository": "acme/shop"}


@pytest.fixture
def origin(acme: Organization) -> PullRequest:
    with tenant(acme.id):
        return make_pull_request(make_repository(acme, "acme/shop"), 7)


@pytest.fixture
def key(acme: Organization) -> str:
    return make_key(acme).secret


def _tell(key: str, body: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body)
    headers = {"Authorization": f"Bearer {key}"}
    return Client().post("/api/v1/incidents/", data, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "name", ["acme/shop", "Acme/Shop", "https://github.com/acme/shop.git", "git@github.com:acme/shop"]
)
def test_an_incident_that_names_its_cause_is_a_confirmed_defect(
    origin: PullRequest, key: str, acme: Organization, name: str
) -> None:
    answer = _tell(key, {**TOLD, "repository": name, "cause_number": 7, "url": "https://status.acme.test/1"})
    assert (answer.status_code, answer.json()) == (200, {"stored": 1, "new": 1})
    with tenant(acme.id):
        link = DefectLink.objects.get()
        assert (link.origin, link.tier, link.defect.key) == (origin, "confirmed", "incident:INC-1")


def test_telling_again_changes_it_and_the_same_changes_nothing(
    origin: PullRequest, key: str, acme: Organization
) -> None:
    assert _tell(key, TOLD).json() == {"stored": 1, "new": 1}
    assert _tell(key, [TOLD, {**TOLD, "id": "INC-2"}]).json() == {"stored": 2, "new": 1}
    with tenant(acme.id):
        assert not DefectLink.objects.exists()
    for _ in range(2):
        assert _tell(key, {**TOLD, "cause_sha": origin.merge_sha[:20].upper()}).json() == {"stored": 1, "new": 0}
        with tenant(acme.id):
            assert [link.origin_id for link in DefectLink.objects.all()] == [origin.id]
            assert Incident.objects.count() == Defect.objects.count() == 2


def test_an_incident_can_move_to_another_repository(origin: PullRequest, key: str, acme: Organization) -> None:
    with tenant(acme.id):
        make_repository(acme, "acme/billing")
    _tell(key, TOLD)
    _tell(key, {**TOLD, "repository": "acme/billing"})
    with tenant(acme.id):
        assert [defect.repository.full_name for defect in Defect.objects.all()] == ["acme/billing"]


def test_another_organizations_repository_is_as_unknown_as_one_that_nobody_has(
    origin: PullRequest, globex: Organization, acme: Organization
) -> None:
    foreign = make_key(globex).secret
    answers = [_tell(foreign, [{**TOLD, "repository": name}]) for name in ("acme/shop", "acme/none")]
    assert [answer.status_code for answer in answers] == [400, 400]
    told = [{**answer.json(), "request_id": ""} for answer in answers]
    assert told[0] == told[1]
    for organization in (acme, globex):
        with tenant(organization.id):
            assert not Incident.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nothing", b"\xff", b"null", {}, {**TOLD, "title": "We are down"}, {**TOLD, "opened_at": "yesterday"},
        {**TOLD, "opened_at": "2026-06-01T11:30:00"},
        {**TOLD, "opened_at": "0001-01-01T00:00:00Z"}, {**TOLD, "id": ""}, {**TOLD, "id": "x" * 201},
        {**TOLD, "id": "a\x00b"}, {**TOLD, "fix": 0}, {**TOLD, "fix": 2**31}, {**TOLD, "cause_sha": "xyz"},
        {**TOLD, "url": "javascript:alert(1)"}, [TOLD] * 1_001,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole(origin: PullRequest, key: str, acme: Organization, body: Any) -> None:
    answer = _tell(key, body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    with tenant(acme.id):
        assert not Incident.objects.exists()


def test_one_bad_incident_stores_none(origin: PullRequest, key: str, acme: Organization) -> None:
    answer = _tell(key, [TOLD, {**TOLD, "id": "INC-2", "repository": "acme/none"}])
    assert answer.status_code == 400
    assert "incident 1" in answer.text
    with tenant(acme.id):
        assert not Incident.objects.exists()
