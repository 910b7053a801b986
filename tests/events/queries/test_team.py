from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError

from codecard.lib.clusters import Moments
from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.queries.facts import Facts
from events.queries.people import Group
from events.queries.team import Measure, decisions_of, newest_day_of, weeks_of
from teams.models import Contributor, Organization
from tests import factories
from tests.events.dashboards._work import NOW, monday, work

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = Days(monday(4), monday(-1))


@pytest.fixture
def people(acme: Organization) -> list[Contributor]:
    with tenant(acme.id):
        return [factories.make_contributor(acme) for _ in range(3)]


def _group(*people: Contributor, number: int = 1) -> Group:
    return Group(number, f"team-{number}", f"Team {number}", frozenset(person.id for person in people))


def test_weeks_hold_sums_and_who_has_data_of_what(acme: Organization, people: list[Contributor]) -> None:
    one, two, other = people
    work(acme, one, monday(1), accepted=3, rejected=1, tokens=200, lines=10)
    work(acme, two, monday(1), prompts=4, tokens=0)
    work(acme, other, monday(1), accepted=50)
    group = _group(one, two)
    with tenant(acme.id):
        week = weeks_of(acme.id, [group], DAYS)[group.id][monday(1)]
    assert week.sums["accepted"] == 3
    assert week.sums["prompts"] == 5
    assert week.sums["input_tokens"] == 200
    assert week.sums["sessions"] == 2
    assert week.with_data_of(Measure.ANYTHING) == {one.id, two.id}
    assert week.with_data_of(Measure.SESSIONS) == {one.id, two.id}
    assert week.with_data_of(Measure.DECISIONS) == week.with_data_of(Measure.LINES) == {one.id}
    assert week.newest_at is not None
    assert week.newest_at.date() == monday(1)


def test_a_person_of_two_groups_counts_in_both(acme: Organization, people: list[Contributor]) -> None:
    one, two, _ = people
    work(acme, one, monday(2), prompts=2)
    work(acme, two, monday(2), prompts=3)
    groups = [_group(one, number=1), _group(one, two, number=2)]
    with tenant(acme.id):
        weeks = weeks_of(acme.id, groups, DAYS)
    assert [weeks[number][monday(2)].sums["prompts"] for number in (1, 2)] == [2, 5]


def test_what_lies_outside_of_the_days_is_not_read(acme: Organization, people: list[Contributor]) -> None:
    work(acme, people[0], monday(5))
    group = _group(*people)
    with tenant(acme.id):
        assert not any(week.people for week in weeks_of(acme.id, [group], DAYS)[1].values())
        assert newest_day_of(acme.id, group) == monday(5)


def test_a_group_of_nobody_has_nothing(acme: Organization) -> None:
    with tenant(acme.id):
        assert weeks_of(acme.id, [_group()], DAYS) == {1: {}}
        assert newest_day_of(acme.id, _group()) is None


def test_outside_of_the_tenant_it_raises(acme: Organization, people: list[Contributor]) -> None:
    with pytest.raises(DatabaseError):
        weeks_of(acme.id, [_group(*people)], DAYS)


def test_another_organization_sees_nothing_of_it(
    acme: Organization, globex: Organization, people: list[Contributor]
) -> None:
    work(acme, people[0], monday(1))
    with tenant(globex.id):
        assert not weeks_of(acme.id, [_group(*people)], DAYS)[1]


def test_weeks_begin_on_monday(acme: Organization, people: list[Contributor]) -> None:
    sunday: date = monday(1) + timedelta(days=6)
    work(acme, people[0], sunday)
    with tenant(acme.id):
        weeks = weeks_of(acme.id, [_group(people[0])], DAYS)
    assert list(weeks[1]) == [monday(1)]


def test_decisions_by_session_are_those_that_facts_read(acme: Organization, people: list[Contributor]) -> None:
    one, two, other = people
    work(acme, one, monday(1), accepted=3, rejected=1)
    work(acme, one, monday(1), accepted=9)
    work(acme, two, monday(2), rejected=2)
    work(acme, two, monday(3), prompts=5)
    work(acme, other, monday(1), accepted=50)
    group = _group(one, two)
    facts = Facts(acme.id, "UTC", group, (group,), (DAYS,), NOW)
    with tenant(acme.id):
        told = decisions_of(weeks_of(acme.id, [group], DAYS)[group.id])
        assert told == facts.decisions == {monday(1): Moments(2, 13, 12, 97, 93, 90), monday(2): Moments(1, 2, 0, 4)}
        some = replace(facts, stretches=(Days(monday(1), monday(0)),), told_decisions=told)
        assert list(some.decisions) == [monday(1)]
