"""The pages of small team: everybody is asked, each answers for themselves, owners ask and stop."""

import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from codecard.lib.tenant import tenant
from teams.models import Membership, Organization, Role, User
from teams.queries.small_team import is_small_team
from tests.factories import make_contributor, make_member

pytestmark = pytest.mark.django_db
PAGE, SETTINGS = "/o/acme/small-team/", "/o/acme/settings/"
SWITCH = f"{SETTINGS}small-team/"


def words(client: Client, path: str = PAGE) -> str:
    return re.sub(r"\s+", " ", strip_tags(client.get(path).text)).replace("\u00a0", " ")


def say(client: Client, *, agree: bool = True) -> str:
    answer = client.post(f"{PAGE}answer/", {"agree": "yes" if agree else "no"}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    return answer.text


def is_on(organization: Organization) -> bool:
    with tenant(organization.id):
        return is_small_team(Organization.objects.get(id=organization.id))


def test_from_the_question_to_the_last_answer(
    acme: Organization, owner_client: Client, alice_client: Client, bob_client: Client
) -> None:
    assert "Ask every member" in words(owner_client, SETTINGS)
    assert "An owner can ask every member." in words(bob_client)
    assert "You are asked" not in words(bob_client, "/o/acme/")
    assert "Every member is asked now" in owner_client.post(SWITCH, {"ask": "yes"}, follow=True).text
    for agreed, client in enumerate((bob_client, alice_client, owner_client)):
        assert "You are asked" in words(client, "/o/acme/")
        assert f"{agreed} of 3 members agreed. Until all did, the privacy floor of 5 holds." in words(client)
        assert "You agreed." in say(client)
        assert "You are asked" not in words(client, "/o/acme/")
    assert is_on(acme)
    assert "Everybody here agreed to see the numbers of whole groups" in words(bob_client)
    assert "3 of 3 members agreed." in words(owner_client, SETTINGS)
    assert "Taken back." in say(bob_client, agree=False)
    assert not is_on(acme)
    assert "Small team is off" in owner_client.post(SWITCH, {"ask": "no"}, follow=True).text
    with tenant(acme.id):
        assert not Membership.objects.exclude(agreed_small_team_at=None).exists()


def test_a_page_names_nobody_who_agreed(acme: Organization, owner_client: Client, bob_client: Client) -> None:
    owner_client.post(SWITCH, {"ask": "yes"})
    say(bob_client)
    for path in (PAGE, SETTINGS):
        assert "Bob" not in words(owner_client, path)


def test_only_owners_ask(acme: Organization, client: Client, bob_client: Client, charlie_client: Client) -> None:
    client.force_login(make_member(acme, Role.ADMIN).user)
    assert client.post(SWITCH, {"ask": "yes"}).status_code == 403
    assert "Ask every member" not in words(client, SETTINGS)
    assert bob_client.post(SWITCH, {"ask": "yes"}).status_code == 403
    assert charlie_client.post(SWITCH, {"ask": "yes"}).status_code == 404
    assert charlie_client.get(PAGE).status_code == 404
    assert charlie_client.post(f"{PAGE}answer/", {"agree": "yes"}).status_code == 404


def test_an_answer_to_no_question_is_refused_in_words(acme: Organization, bob_client: Client) -> None:
    assert "Nobody asks for it any more." in say(bob_client)
    assert not is_on(acme)


def test_with_five_people_there_is_nothing_to_decide(acme: Organization, owner_client: Client, bob: User) -> None:
    owner_client.post(SWITCH, {"ask": "yes"})
    with tenant(acme.id):
        for _ in range(3):
            make_contributor(acme)
    assert "Ended: five people or more" in words(owner_client)
    assert "Five people or more work here by now" in words(owner_client)
    assert "You are asked" not in words(owner_client, "/o/acme/")
    owner_client.post(SWITCH, {"ask": "no"})
    assert "Nothing to decide here" in words(owner_client)
    assert "Small team" not in words(owner_client, SETTINGS)
    assert "fewer than 5 people" in owner_client.post(SWITCH, {"ask": "yes"}, follow=True).text


def test_whoever_is_alone_is_told_nothing_of_it(globex: Organization, charlie_client: Client) -> None:
    assert "Nothing to decide here" in words(charlie_client, "/o/globex/small-team/")
    assert "Small team" not in words(charlie_client, "/o/globex/settings/")
