"""Pull requests and defects over the API: what the reader may open, page by page, and nothing of how people work."""

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from events.models import Defect, DefectLink, PullRequest, Repository, SignalKind, Tier
from teams.models import AuditEntry, Organization, Role, Team, User
from tests import factories
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW
from tests.factories import queries_of
from tests.pull_requests import make_pull_request, make_repository

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Get = Callable[..., Any]


def ask(path: str, token: str = "", client: Client | None = None, **headers: str) -> Any:
    told = {"Authorization": f"Bearer {token}"} if token else {}
    address = path if path.startswith("http") else f"/api/v1/{path}"
    return (client or Client()).get(address, headers={**told, **headers})


@pytest.fixture
def token(acme: Organization) -> str:
    return factories.make_token(acme).secret


@pytest.fixture
def shop(acme: Organization) -> Repository:
    with tenant(acme.id):
        return make_repository(acme, "acme/shop")


@pytest.fixture
def pulls(acme: Organization, shop: Repository, payments: Team, alice: User, bob: User) -> list[PullRequest]:
    """Seven, the newest last: Alice's and Bob's by turns, and one of a stranger."""
    with tenant(acme.id):
        people = [factories.person(acme, alice), factories.person(acme, bob)]
        at = NOW - timedelta(days=40)
        made = [
            make_judged_pull(shop, people[number % 2], at + timedelta(days=number // 2), task_type="test")
            for number in range(6)
        ]
        return [*made, make_pull_request(shop, merged_at=None, opened_at=NOW, title="Open one")]


@pytest.fixture
def trace(acme: Organization, shop: Repository, pulls: list[PullRequest]) -> DefectLink:
    with tenant(acme.id):
        defect = Defect.objects.create(
            organization=acme, repository=shop, key="pull:9", kind=SignalKind.FIX, fix=pulls[5], detected_at=NOW
        )
        return DefectLink.objects.create(
            organization=acme, defect=defect, origin=pulls[1], method="traced", share=0.9, tier=Tier.PROBABLE,
            lag_seconds=86_400,
        )  # fmt: skip


def numbers(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["rows"]]


def test_each_reads_what_they_may_open(
    acme: Organization, pulls: list[PullRequest], token: str, bob: User, alice_client: Client, bob_client: Client
) -> None:
    newest_first = [pull.number for pull in sorted(pulls, key=lambda one: (one.opened_at, one.id), reverse=True)]
    bobs = [number for number in newest_first if number in {pulls[i].number for i in (1, 3, 5)}]
    assert numbers(ask("pulls/", token)) == newest_first
    assert numbers(ask("pulls/", client=alice_client)) == newest_first[1:]
    assert numbers(ask("pulls/", client=bob_client)) == bobs
    with tenant(acme.id):
        person = factories.person(acme, bob)
    assert numbers(ask("pulls/", factories.make_token(acme, contributor=person).secret)) == bobs
    assert numbers(ask("pulls/?author=me", client=alice_client)) == [n for n in newest_first[1:] if n not in bobs]
    assert ask(f"pulls/{pulls[0].id}/", client=alice_client).status_code == 200
    assert ask(f"pulls/{pulls[0].id}/", client=bob_client).status_code == 404


def test_a_viewer_reads_numbers_and_no_pull_requests(acme: Organization, pulls: list[PullRequest]) -> None:
    client = Client()
    viewer = factories.make_user("viewer@acme.example")
    factories.make_member(acme, Role.VIEWER, viewer)
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    assert ask("metrics/acceptance-rate/", client=client).status_code == 200
    for path in ("pulls/", f"pulls/{pulls[0].id}/", "defects/", "contributors/me/"):
        assert ask(path, client=client).status_code == 403


def test_pages_follow_each_other_however_many_come_in(
    acme: Organization, shop: Repository, pulls: list[PullRequest], token: str
) -> None:
    everything, found = numbers(ask("pulls/", token)), list[int]()
    address = "pulls/?limit=2"
    while address:
        answer = ask(address, token)
        found += numbers(answer)
        address = answer.json()["next"]
        with tenant(acme.id):
            make_pull_request(shop, merged_at=None, opened_at=NOW + timedelta(hours=1))
    assert found == everything


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("state=open", [6]), ("state=merged&task=test", [5, 4, 3, 2, 1, 0]), ("task=docs", []),
        ("repository=ACME/shop", [6, 5, 4, 3, 2, 1, 0]), ("ai_class=unknown", [6]), ("since=2026-06-03", [6]),
        ("until=2026-04-25", [1, 0]), ("since=2026-04-25&until=2026-04-26", [3, 2]),
    ],
)  # fmt: skip
def test_filters(pulls: list[PullRequest], token: str, query: str, left: list[int]) -> None:
    assert sorted(numbers(ask(f"pulls/?{query}", token))) == sorted(pulls[i].number for i in left)


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("pulls/?author=bob", "author", "Possible: me"),
        ("pulls/?author=me", "author", "is nobody"),
        ("pulls/?order=author", "order", "no such parameter"),
        ("pulls/?state=done", "state", "open, merged, closed"),
        ("pulls/?repository=acme/nothing", "repository", "repositories"),
        ("pulls/?since=yesterday", "since", "2026-11-23"),
        ("pulls/?limit=201", "limit", "1 to 200"),
        ("pulls/?limit=-1", "limit", "1 to 200"),
        ("pulls/?cursor=x", "cursor", "`next`"),
        ("pulls/?cursor=%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F", "cursor", "`next`"),
        ("pulls/?format=csv&limit=2", "limit", "all rows"),
        ("defects/?tier=sure", "tier", "confirmed, probable, possible"),
        ("defects/?decision=none", "decision", "undecided"),
    ],
)
def test_nonsense_is_a_400_that_says_what_is_possible(
    pulls: list[PullRequest], token: str, path: str, name: str, words: str
) -> None:
    answer = ask(path, token)
    assert answer.status_code == 400
    assert words in answer.json()["errors"][name]


