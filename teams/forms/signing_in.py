from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm as AnyAddEmailForm
from allauth.account.forms import RequestLoginCodeForm, SignupForm
from allauth.core import context
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount.forms import DisconnectForm as AnyDisconnectForm
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm

from codecard.lib.limits import Limit
from teams.models import User
from teams.sign_in_safety import can_sign_in_without
from teams.sign_up import SignUpRefusedError, demand_address

OPERATOR_LOGINS = Limit("operator-login", most=10, seconds=300)


class LinkForm(forms.Form):
    """Asks for a sign-in link by mail."""

    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class AddressForm:
    """A mixin: the same word for the same thing on every page."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].widget.attrs["placeholder"] = "you@example.com"


class AddEmailForm(AddressForm, AnyAddEmailForm):  # type: ignore[misc]
    pass


class RequestCodeForm(AddressForm, RequestLoginCodeForm):  # type: ignore[misc]
    pass


class ConnectedSignUpForm(AddressForm, SocialSignupForm):  # type: ignore[misc]
    """For somebody from GitHub without an address that can be used. The policy has admitted them before."""


class SignUpForm(AddressForm, SignupForm):  # type: ignore[misc]
    """Of allauth, with the instance's policy: asked before whether somebody has the address: it tells nothing."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            demand_address(context.request, email)
        except SignUpRefusedError as reason:
            raise forms.ValidationError(str(reason)) from None
        cleaned: str = super().clean_email()
        return cleaned


class DisconnectForm(AnyDisconnectForm):  # type: ignore[misc]
    """allauth's wants a password to be left; nobody has one here."""

    def clean(self) -> dict[str, Any]:
        account = self.cleaned_data.get("account")
        if account and not can_sign_in_without(account):
            raise forms.ValidationError("This is your only way to sign in. Confirm an e-mail address first.")
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned


class OperatorLoginForm(AdminAuthenticationForm):
    """The one place where a password is asked for. It must not be a way around the second step, nor be guessed."""

    def clean(self) -> dict[str, Any]:
        address = get_adapter().get_client_ip(context.request)
        if not OPERATOR_LOGINS.admits(address, self.cleaned_data.get("username")):
            raise forms.ValidationError("Too many attempts. Wait five minutes, then try again.")
        return super().clean()

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if is_mfa_enabled(user):
            raise forms.ValidationError("Your account has a second step. Sign in on the sign-in page, then come back.")


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].help_text = "So that you tell your passkeys apart."
        self.fields["name"].max_length = 100
        self.fields["passwordless"].label = "Sign in with this passkey alone"
        self.fields["passwordless"].help_text = ""
        self.fields["passwordless"].initial = True
