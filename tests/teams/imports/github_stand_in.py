"""A small GitHub on loopback: the teams API, as far as an import uses it, and bad days on demand."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghp_only-for-tests"
PAGE = 2  # whatever is asked for: paging is what is tested


class GithubStandIn:
    """`teams`: as GitHub tells them. `members`: logins by slug and role. `trouble`: an answer in the place of all."""

    def __init__(self) -> None:
        self.teams: list[dict[str, Any]] = []
        self.members: dict[str, dict[str, list[str]]] = {}
        self.trouble: tuple[int, dict[str, str], bytes] | None = None
        self.next_link = ""
        self.seconds_of_delay = 0.0
        self.tokens: list[str] = []
        self.paths: list[str] = []
        self.url = ""

    def add(self, slug: str, name: str = "", parent: str = "", **members: list[str]) -> None:
        above = next(({"id": team["id"], "slug": parent} for team in self.teams if team["slug"] == parent), None)
        self.teams.append({"id": 100 + len(self.teams), "slug": slug, "name": name or slug.title(), "parent": above})
        self.members[slug] = members

    def answer(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        self.tokens.append(token)
        self.paths.append(path)
        time.sleep(self.seconds_of_delay)
        if self.trouble:
            return self.trouble
        if token != f"Bearer {TOKEN}":
            return 401, {}, b'{"message": "Bad credentials"}'
        parts = urlsplit(path)
        rows, query = self._rows(parts.path), parse_qs(parts.query)
        if rows is None:
            return 404, {}, b'{"message": "Not Found"}'
        wanted = rows if isinstance(rows, list) else [{"login": one} for one in rows.get(query["role"][0], [])]
        number = int(query.get("page", ["1"])[0])
        headers = {}
        if number * PAGE < len(wanted):
            others = "&".join(f"{name}={value[0]}" for name, value in query.items() if name != "page")
            link = self.next_link or f"{self.url}{parts.path}?{others}&page={number + 1}"
            headers["Link"] = f'<{link}>; rel="next", <{link}>; rel="last"'
        return 200, headers, json.dumps(wanted[(number - 1) * PAGE : number * PAGE]).encode()

    def _rows(self, path: str) -> list[dict[str, Any]] | dict[str, list[str]] | None:
        if path == "/api/v3/orgs/octo/teams":
            return self.teams
        slug = path.removeprefix("/api/v3/orgs/octo/teams/").removesuffix("/members")
        return self.members.get(slug)


@contextmanager
def github_stand_in() -> Iterator[GithubStandIn]:
    github = GithubStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(ConnectionError):  # of whoever doesn't wait
                self._answer()

        def _answer(self) -> None:
            status, headers, body = github.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
