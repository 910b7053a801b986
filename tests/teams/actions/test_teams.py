from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.actions.teams import TeamRefusedError
from teams.models import AuditEntry, Contributor, Organization, Team, TeamMembership, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
AT_ONCE = pytest.mark.django_db(transaction=True)


def last_entry(organization: Organization) -> AuditEntry:
    with tenant(organization.id):
        return AuditEntry.objects.latest("id")


def parents(organization: Organization) -> dict[str, str | None]:
    with tenant(organization.id):
        return dict(Team.objects.values_list("name", "parent__name"))


def at_once(act: Callable[[Any], Any], *cases: Any) -> list[Any]:
    """Each in a thread with a connection of its own; what was refused comes back as the error."""

    def run(case: Any) -> Any:
        try:
            return act(case)
        except (TeamRefusedError, ValidationError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(cases)) as threads:
        return list(threads.map(run, cases))


def test_a_rename_is_audited_with_before_and_after(payments: Team, owner: User) -> None:
    actions.rename_team(team=payments, name="Billing", slug="billing", by=owner, now=NOW)
    entry = last_entry(payments.organization)
    assert (entry.action, entry.actor_id) == ("team.renamed", owner.id)
    assert entry.details["before"] == {"name": "Payments", "slug": "payments", "parent": None}
    assert entry.details["after"] == {"name": "Billing", "slug": "billing", "parent": None}


def test_a_rename_to_the_same_changes_and_notes_nothing(payments: Team) -> None:
    before = last_entry(payments.organization).id
    actions.rename_team(team=payments, name="Payments", slug="payments", by=None, now=NOW)
    assert last_entry(payments.organization).id == before


def test_an_address_is_taken_once_and_the_words_say_by_whom(acme: Organization, payments: Team) -> None:
    other = factories.make_team(acme, "Search")
    acts: list[Callable[[], object]] = [
        lambda: actions.rename_team(team=other, name="Search", slug="payments", by=None, now=NOW),
        lambda: actions.create_team(organization=acme, name="PAYMENTS", by=None, now=NOW),
    ]
    for act in acts:
        with pytest.raises(ValidationError, match="“Payments” has the address t/payments/ already"):
            act()


def test_names_without_letters_get_addresses_of_their_own(acme: Organization) -> None:
    slugs = [
        actions.create_team(organization=acme, name=name, by=None, now=NOW).slug for name in ("支付", "検索", "✨")
    ]
    assert slugs == ["team", "team-2", "team-3"]


def test_a_team_never_lies_inside_itself(acme: Organization) -> None:
    top = factories.make_team(acme, "Top")
    middle = factories.make_team(acme, "Middle", parent=top)
    low = factories.make_team(acme, "Low", parent=middle)
    with pytest.raises(TeamRefusedError, match="Top would be inside itself: Top in Low in Middle in Top"):
        actions.nest_team(team=top, parent=low, by=None, now=NOW)
    with pytest.raises(TeamRefusedError):
        actions.nest_team(team=top, parent=top, by=None, now=NOW)
    actions.nest_team(team=low, parent=None, by=None, now=NOW)
    actions.nest_team(team=top, parent=low, by=None, now=NOW)
    assert parents(acme) == {"Top": "Low", "Middle": "Top", "Low": None}
    assert last_entry(acme).details["before"]["parent"] is None
    assert last_entry(acme).details["after"]["parent"] == "Low"


@AT_ONCE
def test_two_admins_at_once_can_not_make_a_ring(acme: Organization) -> None:
    for number in range(8):
        one, other = factories.make_team(acme, f"One {number}"), factories.make_team(acme, f"Other {number}")

        def nest(pair: tuple[Team, Team]) -> Team:
            return actions.nest_team(team=pair[0], parent=pair[1], by=None, now=NOW)

        done = at_once(nest, (one, other), (other, one))
        assert sorted(isinstance(outcome, TeamRefusedError) for outcome in done) == [False, True]


@AT_ONCE
def test_a_team_made_twice_at_once_is_one_team(acme: Organization) -> None:
    done = at_once(lambda name: actions.create_team(organization=acme, name=name, by=None, now=NOW), "Ops", "Ops")
    assert sorted(isinstance(outcome, ValidationError) for outcome in done) == [False, True]
    assert list(parents(acme)) == ["Ops"]


@AT_ONCE
def test_a_team_that_is_deleted_while_others_are_put_into_it_leaves_no_orphans(acme: Organization) -> None:
    for number in range(5):
        top = factories.make_team(acme, f"Top {number}")
        with tenant(acme.id):
            person = factories.make_contributor(acme)

        def act(what: str, top: Team = top, person: Contributor = person) -> Any:
            if what == "delete":
                return actions.delete_team(team=top, by=None, now=NOW)
            if what == "join":
                return actions.join_team(team=top, contributor=person, by=None, now=NOW)
            return actions.create_team(organization=acme, name=f"{what} of {top}", parent=top, by=None, now=NOW)

        at_once(act, "delete", "join", "child")
        with tenant(acme.id):
            assert not Team.objects.filter(id=top.id).exists()
            assert not TeamMembership.objects.filter(team_id=top.id).exists()
            assert not Team.objects.filter(parent_id=top.id).exists()


def test_teams_inside_a_deleted_one_go_to_where_it_was_and_people_stay(
    acme: Organization, payments: Team, bob: User
) -> None:
    top = factories.make_team(acme, "Top")
    actions.nest_team(team=payments, parent=top, by=None, now=NOW)
    factories.make_team(acme, "Refunds", parent=payments)
    assert actions.delete_team(team=payments, by=None, now=NOW)
    assert parents(acme) == {"Top": None, "Refunds": "Top"}
    with tenant(acme.id):
        assert factories.person(acme, bob).user == bob
        entry = AuditEntry.objects.get(action="team.deleted")
    assert entry.details["before"] == {
        "name": "Payments", "slug": "payments", "parent": "Top", "people": 2, "teams_inside": ["Refunds"],
    }  # fmt: skip
    assert not actions.delete_team(team=payments, by=None, now=NOW)


def test_joining_a_team_that_is_gone_is_refused_in_words(acme: Organization, payments: Team, bob: User) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    actions.delete_team(team=payments, by=None, now=NOW)
    acts: list[Callable[[], object]] = [
        lambda: actions.join_team(team=payments, contributor=person, by=None, now=NOW),
        lambda: actions.rename_team(team=payments, name="x", slug="x", by=None, now=NOW),
        lambda: actions.create_team(organization=acme, name="Inside", parent=payments, by=None, now=NOW),
    ]
    for act in acts:
        with pytest.raises(TeamRefusedError, match="Payments was deleted meanwhile"):
            act()


def test_leaving_and_leading_are_audited(acme: Organization, payments: Team, bob: User, owner: User) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    actions.join_team(team=payments, contributor=person, is_lead=True, by=owner, now=NOW)
    entry = last_entry(acme)
    assert (entry.action, entry.details) == (
        "team.lead_changed", {"before": {"is_lead": False}, "after": {"is_lead": True}},
    )  # fmt: skip
    assert actions.leave_team(team=payments, contributor=person, by=owner, now=NOW)
    entry = last_entry(acme)
    assert (entry.action, entry.object_label) == ("team.left", "Bob in Payments")
    assert entry.details == {"before": {"is_lead": True}, "after": None}
    assert not actions.leave_team(team=payments, contributor=person, by=owner, now=NOW)
    assert last_entry(acme).id == entry.id
