"""Sessions and their cookies, limits, and where one is sent after signing in and out."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings as product
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from teams.forms.signing_in import OPERATOR_LOGINS
from teams.models import User
from teams.sign_in_links import create_link
from teams.templatetags.sign_in import browser
from teams.views.signing_in import LINKS_OPENED
from tests import factories
from tests._github import Email, GitHub, Person
from tests.teams.test_sign_in import code_in_mail
from tests.teams.test_sign_in_github import LOGIN, signed_in, through_github

pytestmark = pytest.mark.django_db
HOSTILE = (
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "javascript:alert(1)", "data:text/html,x", "http:evil.example", "http:///evil.example", "https:evil.example",
    "//testserver@evil.example", "https://testserver.evil.example/", " //evil.example",
    "\t//evil.example", "/\t/evil.example", "%2f%2fevil.example", "ftp://testserver/", "\x00//evil.example",
)  # fmt: skip
ME = ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux")
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1",
    "Safari on iPhone",
)


@pytest.fixture
def ada() -> User:
    user = factories.make_user("ada@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def by_link(client: Client, user: User, next_url: str = "") -> Any:
    return client.post(create_link(user, now=timezone.now()) + f"?next={next_url}", {"next": next_url})


def by_code(client: Client, user: User, next_url: str = "") -> Any:
    client.post(f"/accounts/login/code/?next={next_url}", {"email": user.email, "next": next_url})
    return client.post("/accounts/login/code/confirm/", {"code": code_in_mail(), "next": next_url})


ENTRANCES: list[Callable[..., Any]] = [by_link, by_code]


# --- sessions ---


@pytest.mark.parametrize("enter", ENTRANCES)
def test_the_session_is_another_one_after_signing_in(enter: Callable[..., Any], client: Client, ada: User) -> None:
    """Whoever planted the first one in the visitor's browser is not signed in with it."""
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = str(session.session_key)
    client.cookies[product.SESSION_COOKIE_NAME] = planted
    enter(client, ada)
    assert signed_in(client) == ada
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()
    attacker = Client()
    attacker.cookies[product.SESSION_COOKIE_NAME] = planted
    assert attacker.get("/home/")["Location"].startswith("/accounts/login/")


def test_the_session_is_another_one_after_github(client: Client, github: GitHub) -> None:
    client.post(LOGIN)
    before = client.session.session_key
    through_github(client)
    assert signed_in(client) is not None
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_signing_out_ends_the_session(client: Client, ada: User) -> None:
    by_link(client, ada)
    key = client.session.session_key
    client.post("/accounts/logout/")
    stolen = Client()
    stolen.cookies[product.SESSION_COOKIE_NAME] = str(key)
    assert stolen.get("/home/")["Location"].startswith("/accounts/login/")


def test_signing_out_takes_a_button(client: Client, ada: User) -> None:
    by_link(client, ada)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client) == ada


def test_cookies_are_for_the_server_only(client: Client, ada: User, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get("/accounts/login/")
    by_link(client, ada)
    client.post("/theme/", {"theme": "dark"})
    assert {"sessionid", "csrftoken", "theme"} <= set(client.cookies)
    for name, cookie in client.cookies.items():
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True), name


def test_sessions_are_listed_and_ended(ada: User) -> None:
    mine, phone = Client(headers={"user-agent": ME[0]}), Client(headers={"user-agent": PHONE[0]})
    by_link(mine, ada)
    by_link(phone, ada)
    page = mine.get("/accounts/sessions/")
    assert ME[1] in page.text
    assert PHONE[1] in page.text
    other = UserSession.objects.get(user_agent=PHONE[0])
    assert mine.post(f"/accounts/sessions/{other.id}/end/")["Location"] == "/accounts/sessions/"
    assert phone.get("/home/")["Location"].startswith("/accounts/login/")
    assert signed_in(mine) == ada
    assert mine.post(f"/accounts/sessions/{other.id}/end/").status_code == 404


def test_ones_own_session_is_ended_as_by_signing_out(client: Client, ada: User) -> None:
    by_link(client, ada)
    answer = client.post(f"/accounts/sessions/{UserSession.objects.get().id}/end/")
    assert answer["Location"] == "/accounts/login/"
    assert signed_in(client) is None


def test_all_others_are_ended_at_once(ada: User) -> None:
    clients = [Client() for _ in range(3)]
    for client in clients:
        by_link(client, ada)
    clients[0].post("/accounts/sessions/")
    assert [signed_in(client) for client in clients] == [ada, None, None]


def test_sessions_of_others_are_not_there(alice_client: Client, client: Client, ada: User) -> None:
    by_link(client, ada)
    theirs = UserSession.objects.get()
    assert str(theirs.ip) not in alice_client.get("/accounts/sessions/").text
    assert alice_client.post(f"/accounts/sessions/{theirs.id}/end/").status_code == 404
    assert signed_in(client) == ada


@pytest.mark.parametrize(("user_agent", "words"), [ME, PHONE, ("curl/8.5.0", "curl/8.5.0"), ("", "Unknown browser")])
def test_browsers_are_called_what_people_call_them(user_agent: str, words: str) -> None:
    assert browser(user_agent) == words


# --- where one is sent ---


def is_ours(location: str) -> bool:
    """As a browser reads it, which takes a backslash for a slash and leaves out tabs."""
    target = urljoin("http://testserver/accounts/x/", re.sub(r"[\t\r\n]", "", location.replace("\\", "/")).strip())
    return urlsplit(target)[:2] == ("http", "testserver")


@pytest.mark.parametrize("target", HOSTILE)
@pytest.mark.parametrize("enter", ENTRANCES)
def test_nobody_is_sent_elsewhere_after_signing_in(
    enter: Callable[..., Any], client: Client, ada: User, target: str
) -> None:
    answer = enter(client, ada, target)
    assert answer.status_code == 302
    assert is_ours(answer["Location"]), answer["Location"]