def test_a_row_holds_work_and_nobody(
    acme: Organization, pulls: list[PullRequest], trace: DefectLink, token: str
) -> None:
    [row] = [one for one in ask("pulls/", token).json()["rows"] if one["id"] == pulls[1].id]
    assert (row["repository"], row["state"], row["task"], row["latency_seconds"]) == (
        "acme/shop",
        "merged",
        "test",
        3600,
    )
    assert (row["defect"], row["is_mine"], row["title"]) == ("probable", False, None)
    detail = ask(f"pulls/{pulls[1].id}/", token).json()
    assert detail.items() >= row.items()
    assert [one["state"] for one in detail["escapes"]] == ["clean"]
    assert [one["id"] for one in detail["defects"]] == [trace.id]
    words = set(detail) | {name for one in detail["defects"] for name in one}
    assert not [name for name in words if any(part in name for part in ("token", "cost", "prompt", "author", "login"))]


def test_defects_by_trace(pulls: list[PullRequest], trace: DefectLink, token: str, bob_client: Client) -> None:
    for found in (ask("defects/?tier=probable&decision=undecided", token), ask("defects/", client=bob_client)):
        [row] = found.json()["rows"]
        assert (row["id"], row["origin_number"], row["fix_number"]) == (trace.id, pulls[1].number, pulls[5].number)
    assert ask("defects/?until=2026-06-03", token).json()["rows"] == []
    assert ask("defects/?tier=confirmed", token).json() == {"rows": [], "next": None}


def test_files_hold_all_rows_and_stand_in_the_audit(
    acme: Organization, pulls: list[PullRequest], trace: DefectLink, token: str
) -> None:
    for path, n in (("pulls/?task=test", 6), ("defects/", 1)):
        answer = ask(path, token, Accept="text/csv")
        rows = list(csv.DictReader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
        assert len(rows) == n
        assert {row["repository"] for row in rows} == {"acme/shop"}
    with tenant(acme.id):
        noted = AuditEntry.objects.filter(organization=acme, action__endswith="downloaded").order_by("id")
        assert [(one.action, one.details) for one in noted] == [
            ("pull_requests.downloaded", {"filters": {"task": "test"}}), ("defects.downloaded", {"filters": {}}),
        ]  # fmt: skip


def test_another_organization_finds_nothing(
    acme: Organization, globex: Organization, pulls: list[PullRequest], trace: DefectLink, charlie_client: Client
) -> None:
    theirs = factories.make_token(globex).secret
    for path in ("pulls/", "defects/", "teams/", "repositories/"):
        assert ask(path, theirs).json()["rows"] == []
        assert ask(path, client=charlie_client).json()["rows"] == []
        assert ask(f"{path}?organization=acme", theirs).status_code == 404
        assert ask(f"{path}?organization=acme", client=charlie_client).status_code == 404
    assert ask(f"pulls/{pulls[0].id}/", theirs).status_code == 404
    assert ask(f"pulls/{10**30}/", theirs).status_code == 404
    assert "payments" not in str(ask("metrics/acceptance-rate/?team=payments", theirs).json())


def test_somebody_in_two_organizations_says_which_one(
    acme: Organization, globex: Organization, alice: User, alice_client: Client
) -> None:
    factories.make_member(globex, Role.VIEWER, alice)
    answer = ask("teams/", client=alice_client)
    assert (answer.status_code, answer.json()["errors"]["organization"]) == (400, "Say which one: acme, globex.")
    assert ask("teams/?organization=globex", client=alice_client).status_code == 200


def test_teams_and_repositories(payments: Team, shop: Repository, token: str) -> None:
    assert ask("teams/", token).json()["rows"] == [{"slug": "payments", "name": "Payments", "people": 2}]
    assert ask("repositories/", token).json()["rows"] == [
        {"id": shop.id, "name": "acme/shop", "key": "github.com/acme/shop"}
    ]


def test_a_list_asks_the_database_as_often_whatever_its_length(
    pulls: list[PullRequest], trace: DefectLink, alice_client: Client
) -> None:
    assert queries_of(alice_client, "/api/v1/pulls/?limit=1") == queries_of(alice_client, "/api/v1/pulls/")
    assert queries_of(alice_client, "/api/v1/pulls/") <= 22


def test_who_asks_too_often_waits(settings: Any, token: str) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    answers = [ask("teams/", token) for _ in range(5)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert refused[0]["Content-Type"] == "application/problem+json"


def test_a_token_whose_person_may_less_reads_less(acme: Organization, bob: User, pulls: list[PullRequest]) -> None:
    with tenant(acme.id):
        secret = factories.make_token(acme, contributor=factories.person(acme, bob)).secret
        bob.memberships.update(role=Role.VIEWER)
    assert ask("pulls/", secret).status_code == 403
    assert ask("metrics/", secret).status_code == 200
    with tenant(acme.id):
        bob.memberships.update(is_active=False)
    assert ask("metrics/", secret).status_code == 403
