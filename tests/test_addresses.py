"""Walks every address of the product as somebody who has no business there, and looks at every answer."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from teams.models import Organization, Role, Team, User
from tests.addresses import BY_CONVERTER, Address, all_addresses
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])

ACME = {"organization": "acme", "organization_slug": "acme", "org": "acme", "slug": "acme"}
TEAM = {"team": "payments", "team_slug": "payments"}
HOSTILE = {**BY_CONVERTER, "int": "9" * 40, "str": "a%00b%F0%9F%92%A9", "": "a%00b", "path": "..%2f..%00"}
HOSTILE_QUERY = "?p=%00&vs=%ff&from=%00&to=x&page=-1&q=%00&next=//evil.example&o=%00&e=1&_popup=1&after=%F0%9F"
# Pages that leave the product or end the visitor's session in the middle of the walk.
LEFT_OUT = ("/accounts/logout/",)


@pytest.fixture
def addresses() -> list[Address]:
    found = [address for address in all_addresses() if address.route not in LEFT_OUT]
    assert {"/healthz", "/", "/otlp/v1/logs/", "/accounts/login/", "/admin/login/"} <= {one.route for one in found}
    return found


def _client_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(params=["anonymous", "charlie", "operator"])
def visitor(request: pytest.FixtureRequest, payments: Team) -> Client:
    """Nobody; the owner of another organization; an operator, who is a member of none."""
    if request.param == "charlie":
        client: Client = request.getfixturevalue("charlie_client")
        return client
    is_operator = request.param == "operator"
    return _client_of(make_user("operator@host.example", is_staff=True, is_superuser=True) if is_operator else None)


@pytest.fixture(params=list(Role))
def member(request: pytest.FixtureRequest, payments: Team, acme: Organization) -> Client:
    """Each role, at home."""
    user = make_user(f"{request.param}@acme.example")
    make_member(acme, request.param, user)
    return _client_of(user)


def _all_answers(client: Client, path: str) -> Iterator[tuple[str, HttpResponseBase]]:
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield f"{method} {path}", client.generic(method, path)
    yield f"POST {path} with a form", client.post(path, {"name": "\x00", "email": "x", "next": "//evil.example"})


def _walk_all(client: Client, addresses: list[Address]) -> None:
    """An exception in a view fails the test by itself."""
    for address in addresses:
        for names, fill in (({}, BY_CONVERTER), ({}, HOSTILE), (ACME, HOSTILE), (ACME | TEAM, BY_CONVERTER)):
            path = address.path(names, fill)
            assert client.get(path + HOSTILE_QUERY).status_code < 500, path
        for what, answer in _all_answers(client, address.path(ACME | TEAM)):
            assert answer.status_code < 500, what


def test_nothing_breaks(visitor: Client, addresses: list[Address]) -> None:
    _walk_all(visitor, addresses)


@pytest.mark.parametrize("member", [Role.OWNER, Role.LEAD], indirect=True)
def test_nothing_breaks_at_home(member: Client, addresses: list[Address]) -> None:
    """Whatever a member sends to their own organization, the address that deletes it last of all."""
    own = [address for address in addresses if address.route.startswith("/o/")]
    _walk_all(member, sorted(own, key=lambda address: "delete" in address.route or "leave" in address.route))


def test_another_organization_is_not_there(visitor: Client, addresses: list[Address]) -> None:
    """404 for whoever is signed in, the sign-in page for whoever isn't; never a hint that it exists."""
    for address in addresses:
        path = address.path(ACME | TEAM)
        if path.startswith("/o/acme/"):
            for what, answer in _all_answers(visitor, path):
                is_sent_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
                assert answer.status_code in {404, 405} or is_sent_to_sign_in, what
                assert "Acme" not in getattr(answer, "text", ""), what


class _Marks(HTMLParser):
    """Collects what the policy of the page would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        is_inline = tag == "script" and "src" not in names and names.get("type") != "application/json"
        is_foreign = any(names.get(name, "").startswith(("http:", "//")) for name in ("src", "action"))
        is_style = tag == "style" or "style" in names
        if is_inline or is_foreign or is_style or any(name.startswith("on") for name in names):
            self.forbidden.append(self.get_starttag_text() or tag)


def test_every_page_has_its_policy_and_keeps_to_it(visitor: Client, addresses: list[Address]) -> None:
    assert sum(_is_page_within_policy(visitor, address.path({})) for address in addresses) > 5


def test_every_page_at_home_has_its_policy_and_stays_private(member: Client, addresses: list[Address]) -> None:
    own = [address.path(ACME | TEAM) for address in addresses if address.route.startswith(("/o/", "/start", "/home"))]
    assert sum(_is_page_within_policy(member, path) for path in own) > 5
    for path in own:
        answer = member.get(path)
        if answer["Content-Type"].startswith("text/html") and answer.status_code == 200:
            assert {"no-store", "private"} <= set(answer["Cache-Control"].replace(",", "").split()), path


def _is_page_within_policy(client: Client, path: str) -> bool:
    answer = client.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'", path
    assert policy["script-src"] == policy["style-src"] == "'self'", path
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", path
    assert policy["form-action"].split()[0] == "'self'", path
    assert "unsafe" not in answer["Content-Security-Policy"], path
    assert answer["X-Content-Type-Options"] == "nosniff", path
    assert answer["Referrer-Policy"] == "same-origin", path
    assert answer["X-Frame-Options"] == "DENY", path
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path
    assert "camera=()" in answer["Permissions-Policy"], path
    assert answer["X-Request-ID"], path
    for cookie in filter(lambda cookie: cookie.value, answer.cookies.values()):  # those without are taken back
        assert cookie["httponly"], (path, cookie.key)
        assert cookie["samesite"] == "Lax", (path, cookie.key)
    if not answer["Content-Type"].startswith("text/html") or not answer.content:
        return False
    marks = _Marks()
    marks.feed(answer.text)
    assert marks.forbidden == [], path
    return True
