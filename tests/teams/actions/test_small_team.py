"""Small team: asked by an owner, answered by each for themselves, and ended by whatever makes it untrue."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import AuditEntry, Contributor, Membership, Organization, Role, User
from teams.queries.small_team import SmallTeam, is_small_team, small_team_of
from tests.factories import NOW, make_contributor, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(acme: Organization, owner: User, alice: User, bob: User) -> list[Membership]:
    with tenant(acme.id):
        return list(Membership.objects.select_related("organization").order_by("id"))


def ask(organization: Organization) -> bool:
    return actions.ask_small_team(organization=organization, by=None, now=NOW)


def agree(*people: Membership, is_agreed: bool = True) -> list[bool]:
    return [
        actions.agree_to_small_team(membership=one, is_agreed=is_agreed, by=one.user, now=NOW + timedelta(hours=1))
        for one in people
    ]


def is_on(organization: Organization) -> bool:
    with tenant(organization.id):
        return is_small_team(Organization.objects.get(id=organization.id))


def state(organization: Organization) -> SmallTeam:
    with tenant(organization.id):
        return small_team_of(organization)


def told(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization.id):
        rows = AuditEntry.objects.filter(action__startswith="small_team.").order_by("id")
        return [(row.action.removeprefix("small_team."), row.object_label) for row in rows]


def test_it_is_on_when_an_owner_asked_and_every_member_agreed(acme: Organization, people: list[Membership]) -> None:
    assert not is_on(acme)
    assert [ask(acme), ask(acme)] == [True, False]
    for agreed, one in enumerate(people):
        assert state(acme) == SmallTeam(True, 3, 3, agreed)
        assert not is_on(acme)
        assert agree(one, one) == [True, False]
    assert is_on(acme)
    assert told(acme) == [("asked", "Acme"), *(("agreed", str(one)) for one in people)]


def test_whoever_takes_it_back_ends_it_at_once(acme: Organization, people: list[Membership]) -> None:
    ask(acme)
    agree(*people)
    assert agree(people[1], people[1], is_agreed=False) == [True, False]
    assert not is_on(acme)
    assert told(acme)[-1] == ("taken_back", str(people[1]))
    agree(people[1])
    assert is_on(acme)


def test_a_new_member_ends_it_until_they_agree(acme: Organization, people: list[Membership]) -> None:
    ask(acme)
    agree(*people)
    new = make_member(acme, Role.VIEWER)
    assert not is_on(acme)
    agree(new)
    assert is_on(acme)


def test_a_fifth_person_ends_it_signed_in_or_not(acme: Organization, people: list[Membership]) -> None:
    ask(acme)
    agree(*people)
    with tenant(acme.id):
        make_contributor(acme)
        make_contributor(acme, is_bot=True)
    assert is_on(acme)
    with tenant(acme.id):
        make_contributor(acme)
    assert not is_on(acme)
    with tenant(acme.id):
        Contributor.objects.latest("id").delete()
    assert is_on(acme)


def test_members_who_can_not_sign_in_are_not_asked(acme: Organization, people: list[Membership]) -> None:
    ask(acme)
    agree(*people[:2])
    actions.deactivate_member(membership=people[2], by=None, now=NOW)
    assert is_on(acme)
    actions.reactivate_member(membership=people[2], by=None, now=NOW)
    assert not is_on(acme)


def test_whoever_leaves_and_comes_back_answers_anew(acme: Organization, people: list[Membership]) -> None:
    ask(acme)
    agree(*people)
    user = people[2].user
    actions.remove_member(membership=people[2], by=None, now=NOW)
    assert is_on(acme)
    make_member(acme, Role.DEVELOPER, user)
    assert not is_on(acme)


def test_ending_it_forgets_every_answer(acme: Organization, people: list[Membership]) -> None:
    ask(acme)
    agree(*people)
    assert [actions.end_small_team(organization=acme, by=None, now=NOW) for _ in range(2)] == [True, False]
    assert not is_on(acme)
    ask(acme)
    assert state(acme) == SmallTeam(True, 3, 3, 0)
    assert told(acme)[-2:] == [("ended", "Acme"), ("asked", "Acme")]


def test_nobody_answers_what_nobody_asked_or_for_somebody_else(acme: Organization, people: list[Membership]) -> None:
    with pytest.raises(actions.SmallTeamRefusedError):
        agree(people[0])
    ask(acme)
    with pytest.raises(actions.SmallTeamRefusedError):
        actions.agree_to_small_team(membership=people[0], is_agreed=True, by=people[1].user, now=NOW)
    assert state(acme).agreed == 0


def test_five_people_are_not_asked(acme: Organization, people: list[Membership]) -> None:
    with tenant(acme.id):
        for _ in range(2):
            make_contributor(acme)
    with pytest.raises(actions.SmallTeamRefusedError):
        ask(acme)
    assert told(acme) == []


def test_where_nobody_asked_it_costs_nothing(acme: Organization, people: list[Membership]) -> None:
    with tenant(acme.id), CaptureQueriesContext(connection) as asked:
        assert not is_small_team(acme)
    assert len(asked) == 0


def test_another_organization_has_its_own_answers(
    acme: Organization, globex: Organization, people: list[Membership], charlie: User
) -> None:
    for organization in (acme, globex):
        ask(organization)
    agree(*people)
    assert (is_on(acme), is_on(globex)) == (True, False)
    assert state(globex) == SmallTeam(True, 1, 1, 0)
