"""Walks every address of the product as somebody who has no business there, and looks at every answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from teams.models import Team
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])

ACME = {"organization": "acme", "organization_slug": "acme", "org": "acme", "slug": "acme"}
TEAM = {"team": "payments", "team_slug": "payments"}
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
BY_CONVERTER = {"int": "1", "uuid": UUID, "path": "a/b", "str": "x", "slug": "x", "": "x"}
HOSTILE = {**BY_CONVERTER, "int": "9" * 40, "str": "a%00b%F0%9F%92%A9", "": "a%00b", "path": "..%2f..%00"}
HOSTILE_QUERY = "?p=%00&vs=%ff&from=%00&to=x&page=-1&q=%00&next=//evil.example&o=%00&e=1&_popup=1&after=%F0%9F"
# Pages that leave the product or end the visitor's session in the middle of the walk.
LEFT_OUT = ("/accounts/logout/",)


@dataclass(frozen=True)
class Address:
    route: str
    name: str

    def path(self, by_converter: dict[str, str], by_name: dict[str, str]) -> str:
        def fill(match: re.Match[str]) -> str:
            converter, name = match.groups(default="")
            return by_name.get(name, by_converter.get(converter, "x"))

        return re.sub(r"<(?:(\w+):)?(\w+)>", fill, self.route)


def _addresses(resolver: URLResolver, prefix: str = "") -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _addresses(entry, route)
        elif isinstance(entry, URLPattern):
            yield Address(simplify_regex(route), str(entry.name))


@pytest.fixture
def addresses() -> list[Address]:
    found = [address for address in _addresses(get_resolver()) if address.route not in LEFT_OUT]
    assert {"/healthz", "/", "/otlp/v1/logs/", "/accounts/login/", "/admin/login/"} <= {one.route for one in found}
    return found


@pytest.fixture(params=["anonymous", "charlie", "operator"])
def visitor(request: pytest.FixtureRequest, payments: Team) -> Client:
    """Nobody; the owner of another organization; an operator, who is a member of none."""
    if request.param == "charlie":
        client: Client = request.getfixturevalue("charlie_client")
        return client
    client = Client()
    if request.param == "operator":
        operator = make_user("operator@host.example", is_staff=True, is_superuser=True)
        client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _all_answers(client: Client, path: str) -> Iterator[tuple[str, HttpResponseBase]]:
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield f"{method} {path}", client.generic(method, path)
    yield f"POST {path} with a form", client.post(path, {"name": "\x00", "email": "x", "next": "//evil.example"})


def test_nothing_breaks(visitor: Client, addresses: list[Address]) -> None:
    """An exception in a view fails the test by itself."""
    for address in addresses:
        for fill in (BY_CONVERTER, HOSTILE):
            path = address.path(fill, {})
            assert visitor.get(path + HOSTILE_QUERY).status_code < 500, path
        for what, answer in _all_answers(visitor, address.path(BY_CONVERTER, ACME | TEAM)):
            assert answer.status_code < 500, what


def test_another_organization_is_not_there(visitor: Client, addresses: list[Address]) -> None:
    """404 for whoever is signed in, the sign-in page for whoever isn't; never a hint that it exists."""
    for address in addresses:
        path = address.path(BY_CONVERTER, ACME | TEAM)
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
    pages = 0
    for address in addresses:
        path = address.path(BY_CONVERTER, {})
        answer = visitor.get(path)
        policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'", path
        assert policy["script-src"] == policy["style-src"] == "'self'", path
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", path
        assert "unsafe" not in answer["Content-Security-Policy"], path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["X-Request-ID"], path
        if answer["Content-Type"].startswith("text/html") and answer.content:
            pages += 1
            marks = _Marks()
            marks.feed(answer.text)
            assert marks.forbidden == [], path
    assert pages > 5
