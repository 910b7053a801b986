from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.actions.keys import KeyRefusedError
from teams.models import Key, KeyKind, Organization
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_successor_lives_as_long_as_the_one_before_was_meant_to(acme: Organization) -> None:
    old = factories.make_key(acme, expires_at=NOW + 90 * DAY).key
    later = NOW + 80 * DAY
    made = actions.rotate_key(key=old, overlap=7 * DAY, by=None, now=later)
    assert made.key.expires_at == later + 90 * DAY
    assert old.expires_at == later + 7 * DAY


def test_an_overlap_lengthens_no_life(acme: Organization) -> None:
    old = factories.make_key(acme, expires_at=NOW + DAY).key
    actions.rotate_key(key=old, overlap=7 * DAY, by=None, now=NOW)
    assert old.expires_at == NOW + DAY


def test_without_an_overlap_the_old_key_ends_at_once(acme: Organization) -> None:
    old = factories.make_key(acme).key
    made = actions.rotate_key(key=old, overlap=timedelta(), by=None, now=NOW)
    assert not old.is_usable(NOW)
    assert made.key.is_usable(NOW)


def test_after_its_successor_was_revoked_a_key_can_be_rotated_again(acme: Organization) -> None:
    old = factories.make_key(acme).key
    first = actions.rotate_key(key=old, overlap=DAY, by=None, now=NOW)
    with pytest.raises(KeyRefusedError, match="was replaced already"):
        actions.rotate_key(key=old, overlap=DAY, by=None, now=NOW)
    actions.revoke_key(key=first.key, by=None, now=NOW)
    assert actions.rotate_key(key=old, overlap=DAY, by=None, now=NOW).key.replaces_id == old.id


def test_a_key_for_somebody_who_has_just_been_merged_is_refused_in_words(acme: Organization) -> None:
    with tenant(acme.id):
        gone, winner = factories.make_contributor(acme, "Gone"), factories.make_contributor(acme)
    actions.merge_contributors(organization=acme, loser=gone, winner=winner, by=None, now=NOW)
    with pytest.raises(KeyRefusedError, match="Gone is gone"):
        actions.create_key(organization=acme, kind=KeyKind.INGEST, name="x", contributor=gone, by=None, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_rotate_at_once_make_one_successor(acme: Organization) -> None:
    for _ in range(4):
        old = factories.make_key(acme).key

        def rotate(_: int, key_id: int = old.id) -> bool:
            try:
                with tenant(acme.id):
                    key = Key.objects.select_related("organization").get(id=key_id)
                actions.rotate_key(key=key, overlap=DAY, by=None, now=NOW)
            except KeyRefusedError:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(rotate, range(2))) == [False, True]
        with tenant(acme.id):
            assert Key.objects.filter(replaces=old).count() == 1
