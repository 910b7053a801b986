from datetime import timedelta

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from events.models import Relocation
from teams.models import Organization
from tests.factories import NOW

pytestmark = pytest.mark.django_db
URL = "/o/acme/people/moving/"


@pytest.fixture
def half_moved(acme: Organization) -> Relocation:
    with tenant(acme.id):
        return Relocation.objects.create(
            organization=acme, giver_id=1, taker_id=2, identity_ids=[3], is_whole=True,
            first_at=NOW - timedelta(days=10), last_at=NOW, done_until=NOW - timedelta(days=5),
        )  # fmt: skip


def test_an_admin_sees_how_far_it_is(owner_client: Client, half_moved: Relocation) -> None:
    part = owner_client.get(URL, headers={"HX-Request": "true"})
    assert "50&nbsp;% of the first and only move" in part.text
    assert f'hx-get="{URL}"' in part.text
    assert "<h1>Moving past work</h1>" in owner_client.get(URL).text


def test_when_all_has_moved_nothing_is_asked_again(owner_client: Client, acme: Organization) -> None:
    part = owner_client.get(URL, headers={"HX-Request": "true"})
    assert "hx-get" not in part.text
    assert "Nothing is being moved." in owner_client.get(URL).text


def test_developers_may_not(bob_client: Client) -> None:
    assert bob_client.get(URL).status_code == 403


def test_charlie_finds_nothing(charlie_client: Client, half_moved: Relocation) -> None:
    assert charlie_client.get(URL).status_code == 404
