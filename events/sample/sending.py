"""Sending what the simulator made: over HTTP to a running server, or through the same application in this process.
Either way by the real ingest path: authentication, parsing, ledger."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from events.simulation import Body

ATTEMPTS = 30
TIMEOUT_SECONDS = 60
_PRESSURE = frozenset({429, 503})


class Refused(RuntimeError):
    """The server answered with something else than success, or rejected a part of a body."""


class Answer(NamedTuple):
    status: int
    body: bytes
    retry_after_seconds: float = 1.0


Exchange = Callable[[Body, str], Answer]
"""Sends a body with the secret of a key. :raises OSError: nobody answers."""


def send(body: Body, secret: str, exchange: Exchange) -> None:
    """Again while the server asks for patience or is away, as real clients do.

    :raises Refused: with the server's words. :raises OSError: nobody answered in all attempts.
    """
    answer = _patiently(body, secret, exchange)
    if answer.status not in (200, 202) or _rejects(body, answer):
        raise Refused(f"{body.path}: {answer.status} {answer.body[:300]!r}")


def _patiently(body: Body, secret: str, exchange: Exchange) -> Answer:
    for _ in range(ATTEMPTS - 1):
        try:
            answer = exchange(body, secret)
            if answer.status not in _PRESSURE:
                return answer
            time.sleep(answer.retry_after_seconds)
        except OSError:
            time.sleep(1)
    return exchange(body, secret)


def _rejects(body: Body, answer: Answer) -> bool:
    """OTLP's full success is empty in both forms; the product's own wire lists what it rejected. A webhook and a report
    of CI are taken as a whole."""
    if body.path.startswith(("/webhooks/", "/api/v1/ci/")):
        return False
    if body.path.startswith("/otlp/"):
        return answer.body not in (b"", b"{}")
    return bool(msgspec.json.decode(answer.body)["rejected"])


class OverHttp:
    """One connection that is kept open, and opened anew where the server closed it."""

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout_seconds)
        self._prefix = parts.path.rstrip("/")

    def __call__(self, body: Body, secret: str) -> Answer:
        headers = {"Content-Type": body.content_type, **_proof(body, secret)}
        return self._request("POST", body.path, body.data, headers)

    def is_answering(self) -> bool:
        try:
            return self._request("GET", "/healthz", None, {}).status == 200
        except OSError:
            return False

    def close(self) -> None:
        self._connection.close()

    def _request(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        try:
            self._connection.request(method, self._prefix + path, data, headers)
            response = self._connection.getresponse()
            wait = response.headers.get("Retry-After", "")
            return Answer(response.status, response.read(), float(wait) if wait.isdigit() else 1.0)
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise OSError(str(error)) from error


class InProcess:
    """The whole application, middleware included, without a socket."""

    def __init__(self) -> None:
        self._application = WSGIHandler()

    def __call__(self, body: Body, secret: str) -> Answer:
        told: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            told["status"] = int(status.partition(" ")[0])

        response = self._application(self._environ(body, secret), start_response)  # type: ignore[arg-type]
        try:
            return Answer(told["status"], b"".join(response))
        finally:
            response.close()

    def _environ(self, body: Body, secret: str) -> dict[str, Any]:
        path, _, query = body.path.partition("?")
        # What a proxy that ends TLS would add: production redirects plain requests.
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": query,
            "CONTENT_TYPE": body.content_type,
            "CONTENT_LENGTH": str(len(body.data)),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in _proof(body, secret).items()},
            "HTTP_X_FORWARDED_PROTO": "https",
            "SERVER_NAME": _host(),
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body.data),
            "wsgi.errors": io.StringIO(),
        }


def _proof(body: Body, secret: str) -> dict[str, str]:
    return dict(body.headers) or {"Authorization": f"Bearer {secret}"}


def _host() -> str:
    named = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    return named[0] if named else "localhost"


@contextmanager
def nearest() -> Iterator[Exchange]:
    """On one's own machine the web server that runs beside the worker, where it answers; else this process."""
    if settings.IS_LOCAL and settings.BASE_URL:
        with closing(OverHttp(settings.BASE_URL)) as over_http:
            if over_http.is_answering():
                yield over_http
                return
    yield InProcess()
