"""Who may be one person. Which people are suggested is matching's own affair; here it is given."""

from collections.abc import Callable

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions
from teams.matching import Match, Strength
from teams.models import AuditEntry, Contributor, DifferentPeople, IdentityMove, Organization, User
from teams.views import people_suggested
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LIST = "/o/acme/people/"
MATCHES = f"{LIST}matches/"
FIRST, PART = f"{MATCHES}first/", {"HX-Request": "true"}
Suggest = Callable[..., None]


@pytest.fixture
def suggest(monkeypatch: pytest.MonkeyPatch) -> Suggest:
    """Makes these pairs look like one person, as long as nobody says that they are two."""
    found: list[Match] = []

    def matches_of(organization: Organization) -> list[Match]:
        apart = set(DifferentPeople.objects.values_list("one_id", "other_id"))
        here = set(Contributor.objects.values_list("id", flat=True))
        return [one for one in found if {one[0], one[1]} <= here and (one[0], one[1]) not in apart]

    def add(one: Contributor, other: Contributor, strength: Strength = Strength.CERTAIN) -> None:
        found.append(Match(min(one.id, other.id), max(one.id, other.id), strength, ("both are called Ada",)))

    monkeypatch.setattr(people_suggested, "matches_of", matches_of)
    return add


@pytest.fixture
def ada(acme: Organization) -> Contributor:
    return factories.known_as(acme, "Ada", ("email", "ada@acme.example"))


@pytest.fixture
def login(acme: Organization) -> Contributor:
    return factories.known_as(acme, "ada-l", ("github", "ada-l"))


def pair(one: Contributor, other: Contributor, **more: str) -> dict[str, str]:
    return {"one": str(one.id), "other": str(other.id), **more}


def named(*pairs: tuple[Contributor, Contributor]) -> dict[str, list[str]]:
    return {"pair": ["-".join(map(str, sorted((one.id, other.id)))) for one, other in pairs]}


def people_of(organization: Organization) -> set[str]:
    with tenant(organization.id):
        return set(Contributor.objects.filter(user=None).values_list("display_name", flat=True))


def apart_in(organization: Organization) -> list[tuple[int, int]]:
    with tenant(organization.id):
        return list(DifferentPeople.objects.values_list("one_id", "other_id"))


@pytest.mark.parametrize("strength", Strength)
def test_a_suggestion_says_why_and_how_sure_and_shows_both(
    strength: Strength, owner_client: Client, ada: Contributor, login: Contributor, suggest: Suggest
) -> None:
    suggest(ada, login, strength)
    for address in (FIRST, MATCHES):
        text = owner_client.get(address, headers=PART).text
        assert "Ada and ada-l look like one person, because both are called Ada" in text
        assert f">{strength.value.capitalize()}<" in text
        assert f"{LIST}{login.id}/merge/{ada.id}/" in text
    assert ("Merge all certain ones" in owner_client.get(MATCHES).text) == (strength == Strength.CERTAIN)


def test_the_list_shows_five_and_says_how_many_there_are(
    owner_client: Client, acme: Organization, ada: Contributor, suggest: Suggest
) -> None:
    for number in range(7):
        suggest(ada, factories.known_as(acme, f"Ada {number}"))
    part = owner_client.get(FIRST, headers=PART)
    assert len(part.context["suggestions"]) == 5
    assert "All 7\u00a0suggestions" in part.text
    assert FIRST in owner_client.get(LIST).text
    for address in (f"{LIST}?q=ada", f"{LIST}?state=claimed"):
        assert FIRST not in owner_client.get(address).text
    assert owner_client.get(FIRST)["Location"] == MATCHES, "without script all of them are a page"
    assert len(owner_client.get(MATCHES).context["suggestions"]) == 7


def test_who_signed_in_stays_in_a_suggestion(
    owner_client: Client, acme: Organization, ada: Contributor, bob: User, suggest: Suggest
) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    suggest(ada, person)
    assert f"{LIST}{ada.id}/merge/{person.id}/" in owner_client.get(MATCHES).text


def test_nothing_to_suggest_is_said(owner_client: Client, suggest: Suggest) -> None:
    assert "Nothing to suggest" in owner_client.get(MATCHES).text


def test_suggestions_ask_as_often_for_many_as_for_few(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, suggest: Suggest
) -> None:
    suggest(ada, login)
    third = factories.known_as(acme, "Third")
    actions.tell_apart(organization=acme, one=ada, other=third, by=None, now=NOW)
    few = factories.queries_of(owner_client, MATCHES)
    for number in range(9):
        other = factories.known_as(acme, f"Ada {number}", ("github", f"ada{number}"))
        suggest(ada, other)
        actions.tell_apart(organization=acme, one=login, other=other, by=None, now=NOW)
    assert factories.queries_of(owner_client, MATCHES) == few


# --- told apart ------------------------------------------------------------------------------------------------------


