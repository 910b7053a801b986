"""Stamps on servers of any version; what they must tell is in tests/events/answers/test_remembered.py."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.queries import stamps
from events.queries.stamps import STAMPED, Source, pulls_stamp, stamps_of
from teams.models import Organization
from tests import factories
from tests.events.dashboards._work import monday, work

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = Days(monday(3), monday(0))


@pytest.mark.parametrize("version", [150_000, 180_000])
def test_a_change_shows_and_the_planner_is_left_as_it_was(
    version: int, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing = stamps._hashing
    monkeypatch.setattr(stamps, "_hashing", lambda statement, _: hashing(statement, version))
    with tenant(acme.id):
        person = factories.make_contributor(acme)

    def told() -> tuple[Any, Any]:
        with tenant(acme.id):
            found = (
                stamps_of(acme.id, [person.id], [DAYS], STAMPED),
                pulls_stamp(acme.id, [DAYS], "UTC", timezone.now()),
            )
            with connection.cursor() as cursor:
                cursor.execute("SHOW enable_indexscan")
                assert cursor.fetchone() == ("on",)
        return found

    before = told()
    work(acme, person, monday(1), accepted=3)
    once = told()
    work(acme, person, monday(1), accepted=3)
    twice = told()
    assert before[0][Source.DETAILS] == {}
    assert list(once[0][Source.DETAILS]) == [monday(1)]
    assert once[0] != twice[0]
    assert twice == told()
