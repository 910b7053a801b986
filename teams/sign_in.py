"""What a sign-in does in our tables: the invitation that was opened is accepted, people become who data know."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_added
from django.contrib import messages
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions, queries
from teams.invitations import forget_invitation, kept_invitation
from teams.models import IdentityKind, User
from teams.permissions import LAST_ORGANIZATION
from teams.queries.invitations import proven_addresses

# GitHub gives a login that was given up to whoever asks for it next. What it said earlier than this proves nothing.
LOGIN_IS_FRESH = timedelta(days=1)


@receiver(user_logged_in)
def settle_in(user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """After every sign-in: a person joins what invited them, or gets an organization if they have none, and becomes in
    each of theirs whom their verified addresses and logins stand for. Changes nothing the second time."""
    now = timezone.now()
    if request is not None:
        join_kept_invitation(request, user, now=now)
    actions.create_personal_organization(user=user, now=now)
    claim_known_names(user, now=now)


def join_kept_invitation(request: HttpRequest, user: User, *, now: datetime) -> None:
    """A newcomer joins what invited them; where that can't be, says why and goes on. Who belongs to an organization
    already is asked by the page of the invitation: somebody else's link, opened in passing, must not join them."""
    invitation = kept_invitation(request)
    forget_invitation(request)
    if invitation is None:
        return
    if own := queries.memberships_of(user):
        if invitation.organization_id not in {row.organization_id for row in own}:
            name = invitation.organization.name
            messages.info(request, f"You opened an invitation to {name}. To join, open its link once more.")
        return
    try:
        member = actions.accept_invitation(invitation=invitation, user=user, proven=proven_addresses(user), now=now)
    except actions.InvitationRefusedError as reason:
        messages.warning(request, f"{reason} You are signed in, but did not join {invitation.organization.name}.")
    else:
        request.session[LAST_ORGANIZATION] = member.organization.slug


def claim_known_names(user: User, *, now: datetime) -> None:
    """In every organization of the user, whoever is known by a name that they have proven to be theirs; and whoever
    will be: the first pull request of a newcomer is theirs."""
    _claim(user, _proven_names(user, now), now)


@receiver(authenticator_added)
def note_second_step(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Who has just set one up need not show it at once again, to see the recovery codes."""
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)


@receiver(email_confirmed)
def claim_confirmed_address(email_address: EmailAddress, **_: Any) -> None:
    """That one only: the user may not be signed in yet, and what else hangs on the account is looked at then."""
    _claim(email_address.user, [(IdentityKind.EMAIL, email_address.email)], timezone.now())


@receiver(social_account_added)
def claim_connected_account(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    """One that was connected from inside."""
    if request.user == sociallogin.user:
        claim_known_names(sociallogin.user, now=timezone.now())


def _claim(user: User, names: list[tuple[IdentityKind, str]], now: datetime) -> None:
    for membership in queries.memberships_of(user):
        organization = membership.organization
        for kind, value in names:
            actions.claim_identity(organization=organization, user=user, kind=kind, value=value, now=now)
        with tenant(organization.id):
            own = queries.contributor_of(organization, user)
        if own is not None:
            for kind, value in names:
                actions.add_identity(organization=organization, contributor=own, kind=kind, value=value, now=now)


def _proven_names(user: User, now: datetime) -> list[tuple[IdentityKind, str]]:
    logins = (account.extra_data.get("login") for account in _fresh_accounts(user, now))
    names = [(IdentityKind.EMAIL, email) for email in sorted(proven_addresses(user))]
    return names + [
        (IdentityKind.GITHUB, login) for login in logins if isinstance(login, str) and not _is_disputed(user, login)
    ]


def _fresh_accounts(user: User, now: datetime) -> list[SocialAccount]:
    """`last_login` is when GitHub last told us the login of this account id, which never changes."""
    return list(SocialAccount.objects.filter(user=user, last_login__gt=now - LOGIN_IS_FRESH))


def _is_disputed(user: User, login: str) -> bool:
    """Somebody else came with this login before or after: it changed hands, and the data may be of either."""
    others = SocialAccount.objects.filter(extra_data__login__iexact=login).exclude(user=user)
    return bool(others.exists())
