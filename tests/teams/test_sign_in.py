import re

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions, queries
from teams.models import Contributor, IdentityKind, Organization, User
from teams.sign_in import settle_in
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def code_in_mail() -> str:
    found = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", str(mail.outbox[-1].body), re.M)
    assert found, mail.outbox[-1].body
    return found[1]


def test_signing_up_proves_the_address_and_makes_a_workspace(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "Ada@Example.com"})
    assert queries.memberships_of(User.objects.get(email="ada@example.com")) == []
    answer = client.post("/accounts/confirm-email/", {"code": code_in_mail()}, follow=False)
    assert answer.status_code == 302
    user = User.objects.get(email="ada@example.com")
    assert client.session["_auth_user_id"] == str(user.id)
    (membership,) = queries.memberships_of(user)
    assert membership.organization.is_personal
    with tenant(membership.organization_id):
        assert factories.person(membership.organization, user).identities.get().value == "ada@example.com"


def test_a_code_by_mail_signs_in(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client.post("/accounts/login/code/", {"email": alice.email})
    client.post("/accounts/login/code/confirm/", {"code": code_in_mail()})
    assert client.session["_auth_user_id"] == str(alice.id)


def test_a_stranger_s_address_is_not_told_apart(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    answers = [Client().post("/accounts/login/code/", {"email": email}) for email in (alice.email, "no@example.com")]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_after_signing_in_nobody_is_sent_elsewhere(client: Client, alice: User, target: str) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client.post("/accounts/login/code/", {"email": alice.email, "next": target})
    answer = client.post("/accounts/login/code/confirm/", {"code": code_in_mail(), "next": target})
    assert answer["Location"] == "/home/"


def test_settling_in_twice_changes_nothing_more(alice: User) -> None:
    user = factories.make_user()
    for _ in range(2):
        settle_in(user=user)
    assert len(queries.memberships_of(user)) == 1
    settle_in(user=alice)
    assert len(queries.memberships_of(alice)) == 1


def known_as(organization: Organization, kind: IdentityKind, value: str) -> Contributor:
    with tenant(organization.id):
        person = factories.make_contributor(organization)
    actions.add_identity(organization=organization, contributor=person, kind=kind, value=value, now=NOW)
    return person


def test_verified_addresses_and_logins_claim_who_data_know(acme: Organization, bob: User) -> None:
    EmailAddress.objects.create(user=bob, email="bob@home.example", verified=True)
    EmailAddress.objects.create(user=bob, email="alice@home.example", verified=False)
    SocialAccount.objects.create(user=bob, provider="github", uid="7", extra_data={"login": "BobGH"})
    mine = [known_as(acme, IdentityKind.EMAIL, "bob@home.example"), known_as(acme, IdentityKind.GITHUB, "bobgh")]
    not_mine = known_as(acme, IdentityKind.EMAIL, "alice@home.example")
    settle_in(user=bob)
    with tenant(acme.id):
        assert not Contributor.objects.filter(id__in=[person.id for person in mine]).exists()
        assert not Contributor.objects.get(id=not_mine.id).is_claimed


def test_a_login_that_no_data_know_yet_is_the_persons_once_they_do(acme: Organization, bob: User) -> None:
    SocialAccount.objects.create(user=bob, provider="github", uid="7", extra_data={"login": "BobGH"})
    for _ in range(2):
        settle_in(user=bob)
    with tenant(acme.id):
        own = queries.contributor_of(acme, bob)
        assert own
        names = set(own.identities.values_list("kind", "value"))
    assert names == {("email", bob.email), ("github", "bobgh")}


def test_an_address_that_is_confirmed_later_claims_too(acme: Organization, bob: User) -> None:
    known = known_as(acme, IdentityKind.EMAIL, "bob@home.example")
    address = EmailAddress.objects.create(user=bob, email="bob@home.example", verified=True)
    email_confirmed.send(sender=EmailAddress, request=None, email_address=address)
    with tenant(acme.id):
        assert not Contributor.objects.filter(id=known.id).exists()


def test_github_appears_with_its_credentials_only(client: Client) -> None:
    assert "github" not in client.get("/accounts/login/").content.decode().lower().replace("from github we read", "")
