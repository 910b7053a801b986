"""GitHub's API on loopback: a forge served over REST and GraphQL, whose answers are held against the vendor's examples,
which counts what it is asked, and which has bad days on demand.

    github_api.serve(Forge.big(pulls=200))
    github_api.fail(403, on="/pulls", **{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1790000000"})
    github_api.vanish("quillmere/monolith")
    github_api.rest_calls, github_api.points, github_api.asked

As a process of its own, for benches: `python -m tests._github_api --pulls 10000` says its address, and answers
`GET /figures`.
"""

import argparse
import gzip
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from pytest_django import Settings

from events.simulation.forge import Forge
from tests._shapes import Shape

TOKEN = "github_pat_only-for-tests"
EXAMPLES = Path(__file__).parent / "fixtures" / "github" / "rest.jsonl.gz"
_SHAPES = (
    ("repository", r"/repos/[^/]+/[^/]+"), ("pulls", r"/repos/.+/pulls"), ("pull", r"/repos/.+/pulls/\d+"),
    ("pull_commits", r"/repos/.+/pulls/\d+/commits"), ("pull_files", r"/repos/.+/pulls/\d+/files"),
    ("pull_reviews", r"/repos/.+/pulls/\d+/reviews"), ("commits", r"/repos/.+/commits"),
    ("commit_pulls", r"/repos/.+/commits/[^/]+/pulls"), ("check_runs", r"/repos/.+/commits/[^/]+/check-runs"),
    ("check_suites", r"/repos/.+/commits/[^/]+/check-suites"), ("issues", r"/repos/.+/issues"),
    ("workflow_runs", r"/repos/.+/actions/runs"),
    ("installation", r"/app/installations/\d+"), ("repositories", r"/installation/repositories"),
    ("access_token", r"/app/installations/\d+/access_tokens"), ("rate_limit", r"/rate_limit"),
)  # fmt: skip
# Examples are of several ages and show now more, now less; what all of one kind have must be there.
_BEARABLE = re.compile(
    r": unknown$|\.(permissions|resources|custom_properties|repository)\.\w+: missing"
    r"|\.(allow_\w+|temp_clone_token|template_repository|network_count|delete_branch_on_merge|subscribers_count"
    r"|has_discussions|repositories|organization|parent|source|permissions|closed_by|pinned_comment|patch): missing"
)


@dataclass
class Bad:
    """Answers of a bad day, for paths that hold `on`. `left`: how many more; None for ever."""

    on: str
    status: int
    headers: dict[str, str]
    body: bytes
    left: int | None


