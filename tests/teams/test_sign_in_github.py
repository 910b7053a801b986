"""The whole way over GitHub and back, over real HTTP, against the stand-in of tests/_github.py."""

import json
import time
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from pytest_django import Settings

from codecard.lib.tenant import tenant
from teams import actions, queries
from teams.github.views import ROUND_TRIPS
from teams.models import Contributor, IdentityKind, Organization, User
from tests import factories
from tests._github import DOWN, SLOW, Email, GitHub, Person
from tests.factories import NOW
from tests.teams.test_sign_in import code_in_mail

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/github/login/"


def go(url: str) -> str:
    """What a browser does that is sent to GitHub: where it is sent from there."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 302, body
    return str(answer.headers["Location"])


def through_github(client: Client, address: str = LOGIN) -> Any:
    """Presses the button, goes to GitHub and back: the answer of our side."""
    answer = client.post(address)
    while answer.status_code == 302 and answer["Location"].startswith("http://127.0.0.1"):
        back = urlsplit(go(answer["Location"]))
        assert back.netloc == "testserver"
        answer = client.get(f"{back.path}?{back.query}")
    return answer


def signed_in(client: Client) -> User | None:
    """As whom."""
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(id=user_id) if user_id else None


def known_as(organization: Organization, kind: IdentityKind, value: str) -> Contributor:
    with tenant(organization.id):
        person = factories.make_contributor(organization)
    actions.add_identity(organization=organization, contributor=person, kind=kind, value=value, now=NOW)
    return person


# --- the way that works ---


def test_a_new_person_gets_an_account_and_a_workspace(client: Client, github: GitHub) -> None:
    github.person = Person(7, "mona", "Mona Lisa", [Email("Mona@Example.com"), Email("m@old.example", primary=False)])
    answer = through_github(client)
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    user = signed_in(client)
    assert user is not None
    assert (user.email, user.name, user.has_usable_password()) == ("mona@example.com", "Mona Lisa", False)
    (membership,) = queries.memberships_of(user)
    assert membership.organization.is_personal
    rows = EmailAddress.objects.filter(user=user).order_by("email")
    assert [(row.email, row.verified) for row in rows] == [("m@old.example", True), ("mona@example.com", True)]


def test_github_is_asked_for_no_more_than_needed_and_nothing_of_it_is_kept(client: Client, github: GitHub) -> None:
    through_github(client)
    assert github.scopes == [{"read:user", "user:email"}]
    account = SocialAccount.objects.get()
    assert set(account.extra_data) == {"id", "login", "name", "html_url"}
    assert not SocialToken.objects.exists()
    assert not any("gho_" in json.dumps(session.get_decoded()) for session in Session.objects.all())


def test_an_address_can_not_ask_github_for_more_or_for_another_redirect(client: Client, github: GitHub) -> None:
    sent = client.post(
        f"{LOGIN}?scope=repo,admin:org&auth_params=redirect_uri%3Dhttps://evil.example/%26client_id%3Devil"
    )
    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert set(asked["scope"][0].split()) == {"read:user", "user:email"}
    assert asked["redirect_uri"] == ["http://testserver/accounts/github/login/callback/"]
    assert asked["client_id"] == [github.client_id]


def test_the_second_sign_in_is_the_same_account_whatever_it_is_called_now(client: Client, github: GitHub) -> None:
    through_github(client)
    first = signed_in(client)
    github.person = Person(1, "renamed", "", [Email("other@example.com")])
    again = Client()
    through_github(again)
    assert signed_in(again) == first
    assert SocialAccount.objects.get().extra_data["login"] == "renamed"


def test_the_button_stands_on_the_page_and_its_form_may_lead_to_github(client: Client, github: GitHub) -> None:
    page = client.get("/accounts/login/")
    assert "Continue with GitHub" in page.text
    assert github.url in page["Content-Security-Policy"].partition("form-action")[2].partition(";")[0]


def test_leaving_for_github_takes_a_button(client: Client, github: GitHub) -> None:
    """Else a picture on another site could begin a sign-in."""
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert github.asked == []
    assert Client(enforce_csrf_checks=True).post(LOGIN).status_code == 403


def test_accounts_of_an_enterprise_server_are_kept_apart_from_those_of_github_com(
    client: Client, github: GitHub
) -> None:
    """Number 1 there is somebody else than number 1 here."""
    bystander = factories.make_user()
    SocialAccount.objects.create(user=bystander, provider="github", uid="1", extra_data={"login": "defunkt"})
    through_github(client)
    assert signed_in(client) not in {None, bystander}


# --- the ways that don't ---


def test_a_person_who_says_no_is_told_so(client: Client, github: GitHub) -> None:
    github.denies = True
    answer = through_github(client)
    page = client.get(answer["Location"])
    assert "GitHub said no" in page.text
    assert "/accounts/login/" in page.text
    assert signed_in(client) is None


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"])
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (500, "GitHub"),
        (DOWN, "GitHub can't be reached"),
        (b"<html>maintenance", "GitHub"),
        (b"[]", "GitHub"),
        (b"{}", "GitHub"),
        (b'[{"email": null}, 3]', "GitHub"),
    ],
)
def test_a_github_that_fails_is_a_page_in_words(
    client: Client, github: GitHub, path: str, failure: int | str | bytes, words: str
) -> None:
    github.failures[path] = failure
    answer = through_github(client)
    if answer.status_code == 302:
        # No address at all is no error: it is asked for.
        assert answer["Location"] == "/accounts/3rdparty/signup/"
    else:
        assert answer.status_code == 401
        assert words in unescape(answer.text)
        assert "githubstatus.com" in answer.text
        assert "gho_" not in answer.text
    assert signed_in(client) is None
    assert not User.objects.exists()


def test_a_github_that_is_slow_is_given_up(client: Client, github: GitHub, settings: Settings) -> None:
    assert settings.SOCIALACCOUNT_REQUESTS_TIMEOUT == 5
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.3
    github.failures["/api/v3/user"] = SLOW
    began = time.monotonic()
    answer = through_github(client)
    assert time.monotonic() - began < 2
    assert answer.status_code == 401
    assert "did not answer in time" in answer.text


def test_a_github_that_is_not_there_is_a_page_in_words(client: Client, github: GitHub) -> None:
    back = urlsplit(go(client.post(LOGIN)["Location"]))
    github.stop()
    answer = client.get(f"{back.path}?{back.query}")
    assert answer.status_code == 401
    assert "GitHub can't be reached" in unescape(answer.text)


def test_an_answer_that_was_begun_elsewhere_is_refused(client: Client, github: GitHub) -> None:
    """Else somebody could sign a visitor in as themselves, and see what they do there."""
    back = urlsplit(go(client.post(LOGIN)["Location"]))
    other = Client()
    answer = other.get(f"{back.path}?{back.query}")
    assert answer.status_code == 401
    assert "another browser" in answer.text
    assert signed_in(other) is None
    assert "POST /login/oauth/access_token" not in github.asked


@pytest.mark.parametrize("change", ["state=", "state=AAAAAAAAAAAAAAAAAAAA", "code="])
def test_a_changed_answer_is_refused(client: Client, github: GitHub, change: str) -> None:
    back = urlsplit(go(client.post(LOGIN)["Location"]))
    answer = client.get(f"{back.path}?{back.query}&{change}")
    assert answer.status_code == 401
    assert signed_in(client) is None


def test_an_answer_works_once(client: Client, github: GitHub) -> None:
    back = urlsplit(go(client.post(LOGIN)["Location"]))
    assert client.get(f"{back.path}?{back.query}").status_code == 302
    again = Client()
    assert again.get(f"{back.path}?{back.query}").status_code == 401
    assert client.get(f"{back.path}?{back.query}").status_code == 401
    assert User.objects.count() == 1


def test_a_code_without_its_verifier_is_worth_nothing(client: Client, github: GitHub) -> None:
    """One that was made for another challenge, and slipped into this browser's answer."""
    mine, other = client.post(LOGIN)["Location"], Client().post(LOGIN)["Location"]
    state = parse_qs(urlsplit(mine).query)["state"][0]
    foreign = parse_qs(urlsplit(go(other)).query)["code"][0]
    assert client.get(f"{LOGIN}callback/?code={foreign}&state={state}").status_code == 401
    assert "POST /login/oauth/access_token" in github.asked
    assert signed_in(client) is None


