"""Passkeys and the way over GitHub in a real browser, with an authenticator that Chromium plays."""

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from teams.models import User
from teams.sign_in_links import create_link
from tests import factories
from tests._github import Email, GitHub, Person
from tests.browser._chromium import Chromium, Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here(live_server: object) -> str:
    """By its name: to an address of numbers a browser binds no passkey."""
    return str(live_server).replace("127.0.0.1", "localhost")


@pytest.fixture
def ada(transactional_db: None) -> User:
    user = factories.make_user("ada@example.com", name="Ada")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def page(browser: Chromium) -> Iterator[Page]:
    page = browser.page()
    page.call("WebAuthn.enable")
    page.call(
        "WebAuthn.addVirtualAuthenticator",
        options={
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        },
    )  # fmt: skip
    yield page
    assert page.complaints() == []


def sign_in_by_link(page: Page, here: str, user: User) -> None:
    page.open(here + create_link(user, now=timezone.now()))
    page.click("main form button")
    page.wait_for(lambda: "/accounts/" not in page.evaluate("location.pathname"), "the way home")


def sign_out(page: Page, here: str) -> None:
    page.open(f"{here}/accounts/logout/")
    page.click("main form button")
    page.wait_for(lambda: page.evaluate("location.pathname") == "/", "the first page")


def add_passkey(page: Page, here: str) -> None:
    page.open(f"{here}/accounts/2fa/webauthn/add/")
    page.evaluate("document.querySelector('[name=name]').value = 'My laptop'")
    page.click("form[data-passkey=add] button")
    page.wait_for_text("The passkey was added.")


def test_a_passkey_is_added_and_signs_in_alone(page: Page, here: str, ada: User) -> None:
    sign_in_by_link(page, here, ada)
    add_passkey(page, here)
    page.wait_for_text("Recovery codes")
    page.open(f"{here}/accounts/2fa/webauthn/")
    page.wait_for_text("My laptop")
    assert "signs in by itself" in page.evaluate("document.body.innerText")
    sign_out(page, here)
    page.open(f"{here}/accounts/login/")
    page.click("form[data-passkey=login] button")
    page.wait_for_text("Signed in as Ada")


def test_a_passkey_is_the_second_step_of_a_link(page: Page, here: str, ada: User) -> None:
    sign_in_by_link(page, here, ada)
    add_passkey(page, here)
    sign_out(page, here)
    page.open(here + create_link(ada, now=timezone.now()))
    page.click("main form button")
    page.wait_for_text("The second step")
    page.click("form[data-passkey=use] button")
    page.wait_for_text("Signed in as Ada")


def test_the_same_passkey_is_not_added_twice(page: Page, here: str, ada: User) -> None:
    sign_in_by_link(page, here, ada)
    add_passkey(page, here)
    page.open(f"{here}/accounts/2fa/webauthn/add/")
    page.click("form[data-passkey=add] button")
    page.wait_for_text("This passkey is among yours already.")
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_without_a_passkey_the_page_says_so(page: Page, here: str, ada: User) -> None:
    page.open(f"{here}/accounts/login/")
    page.click("form[data-passkey=login] button")
    page.wait_for_text("No passkey was used.")


def test_without_script_the_button_is_not_there(client: Client, transactional_db: None) -> None:
    assert 'data-passkey="login" hidden' in client.get("/accounts/login/").text


def test_one_button_leads_over_github_and_back(page: Page, here: str, github: GitHub) -> None:
    github.person = Person(7, "mona", "Mona Lisa", [Email("mona@example.com")])
    page.open(f"{here}/accounts/login/")
    page.click("main form[action*=github] button")
    page.wait_for_text("Signed in as Mona Lisa")
    assert User.objects.get().email == "mona@example.com"