@pytest.mark.parametrize("target", HOSTILE)
def test_nobody_is_sent_elsewhere_by_the_rest(client: Client, ada: User, github: GitHub, target: str) -> None:
    github.person = Person(7, "ada", "", [Email(ada.email)])
    answers = [
        through_github(client, f"{LOGIN}?next={target}"),
        client.post(f"{LOGIN}?process=redirect&next={target}"),
        client.get(f"/accounts/login/?next={target}"),
        client.get(f"/accounts/signup/?next={target}"),
        client.post(f"/theme/?next={target}", {"theme": "dark", "next": target}),
        client.post(f"/accounts/logout/?next={target}", {"next": target}),
        client.get(f"/accounts/logout/?next={target}"),
        client.post("/accounts/2fa/webauthn/login/", {"next": target}),
    ]
    for answer in answers:
        if answer.status_code == 302 and not answer["Location"].startswith(f"{github.url}/login/oauth/authorize?"):
            assert is_ours(answer["Location"]), answer["Location"]


def test_one_comes_back_to_the_page_that_asked(client: Client, ada: User) -> None:
    assert by_code(client, ada, "/start/")["Location"] == "/start/"


# --- limits ---


def asked(count: int, ask: Callable[[int], Any]) -> list[int]:
    return [ask(number).status_code for number in range(count)]


def test_signing_up_is_limited_by_address_of_the_network() -> None:
    codes = asked(22, lambda number: Client().post("/accounts/signup/", {"email": f"p{number}@example.com"}))
    assert codes == [302] * 20 + [429] * 2


def test_the_page_for_too_many_requests_is_one_of_ours_and_says_when(client: Client) -> None:
    asked(20, lambda number: client.post("/accounts/signup/", {"email": f"p{number}@example.com"}))
    page = client.post("/accounts/signup/", {"email": "one-more@example.com"})
    assert page.status_code == 429
    assert "Too many requests" in page.text
    assert 'class="public-nav"' in page.text
    assert page["Retry-After"] == "60"


def test_codes_are_limited_by_mailbox_whoever_asks(ada: User) -> None:
    for number in range(8):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post("/accounts/login/code/", {"email": ada.email})
    assert len(mail.outbox) == 5


@pytest.mark.django_db(databases=["default", "operator"])
def test_guessing_an_operator_s_password_is_limited_by_account_and_by_network(ada: User) -> None:
    User.objects.filter(id=ada.id).update(is_staff=True)
    ada.set_password("correct horse battery staple")
    ada.save(update_fields=["password"])
    right = {"username": ada.email, "password": "correct horse battery staple"}
    for number in range(OPERATOR_LOGINS.most):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post("/admin/login/", {**right, "password": "x" * 12})
    client = Client(REMOTE_ADDR="10.0.1.1")
    assert "Too many attempts" in client.post("/admin/login/", right).text
    for number in range(OPERATOR_LOGINS.most):
        client.post("/admin/login/", {"username": f"{number}@example.com", "password": "x" * 12})
    assert "Too many attempts" in client.post("/admin/login/", {**right, "username": "else@example.com"}).text


def test_guessing_a_code_ends_after_three(client: Client, ada: User) -> None:
    client.post("/accounts/login/code/", {"email": ada.email})
    right = code_in_mail()
    for _ in range(3):
        client.post("/accounts/login/code/confirm/", {"code": "AAA-AAA"})
    client.post("/accounts/login/code/confirm/", {"code": right})
    assert signed_in(client) is None


def test_opening_links_is_limited(client: Client) -> None:
    codes = asked(LINKS_OPENED.most + 2, lambda number: client.get(f"/accounts/link/{number}/"))
    assert codes == [410] * LINKS_OPENED.most + [429] * 2


def test_adding_addresses_is_limited_by_account(client: Client, ada: User) -> None:
    by_link(client, ada)
    codes = asked(
        11, lambda number: client.post("/accounts/email/", {"email": f"p{number}@b.example", "action_add": ""})
    )
    assert codes[-1] == 429
    assert len(mail.outbox) <= 10


def test_a_stranger_can_not_choose_whom_a_limit_counts() -> None:
    """Without a trusted proxy its header is anybody's to write."""
    codes = asked(
        21,
        lambda number: Client(headers={"x-forwarded-for": f"10.0.0.{number}"}).post(
            "/accounts/signup/", {"email": f"p{number}@example.com"}
        ),
    )
    assert codes[-1] == 429


def test_behind_a_trusted_proxy_each_visitor_is_counted_by_themselves(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(21):
        client = Client(headers={"x-forwarded-for": f"192.0.2.9, 10.0.0.{number}"})
        assert client.post("/accounts/signup/", {"email": f"p{number}@example.com"}).status_code == 302


# --- nobody is told who is here ---


@pytest.mark.parametrize(
    ("address", "field"),
    [("/accounts/link/", "email"), ("/accounts/login/code/", "email"), ("/accounts/signup/", "email")],
)
def test_known_and_unknown_addresses_are_answered_alike(ada: User, address: str, field: str) -> None:
    pages = []
    for email in (ada.email, "nobody@example.com"):
        client = Client()
        answer = client.post(address, {field: email})
        page = client.get(answer["Location"]) if answer.status_code == 302 else answer
        text = re.sub(r'value="[^"]{40,}"|X-CSRFToken": "\w+"', "", page.text).replace(email, "…")
        pages.append((answer.status_code, answer.get("Location"), text, bool(client.session.get("_auth_user_id"))))
    assert pages[0] == pages[1]
    assert len(mail.outbox) == 2
