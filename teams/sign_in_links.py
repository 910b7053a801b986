"""Links that sign one user in, once, within a day."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from codecard.lib.limits import Limit
from teams.keys import digest_of, new_token
from teams.models import SignInLink, User
from teams.sign_in_safety import note_proven

LIFETIME = timedelta(hours=24)
MAILS = Limit("sign-in-link", most=5, seconds=3600)


def create_link(user: User, *, now: datetime, is_mailed: bool = False) -> str:
    """The path of a new link, `/accounts/link/<token>/`. `is_mailed`: it goes to the user's mailbox and nowhere else,
    so that opening it proves the address."""
    token = new_token()
    SignInLink.objects.filter(user=user, expires_at__lt=now).delete()
    SignInLink.objects.create(
        user=user, digest=digest_of(token), is_mailed=is_mailed, created_at=now, expires_at=now + LIFETIME
    )
    return reverse("sign_in_link", args=[token])


def is_open(token: str, *, now: datetime) -> bool:
    """Whether the link can still be used. Looking does not use it: mail scanners look."""
    return _open_links(token, now).exists()


@transaction.atomic
def claim_link(token: str, *, now: datetime) -> User | None:
    """Uses the link up. None if it is unknown, used, expired, or its user may not sign in."""
    link = _open_links(token, now).select_related("user").first()
    if link is None or _open_links(token, now).update(used_at=now) != 1:
        return None
    if link.is_mailed:
        note_proven(link.user, link.user.email)
    return link.user


def _open_links(token: str, now: datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(digest=digest_of(token), used_at=None, expires_at__gt=now, user__is_active=True)


def mail_link(email: str, *, base_url: str, now: datetime, can_sign_up: bool = True) -> None:
    """Mails a link to whoever has this address here; a stranger is told where to sign up, if they may. To the sender of
    the form both look the same, and a mailbox gets no more than five in an hour."""
    if not MAILS.admits(email):
        return
    user = User.objects.filter(email=email, is_active=True).first()
    path = create_link(user, now=now, is_mailed=True) if user else reverse("account_signup")
    context = {
        "url": f"{base_url}{path}",
        "is_known": user is not None,
        "can_sign_up": can_sign_up,
        "hours": LIFETIME // timedelta(hours=1),
    }
    send_mail(
        subject=render_to_string("emails/sign_in_link_subject.txt", context).strip(),
        message=render_to_string("emails/sign_in_link.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[email],
    )
