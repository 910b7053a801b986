"""Mails about invitations."""

import logging
from datetime import datetime
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import Invitation, Organization, User

log = logging.getLogger(__name__)
# Of this one mailbox; anything else means that the server takes no mails now.
_REFUSED = (SMTPRecipientsRefused, SMTPDataError)


def send_invitations(organization: Organization, *, base_url: str, now: datetime) -> int:
    """Mails every invitation that was not sent yet; how many were. What could not be sent stays as it was, and the list
    says so."""
    sent, tried = 0, 0

    def send(row: Invitation, token: str) -> None:
        nonlocal tried
        tried = row.id
        _mail("invitation", row.email, row, {"url": f"{base_url}{reverse('join', args=[token])}"})

    while True:
        try:
            if actions.mail_invitation(organization=organization, now=now, send=send, after_id=tried) is None:
                return sent
            sent += 1
        except _REFUSED as error:
            log.warning("an invitation was refused: %s", type(error).__name__)
        except OSError as error:
            log.warning("the mail server can't be used: %s", type(error).__name__)
            return sent


def tell_inviter(organization: Organization, *, invitation_id: int, inviter: User, base_url: str) -> None:
    """That somebody holds a link that works no more, and wants another."""
    with tenant(organization.id):
        rows = Invitation.objects.filter(organization=organization, id=invitation_id)
        row = rows.select_related("organization", "team", "invited_by").first()
    if row is not None:
        url = f"{base_url}{reverse('invitations', args=[organization.slug])}"
        _mail("invitation_asked", inviter.email, row, {"url": url})


def _mail(template: str, to: str, invitation: Invitation, context: dict[str, str]) -> None:
    filled = {**context, "invitation": invitation, "organization": invitation.organization}
    send_mail(
        # A subject is one line, whatever somebody called their organization.
        subject=" ".join(render_to_string(f"emails/{template}_subject.txt", filled).split()),
        message=render_to_string(f"emails/{template}.txt", filled),
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[to],
    )
