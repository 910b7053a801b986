"""What the forge tells and answers, looked at from outside: in the vendor's words, and of one mind with itself."""

import json
from collections import Counter
from datetime import date
from functools import cache
from typing import Any

from events.schema import Commit
from events.simulation import Simulation
from events.simulation.forge import Delivery, Forge
from events.sources._base import Context
from events.sources._otlp import parse

UNTIL = date(2026, 6, 1)
SIMULATION = Simulation(seed=3, people=12, weeks=4, until=UNTIL)
PULLS = """
query($owner: String!, $name: String!, $after: String) {
  rateLimit { cost remaining resetAt }
  repository(owner: $owner, name: $name) {
    pullRequests(first: 25, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { number headRefOid ...more commits(first: 100) { nodes { commit { oid } } } }
    }
  }
}
fragment more on PullRequest { timelineItems(first: 50, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) {
  nodes { __typename ... on HeadRefForcePushedEvent { beforeCommit { oid } afterCommit { oid } } } } }
"""
BLAME = """query($o: String!, $n: String!, $sha: GitObjectID!, $path: String!) { repository(owner: $o, name: $n) {
  object(oid: $sha) { ... on Commit { blame(path: $path) { ranges { startingLine endingLine commit { oid } } } } }
} }"""


@cache
def forge() -> Forge:
    return SIMULATION.forge


@cache
def deliveries() -> list[Delivery]:
    return [delivery for week in reversed(range(4)) for delivery in forge().webhooks(week)]


def get(path: str, **query: str) -> Any:
    status, _, found = forge().rest("GET", path, query, {})
    assert status == 200, path
    return found


def test_the_same_seed_tells_the_same() -> None:
    people = SIMULATION.cast
    tasks: list[Any] = []
    first = Forge.of_company(9, people, tasks, date(2026, 5, 4), UNTIL)
    again = Forge.of_company(9, people, tasks, date(2026, 5, 4), UNTIL)
    assert list(first.webhooks(1)) == list(again.webhooks(1))
    assert len(list(first.webhooks(1))) > 10


def test_deliveries_come_in_order_of_time_each_with_its_own_id() -> None:
    told = deliveries()
    assert [delivery.at for delivery in told] == sorted(delivery.at for delivery in told)
    assert len({delivery.delivery_id for delivery in told}) == len(told) > 300
    assert {delivery.event for delivery in told} == {
        "push", "pull_request", "pull_request_review", "issues", "check_run", "check_suite", "workflow_run",
        "merge_group",
    }  # fmt: skip


def test_a_story_is_told_in_order() -> None:
    seen: dict[tuple[int, int], list[str]] = {}
    for delivery in deliveries():
        if delivery.event == "pull_request":
            pull = delivery.payload["pull_request"]
            seen.setdefault((delivery.payload["repository"]["id"], pull["number"]), []).append(str(delivery.action))
    assert all(actions[0] == "opened" and actions.count("opened") == 1 for actions in seen.values())
    kinds = Counter(action for actions in seen.values() for action in actions)
    assert kinds.keys() >= {"opened", "synchronize", "closed", "ready_for_review", "enqueued", "dequeued"}


def test_heads_that_are_told_were_pushed() -> None:
    pushed = {delivery.payload["after"] for delivery in deliveries() if delivery.event == "push"}
    for delivery in deliveries():
        if delivery.event == "pull_request" and delivery.action in ("opened", "synchronize"):
            assert delivery.payload["pull_request"]["head"]["sha"] in pushed


def test_pages_lead_to_every_row_and_unchanged_ones_cost_nothing() -> None:
    name = next(iter(forge().repositories))
    seen, query = [], {"state": "all", "per_page": "7"}
    while query:
        status, headers, page = forge().rest("GET", f"/repos/{name}/pulls", query, {})
        assert status == 200
        seen += [pull["number"] for pull in page]
        query = (
            {**query, "page": str(int(query.get("page", "1")) + 1)} if 'rel="next"' in headers.get("link", "") else {}
        )
    assert sorted(seen) == sorted(forge().repositories[name].pulls)
    status, headers, _ = forge().rest("GET", f"/repos/{name}", {}, {})
    assert forge().rest("GET", f"/repos/{name}", {}, {"if-none-match": headers["etag"]})[::2] == (304, None)


def test_what_is_not_there_is_not_found() -> None:
    for path in ("/repos/quillmere/nothing", "/nothing", "/repos/quillmere/payments/pulls/9999"):
        assert forge().rest("GET", path, {}, {})[0] == 404


