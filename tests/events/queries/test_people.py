from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.tenant import tenant
from events.queries.people import Group, floor_for, groups_of, is_open, overlapping, withheld_parts
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


def test_teams_that_share_people_overlap() -> None:
    one, two, three = (Group(i, str(i), str(i), frozenset(people)) for i, people in enumerate(({1, 2}, {2, 3}, {4})))
    assert overlapping(one, [one, two, three]) == [two]


def test_a_team_that_holds_all_of_another_cannot_be_taken_from_it() -> None:
    inner, outer = (Group(i, str(i), str(i), frozenset(people)) for i, people in enumerate(({1, 2}, {1, 2, 3})))
    assert overlapping(inner, [inner, outer]) == []
    assert overlapping(outer, [inner, outer]) == [inner]


def test_fewer_people_than_the_floor_are_closed() -> None:
    assert not is_open({1, 2, 3, 4}, [], 5)
    assert is_open({1, 2, 3, 4, 5}, [], 5)


def test_of_nobody_there_is_nothing_to_hide() -> None:
    assert is_open(set(), [], 5)


def test_a_group_is_closed_where_another_one_taken_from_it_leaves_too_few() -> None:
    six = {1, 2, 3, 4, 5, 6}
    assert not is_open(six, [six - {6}], 5)
    assert is_open(six, [six], 5)
    assert is_open(six, [{1, 2}], 5), "the other one is not shown itself"
    assert is_open(set(range(20)), [set(range(10))], 5)


def test_groups_within_are_also_taken_away_together() -> None:
    assert not is_open(set(range(12)), [set(range(5)), set(range(5, 10))], 5)


def test_parts_under_the_floor_are_merged() -> None:
    parts = {"a": set(range(9)), "b": {1, 2, 3}, "c": {4, 5, 6}}
    assert withheld_parts(parts, 5) == {"b", "c"}


def test_the_next_smallest_part_is_merged_too_where_the_merged_ones_are_too_few() -> None:
    parts = {"a": set(range(9)), "b": set(range(6)), "c": {1}}
    assert withheld_parts(parts, 5) == {"b", "c"}


def test_nothing_is_merged_where_all_parts_are_large_enough() -> None:
    assert withheld_parts({"a": set(range(9)), "b": set(range(5)), "c": set()}, 5) == set()


@given(
    st.dictionaries(st.integers(0, 6), st.frozensets(st.integers(0, 14)), max_size=7),
    st.integers(3, 6),
    st.sets(st.integers(0, 6)),
)
def test_what_is_withheld_always_holds_enough_people_or_everything(
    parts: dict[int, frozenset[int]], floor: int, closed: set[int]
) -> None:
    merged = withheld_parts(parts, floor, closed=closed)
    shown = {part: people for part, people in parts.items() if people and part not in merged}
    assert all(len(people) >= floor and part not in closed for part, people in shown.items())
    hidden = frozenset[int]().union(*(parts[part] for part in merged))
    assert not merged or len(hidden) >= floor or not shown
