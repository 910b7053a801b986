"""Whose account an address is, and what an account may keep that nobody had proven to be theirs.

The trap to avoid: somebody makes an account with another person's address, attaches a way in of their own, and waits
until that person proves the address.
"""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest

from teams.models import User


def account_of_proven(email: str) -> User | None:
    """The account of somebody who has just proven to hold this address.

    Either the address was proven here before, or it is that of an account into which nobody ever came: it was made for
    the address, by an admin or by a sign-up that was never confirmed. An address that somebody merely added to their
    own account leads nowhere.
    """
    address = EmailAddress.objects.filter(email=email.lower(), verified=True).select_related("user").first()
    if address is not None:
        user: User = address.user
        return user
    return User.objects.filter(email=email.lower(), last_login=None).first()


def note_proven(user: User, email: str) -> None:
    """The user opened what was sent there, or GitHub says so."""
    address, _ = EmailAddress.objects.get_or_create(
        user=user, email=email.lower(), defaults={"verified": True, "primary": not _has_primary(user)}
    )
    if not address.verified:
        address.set_verified()


def drop_mentions(email: str) -> None:
    """Somebody has just proven to hold the address: those who only named it must not stand in their way."""
    EmailAddress.objects.filter(email=email.lower(), verified=False).exclude(user__email=email.lower()).delete()


def _has_primary(user: User) -> bool:
    return bool(EmailAddress.objects.filter(user=user, primary=True).exists())


def drop_what_others_attached(request: HttpRequest, user: User) -> None:
    """Before the very first sign-in: accounts elsewhere that did not take part in it may be anybody's."""
    used = {(record.get("provider"), record.get("uid")) for record in get_authentication_records(request, user)}
    for account in SocialAccount.objects.filter(user=user):
        if (account.provider, account.uid) not in used:
            account.delete()


def can_sign_in_without(account: SocialAccount) -> bool:
    """Whether the user keeps a way in: a confirmed address, another account, or a passkey that needs no more."""
    passkeys = Authenticator.objects.filter(user_id=account.user_id, type=Authenticator.Type.WEBAUTHN)
    return (
        EmailAddress.objects.filter(user_id=account.user_id, verified=True).exists()
        or SocialAccount.objects.filter(user_id=account.user_id).exclude(pk=account.pk).exists()
        or any(passkey.wrap().is_passwordless for passkey in passkeys)
    )