def test_two_are_told_apart_once_and_may_be_suggested_again(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, suggest: Suggest, owner: User
) -> None:
    suggest(ada, login)
    answer = owner_client.post(f"{MATCHES}dismiss/", pair(login, ada, back="people"), follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "ada-l and Ada are two people. They are not suggested any more." in answer.text
    assert owner_client.get(FIRST, headers=PART).context["suggestions"] == []
    again = owner_client.post(f"{MATCHES}dismiss/", pair(ada, login), follow=True)
    assert "That was said already." in again.text
    assert apart_in(acme) == [(ada.id, login.id)]
    assert "Told apart" in again.text
    taken_back = owner_client.post(f"{MATCHES}again/", pair(login, ada), follow=True)
    assert "may be suggested again" in taken_back.text
    assert len(taken_back.context["suggestions"]) == 1
    assert "That was taken back already." in owner_client.post(f"{MATCHES}again/", pair(ada, login), follow=True).text
    assert apart_in(acme) == []
    with tenant(acme.id):
        entries = AuditEntry.objects.filter(action="contributors.told_apart", actor=owner).order_by("id")
        assert [entry.details["after"] for entry in entries] == [True, False]
        assert entries[0].details["other"] == {"id": login.id, "name": "ada-l"}


@pytest.mark.parametrize("what", ["dismiss/", "again/"])
def test_somebody_who_went_meanwhile_is_told(
    what: str, owner_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    actions.merge_contributors(organization=acme, loser=login, winner=ada, by=None, now=NOW)
    answer = owner_client.post(f"{MATCHES}{what}", pair(ada, login), follow=True)
    assert "One of the two was merged into somebody meanwhile." in answer.text
    assert apart_in(acme) == []


def test_one_person_is_not_two(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    assert owner_client.post(f"{MATCHES}dismiss/", pair(ada, ada), follow=True).status_code == 200
    assert apart_in(acme) == []


@pytest.mark.parametrize("what", ["dismiss/", "again/"])
def test_people_of_other_organizations_are_not_there(
    what: str, owner_client: Client, ada: Contributor, globex: Organization
) -> None:
    foreign = factories.known_as(globex, "Foreign")
    for data in (pair(ada, foreign), pair(foreign, ada), {"one": "x"}, {"one": "1", "other": "9" * 40}):
        assert owner_client.post(f"{MATCHES}{what}", data).status_code == 404


# --- all certain ones ------------------------------------------------------------------------------------------------


def test_all_certain_ones_are_listed_and_then_merged(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, suggest: Suggest
) -> None:
    kim, kimi = factories.known_as(acme, "Kim"), factories.known_as(acme, "kimi")
    suggest(ada, login)
    suggest(kim, kimi, Strength.LIKELY)
    asked = owner_client.get(f"{MATCHES}certain/")
    assert f'value="{named((ada, login))["pair"][0]}"' in asked.text
    assert "kimi" not in asked.text
    assert people_of(acme) == {"Ada", "ada-l", "Kim", "kimi"}
    answer = owner_client.post(f"{MATCHES}certain/", named((ada, login), (kim, kimi)), follow=True)
    assert "1\u00a0suggestion merged." in answer.text
    assert "1\u00a0suggestion left out: not suggested as certain any more." in answer.text
    assert people_of(acme) == {"Ada", "Kim", "kimi"}
    again = owner_client.post(f"{MATCHES}certain/", named((ada, login)), follow=True)
    assert "left out" in again.text
    assert "No suggestion is certain any more." in owner_client.get(f"{MATCHES}certain/", follow=True).text


def test_what_was_not_listed_is_not_merged(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, suggest: Suggest
) -> None:
    suggest(ada, login)
    answer = owner_client.post(f"{MATCHES}certain/", {"pair": []}, follow=True)
    assert "Nothing was listed, so nothing was merged." in answer.text
    assert people_of(acme) == {"Ada", "ada-l"}


def test_a_chain_ends_in_one_person(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, suggest: Suggest, bob: User
) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    suggest(ada, login)
    suggest(login, person)
    answer = owner_client.post(f"{MATCHES}certain/", named((ada, login), (login, person)), follow=True)
    assert "2\u00a0suggestions merged." in answer.text
    assert people_of(acme) == set()


def test_who_was_told_apart_is_not_joined_by_a_chain(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, suggest: Suggest
) -> None:
    third = factories.known_as(acme, "Third")
    suggest(ada, login)
    suggest(login, third)
    actions.tell_apart(organization=acme, one=ada, other=third, by=None, now=NOW)
    answer = owner_client.post(f"{MATCHES}certain/", named((ada, login), (login, third)), follow=True)
    assert "were not merged. Somebody said that they are two people." in answer.text
    assert people_of(acme) == {"Ada", "Third"}


def test_one_that_fails_is_told_and_the_others_are_merged(
    owner_client: Client,
    acme: Organization,
    ada: Contributor,
    login: Contributor,
    suggest: Suggest,
    bob: User,
    owner: User,
) -> None:
    with tenant(acme.id):
        one, other = factories.person(acme, bob), factories.person(acme, owner)
    suggest(one, other)
    suggest(ada, login)
    answer = owner_client.post(f"{MATCHES}certain/", named((one, other), (ada, login)), follow=True)
    assert "were not merged. Both have signed in, so they are two people." in answer.text
    assert people_of(acme) == {"Ada"}
    with tenant(acme.id):
        assert IdentityMove.objects.count() == 1


def test_only_who_manages_people_gets_in(
    bob_client: Client,
    charlie_client: Client,
    acme: Organization,
    ada: Contributor,
    login: Contributor,
    suggest: Suggest,
) -> None:
    suggest(ada, login)
    data = pair(ada, login) | named((ada, login))
    for path in ("", "certain/", "dismiss/", "again/"):
        for client, status in ((bob_client, 403), (charlie_client, 404)):
            for answer in (client.get(f"{MATCHES}{path}"), client.post(f"{MATCHES}{path}", data)):
                assert answer.status_code in {status, 405}
    assert people_of(acme) == {"Ada", "ada-l"}
    assert apart_in(acme) == []


def test_what_names_tell_is_suggested(owner_client: Client, acme: Organization) -> None:
    """With the real matching."""
    factories.known_as(acme, "Kim Lee", ("email", "kim.lee@acme.example"))
    factories.known_as(acme, "kim-lee", ("github", "kim-lee"))
    part = owner_client.get(FIRST, headers=PART).text
    assert "Kim Lee and kim-lee look like one person, because the e-mail address begins like the GitHub login" in part