def test_one_address_goes_to_github_only_so_often(client: Client, github: GitHub) -> None:
    answers = [client.post(LOGIN).status_code for _ in range(ROUND_TRIPS.most + 1)]
    assert answers == [302] * ROUND_TRIPS.most + [429]
    assert client.post(LOGIN)["Retry-After"] == "60"


# --- addresses ---


def test_without_a_usable_address_one_is_asked_for_and_confirmed(client: Client, github: GitHub) -> None:
    github.person = Person(7, "mona", "Mona", [])
    answer = through_github(client)
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    assert "mona" in client.get(answer["Location"]).text
    assert client.post(answer["Location"], {"email": "mona@example.com"}).status_code == 302
    assert signed_in(client) is None
    client.post("/accounts/confirm-email/", {"code": code_in_mail()})
    user = signed_in(client)
    assert user is not None
    assert (user.email, user.name) == ("mona@example.com", "Mona")
    assert SocialAccount.objects.get().user == user


def test_an_address_that_github_has_not_verified_counts_for_nothing(
    client: Client, github: GitHub, acme: Organization
) -> None:
    known = known_as(acme, IdentityKind.EMAIL, "victim@acme.example")
    github.person = Person(66, "mallory", "", [Email("victim@acme.example", verified=False)])
    through_github(client)
    assert signed_in(client) is None
    assert not EmailAddress.objects.filter(verified=True).exists()
    with tenant(acme.id):
        assert not Contributor.objects.get(id=known.id).is_claimed


