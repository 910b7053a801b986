"""Signing in, by allauth: what is ours about it, and what a sign-in does in our tables."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_logged_in
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.dispatch import receiver
from django.http import Http404, HttpRequest
from django.utils import timezone

from teams import actions, queries
from teams.models import IdentityKind, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Anybody may sign up: they get an organization of their own and see nothing of others."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A user has one name, not a first and a last one."""
        user.name = " ".join(form.cleaned_data.get("name", "").split())[:150]
        saved: User = super().save_user(request, user, form, commit)
        return saved


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Without GitHub's credentials its addresses are still there, and lead nowhere."""

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist:
            raise Http404 from None


@receiver(user_logged_in)
def settle_in(user: User, **_: Any) -> None:
    """After every sign-in: a person without an organization gets one, and becomes in each of theirs whom their
    verified addresses and logins stand for. Changes nothing the second time."""
    now = timezone.now()
    actions.create_personal_organization(user=user, now=now)
    proven = _proven_names(user)
    for membership in queries.memberships_of(user):
        for kind, value in proven:
            actions.claim_identity(organization=membership.organization, user=user, kind=kind, value=value, now=now)


@receiver(email_confirmed)
def claim_confirmed_address(email_address: EmailAddress, **_: Any) -> None:
    user, now = email_address.user, timezone.now()
    for membership in queries.memberships_of(user):
        organization = membership.organization
        actions.claim_identity(
            organization=organization, user=user, kind=IdentityKind.EMAIL, value=email_address.email, now=now
        )


def _proven_names(user: User) -> list[tuple[IdentityKind, str]]:
    addresses = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    accounts = SocialAccount.objects.filter(user=user, provider="github")
    logins = (account.extra_data.get("login") for account in accounts)
    return [(IdentityKind.EMAIL, email) for email in addresses] + [
        (IdentityKind.GITHUB, login) for login in logins if isinstance(login, str)
    ]
