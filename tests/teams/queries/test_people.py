"""By which names data know somebody, and where somebody who is gone went."""

import pytest

from codecard.lib.tenant import tenant
from teams import actions
from teams.matching import Match, Strength
from teams.models import Contributor, Identity, IdentityMove, Organization, User
from teams.queries.identity_moves import heir_of
from teams.queries.people import people_found, suggestions_of, with_names
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def merge(loser: Contributor, winner: Contributor) -> IdentityMove:
    return actions.merge_contributors(organization=loser.organization, loser=loser, winner=winner, by=None, now=NOW)


def test_a_row_has_all_names_the_sources_of_all_and_the_last_of_all_times(acme: Organization) -> None:
    ada = factories.known_as(acme, "Ada", ("email", "a@x.example"), ("github", "ada"), ("git_author", "ada l"))
    with tenant(acme.id):
        Identity.objects.filter(value="ada").update(sources=["github", "codex"], last_seen_at=NOW)
        Identity.objects.filter(value="a@x.example").update(sources=["codex"])
        row = with_names(acme, [ada])[0]
    assert [name.words for name in row.first_names] == ["a@x.example", "ada l"]
    assert (row.more_names, row.sources, row.last_seen_at) == (1, ["codex", "github"], NOW)


def test_somebody_without_names_was_never_seen(acme: Organization) -> None:
    with tenant(acme.id):
        row = with_names(acme, [factories.make_contributor(acme)])[0]
    assert (row.first_names, row.more_names, row.sources, row.last_seen_at) == ([], 0, [], None)


def test_a_person_with_two_names_that_match_is_found_once_and_none_by_the_number_of_a_key(acme: Organization) -> None:
    factories.known_as(acme, "Ada", ("email", "love@x.example"), ("github", "love"), ("key", "777"))
    with tenant(acme.id):
        assert [person.display_name for person in people_found(acme, text="LOVE")] == ["Ada"]
        assert not people_found(acme, text="777").exists()


def test_people_stand_in_the_order_of_their_names(acme: Organization) -> None:
    for name in ("zoe", "Ada", "ben"):
        factories.known_as(acme, name)
    with tenant(acme.id):
        assert [person.display_name for person in people_found(acme)] == ["Ada", "ben", "zoe"]


def test_a_suggestion_leaves_out_who_is_gone_and_lets_the_claimed_stay(acme: Organization, bob: User) -> None:
    ada, gone = factories.known_as(acme, "Ada"), factories.known_as(acme, "Gone")
    with tenant(acme.id):
        person = factories.person(acme, bob)
    merge(gone, ada)
    matches = [Match(min(ada.id, other.id), max(ada.id, other.id), Strength.LIKELY, ("x",)) for other in (gone, person)]
    with tenant(acme.id):
        found = suggestions_of(acme, matches)
    assert [(one.goes.person, one.stays.person) for one in found] == [(ada, person)]


def test_an_heir_is_found_through_merges_and_what_was_undone(acme: Organization) -> None:
    one, two, three = (factories.known_as(acme, name, ("github", name)) for name in ("one", "two", "three"))
    merge(one, two)
    later = merge(two, three)
    with tenant(acme.id):
        heir = heir_of(acme, one.id)
    assert heir is not None
    assert (heir.person, heir.words) == (three, "one was merged into three.")
    actions.undo_move(organization=acme, move=later, by=None, now=NOW)
    with tenant(acme.id):
        again = heir_of(acme, two.id)
        assert again is not None
        assert again.person == factories.person_by(acme, "two")
        still = heir_of(acme, one.id)
        assert still is not None
        assert still.person == again.person


def test_a_number_that_nobody_had_has_no_heir(acme: Organization, globex: Organization) -> None:
    foreign = factories.known_as(globex, "One")
    merge(foreign, factories.known_as(globex, "Other"))
    with tenant(acme.id):
        assert heir_of(acme, foreign.id) is None
        assert heir_of(acme, 10**30) is None
