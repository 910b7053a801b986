"""Asking GitHub on behalf of one connection. Never inside a transaction: an answer may take its time.

The token goes to the configured address only: https or one's own machine, and no redirect leads it elsewhere. An answer
is limited in size and in time, and what is wrong with it becomes a `GitHubError`, without its text.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec
from django.conf import settings

from codecard.lib.sealing import SealBrokenError, unseal
from events.models import Connection, ConnectionKind, ConnectionState
from events.pulls.github import app, limits
from events.pulls.github.errors import GitHubError, Trouble
from events.pulls.github.fields import Json, count, part, parts, text

API_VERSION: Final = "2022-11-28"
MOST_BYTES: Final = 64 * 1024 * 1024
"""25 pull requests with long bodies and a hundred long messages each stay below a quarter of it."""
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 307, 308})
_VANISHED = frozenset({404, 410, 422, 451})

TRANSPORTS: dict[str, Callable[[Connection], httpx.BaseTransport]] = {}
"""By kind of connection: what answers instead of the network, for the sample and for tests."""


class Answer(NamedTuple):
    """`json` is None where nothing changed since `etag`."""

    json: Any
    etag: str = ""
    has_more: bool = False


def can_ask(connection: Connection | None) -> bool:
    """Whether there is anything to ask with. A webhook without a token only listens."""
    if connection is None or connection.state == ConnectionState.REMOVED:
        return False
    if connection.kind == ConnectionKind.SAMPLE:
        return connection.kind in TRANSPORTS
    return connection.kind != ConnectionKind.WEBHOOK or bool(connection.token)


class Client:
    """`calls`, `points` and `limits` add up what was asked, and what GitHub said of its limits, for whoever keeps them.

    Each request :raises GitHubError:
    """

    def __init__(self, connection: Connection, *, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.calls = 0
        self.points = 0
        self.limits: limits.Limits = dict(connection.limits)
        self._token = ""
        transport = TRANSPORTS[connection.kind](connection) if connection.kind in TRANSPORTS else None
        self._http = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(settings.GITHUB_TIMEOUT_SECONDS, connect=min(5, settings.GITHUB_TIMEOUT_SECONDS)),
            headers={
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": API_VERSION,
                "User-Agent": f"CodeCard/{settings.VERSION}",
            },
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str | int] | None = None, *, etag: str = "") -> Answer:
        headers = {"If-None-Match": etag} if etag else {}
        self._wait_for(limits.CORE)
        self.calls += 1
        response, body = self._ask("GET", f"{_api_url()}{path}", params=dict(params or {}), headers=headers)
        has_more = 'rel="next"' in response.headers.get("link", "")
        json = None if response.status_code == 304 else _decoded(body)
        return Answer(json, response.headers.get("etag", "")[:200], has_more)

    def query(self, document: str, variables: Mapping[str, Any]) -> Json:
        """The `data` of a GraphQL answer. Its parts that may not be seen are None."""
        self._wait_for(limits.GRAPHQL)
        response, body = self._ask("POST", _graphql_url(), json={"query": document, "variables": dict(variables)})
        answer = _decoded(body)
        if not isinstance(answer, dict):
            raise GitHubError(Trouble.ODD)
        data = part(answer, "data")
        self.points += count(part(data, "rateLimit"), "cost")
        if errors := parts(answer, "errors"):
            self._judge_errors(errors, data, response)
        return data

    def _judge_errors(self, errors: list[Json], data: Json, response: httpx.Response) -> None:
        """GraphQL reports its limits with HTTP 200. What is missing of an answer that came otherwise is bearable."""
        kinds = {text(error, "type") for error in errors}
        said = " ".join(text(error, "message", 1_000) for error in errors)
        if "RATE_LIMITED" in kinds or limits.is_about_limits(said):
            until = limits.wait_after(403, response.headers, "rate limit", now=self.now)
            raise GitHubError(Trouble.LIMITED, until=until)
        if any(value for name, value in data.items() if name != "rateLimit"):
            return
        if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
            raise GitHubError(Trouble.FORBIDDEN)
        raise GitHubError(Trouble.VANISHED if "NOT_FOUND" in kinds else Trouble.ODD)

    def _wait_for(self, resource: str) -> None:
        """Without asking: GitHub punishes those who ask although they were told to wait."""
        paused = self.connection.paused_until
        until = paused if paused and paused > self.now else limits.used_up_until(self.limits, resource, now=self.now)
        if until:
            raise GitHubError(Trouble.LIMITED, until=until)

    # --- the token ---------------------------------------------------------------------------------------------------

    def _ask(self, method: str, url: str, **options: Any) -> tuple[httpx.Response, bytes]:
        had_token = bool(self._token) or app.kept_token(self.connection, now=self.now) is not None
        try:
            return self._send(method, url, self._bearer(), **options)
        except GitHubError as error:
            # An installation's token ends early where its permissions change: a new one is made, once.
            if error.trouble != Trouble.REFUSED or self.connection.kind != ConnectionKind.APP or not had_token:
                raise
        self._token, self.connection.access_token = "", ""
        return self._send(method, url, self._bearer(), **options)

    def _bearer(self) -> str:
        if not self._token:
            self._token = (
                self._installation_token() if self.connection.kind == ConnectionKind.APP else self._own_token()
            )
        return self._token

    def _own_token(self) -> str:
        if self.connection.kind == ConnectionKind.SAMPLE:
            return "sample"
        try:
            return unseal(self.connection.token).decode()
        except SealBrokenError:
            raise GitHubError(Trouble.REFUSED) from None

    def _installation_token(self) -> str:
        if kept := app.kept_token(self.connection, now=self.now):
            return kept
        url = f"{_api_url()}/app/installations/{self.connection.installation_id}/access_tokens"
        try:
            _, body = self._send("POST", url, app.proof(now=self.now))
        except GitHubError as error:
            raise (GitHubError(Trouble.REMOVED) if error.trouble == Trouble.VANISHED else error) from None
        return app.keep_token(self.connection, _decoded(body))

    # --- one request -------------------------------------------------------------------------------------------------

    def _send(self, method: str, url: str, bearer: str, **options: Any) -> tuple[httpx.Response, bytes]:
        headers = {"Authorization": f"Bearer {bearer}", **options.pop("headers", {})}
        for _ in range(_MOST_REDIRECTS + 1):
            response, body = self._exchange(method, url, headers=headers, **options)
            if response.status_code not in _REDIRECTS:
                self._note_limits(response)
                self._judge(response, body)
                return response, body
            url = _redirected(response)
            options.pop("params", None)
        raise GitHubError(Trouble.ODD)

    def _exchange(self, method: str, url: str, **options: Any) -> tuple[httpx.Response, bytes]:
        """In whole, or not at all."""
        deadline = time.monotonic() + 2 * settings.GITHUB_TIMEOUT_SECONDS
        body = bytearray()
        try:
            with self._http.stream(method, url, **options) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise GitHubError(Trouble.ODD)
                    if time.monotonic() > deadline:
                        raise GitHubError(Trouble.UNREACHABLE)
        except (httpx.DecodingError, httpx.InvalidURL, UnicodeError):
            raise GitHubError(Trouble.ODD) from None
        except (httpx.HTTPError, ssl.SSLError, OSError):
            raise GitHubError(Trouble.UNREACHABLE) from None
        return response, bytes(body)

    def _note_limits(self, response: httpx.Response) -> None:
        self.limits |= limits.told(response.headers)

    def _judge(self, response: httpx.Response, body: bytes) -> None:
        status = response.status_code
        if status < 300 or status == 304:
            return
        said = _message(body) if status in (403, 429) else ""
        if until := limits.wait_after(status, response.headers, said, now=self.now):
            raise GitHubError(Trouble.LIMITED, until=until)
        raise GitHubError(_trouble(status, said))


def _trouble(status: int, said: str) -> Trouble:
    if status == 401:
        return Trouble.REFUSED
    if status == 403:
        return Trouble.SUSPENDED if "suspended" in said.lower() else Trouble.FORBIDDEN
    if status in _VANISHED:
        return Trouble.VANISHED
    if status == 409:
        return Trouble.EMPTY
    return Trouble.UNREACHABLE if status >= 500 else Trouble.ODD


def _message(body: bytes) -> str:
    try:
        found = _decoded(body)
    except GitHubError:
        return ""
    return text(found, "message", 1_000) if isinstance(found, dict) else ""


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise GitHubError(Trouble.ODD) from None


def _redirected(response: httpx.Response) -> str:
    """Where a renamed repository is now: on the same server, or nowhere."""
    try:
        target = response.url.join(response.headers.get("location", ""))
    except (httpx.InvalidURL, ValueError):
        raise GitHubError(Trouble.ODD) from None
    if (target.scheme, target.host, target.port) != (response.url.scheme, response.url.host, response.url.port):
        raise GitHubError(Trouble.ODD)
    return str(target)


def _api_url() -> str:
    """:raises GitHubError: the token would travel where others can read it."""
    url: str = settings.GITHUB_API_URL
    parts_ = urlsplit(url)
    is_own_machine = parts_.scheme == "http" and parts_.hostname in {"localhost", "127.0.0.1", "::1"}
    if not (parts_.scheme == "https" or is_own_machine):
        raise GitHubError(Trouble.UNREACHABLE)
    return url


def _graphql_url() -> str:
    """GitHub Enterprise has it beside the REST API's address, not below."""
    return f"{_api_url().removesuffix('/v3')}/graphql"
