"""Where keys may go."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from client.code_card import web


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://cc.example.com/", "https://cc.example.com"),
        ("cc.example.com", "https://cc.example.com"),
        ("https://example.com/cc/", "https://example.com/cc"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.9", "http://127.0.0.9"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_https_and_this_very_machine(address: str, expected: str) -> None:
    assert web.checked(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "http://cc.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com", "ftp://localhost",
        "https://a:b@c", "http://10.0.0.1", "https://", "", "https://a?b", "https://a:x", "file:///etc/passwd",
        "http://127.0.0.1@example.com",
    ],
)  # fmt: skip
def test_everything_else_is_refused(address: str) -> None:
    with pytest.raises(web.AddressError):
        web.checked(address)


class _Moved(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def moved() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Moved) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_key_follows_no_redirect(moved: str) -> None:
    assert web.ask(moved, "/here", key="cci_x").status == 302
    assert _Moved.asked == ["/here"]


def test_nobody_there_is_offline() -> None:
    with pytest.raises(web.OfflineError):
        web.ask("http://127.0.0.1:1", "/")