def test_the_address_of_the_public_profile_is_not_believed(client: Client, github: GitHub, bob: User) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    github.person = Person(66, "mallory", "", [Email("m@evil.example")], public_email=bob.email)
    through_github(client)
    assert getattr(signed_in(client), "email", "") == "m@evil.example"


def test_a_verified_address_that_is_not_the_primary_one_beats_a_primary_one_that_is_not_verified(
    client: Client, github: GitHub
) -> None:
    github.person = Person(
        7, "mona", "", [Email("new@example.com", verified=False), Email("old@example.com", primary=False)]
    )
    through_github(client)
    assert getattr(signed_in(client), "email", "") == "old@example.com"
    assert [row.email for row in EmailAddress.objects.all()] == ["old@example.com"]


# --- connecting ---


def test_an_account_is_connected_and_disconnected(
    client: Client, github: GitHub, bob: User, acme: Organization
) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    known = known_as(acme, IdentityKind.GITHUB, "bobgh")
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    github.person = Person(7, "BobGH", "", [Email("bob@home.example")])
    answer = through_github(client, f"{LOGIN}?process=connect")
    assert answer["Location"] == "/accounts/3rdparty/"
    assert "BobGH" in client.get("/accounts/3rdparty/").text
    assert "BobGH was connected" in str(mail.outbox[-1].body)
    assert mail.outbox[-1].to == [bob.email]
    with tenant(acme.id):
        assert not Contributor.objects.filter(id=known.id).exists(), "merged into Bob's"
    account = SocialAccount.objects.get(user=bob)
    assert client.post("/accounts/3rdparty/", {"account": account.id}).status_code == 302
    assert not SocialAccount.objects.exists()
    assert "BobGH was disconnected" in str(mail.outbox[-1].body)


def test_the_last_way_to_sign_in_stays(client: Client, github: GitHub) -> None:
    through_github(client)
    user, account = signed_in(client), SocialAccount.objects.get()
    EmailAddress.objects.filter(user=user).delete()
    page = client.post("/accounts/3rdparty/", {"account": account.id})
    assert "your only way to sign in" in page.text
    assert SocialAccount.objects.exists()


def test_an_account_of_somebody_else_is_neither_connected_nor_taken(client: Client, github: GitHub, bob: User) -> None:
    through_github(Client())
    holder = SocialAccount.objects.get().user
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    through_github(client, f"{LOGIN}?process=connect")
    assert SocialAccount.objects.get().user == holder
    assert "belongs to another account" in client.get("/accounts/3rdparty/").text
    charlie = SocialAccount.objects.get()
    assert "Select a valid choice" in client.post("/accounts/3rdparty/", {"account": charlie.id}).text