def test_long_answers_are_zeroed_without_a_word_and_smaller_pages_are_not() -> None:
    name = "quillmere/shop-web"
    number = next(n for n, pull in forge().repositories[name].pulls.items() if pull.title == "Vendor the icons")
    rows = get(f"/repos/{name}/pulls/{number}/files", per_page="100")
    assert [row["changes"] for row in rows] == [1_000] * 20 + [0] * 5
    assert ["patch" in row for row in rows] == [True] * 20 + [False] * 5
    again = get(f"/repos/{name}/pulls/{number}/files", per_page="10", page="3")
    assert [row["changes"] for row in again] == [1_000] * 5


def test_files_of_a_pull_request_add_up_to_what_it_says() -> None:
    for name, repository in forge().repositories.items():
        for number in list(repository.pulls)[:5]:
            pull, rows = (
                get(f"/repos/{name}/pulls/{number}"),
                get(f"/repos/{name}/pulls/{number}/files", per_page="100"),
            )
            if pull["additions"] < 20_000:
                assert sum(row["additions"] for row in rows) == pull["additions"]
                assert len(rows) == pull["changed_files"]
            assert len(get(f"/repos/{name}/pulls/{number}/commits", per_page="100")) == pull["commits"]


def test_queries_are_answered_by_what_they_ask_for() -> None:
    name, seen, after = max(forge().repositories, key=lambda name: len(forge().repositories[name].pulls)), [], None
    while True:
        variables = {"owner": "quillmere", "name": name.partition("/")[2], "after": after}
        _, _, found = forge().graphql(PULLS, variables)
        page = found["data"]["repository"]["pullRequests"]
        assert found["data"]["rateLimit"]["cost"] <= 4
        seen += [node["number"] for node in page["nodes"]]
        assert all(node["commits"]["nodes"][-1]["commit"]["oid"] == node["headRefOid"] for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == sorted(forge().repositories[name].pulls)
    assert page["totalCount"] == len(seen)


def test_a_query_for_what_is_not_there_is_refused_in_words() -> None:
    status, _, found = forge().graphql('{ repository(owner: "quillmere", name: "payments") { secrets } }', {})
    assert status == 200
    assert found["errors"][0]["message"] == "Field 'secrets' doesn't exist on type 'Repository'"
    _, _, found = forge().graphql('{ repository(owner: "quillmere", name: "nothing") { id } }', {})
    assert found["errors"][0]["type"] == "NOT_FOUND"


def test_blame_names_a_commit_for_every_line() -> None:
    repository = forge().repositories["quillmere/checkout-api"]
    path = "checkout/views.py"
    variables = {"o": "quillmere", "n": "checkout-api", "sha": repository.head.sha, "path": path}
    ranges = forge().graphql(BLAME, variables)[2]["data"]["repository"]["object"]["blame"]["ranges"]
    lines = [number for row in ranges for number in range(row["startingLine"], row["endingLine"] + 1)]
    assert lines == list(range(1, len(repository.head.tree[path].lines) + 1))
    assert all(row["commit"]["oid"] in repository.commits for row in ranges)


def test_tools_tell_of_commits_that_pull_requests_have() -> None:
    told: list[Commit] = []
    for week in range(2):
        for body in SIMULATION.bodies(week):
            if body.path == "/otlp/v1/logs":
                form: Any = "json" if body.content_type == "application/json" else "protobuf"
                told += parse("logs", body.data, form, Context(b"k" * 32)).commits
    pushed = {sha for story in forge().world.stories for sha in story.pushed}
    known = [commit for commit in told if commit.sha in pushed]
    assert len(known) > 10
    truth = {key: row for rows in forge().truth().pulls.values() for row in rows.values() for key in row.methods}
    assert all(truth[str(commit.session)].methods[str(commit.session)] == "sha" for commit in known)


def test_the_truth_knows_every_pull_request_line_and_bug() -> None:
    truth = forge().truth()
    for name, repository in forge().repositories.items():
        assert truth.pulls[name].keys() == repository.pulls.keys()
        assert truth.owners[name].keys() == repository.head.tree.keys()
    pulls = [pull for rows in truth.pulls.values() for pull in rows.values()]
    assert {pull.ai_class for pull in pulls} >= {"ai", "human_known", "bot"}
    assert {method for pull in pulls for method in pull.methods.values()} >= {"sha", "branch", "trailer"}
    assert all(bug.lag_days >= 0 for bug in truth.bugs if bug.tier)
    pure = [bug for bug in truth.bugs if bug.kind == "traced" and bug.commit]
    assert pure
    assert all(bug.touched.keys() == {bug.origin} for bug in pure)


def test_everything_can_be_said_in_json() -> None:
    assert all(json.dumps(delivery.payload) for delivery in deliveries())
