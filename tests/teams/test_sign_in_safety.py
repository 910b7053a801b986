"""Ways in which somebody could get into another person's account, or become another's contributor."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import queries
from teams.models import Contributor, IdentityKind, Organization, User
from teams.sign_in import settle_in
from teams.sign_in_links import create_link
from tests import factories
from tests._github import Email, GitHub, Person
from tests.teams.test_sign_in import code_in_mail
from tests.teams.test_sign_in_github import known_as, signed_in, through_github

pytestmark = pytest.mark.django_db
VICTIM = "victim@acme.example"


@pytest.fixture
def mallory(github: GitHub) -> Client:
    """Whose GitHub account claims the victim's address, which GitHub has not verified."""
    github.person = Person(66, "mallory", "Mallory", [Email(VICTIM, verified=False)])
    return Client()


def proven(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    User.objects.filter(id=user.id).update(last_login=timezone.now())
    user.refresh_from_db()
    return user


# --- whose account an address is ---


def test_github_opens_an_account_where_both_have_proven_the_address(client: Client, github: GitHub, bob: User) -> None:
    proven(bob)
    github.person = Person(7, "bobgh", "", [Email(bob.email)])
    through_github(client)
    assert signed_in(client) == bob
    assert SocialAccount.objects.get().user == bob
    assert mail.outbox[-1].to == [bob.email]
    assert "bobgh was connected" in str(mail.outbox[-1].body)


def test_github_does_not_open_an_account_that_only_mentions_the_address(
    client: Client, github: GitHub, bob: User
) -> None:
    """Bob sets the trap: he adds the victim's address to his own account and waits."""
    proven(bob)
    EmailAddress.objects.create(user=bob, email=VICTIM, verified=False)
    github.person = Person(7, "victim", "", [Email(VICTIM)])
    through_github(client)
    victim = signed_in(client)
    assert victim is not None
    assert victim != bob
    assert victim.email == VICTIM


def test_an_address_that_github_has_not_verified_opens_nothing(mallory: Client, bob: User) -> None:
    User.objects.filter(id=bob.id).update(email=VICTIM)
    bob.refresh_from_db()
    proven(bob)
    through_github(mallory)
    assert signed_in(mallory) is None
    assert not SocialAccount.objects.exists()
    assert mail.outbox[-1].to == [VICTIM]
    assert "has one already" in str(mail.outbox[-1].body)


def test_github_does_not_get_around_the_second_step(client: Client, github: GitHub, bob: User) -> None:
    proven(bob)
    Authenticator.objects.create(user=bob, type="totp", data={"secret": "x"})
    github.person = Person(7, "bobgh", "", [Email(bob.email)])
    through_github(client)
    assert signed_in(client) is None
    assert not SocialAccount.objects.exists()


def test_what_was_attached_before_the_address_was_proven_is_gone(mallory: Client, client: Client) -> None:
    """Mallory signs up with the victim's address and leaves. The victim comes, proves it, and is alone in there."""
    through_github(mallory)
    user = User.objects.get(email=VICTIM)
    assert SocialAccount.objects.get().user == user
    client.post(create_link(user, now=timezone.now(), is_mailed=True))
    assert signed_in(client) == user
    assert not SocialAccount.objects.exists()
    again = Client()
    through_github(again)
    assert signed_in(again) is None
    assert signed_in(mallory) is None


def test_the_same_by_a_code_and_by_github(mallory: Client, client: Client, github: GitHub) -> None:
    through_github(mallory)
    user = User.objects.get(email=VICTIM)
    github.person = Person(7, "victim", "", [Email(VICTIM)])
    through_github(client)
    assert signed_in(client) == user
    assert [(row.uid, row.user) for row in SocialAccount.objects.all()] == [("7", user)]
    assert EmailAddress.objects.get().verified


def test_an_account_of_ones_own_stays_when_the_address_is_proven_in_the_same_browser(mallory: Client) -> None:
    through_github(mallory)
    mallory.post("/accounts/confirm-email/", {"code": code_in_mail()})
    assert signed_in(mallory) == SocialAccount.objects.get().user


def test_a_second_sign_in_drops_nothing(client: Client, github: GitHub, bob: User) -> None:
    proven(bob)
    github.person = Person(7, "bobgh", "", [Email(bob.email)])
    through_github(Client())
    client.post(create_link(bob, now=timezone.now()))
    assert SocialAccount.objects.filter(user=bob).exists()


def test_somebody_who_was_made_by_an_admin_comes_in_by_github(
    client: Client, github: GitHub, acme: Organization, bob: User
) -> None:
    github.person = Person(7, "bobgh", "", [Email(bob.email)])
    through_github(client)
    assert signed_in(client) == bob
    assert [row.organization for row in queries.memberships_of(bob)] == [acme]


def test_somebody_who_was_switched_off_stays_out(client: Client, github: GitHub, bob: User) -> None:
    proven(bob)
    github.person = Person(7, "bobgh", "", [Email(bob.email)])
    through_github(Client())
    User.objects.filter(id=bob.id).update(is_active=False)
    answer = through_github(client)
    assert "switched off" in client.get(answer["Location"]).text
    assert signed_in(client) is None


# --- whom data know ---


def test_nothing_is_claimed_by_an_address_until_it_is_confirmed(mallory: Client, acme: Organization) -> None:
    known = known_as(acme, IdentityKind.EMAIL, VICTIM)
    through_github(mallory)
    factories.make_member(acme)
    with tenant(acme.id):
        assert not Contributor.objects.get(id=known.id).is_claimed


def test_github_claims_by_the_login_it_tells_today(
    client: Client, github: GitHub, acme: Organization, bob: User
) -> None:
    known = known_as(acme, IdentityKind.GITHUB, "bobgh")
    proven(bob)
    github.person = Person(7, "BobGH", "", [Email(bob.email)])
    through_github(client)
    with tenant(acme.id):
        assert not Contributor.objects.filter(id=known.id).exists(), "merged into Bob's own"
        assert factories.person_by(acme, "bobgh").user_id == bob.id


def test_a_login_that_was_given_up_claims_nothing_any_more(acme: Organization, bob: User) -> None:
    """Bob renamed himself on GitHub long ago; somebody else has his old login, and works under it."""
    SocialAccount.objects.create(user=bob, provider="github", uid="7", extra_data={"login": "bobgh"})
    SocialAccount.objects.update(last_login=timezone.now() - timedelta(days=2))
    known = known_as(acme, IdentityKind.GITHUB, "bobgh")
    settle_in(user=bob)
    with tenant(acme.id):
        assert not Contributor.objects.get(id=known.id).is_claimed


def test_a_login_that_was_taken_over_does_not_make_one_its_former_holder(
    client: Client, github: GitHub, acme: Organization, bob: User
) -> None:
    SocialAccount.objects.create(user=bob, provider="127.0.0.1", uid="7", extra_data={"login": "bobgh"})
    known = known_as(acme, IdentityKind.GITHUB, "bobgh")
    newcomer = factories.make_member(acme, user=proven(factories.make_user("new@acme.example"))).user
    github.person = Person(8, "bobgh", "", [Email(newcomer.email)])
    through_github(client)
    assert signed_in(client) == newcomer
    with tenant(acme.id):
        assert not Contributor.objects.get(id=known.id).is_claimed


def test_a_rename_is_followed(client: Client, github: GitHub, acme: Organization, bob: User) -> None:
    proven(bob)
    github.person = Person(7, "old-name", "", [Email(bob.email)])
    through_github(Client())
    old, new = (known_as(acme, IdentityKind.GITHUB, login) for login in ("old-name", "new-name"))
    github.person = Person(7, "new-name", "", [Email(bob.email)])
    through_github(client)
    with tenant(acme.id):
        assert not Contributor.objects.get(id=old.id).is_claimed
        assert not Contributor.objects.filter(id=new.id).exists()


def test_somebody_else_s_contributor_stays_theirs(
    client: Client, github: GitHub, acme: Organization, alice: User, bob: User
) -> None:
    with tenant(acme.id):
        alices = factories.person(acme, alice)
    proven(bob)
    github.person = Person(7, "bobgh", "", [Email(bob.email), Email(alice.email, primary=False)])
    through_github(client)
    with tenant(acme.id):
        assert factories.person_by(acme, alice.email) == alices
        assert factories.person(acme, alice) == alices


# --- changes are told ---


def test_a_new_primary_address_is_told_to_the_old_one(client: Client, bob: User) -> None:
    proven(bob)
    EmailAddress.objects.create(user=bob, email="bob@home.example", verified=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/accounts/email/", {"email": "bob@home.example", "action_primary": ""})
    bob.refresh_from_db()
    assert bob.email == "bob@home.example"
    assert mail.outbox[-1].to == ["bob@acme.example"]
    assert "It was bob@acme.example" in str(mail.outbox[-1].body)


def test_an_address_of_somebody_else_is_not_added(client: Client, bob: User, alice: User) -> None:
    """And the page says the same as for a free one: the mail goes to its holder."""
    proven(bob)
    proven(alice)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    taken = client.post("/accounts/email/", {"email": alice.email, "action_add": ""})
    assert not EmailAddress.objects.filter(user=bob, email=alice.email).exists()
    assert mail.outbox[-1].to == [alice.email]
    free = client.post("/accounts/email/", {"email": "free@acme.example", "action_add": ""})
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
