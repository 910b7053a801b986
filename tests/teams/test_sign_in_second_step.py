"""Codes of an app and recovery codes. Passkeys need a browser: tests/browser/test_passkeys.py."""

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from codecard.lib.sealing import unseal
from teams.models import User
from teams.sign_in_links import create_link
from tests import factories
from tests._github import GitHub
from tests.teams.test_sign_in_github import LOGIN, signed_in, through_github

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])


@pytest.fixture
def ada() -> User:
    user = factories.make_user("ada@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def inside(client: Client, ada: User) -> Client:
    client.post(create_link(ada, now=timezone.now()))
    return client


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def set_up(client: Client) -> str:
    """Turns the app on; its secret."""
    secret: str = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


def at_the_second_step(user: User) -> Client:
    client = Client()
    assert client.post(create_link(user, now=timezone.now()))["Location"] == "/accounts/2fa/authenticate/"
    assert signed_in(client) is None
    return client


def enter(client: Client, code: str) -> Any:
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def test_an_app_is_set_up_and_asked_for(inside: Client, ada: User) -> None:
    page = inside.get("/accounts/2fa/totp/activate/")
    assert 'src="data:image/svg+xml;base64,' in page.text
    secret = set_up(inside)
    assert any("authenticator app was set up" in str(one.body) for one in mail.outbox)
    client = at_the_second_step(ada)
    assert client.get("/home/")["Location"].startswith("/accounts/login/")
    assert "Incorrect code" in enter(client, "000000").text
    # Each code works once, and the one of these seconds has set the app up.
    cache.clear()
    enter(client, code_of(secret))
    assert signed_in(client) == ada


def test_a_code_of_the_app_works_once(inside: Client, ada: User) -> None:
    secret = set_up(inside)
    cache.clear()
    code = code_of(secret)
    enter(at_the_second_step(ada), code)
    again = at_the_second_step(ada)
    enter(again, code)
    assert signed_in(again) is None


def test_an_operator_s_password_is_no_way_around(inside: Client, ada: User) -> None:
    set_up(inside)
    ada.set_password("correct horse battery staple")
    ada.is_staff = True
    ada.save()
    client = Client()
    page = client.post("/admin/login/", {"username": ada.email, "password": "correct horse battery staple"})
    assert "has a second step" in page.text
    assert signed_in(client) is None


def test_a_recovery_code_does_too_and_works_once(inside: Client, ada: User) -> None:
    set_up(inside)
    page = inside.get("/accounts/2fa/recovery-codes/")
    code = page.context["unused_codes"][0]
    assert code in page.text
    client = at_the_second_step(ada)
    enter(client, code)
    assert signed_in(client) == ada
    again = at_the_second_step(ada)
    enter(again, code)
    assert signed_in(again) is None
    assert code not in inside.get("/accounts/2fa/recovery-codes/").text
    assert code not in inside.get("/accounts/2fa/recovery-codes/download/").text


def test_secrets_are_sealed_in_the_database(inside: Client, ada: User) -> None:
    secret = set_up(inside)
    rows = {row.type: row.data for row in Authenticator.objects.filter(user=ada)}
    assert secret not in str(rows)
    assert unseal(rows["totp"]["secret"]).decode() == secret
    assert len(unseal(rows["recovery_codes"]["seed"])) == 80


def test_the_second_step_outlives_a_change_of_the_key(inside: Client, ada: User, settings: Settings) -> None:
    set_up(inside)
    code = inside.get("/accounts/2fa/recovery-codes/").context["unused_codes"][0]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "z" * 50
    client = at_the_second_step(ada)
    enter(client, code)
    assert signed_in(client) == ada


def test_a_lost_key_lets_nobody_in(inside: Client, ada: User, settings: Settings) -> None:
    """No code fits then, not even that of an empty secret; and the page stands."""
    set_up(inside)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" + "z" * 50, []
    client = at_the_second_step(ada)
    for code in ("", code_of(""), "000000"):
        assert enter(client, code).status_code == 200
    assert signed_in(client) is None


def test_guessing_is_limited_by_account(inside: Client, ada: User) -> None:
    set_up(inside)
    code = inside.get("/accounts/2fa/recovery-codes/").context["unused_codes"][0]
    client = at_the_second_step(ada)
    for _ in range(6):
        enter(client, "000000")
    assert "Too many failed" in enter(client, code).text
    assert signed_in(client) is None


def test_what_decides_who_signs_in_is_asked_for_again(inside: Client, ada: User) -> None:
    """A browser that was left open must not be enough to turn the second step off."""
    set_up(inside)
    client = at_the_second_step(ada)
    enter(client, inside.get("/accounts/2fa/recovery-codes/").context["unused_codes"][0])
    for path in ("2fa/totp/deactivate/", "2fa/recovery-codes/generate/", "2fa/webauthn/add/"):
        answer = client.get(f"/accounts/{path}")
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/"), path
    answer = client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert "Is it still you?" in client.get(answer["Location"]).text


def test_github_is_connected_after_the_second_step_only(inside: Client, ada: User, github: GitHub) -> None:
    set_up(inside)
    client = at_the_second_step(ada)
    codes = inside.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    enter(client, codes[0])
    answer = through_github(client, f"{LOGIN}?process=connect")
    assert not SocialAccount.objects.exists()
    assert "gho_" not in str(dict(client.session.items()))
    page = client.get(answer["Location"], follow=True)
    assert "Is it still you?" in page.text
    client.post("/accounts/2fa/reauthenticate/", {"code": codes[1]})
    assert SocialAccount.objects.get().user == ada


def test_a_connected_github_is_asked_for_the_second_step_too(inside: Client, ada: User, github: GitHub) -> None:
    through_github(inside, f"{LOGIN}?process=connect")
    set_up(inside)
    client = Client()
    assert through_github(client)["Location"] == "/accounts/2fa/authenticate/"
    assert signed_in(client) is None
    assert "gho_" not in str(dict(client.session.items()))


def test_it_is_turned_off_after_a_question(inside: Client, ada: User) -> None:
    secret = set_up(inside)
    assert "Turn off the authenticator app?" in inside.get("/accounts/2fa/totp/deactivate/").text
    inside.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists(), secret
    assert "was turned off" in str(mail.outbox[-1].body)
    client = Client()
    client.post(create_link(ada, now=timezone.now()))
    assert signed_in(client) == ada


def test_an_unconfirmed_address_allows_no_second_step(inside: Client, ada: User) -> None:
    """Else somebody could lock the holder of the address out for good."""
    EmailAddress.objects.create(user=ada, email="other@example.com", verified=False)
    assert inside.get("/accounts/2fa/totp/activate/")["Location"] == "/accounts/2fa/"
