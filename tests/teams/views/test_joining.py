from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions, tasks
from teams.invitations import kept_invitation
from teams.keys import new_token
from teams.models import AuditEntry, Invitation, Membership, Organization, Role, Team, TeamMembership, User
from tests import factories

pytestmark = pytest.mark.django_db


def invite(organization: Organization, by: User, days_ago: int = 0, **fields: Any) -> tuple[Invitation, str]:
    """The path of a link to a new invitation."""
    terms: dict[str, Any] = {"role": Role.DEVELOPER, "days": 7, "most_uses": 1, **fields}
    now = timezone.now() - timedelta(days=days_ago)
    email = terms.pop("email", "")
    made = actions.invite_by_link(organization=organization, by=by, now=now, **terms)
    with tenant(organization.id):
        Invitation.objects.filter(id=made.invitation.id).update(email=email)
    return made.invitation, f"/join/{made.token}/"


@pytest.fixture
def ada(client: Client) -> User:
    user = factories.make_user("ada@elsewhere.example", name="Ada")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def membership(organization: Organization, user: User) -> Membership | None:
    with tenant(organization.id):
        return Membership.objects.filter(user=user).first()


def test_a_visitor_reads_what_it_means_and_signs_in(acme: Organization, owner: User, payments: Team) -> None:
    _, path = invite(acme, owner, role=Role.LEAD, team=payments)
    client = Client()
    page = client.get(path)
    assert "Olga invites you to Acme" in page.text
    assert "who leads the team Payments" in page.text
    for told in ("Your lead sees", "Nobody ever sees", "You decide", "at least 5 people"):
        assert told in page.text
    assert f"/accounts/login/?next={path}" in page.text
    page.wsgi_request.session = client.session
    kept = kept_invitation(page.wsgi_request)
    assert kept
    assert kept.organization == acme
    assert client.post(path).status_code == 200, "nobody joins without having signed in"
    with tenant(acme.id):
        assert Invitation.objects.get().uses == 0


def test_one_click_joins(acme: Organization, owner: User, payments: Team, ada: User, client: Client) -> None:
    _, path = invite(acme, owner, role=Role.LEAD, team=payments)
    assert "as ada@elsewhere.example" in client.get(path).text
    assert membership(acme, ada) is None, "looking changes nothing"
    page = client.post(path, follow=True)
    assert page.redirect_chain == [("/o/acme/", 302)]
    assert "You are in Acme." in page.text
    row = membership(acme, ada)
    assert row
    assert row.role == Role.LEAD
    with tenant(acme.id):
        assert TeamMembership.objects.get(contributor__user=ada).is_lead
        entry = AuditEntry.objects.get(action="invitation.accepted")
    assert (entry.actor_id, entry.address) == (ada.id, "127.0.0.1")
    assert client.post(path, follow=True).status_code == 200
    assert "You are in already" in client.get(path).text


def test_an_unknown_link_is_any_page_that_is_not_there(client: Client) -> None:
    for path in (f"/join/{new_token()}/", "/join/x/", f"/join/{new_token()}/ask/"):
        answer = client.post(path)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text


def test_guessing_is_slowed_down(client: Client) -> None:
    answers = [client.get(f"/join/{new_token()}/").status_code for _ in range(301)]
    assert answers == [404] * 300 + [429]


def test_for_another_address_says_only_so_much(acme: Organization, owner: User, ada: User, client: Client) -> None:
    _, path = invite(acme, owner, email="grace.hopper@acme.example")
    for page in (client.get(path), client.post(path, follow=True)):
        assert "for another address" in page.text
        assert "g•••@acme.example" in page.text
        assert "grace.hopper" not in page.text
        assert "Olga" not in page.text
    assert membership(acme, ada) is None
    page = client.post(f"{path}other/", follow=True)
    assert "Sign in to join" in page.text


def test_an_address_that_is_not_proven_is_not_one_s_own(acme: Organization, owner: User, client: Client) -> None:
    _, path = invite(acme, owner, email="grace@acme.example")
    user = factories.make_user("grace@acme.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post(path)
    assert membership(acme, user) is None
    EmailAddress.objects.update(verified=True)
    client.post(path)
    assert membership(acme, user)


@pytest.mark.parametrize(
    ("state", "told"), [("expired", "has expired"), ("used", "used already"), ("revoked", "withdrawn")]
)
def test_what_works_no_more_says_so_and_offers_to_ask(
    acme: Organization, owner: User, ada: User, client: Client, state: str, told: str
) -> None:
    row, path = invite(acme, owner, days_ago=8 if state == "expired" else 0)
    if state == "revoked":
        actions.revoke_invitation(invitation=row, by=owner, now=timezone.now())
    if state == "used":
        actions.accept_invitation(invitation=row, user=factories.make_user(), proven=set(), now=timezone.now())
    for page in (client.get(path), client.post(path, follow=True), Client().get(path)):
        assert told in page.text
        assert "Ask for a new invitation" in page.text
        assert "Olga" not in page.text
    assert membership(acme, ada) is None


def test_a_deactivated_member_does_not_come_back_by_a_link(
    acme: Organization, owner: User, bob: User, bob_client: Client
) -> None:
    row = membership(acme, bob)
    assert row
    actions.deactivate_member(membership=row, by=owner, now=timezone.now())
    _, path = invite(acme, owner)
    for page in (bob_client.get(path), bob_client.post(path, follow=True)):
        assert "was deactivated" in page.text
        assert "Ask for a new" not in page.text
    assert bob_client.get("/o/acme/").status_code == 404


def test_asking_again_tells_the_person_who_invited_once(
    acme: Organization, owner: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    row, path = invite(acme, owner, days_ago=8)
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.tell_inviter, "delay", lambda **about: asked.append(about))
    pages = []
    for _ in range(5):
        with django_capture_on_commit_callbacks(execute=True):
            pages.append(Client().post(f"{path}ask/"))
    assert {page.status_code for page in pages} == {200}
    assert all("We pass it on" in page.text for page in pages)
    assert len(asked) == 3
    tasks.tell_inviter(**asked[0])
    (message,) = mail.outbox
    assert message.to == [owner.email]
    assert "http://testserver/o/acme/settings/invitations/" in message.body
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="invitation.asked_again", object_id=row.id).count() == 3


def test_an_open_one_needs_no_asking_and_who_left_is_not_mailed(
    acme: Organization, owner: User, bob: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.tell_inviter, "delay", lambda **about: asked.append(about))
    _, still_open = invite(acme, owner)
    _, expired = invite(acme, bob, days_ago=8)
    row = membership(acme, bob)
    assert row
    actions.remove_member(membership=row, by=owner, now=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        for path in (still_open, expired):
            assert Client().post(f"{path}ask/").status_code == 200
    assert asked == []


def test_an_invitation_that_went_with_its_team_is_no_error(
    acme: Organization, owner: User, ada: User, client: Client
) -> None:
    team = factories.make_team(acme)
    _, path = invite(acme, owner, team=team)
    with tenant(acme.id):
        team.delete()
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
