"""The stand-in itself: in the vendor's words, counted, and as badly behaved as it is told to be."""

import gzip
import json
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from events.simulation import Simulation
from events.simulation.forge import Forge
from tests._github_api import TOKEN, GithubApi
from tests._shapes import Shape

NAME = "quillmere/monolith"
EXAMPLES = Path(__file__).parent / "fixtures" / "github" / "webhooks.jsonl.gz"
# What the examples happen not to show.
UNSHOWN = {".changes: unknown", ".reason: unknown", ".installation: unknown"}


def ask(api: GithubApi, path: str, token: str = TOKEN, **headers: str) -> httpx.Response:
    return httpx.get(f"{api.api_url}{path}", headers={"Authorization": f"Bearer {token}", **headers})


def query(api: GithubApi, text: str, **variables: Any) -> httpx.Response:
    asked = {"query": text, "variables": variables}
    return httpx.post(f"{api.url}/api/graphql", json=asked, headers={"Authorization": f"Bearer {TOKEN}"})


def test_every_answer_has_the_shape_of_the_vendor_s(github_api: GithubApi) -> None:
    repository = next(iter(github_api.forge.repositories.values()))
    number, sha = next(n for n, pull in repository.pulls.items() if pull.reviews), repository.runs[0].head.sha
    paths = [
        "", "/pulls?state=all&sort=updated&direction=desc", f"/pulls/{number}", f"/pulls/{number}/commits",
        f"/pulls/{number}/files", f"/pulls/{number}/reviews", "/commits?per_page=100", f"/commits/{sha}",
        f"/commits/{sha}/pulls", f"/commits/{sha}/check-runs", f"/commits/{sha}/check-suites", "/issues?state=all",
        f"/compare/main...{sha}", f"/issues/{number}", "/actions/runs",
    ]  # fmt: skip
    found = [ask(github_api, f"/repos/{NAME}{path}").status_code for path in paths]
    assert found == [200] * len(paths)
    for path in ("/app/installations/71001", "/installation/repositories", "/rate_limit"):
        assert ask(github_api, path).status_code == 200
    assert github_api.faults == set()


def test_deliveries_have_the_shape_of_the_vendor_s() -> None:
    examples: defaultdict[str, list[Any]] = defaultdict(list)
    with gzip.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            examples[row["event"]].append(row["body"])
    shapes = {event: Shape.of(bodies) for event, bodies in examples.items()}
    forge, faults = Simulation(seed=3, people=12, weeks=4, until=date(2026, 6, 1)).forge, set()
    for week in range(4):
        for delivery in forge.webhooks(week):
            faults |= {f"{delivery.event} {fault}" for fault in shapes[delivery.event].faults(delivery.payload)}
    known = {fault for fault in faults if ".permissions." in fault or fault.partition(" ")[2] in UNSHOWN}
    assert faults - known == set()


def test_a_token_of_an_installation_opens_and_a_revoked_one_does_not(github_api: GithubApi) -> None:
    url = f"{github_api.api_url}/app/installations/71001/access_tokens"
    made = httpx.post(url, headers={"Authorization": "Bearer a.b.c"})
    assert made.status_code == 201
    assert ask(github_api, f"/repos/{NAME}", made.json()["token"]).status_code == 200
    github_api.revoke()
    assert ask(github_api, f"/repos/{NAME}").status_code == 401


def test_it_counts_what_it_is_asked(github_api: GithubApi) -> None:
    first = ask(github_api, f"/repos/{NAME}")
    again = ask(github_api, f"/repos/{NAME}", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    told = query(github_api, "{ rateLimit { cost remaining resetAt } }").json()["data"]["rateLimit"]
    assert (github_api.rest_calls, github_api.unchanged, github_api.queries, github_api.points) == (1, 1, 1, 1)
    assert told["remaining"] == 4_999
    assert first.headers["x-ratelimit-remaining"] == "4999"


@pytest.mark.parametrize(("status", "on"), [(500, ""), (502, "/repos/"), (451, "/repos/quillmere")])
def test_bad_days_pass(github_api: GithubApi, status: int, on: str) -> None:
    github_api.fail(status, on)
    assert [ask(github_api, f"/repos/{NAME}").status_code for _ in range(2)] == [status, 200]


def test_limits_say_when_to_come_again(github_api: GithubApi) -> None:
    github_api.limited(time.time() + 60)
    github_api.too_fast(7)
    first, second = ask(github_api, "/rate_limit"), ask(github_api, "/rate_limit")
    assert (first.status_code, first.headers["x-ratelimit-remaining"]) == (403, "0")
    assert (second.status_code, second.headers["retry-after"]) == (429, "7")


def test_a_repository_vanishes_and_an_installation_is_suspended(github_api: GithubApi) -> None:
    text = "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }"
    github_api.vanish(NAME)
    assert ask(github_api, f"/repos/{NAME}").status_code == 404
    assert query(github_api, text, owner="quillmere", name="monolith").json()["errors"][0]["type"] == "NOT_FOUND"
    assert ask(github_api, "/rate_limit").status_code == 200
    github_api.recover()
    github_api.suspend()
    assert "suspended" in ask(github_api, "/rate_limit").json()["message"]
    github_api.recover()
    github_api.graphql_errors("RATE_LIMITED", "API rate limit exceeded")
    assert query(github_api, text, owner="quillmere", name="monolith").json()["errors"][0]["type"] == "RATE_LIMITED"


def test_a_page_can_come_twice(github_api: GithubApi) -> None:
    github_api.serve(Forge.big(pulls=8))
    github_api.repeats_page = 2
    pages = [ask(github_api, f"/repos/{NAME}/pulls?state=all&per_page=3&page={page}").json() for page in (1, 2, 3)]
    assert pages[0] == pages[1] != pages[2]
