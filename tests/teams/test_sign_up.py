"""Who may make an account, under each policy and by each way."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from codecard.lib.tenant import tenant
from teams import queries
from teams.keys import digest_of
from teams.models import Invitation, Organization, Role, User
from teams.permissions import LAST_ORGANIZATION
from teams.sign_in_links import create_link
from tests._github import DOWN, Email, GitHub, Person
from tests.teams.test_sign_in import code_in_mail
from tests.teams.test_sign_in_github import signed_in, through_github

pytestmark = pytest.mark.django_db
TOKEN = "a-token-that-nobody-guesses"


def invite(organization: Organization, **fields: Any) -> Invitation:
    fields = {"role": Role.DEVELOPER, "expires_at": timezone.now() + timedelta(days=7), **fields}
    with tenant(organization.id):
        return Invitation.objects.create(organization=organization, digest=digest_of(TOKEN), **fields)


def invited(client: Client) -> Client:
    """Whoever opened the invitation and went on to sign in."""
    session = client.session
    session["invitation"] = TOKEN
    session.save()
    return client


def by_mail(client: Client, email: str) -> Any:
    return client.post("/accounts/signup/", {"email": email})


def confirmed(client: Client) -> User | None:
    client.post("/accounts/confirm-email/", {"code": code_in_mail()})
    return signed_in(client)


def organizations_of(user: User) -> list[Organization]:
    return [row.organization for row in queries.memberships_of(user)]


# --- open ---


def test_open_takes_anybody(client: Client) -> None:
    by_mail(client, "anybody@example.com")
    assert confirmed(client) is not None


# --- invited only ---


def test_invited_only_refuses_strangers_in_words(client: Client, settings: Settings, github: GitHub) -> None:
    settings.SIGN_UP = "invited"
    page = client.get("/accounts/signup/")
    assert page.status_code == 403
    assert "Ask an admin of your organization" in page.text
    assert by_mail(client, "anybody@example.com").status_code == 403
    answer = through_github(client)
    assert answer.status_code == 403
    assert "takes people by invitation" in answer.text
    assert not User.objects.exists()


def test_an_invitation_admits_and_is_accepted(client: Client, settings: Settings, acme: Organization) -> None:
    settings.SIGN_UP = "invited"
    invite(acme, role=Role.LEAD)
    by_mail(invited(client), "new@example.com")
    user = confirmed(client)
    assert user is not None
    (membership,) = queries.memberships_of(user)
    assert (membership.organization, membership.role) == (acme, Role.LEAD)
    assert client.session[LAST_ORGANIZATION] == "acme"
    assert "invitation" not in client.session
    with tenant(acme.id):
        assert Invitation.objects.get().uses == 1


def test_an_invitation_admits_over_github(
    client: Client, settings: Settings, acme: Organization, github: GitHub
) -> None:
    settings.SIGN_UP = "invited"
    invite(acme)
    through_github(invited(client))
    user = signed_in(client)
    assert user is not None
    assert organizations_of(user) == [acme]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"uses": 1, "most_uses": 1},
    ],
    ids=["revoked", "expired", "used up"],
)
def test_an_invitation_that_is_over_admits_nobody(
    client: Client, settings: Settings, acme: Organization, github: GitHub, spoilt: dict[str, Any]
) -> None:
    settings.SIGN_UP = "invited"
    invite(acme, **spoilt)
    assert by_mail(invited(client), "new@example.com").status_code == 403
    assert through_github(invited(client)).status_code == 403
    assert not User.objects.exists()


def test_an_invitation_for_an_address_admits_that_address_only(
    client: Client, settings: Settings, acme: Organization, github: GitHub
) -> None:
    settings.SIGN_UP = "invited"
    invite(acme, email="new@example.com")
    refused = by_mail(invited(client), "other@example.com")
    assert "Your invitation is for another e-mail address" in refused.text
    over = through_github(client)
    assert over.status_code == 403
    assert "has not confirmed as yours" in over.text
    assert not User.objects.exists()
    by_mail(client, "New@example.com")
    user = confirmed(client)
    assert user is not None
    assert organizations_of(user) == [acme]


def test_a_spoilt_invitation_is_told_and_the_sign_in_goes_on(client: Client, acme: Organization) -> None:
    invite(acme, revoked_at=timezone.now())
    by_mail(invited(client), "new@example.com")
    user = confirmed(client)
    assert user is not None
    assert [one.is_personal for one in organizations_of(user)] == [True]
    page = client.get("/accounts/email/")
    assert "This invitation was withdrawn. You are signed in, but did not join Acme." in page.text


def test_an_invitation_for_another_address_is_not_joined(client: Client, acme: Organization, bob: User) -> None:
    invite(acme, email="somebody@example.com")
    by_mail(invited(client), "new@example.com")
    user = confirmed(client)
    assert user is not None
    assert acme not in organizations_of(user)


def test_somebody_who_has_an_organization_gets_no_other_one(
    client: Client, acme: Organization, charlie: User, globex: Organization
) -> None:
    invite(acme)
    answer = invited(client).post(create_link(charlie, now=timezone.now()), follow=True)
    assert "You opened an invitation to Acme. To join, open its link once more." in answer.text
    assert set(organizations_of(charlie)) == {globex}, "nobody is joined by a link that they opened in passing"


def test_whoever_has_an_account_signs_in_under_every_policy(settings: Settings, bob: User, github: GitHub) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    github.person = Person(7, "bobgh", "", [Email(bob.email)])
    for policy in ("open", "invited", "domains", "github"):
        settings.SIGN_UP, settings.SIGN_UP_EMAIL_DOMAINS = policy, ["else.example"]
        settings.SIGN_UP_GITHUB_ORGANIZATIONS = ["else"]
        by_link, over_github = Client(), Client()
        by_link.post(create_link(bob, now=timezone.now()))
        through_github(over_github)
        assert signed_in(by_link) == signed_in(over_github) == bob, policy
    assert not any("read:org" in scopes for scopes in github.scopes)


# --- domains ---


@pytest.fixture
def _domains(settings: Settings) -> None:
    settings.SIGN_UP, settings.SIGN_UP_EMAIL_DOMAINS = "domains", ["Acme.example", "acme.test"]


@pytest.mark.usefixtures("_domains")
def test_an_address_of_the_domains_signs_up(client: Client) -> None:
    by_mail(client, "new@ACME.example")
    assert confirmed(client) is not None


@pytest.mark.usefixtures("_domains")
@pytest.mark.parametrize(
    "email",
    [
        "new@evil.example", "new@acme.example.evil.test", "new@sub.acme.example", "new@notacme.example",
        "acme.example@evil.test", '"x@acme.example"@evil.test',
    ],
)  # fmt: skip
def test_an_address_of_other_domains_does_not(client: Client, email: str) -> None:
    page = by_mail(client, email)
    assert page.status_code in {200, 400}
    assert not User.objects.exists()
    assert mail.outbox == []
    if "Enter a valid" not in page.text:
        assert "New accounts here need an e-mail address at acme.example or acme.test" in page.text


@pytest.mark.usefixtures("_domains")
def test_over_github_only_a_verified_address_of_the_domains_counts(github: GitHub) -> None:
    github.person = Person(7, "mona", "", [Email("mona@home.example"), Email("mona@acme.test", False, False)])
    refused = through_github(Client())
    assert refused.status_code == 403
    assert "GitHub knows no confirmed address of yours at acme.example or acme.test" in refused.text
    assert not User.objects.exists()
    github.person.emails[1].verified = True
    client = Client()
    through_github(client)
    assert getattr(signed_in(client), "email", "") == "mona@acme.test"


@pytest.mark.usefixtures("_domains")
def test_nobody_is_told_by_a_refusal_whether_an_address_is_known(bob: User) -> None:
    User.objects.filter(id=bob.id).update(email="bob@evil.example")
    answers = [by_mail(Client(), email) for email in ("bob@evil.example", "no@evil.example")]
    assert len({(one.status_code, one.text.count("New accounts here need")) for one in answers}) == 1


# --- organizations at GitHub ---


@pytest.fixture
def _members(settings: Settings) -> None:
    settings.SIGN_UP, settings.SIGN_UP_GITHUB_ORGANIZATIONS = "github", ["Acme-Inc"]


@pytest.mark.usefixtures("_members")
def test_a_member_signs_up_and_only_then_more_is_asked(client: Client, github: GitHub) -> None:
    github.person.organizations = ["other", "acme-inc"]
    assert through_github(client, "/accounts/github/login/?next=/start/")["Location"] == "/start/"
    assert signed_in(client) is not None
    assert github.scopes == [{"read:user", "user:email"}, {"read:user", "user:email", "read:org"}]
    through_github(Client())
    assert github.scopes[2:] == [{"read:user", "user:email"}]


@pytest.mark.usefixtures("_members")
def test_somebody_else_does_not(client: Client, github: GitHub) -> None:
    github.person.organizations = ["other", "acme", "acme-inc-2"]
    answer = through_github(client)
    assert answer.status_code == 403
    assert "not a member of Acme-Inc" in answer.text
    assert not User.objects.exists()


@pytest.mark.usefixtures("_members")
@pytest.mark.parametrize("failure", [500, DOWN, b"{}", b"[3]", b'[{"login": null}]'])
def test_without_an_answer_nobody_signs_up(client: Client, github: GitHub, failure: int | str | bytes) -> None:
    github.person.organizations = ["acme-inc"]
    github.failures["/api/v3/user/orgs"] = failure
    answer = through_github(client)
    assert answer.status_code in {401, 403}
    assert "GitHub" in answer.text
    assert not User.objects.exists()


@pytest.mark.usefixtures("_members")
def test_a_member_without_an_address_is_not_asked_twice(client: Client, github: GitHub) -> None:
    github.person = Person(7, "mona", "", [], ["acme-inc"])
    answer = through_github(client)
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    assert "gho_" not in str(dict(client.session.items()))
    client.post(answer["Location"], {"email": "mona@example.com"})
    assert confirmed(client) is not None


@pytest.mark.usefixtures("_members")
def test_by_mail_the_way_is_told(client: Client) -> None:
    page = client.get("/accounts/signup/")
    assert page.status_code == 403
    assert "members of Acme-Inc on GitHub" in page.text


@pytest.mark.usefixtures("_members")
def test_an_invitation_admits_without_membership(client: Client, github: GitHub, acme: Organization) -> None:
    invite(acme)
    through_github(invited(client))
    user = signed_in(client)
    assert user is not None
    assert organizations_of(user) == [acme]
    assert github.scopes == [{"read:user", "user:email"}]


# --- the mail with a link ---


def test_a_stranger_s_mail_does_not_promise_an_account_that_they_can_not_have(
    client: Client, settings: Settings
) -> None:
    settings.SIGN_UP = "invited"
    page = client.post("/accounts/link/", {"email": "no@example.com"})
    assert "Look into your mailbox" in unescape(page.text)
    assert "/accounts/signup/" not in str(mail.outbox[0].body)
    assert "Ask an admin of your organization" in str(mail.outbox[0].body)
