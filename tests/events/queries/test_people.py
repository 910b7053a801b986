from codecard.lib.tenant import tenant
from events.queries.people import Group, floor_for, groups_of
from teams import actions
from teams.models import Organization, Team
from tests import factories
from tests.factories import NOW


def test_a_team_holds_the_people_of_the_teams_below_it_and_no_bots(acme: Organization) -> None:
    above = factories.make_team(acme, "Engineering")
    with tenant(acme.id):
        below = factories.make_team(acme, "Payments", parent=above)
        lead, dev = factories.make_contributor(acme), factories.make_contributor(acme)
        bot = factories.make_contributor(acme, is_bot=True)
        for team, person in ((above, lead), (below, dev), (below, bot)):
            actions.join_team(team=team, contributor=person, by=None, now=NOW)
        engineering, payments = groups_of(acme.id)
    assert (engineering.name, payments.name) == ("Engineering", "Payments")
    assert engineering.people == {lead.id, dev.id}
    assert payments.people == {dev.id}


def test_a_ring_of_teams_does_not_hang(acme: Organization) -> None:
    one, two = factories.make_team(acme), factories.make_team(acme)
    with tenant(acme.id):
        Team.objects.filter(id=one.id).update(parent=two)
        Team.objects.filter(id=two.id).update(parent=one)
        assert [group.people for group in groups_of(acme.id)] == [frozenset(), frozenset()]


def test_the_floor_does_not_hide_oneself() -> None:
    assert floor_for(Group(1, "me", "Me", frozenset({7})), 5, viewer=7) == 1
    assert floor_for(Group(1, "me", "Me", frozenset({8})), 5, viewer=7) == 5
    assert floor_for(Group(1, "us", "Us", frozenset({7, 8})), 5, viewer=7) == 5
