"""A small GitHub on loopback: the sign-in of OAuth apps, checked as strictly as GitHub's documentation says, and badly
behaved on demand.

    github.person = Person(id=7, login="octocat", emails=[Email("o@example.com")])
    github.failures["/api/v3/user/emails"] = 500        # or SLOW, DOWN, or the bytes of an answer
    github.denies = True                                 # the person says no
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pytest_django import Settings

from codecard.lib.environment import github_app

CALLBACK = "/accounts/github/login/callback/"
SLOW, DOWN = "slow", "down"
SLOW_SECONDS = 3.0


@dataclass
class Email:
    email: str
    verified: bool = True
    primary: bool = True


@dataclass
class Person:
    id: int
    login: str
    name: str = ""
    emails: list[Email] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)
    public_email: str | None = None
    """Of the profile; whether it is verified nobody says."""


@dataclass
class Grant:
    """What a code or a token stands for."""

    person: Person
    scopes: set[str]
    redirect_uri: str
    challenge: str


class GitHub:
    """One OAuth app, and one person who sits before the browser."""

    client_id, client_secret = "Iv1.0123456789abcdef", "github-secret-of-the-tests"

    def __init__(self) -> None:
        self.person = Person(id=1, login="octocat", emails=[Email("octocat@example.com")])
        self.denies = False
        self.failures: dict[str, int | str | bytes] = {}
        self.asked: list[str] = []
        """Methods and paths, in order."""
        self.scopes: list[set[str]] = []
        """Of each visit of the page that asks for consent."""
        self._codes: dict[str, Grant] = {}
        self._tokens: dict[str, Grant] = {}
        self._stopping = Event()
        self._server = _Server(("127.0.0.1", 0), self)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def settings(self) -> dict[str, Any]:
        """What the product has to be told."""
        app = github_app(self.client_id, self.client_secret, self.url)
        return {"GITHUB_URL": self.url, "GITHUB_CLIENT_ID": self.client_id, "APPS": [app]}

    # --- what it answers: status, headers, body ---

    def answer(self, method: str, path: str, query: dict[str, str], form: dict[str, str], token: str) -> "Answer":
        self.asked.append(f"{method} {path}")
        match self.failures.get(path):
            case "slow":
                self._stopping.wait(SLOW_SECONDS)
            case int(status):
                return Answer(status, b'{"message": "Server Error"}')
            case bytes(body):
                return Answer(200, body)
        match method, path:
            case "GET", "/login/oauth/authorize":
                return self._authorize(query)
            case "POST", "/login/oauth/access_token":
                return self._access_token(form)
            case "GET", "/api/v3/user" | "/api/v3/user/emails" | "/api/v3/user/orgs":
                grant = self._tokens.get(token)
                return self._api(path, grant) if grant else _json({"message": "Bad credentials"}, 401)
        return _json({"message": "Not Found"}, 404)

    def _authorize(self, query: dict[str, str]) -> "Answer":
        """The page of consent, on which the person says yes or no at once."""
        if query.get("client_id") != self.client_id:
            return Answer(404, b"no such app")
        if urlsplit(query.get("redirect_uri", "")).path != CALLBACK:
            return Answer(400, b"The redirect_uri is not associated with this application.")
        if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
            return Answer(400, b"no PKCE")
        if len(query.get("state", "")) < 16:
            return Answer(400, b"no state")
        scopes = set(query.get("scope", "").split())
        self.scopes.append(scopes)
        if self.denies:
            return _redirect(query, error="access_denied", error_description="The user has denied your application")
        code = token_hex(10)
        self._codes[code] = Grant(self.person, scopes, query["redirect_uri"], query["code_challenge"])
        return _redirect(query, code=code)

    def _access_token(self, form: dict[str, str]) -> "Answer":
        """GitHub tells errors with status 200 as well."""
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return _form(error="incorrect_client_credentials")
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None:
            return _form(error="bad_verification_code")
        if form.get("redirect_uri") != grant.redirect_uri:
            return _form(error="redirect_uri_mismatch")
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        if urlsafe_b64encode(digest).decode().rstrip("=") != grant.challenge:
            return _form(error="bad_verification_code")
        token = f"gho_{token_hex(18)}"
        self._tokens[token] = grant
        return _form(access_token=token, scope=",".join(sorted(grant.scopes)), token_type="bearer")

    def _api(self, path: str, grant: Grant) -> "Answer":
        person = grant.person
        if path == "/api/v3/user/emails":
            if not grant.scopes & {"user", "user:email"}:
                return _json({"message": "Not Found"}, 404)
            return _json([{**vars(row), "visibility": None} for row in person.emails])
        if path == "/api/v3/user/orgs":
            if not grant.scopes & {"user", "read:org"}:
                return _json({"message": "You need at least read:org scope or user scope"}, 403)
            return _json([{"login": login, "id": number} for number, login in enumerate(person.organizations)])
        return _json({
            "login": person.login, "id": person.id, "name": person.name or None, "email": person.public_email,
            "html_url": f"{self.url}/{person.login}", "avatar_url": f"{self.url}/avatar.png", "type": "User",
            "company": "Somewhere", "plan": {"name": "free"},
        })  # fmt: skip


@dataclass
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    location: str = ""


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def _form(**fields: str) -> Answer:
    return Answer(200, urlencode(fields).encode(), "application/x-www-form-urlencoded; charset=utf-8")


def _redirect(query: dict[str, str], **fields: str) -> Answer:
    return Answer(302, location=f"{query['redirect_uri']}?{urlencode({**fields, 'state': query['state']})}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], github: GitHub) -> None:
        self.github = github
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that lost patience have gone."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._serve(_flat(body))

    def _serve(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        github = self.server.github
        if github.failures.get(parts.path) == DOWN:
            self.close_connection = True
            return
        token = self.headers.get("Authorization", "").partition(" ")[2]
        answer = github.answer(self.command, parts.path, _flat(parts.query), form, token)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        pass


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}


@pytest.fixture
def github(settings: Settings) -> Iterator[GitHub]:
    """The product signs in with it."""
    running = GitHub()
    told = running.settings()
    settings.GITHUB_URL, settings.GITHUB_CLIENT_ID = told["GITHUB_URL"], told["GITHUB_CLIENT_ID"]
    providers = settings.SOCIALACCOUNT_PROVIDERS
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {**providers["github"], "APPS": told["APPS"]}}
    policy = settings.CONTENT_SECURITY_POLICY
    directives = policy["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        **policy, "DIRECTIVES": {**directives, "form-action": [*directives["form-action"], running.url]},
    }  # fmt: skip
    yield running
    running.stop()
