"""What is ours about allauth: who may sign up, whose account a proven address is, and sealed secrets."""

import logging
import secrets
from base64 import b32encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess, ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import render
from requests import RequestException, Timeout

from codecard.lib.sealing import SealBrokenError, seal, unseal
from teams import sign_in_safety, sign_up
from teams.github.provider import READ_ORGANIZATIONS, GitHubAdapter
from teams.models import User

log = logging.getLogger(__name__)
_ADMITTED, _ASKED = "is_admitted", "asked_for_organizations"


def refusal(request: HttpRequest, reason: sign_up.SignUpRefusedError) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(render(request, "account/signup_closed.html", {"reason": str(reason)}, status=403))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Says why not itself. The address that is typed is asked about by the form."""
        try:
            sign_up.demand_mail_sign_up(request)
        except sign_up.SignUpRefusedError as reason:
            raise refusal(request, reason) from None
        return True

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A user has one name, not a first and a last one."""
        user.name = user.name or " ".join(form.cleaned_data.get("name", "").split())[:150]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Passkeys first: they are a touch."""
        words = {"mfa_reauthenticate": "Use a code instead", "mfa_reauthenticate:webauthn": "Use a passkey instead"}
        methods = super().get_reauthentication_methods(user)
        said = [{**one, "description": words.get(one["id"], one["description"])} for one in methods]
        return sorted(said, key=lambda one: one["id"] != "mfa_reauthenticate:webauthn")

    def login(self, request: HttpRequest, user: User) -> None:
        """Every way of signing in ends here, after its last step."""
        with transaction.atomic():
            if user.last_login is None:
                sign_in_safety.drop_what_others_attached(request, user)
            super().login(request, user)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        """Without GitHub's credentials its addresses are still there, and lead nowhere."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist:
            raise Http404 from None

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """The account gets the address that GitHub has verified, of the demanded domains if there are such."""
        addresses = [row for row in sociallogin.email_addresses if row.verified] or sociallogin.email_addresses
        if settings.SIGN_UP == sign_up.DOMAINS:
            addresses = [row for row in addresses if sign_up.is_of_domains(row.email)] or addresses
        user: User = sociallogin.user
        user.email = addresses[0].email if addresses else ""
        for row in sociallogin.email_addresses:
            row.primary = row.email == user.email
        user.name = " ".join(str(data.get("name") or data.get("username") or "").split())[:150]
        return user

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Whose account it is by an address that GitHub has verified: only one where we have verified it as well, or
        where nobody ever came in. Nobody's where a second step protects it: that one connects GitHub from inside."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            return None
        for address in sociallogin.email_addresses:
            user = sign_in_safety.account_of_proven(address.email) if address.verified else None
            if user is not None and not is_mfa_enabled(user):
                return user, address.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin._did_authenticate_by_email:
            sign_in_safety.note_proven(sociallogin.user, sociallogin._did_authenticate_by_email)
        elif not sociallogin.is_existing and sociallogin.state.get("process") == AuthProcess.LOGIN:
            for row in sociallogin.email_addresses:
                if row.verified:
                    sign_in_safety.drop_mentions(row.email)

        if sociallogin.is_existing or sociallogin.state.get("process") != AuthProcess.LOGIN:
            # Nothing more is asked of GitHub, and a login that waits for a second step waits in the session.
            sociallogin.token = None

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Says why not itself. Asked once more when the form for a missing address is sent, then without the token."""
        if not sociallogin.state.get(_ADMITTED):
            verified = [row.email for row in sociallogin.email_addresses if row.verified]
            try:
                if settings.SIGN_UP == sign_up.GITHUB and not sign_up.is_invited(request, verified):
                    self._demand_organization(request, sociallogin)
                sign_up.demand_verified(request, verified)
            except sign_up.SignUpRefusedError as reason:
                raise refusal(request, reason) from None
            sociallogin.state[_ADMITTED] = True
        # It would be kept in the session otherwise.
        sociallogin.token = None
        return True

    def _demand_organization(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        provider = sociallogin.provider
        if not sociallogin.state.get(_ASKED):
            # Only now is it known that this is somebody new, and only of them more is asked.
            scope = [*provider.get_scope(), READ_ORGANIZATIONS]
            raise ImmediateHttpResponse(
                provider.redirect(
                    request, AuthProcess.LOGIN, sociallogin.state.get("next"), scope=scope, **{_ASKED: True}
                )
            )
        sign_up.demand_organization(GitHubAdapter(request).organizations_of(sociallogin.token.token))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Tells the page what went wrong, in words. GitHub's own may hold tokens, and are for nobody."""
        log.warning("GitHub sign-in failed: %s", type(exception).__name__ if exception else error)
        if extra_context is not None:
            extra_context["title"], extra_context["reason"] = _reason(request, exception)


def _reason(request: HttpRequest, exception: Exception | None) -> tuple[str, str]:
    """A title, and what is behind it."""
    if isinstance(exception, Timeout):
        return "GitHub does not answer", "It did not answer in time."
    if isinstance(exception, RequestException):
        return "GitHub does not answer", "GitHub can't be reached, or has an error of its own."
    if isinstance(exception, ProviderException):
        return "GitHub does not answer", "GitHub's answer can't be read."
    if isinstance(exception, OAuth2Error):
        return "GitHub said no", "This sign-in was used already, or took too long."
    if "error" in request.GET:
        return "GitHub said no", "The operator of this instance may have to look at its settings there."
    return "This sign-in can't go on", "It was begun in another browser, or too long ago."


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys and codes of an app. What must stay secret is sealed in the database."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return unseal(encrypted_text).decode()
        except SealBrokenError as error:
            log.error("a second step can't be checked: %s", error)
            # Nobody knows this secret, so that no code fits; an empty one would fit anybody's.
            return b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Code Card"}
