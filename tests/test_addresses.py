"""Walks every address of the product as somebody who has no business there, and looks at every answer."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

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
# By one of these the visitor may be signed out, or the organization be gone: they come last.
ENDS_SOMETHING = ("logout", "/other/", "leave", "delete")
HOME = ("/o/", "/start", "/home", "/me/")
TOKEN = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>')


@pytest.fixture
def addresses() -> list[Address]:
    found = all_addresses()
    assert {"/healthz", "/", "/otlp/v1/logs/", "/accounts/login/", "/admin/login/"} <= {one.route for one in found}
    return sorted(found, key=_ends_something)


def _ends_something(address: Address) -> bool:
    return any(word in address.route for word in ENDS_SOMETHING)


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


def _answers(client: Client, address: Address) -> Iterator[tuple[str, HttpResponseBase]]:
    """What each method gets, then hostile names and parameters; an exception in a view fails the test by itself."""
    path = address.path(ACME | TEAM)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield f"{method} {path}", client.generic(method, path)
    yield f"POST {path} with a form", client.post(path, {"name": "\x00", "email": "x", "next": "//evil.example"})
    fills: Any = ({}, BY_CONVERTER), ({}, HOSTILE), (ACME, HOSTILE), (ACME | TEAM, BY_CONVERTER)
    for hostile in dict.fromkeys(address.path(names, fill) + HOSTILE_QUERY for names, fill in fills):
        yield f"GET {hostile}", client.get(hostile)


def _walk(client: Client, addresses: list[Address], judge: Callable[[str, HttpResponseBase], None]) -> None:
    """Holds every answer against the rules of all pages and those of this visitor, who stays signed in all the way."""
    pages: set[str] = set()
    session = client.cookies.get("sessionid")
    for address in addresses:
        if session and not _ends_something(address):
            assert client.cookies["sessionid"].value == session.value, f"signed out before {address.route}"
        for what, answer in _answers(client, address):
            assert answer.status_code < 500, what
            judge(what, answer)
            _keeps_to_policy(what, answer, pages)
    assert len(pages) > 5


def test_nothing_breaks_and_another_organization_is_not_there(visitor: Client, addresses: list[Address]) -> None:
    """404 for whoever is signed in, the sign-in page for whoever isn't; never a hint that it exists."""

    def judge(what: str, answer: HttpResponseBase) -> None:
        if "/o/acme/" in what:
            is_sent_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
            assert answer.status_code in {404, 405} or is_sent_to_sign_in, what
            assert "Acme" not in getattr(answer, "text", ""), what

    _walk(visitor, addresses, judge)


def _is_private(what: str, answer: HttpResponseBase) -> None:
    if answer.get("Content-Type", "").startswith("text/html") and answer.status_code == 200:
        assert {"no-store", "private"} <= set(answer["Cache-Control"].replace(",", "").split()), what


@pytest.mark.parametrize("member", [Role.OWNER, Role.LEAD], indirect=True)
def test_nothing_breaks_at_home_and_every_page_stays_private(member: Client, addresses: list[Address]) -> None:
    """Whatever a member sends to their own organization, the address that deletes it last of all."""
    _walk(member, [address for address in addresses if address.route.startswith(HOME)], _is_private)


@pytest.mark.parametrize("member", [Role.ADMIN, Role.DEVELOPER, Role.VIEWER], indirect=True)
def test_every_page_stays_private_for_the_other_roles_as_well(member: Client, addresses: list[Address]) -> None:
    pages: set[str] = set()
    for address in addresses:
        if address.route.startswith(HOME):
            path = address.path(ACME | TEAM)
            answer = member.get(path)
            _is_private(path, answer)
            _keeps_to_policy(path, answer, pages)
    assert len(pages) > 5


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


def _keeps_to_policy(what: str, answer: HttpResponseBase, pages: set[str]) -> None:
    """Its headers are those of every answer, and its page has nothing that they forbid.

    :param pages: what was read already; most refusals are one and the same page, but for what is made for each request.
    """
    _has_all_headers(what, answer)
    text = TOKEN.sub("", getattr(answer, "text", "")) if answer["Content-Type"].startswith("text/html") else ""
    if text and text not in pages:
        pages.add(text)
        marks = _Marks()
        marks.feed(text)
        assert marks.forbidden == [], what


def _has_all_headers(what: str, answer: HttpResponseBase) -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'", what
    if "sandbox" in policy:  # a picture: it loads nothing, runs nothing, and has its colours in it
        assert policy == {"default-src": "'none'", "style-src": "'unsafe-inline'", "sandbox": ""}, what
        assert answer["Content-Type"].startswith("image/") or answer.status_code == 301, what
    else:
        assert policy["script-src"] == policy["style-src"] == "'self'", what
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", what
        assert policy["form-action"].split()[0] == "'self'", what
        assert "unsafe" not in answer["Content-Security-Policy"], what
    assert answer["X-Content-Type-Options"] == "nosniff", what
    assert answer["Referrer-Policy"] == "same-origin", what
    assert answer["X-Frame-Options"] == "DENY", what
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", what
    assert "camera=()" in answer["Permissions-Policy"], what
    assert answer["X-Request-ID"], what
    for cookie in filter(lambda cookie: cookie.value, answer.cookies.values()):  # those without are taken back
        assert cookie["httponly"], (what, cookie.key)
        assert cookie["samesite"] == "Lax", (what, cookie.key)
