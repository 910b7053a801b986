"""Mails of invitations: whatever happens to the queue or the mail server, none is lost and none has a dead link."""

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions, tasks
from teams.invitations import find_invitation
from teams.models import Invitation, Organization, Role, User

pytestmark = pytest.mark.django_db
BASE = "https://card.example"


class Down(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError


class RefusesAda(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        if messages[0].to == ["ada@acme.example"]:
            raise SMTPRecipientsRefused({})
        return super().send_messages(messages)


@pytest.fixture
def invited(acme: Organization, owner: User) -> list[Invitation]:
    addresses = ["ada@acme.example", "grace@acme.example"]
    return actions.invite_addresses(
        organization=acme, addresses=addresses, role=Role.LEAD, days=7, by=owner, now=timezone.now()
    )


def unsent(organization: Organization) -> list[str]:
    with tenant(organization.id):
        return list(Invitation.objects.filter(sent_at=None).order_by("id").values_list("email", flat=True))


def send(organization: Organization) -> None:
    tasks.send_invitations(organization_id=organization.id, base_url=BASE)


def test_each_gets_a_mail_with_a_link_of_their_own(acme: Organization, invited: list[Invitation]) -> None:
    for _ in range(2):
        send(acme)
    assert [message.to for message in mail.outbox] == [["ada@acme.example"], ["grace@acme.example"]]
    for message, row in zip(mail.outbox, invited, strict=True):
        token = re.search(rf"{BASE}/join/(\w+)/", str(message.body))
        assert token
        found = find_invitation(token[1])
        assert found
        assert found.id == row.id
        assert message.subject == "Olga invites you to Acme on Code Card"
    assert unsent(acme) == []


def test_a_mail_server_that_is_down_loses_nothing(acme: Organization, invited: list[Invitation]) -> None:
    with override_settings(EMAIL_BACKEND=f"{__name__}.Down"):
        send(acme)
    assert unsent(acme) == ["ada@acme.example", "grace@acme.example"]
    send(acme)
    assert len(mail.outbox) == 2


def test_one_mailbox_that_is_refused_holds_nobody_up(acme: Organization, invited: list[Invitation]) -> None:
    with override_settings(EMAIL_BACKEND=f"{__name__}.RefusesAda"):
        send(acme)
    assert unsent(acme) == ["ada@acme.example"]
    assert len(mail.outbox) == 1


def test_what_was_withdrawn_is_not_sent(acme: Organization, invited: list[Invitation], owner: User) -> None:
    actions.revoke_invitation(invitation=invited[0], by=owner, now=timezone.now())
    send(acme)
    assert [message.to for message in mail.outbox] == [["grace@acme.example"]]


def test_what_a_lost_queue_left_is_taken_up(
    acme: Organization, globex: Organization, invited: list[Invitation], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.send_invitations, "delay", lambda **about: asked.append(about))
    with override_settings(BASE_URL=BASE):
        tasks.continue_invitations()
        assert asked == [], "whoever made it has just asked for it"
        with tenant(acme.id):
            Invitation.objects.update(created_at=timezone.now() - timedelta(minutes=5))
        tasks.continue_invitations()
    assert asked == [{"organization_id": acme.id, "base_url": BASE}]


def test_a_name_with_line_breaks_does_not_break_the_subject(acme: Organization, invited: list[Invitation]) -> None:
    Organization.objects.filter(id=acme.id).update(name="Acme\r\nBcc: all@acme.example")
    send(acme)
    assert mail.outbox[0].subject == "Olga invites you to Acme Bcc: all@acme.example on Code Card"