@dataclass
class GithubApi:
    forge: Forge = field(default_factory=lambda: Forge.big(pulls=30))
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    limit: int = 5_000
    seconds_of_delay: float = 0.0
    repeats_page: int | None = None
    """The page of this number is answered with the one before, as when rows move while they are read."""
    asked: list[str] = field(default_factory=list)
    """Method, path and query of each request, in order."""
    rest_calls: int = 0
    unchanged: int = 0
    """Answers 304, which GitHub doesn't count."""
    points: int = 0
    queries: int = 0
    faults: set[str] = field(default_factory=set)
    """Where answers have another shape than the vendor's."""
    url: str = ""
    _bad: list[Bad] = field(default_factory=list)
    _stopping: Event = field(default_factory=Event)
    _lock: Any = field(default_factory=Lock)

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v3"

    def serve(self, forge: Forge) -> None:
        self.forge = forge
        forge.api_url = self.api_url

    # --- bad days ----------------------------------------------------------------------------------------------------

    def fail(self, status: int, on: str = "", times: int | None = 1, message: str = "", **headers: str) -> None:
        """:param headers: with `_` in the place of `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps({"message": message or _MESSAGES.get(status, "Server Error")}).encode()
        self._bad.append(Bad(on, status, named, body, times))

    def limited(self, until: float, on: str = "", times: int | None = 1) -> None:
        """The first limit of an hour is used up."""
        reset = {"x_ratelimit_limit": "5000", "x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(until))}
        self.fail(403, on, times, "API rate limit exceeded for installation ID 71001.", **reset)

    def too_fast(self, seconds: int, on: str = "", times: int | None = 1) -> None:
        words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        self.fail(429, on, times, words, retry_after=str(seconds))

    def vanish(self, name: str) -> None:
        self.fail(404, f"/repos/{name}", None)
        self._bad.append(Bad(f"graphql {name}", 200, {}, json.dumps(_NOT_FOUND).encode(), None))

    def block(self, name: str) -> None:
        self.fail(451, f"/repos/{name}", None, "Repository access blocked")

    def revoke(self) -> None:
        self.tokens.clear()

    def suspend(self) -> None:
        self.fail(403, "", None, "This installation has been suspended")

    def graphql_errors(self, kind: str, message: str, times: int | None = 1) -> None:
        """With HTTP 200, as GitHub tells them."""
        body = {"errors": [{"type": kind, "message": message}]}
        self._bad.append(Bad("graphql", 200, {}, json.dumps(body).encode(), times))

    def recover(self) -> None:
        self._bad.clear()
        self.tokens.add(TOKEN)
        self.seconds_of_delay, self.repeats_page = 0.0, None

    # --- answers -----------------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, token: str, headers: dict[str, str], body: bytes) -> "Answer":
        parts = urlsplit(target)
        with self._lock:
            self.asked.append(f"{method} {target}")
            about = f"graphql {_about(body)}" if parts.path == "/api/graphql" else unquote(parts.path)
            bad = self._bad_day(about)
        if self.seconds_of_delay:
            self._stopping.wait(self.seconds_of_delay)
        if bad:
            return Answer(bad.status, bad.headers, bad.body)
        is_proof = parts.path.startswith("/api/v3/app") and token.count(".") == 2
        if not is_proof and token not in self.tokens:
            return Answer(401, {}, b'{"message": "Bad credentials"}')
        with self._lock:
            if parts.path == "/api/graphql":
                return self._graphql(body)
            return self._rest(method, unquote(parts.path).removeprefix("/api/v3"), parts.query, headers)

    def _bad_day(self, about: str) -> Bad | None:
        found = next((bad for bad in self._bad if bad.on in about and bad.left != 0), None)
        if found and found.left:
            found.left -= 1
        return found

    def _rest(self, method: str, path: str, query_string: str, headers: dict[str, str]) -> "Answer":
        query = dict(parse_qsl(query_string, keep_blank_values=True))
        if self.repeats_page and query.get("page") == str(self.repeats_page):
            query["page"] = str(self.repeats_page - 1)
        status, told, found = self.forge.rest(method, path, query, headers)
        self.unchanged += status == 304
        self.rest_calls += status != 304
        if status < 300:
            self._hold_against_examples(path, found)
        if path.endswith("/access_tokens") and status == 201:
            self.tokens.add(found["token"])
        limits = self._limits("core", self.rest_calls)
        return Answer(status, told | limits, b"" if found is None else json.dumps(found).encode())

    def _graphql(self, body: bytes) -> "Answer":
        asked = json.loads(body)
        status, told, found = self.forge.graphql(asked["query"], asked.get("variables") or {})
        self.queries += 1
        rate = (found.get("data") or {}).get("rateLimit") or {}
        self.points += rate.get("cost", 1)
        if "remaining" in rate:
            rate["remaining"] = max(0, self.limit - self.points)
        if "resetAt" in rate:
            rate["resetAt"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3_600))
        return Answer(status, told | self._limits("graphql", self.points), json.dumps(found).encode())

    def _limits(self, resource: str, used: int) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit), "x-ratelimit-remaining": str(max(0, self.limit - used)),
            "x-ratelimit-used": str(used), "x-ratelimit-reset": str(int(time.time()) + 3_600),
            "x-ratelimit-resource": resource, "x-github-media-type": "github.v3; format=json",
        }  # fmt: skip

    def _hold_against_examples(self, path: str, found: Any) -> None:
        for name, pattern in _SHAPES:
            if re.fullmatch(pattern, path):
                told = (fault for fault in _shape(name).faults(found, name) if not _BEARABLE.search(fault))
                self.faults.update(told)

    def figures(self) -> dict[str, int]:
        return {
            "rest_calls": self.rest_calls, "unchanged": self.unchanged, "queries": self.queries, "points": self.points,
            "requests": len(self.asked),
        }  # fmt: skip


_MESSAGES = {401: "Bad credentials", 403: "Forbidden", 404: "Not Found", 451: "Repository access blocked"}
_NOT_FOUND = {
    "data": {"repository": None},
    "errors": [{"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository."}],
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def _about(body: bytes) -> str:
    try:
        variables = json.loads(body).get("variables") or {}
    except ValueError:
        return ""
    return f"{variables.get('owner', '')}/{variables.get('name', '')}"


@cache
def _shape(name: str) -> Shape:
    with gzip.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return Shape.of([row["body"] for row in rows if row["name"] == name])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], api: GithubApi) -> None:
        self.api = api
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that lost patience have gone."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body: bytes) -> None:
        api = self.server.api
        if self.path == "/figures":
            answer = Answer(200, {}, json.dumps(api.figures()).encode())
        else:
            token = self.headers.get("Authorization", "").partition(" ")[2]
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = api.answer(self.command, self.path, token, headers, body)
        self.send_response(answer.status)
        told = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(answer.body))}
        for name, value in {**told, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Silent."""


def started(forge: Forge | None = None, port: int = 0) -> tuple[GithubApi, _Server]:
    api = GithubApi(forge) if forge else GithubApi()
    server = _Server(("127.0.0.1", port), api)
    api.url = f"http://127.0.0.1:{server.server_port}"
    api.serve(api.forge)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return api, server


@pytest.fixture
def github_api(settings: Settings) -> Iterator[GithubApi]:
    """The product asks it. At the end, all that it answered had the vendor's shape."""
    api, server = started()
    settings.GITHUB_API_URL = api.api_url
    yield api
    api._stopping.set()
    server.shutdown()
    server.server_close()
    assert api.faults == set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pulls", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--limit", type=int, default=5_000, help="calls and points an hour")
    options = parser.parse_args()
    api, _ = started(Forge.big(pulls=options.pulls), options.port)
    api.limit = options.limit
    print(api.api_url, flush=True)  # noqa: T201 - whoever started it reads it
    Event().wait()


if __name__ == "__main__":
    main()
