"""The App and its installations, with GitHub's answers over HTTP on loopback: made from a manifest, and proven."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from codecard.lib.sealing import seal, unseal
from events.models import GitHubApp
from events.pulls.github.manifest import ManifestError, converted, manifest
from events.pulls.github.proving import NotProvenError, prove_installation

INSTALLATIONS = [{"id": number, "account": {"login": f"account-{number}"}} for number in range(1, 131)]
MADE: dict[str, Any] = {
    "id": 1, "slug": "code-card", "name": "Code Card", "client_id": "Iv1.x", "client_secret": "cs",
    "webhook_secret": "ws", "pem": "-----BEGIN RSA PRIVATE KEY-----",
}  # fmt: skip


class GitHub(BaseHTTPRequestHandler):
    """A code is good once; a token sees 130 installations, 100 a page."""

    codes: set[str] = set()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = urlsplit(self.path).path
        if path == "/login/oauth/access_token":
            given = {name: values[0] for name, values in parse_qs(body).items()}
            is_good = given.get("client_secret") == "s" and given.get("code") in self.codes
            self.codes.discard(given.get("code", ""))
            self.answer(200, {"access_token": "gho_x"} if is_good else {"error": "bad_verification_code"})
        elif path == "/app-manifests/good/conversions":
            self.answer(201, MADE)
        else:
            self.answer(404, {"message": "Not Found"})

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        page = int(parse_qs(split.query).get("page", ["1"])[0])
        is_allowed = self.headers.get("Authorization") == "Bearer gho_x" and split.path == "/user/installations"
        found = INSTALLATIONS[(page - 1) * 100 : page * 100]
        self.answer(200 if is_allowed else 401, {"total_count": 130, "installations": found} if is_allowed else {})

    def answer(self, status: int, content: Any) -> None:
        raw = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        """Silent."""


@contextmanager
def _serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), GitHub)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def github(settings: Any) -> Iterator[None]:
    GitHub.codes = {"abc"}
    with _serving() as address:
        settings.GITHUB_URL = settings.GITHUB_API_URL = address
        yield


def app() -> GitHubApp:
    return GitHubApp(app_id=1, client_id="c", client_secret=seal("s"))


@pytest.mark.usefixtures("github")
def test_an_installation_is_proven_on_whatever_page_it_stands() -> None:
    assert prove_installation(app(), code="abc", installation_id=117) == "account-117"
    with pytest.raises(NotProvenError, match="used before"):
        prove_installation(app(), code="abc", installation_id=117)


@pytest.mark.usefixtures("github")
@pytest.mark.parametrize(("code", "number"), [("abc", 131), ("abc", 0), ("", 117), ("x", 117)])
def test_what_github_does_not_confirm_is_not_believed(code: str, number: int) -> None:
    with pytest.raises(NotProvenError):
        prove_installation(app(), code=code, installation_id=number)


def test_a_github_that_is_away_proves_nothing(settings: Any) -> None:
    settings.GITHUB_URL = settings.GITHUB_API_URL = "http://127.0.0.1:1"
    with pytest.raises(NotProvenError, match="could not be asked"):
        prove_installation(app(), code="abc", installation_id=117)
    with pytest.raises(ManifestError):
        converted("good")


@pytest.mark.usefixtures("github")
def test_the_app_is_made_from_its_manifest() -> None:
    made = converted("good")
    assert (made.app_id, made.slug, unseal(made.private_key)) == (1, "code-card", MADE["pem"].encode())
    for code in ("used", "", "../x", "é"):
        with pytest.raises(ManifestError):
            converted(code)


def test_the_manifest_asks_to_read_and_never_to_write() -> None:
    told = manifest("https://code-card.example")
    assert set(told["default_permissions"].values()) == {"read"}
    assert told["request_oauth_on_install"]
    assert told["hook_attributes"]["url"] == "https://code-card.example/webhooks/github/"
