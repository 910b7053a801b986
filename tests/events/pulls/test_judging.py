"""What becomes of a session that served several pull requests, and what stays when all is made again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events import retention
from events.ledger import record
from events.models import (
    AiClass,
    AiEvidence,
    Chore,
    Confidence,
    Event,
    Latency,
    LatencyState,
    LinkDecision,
    PullRequest,
    Repository,
    Session,
    SessionLink,
    Verdict,
)
from events.pulls.judging import DERIVED, judge_pull_request
from events.pulls.sweeping import leave_what_is_outdated, leave_what_was_late
from teams.models import Organization
from tests.events.ledger.books import access, parse
from tests.events.pulls.work import (
    again,
    client_commit,
    hours_ago,
    judge,
    judge_of,
    known_login,
    latency_of,
    left,
    links_of,
    minutes,
    work,
)
from tests.factories import NOW
from tests.pull_requests import make_commit, make_pull_request, sha_of

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def two(acme: Organization, shop: Repository) -> tuple[PullRequest, PullRequest]:
    """Two pull requests out of one session: prompts 9, 8 and 6 hours ago, commits 7 and 5 hours ago, a prompt after."""
    session = work(acme, "s1", [hours_ago(n) for n in (9, 8, 6, 4)])
    with tenant(acme.id):
        first, second = make_pull_request(shop, 1), make_pull_request(shop, 2)
        for pull, at in ((first, 7), (second, 5)):
            make_commit(pull, sha_of(f"of {pull.number}"))
            client_commit(shop, sha_of(f"of {pull.number}"), hours_ago(at), session)
    return first, second


def facts(organization: Organization) -> dict[str, Any]:
    """Every table that judging writes, without the ids of its rows."""
    with tenant(organization.id):
        pulls = PullRequest.objects.filter(organization=organization).order_by("id")
        links = SessionLink.objects.filter(organization=organization).order_by("pull_request", "session")
        latencies = Latency.objects.filter(organization=organization).order_by("pull_request")
        return {
            "pulls": list(pulls.values("id", *DERIVED)),
            "links": [{**row, "id": 0} for row in links.values()],
            "latencies": [{**row, "id": 0} for row in latencies.values()],
        }


def test_a_session_is_sliced_between_its_commits(two: tuple[PullRequest, PullRequest]) -> None:
    first, second = two
    judge(first, second)
    one, other = links_of(first)["s1"], links_of(second)["s1"]
    assert (one.slice_from, one.slice_to) == (hours_ago(9), hours_ago(7) + MOMENT)
    assert (other.slice_from, other.slice_to) == (hours_ago(7) + MOMENT, hours_ago(5) + MOMENT)
    assert (one.first_prompt_at, other.first_prompt_at) == (hours_ago(9), hours_ago(6))
    assert one.first_accept_at == hours_ago(9) + minutes(1)
    assert one.sums == {"prompts": 2, "accepted": 2, "lines_added": 20}
    assert other.sums == {"prompts": 1, "accepted": 1, "lines_added": 10}
    assert (latency_of(first).seconds, latency_of(second).seconds) == (8 * 3600, 5 * 3600)


def test_a_changed_link_has_only_those_judged_again_whose_slices_it_moves(
    acme: Organization, shop: Repository, two: tuple[PullRequest, PullRequest]
) -> None:
    first, second = two
    work(acme, "other", [hours_ago(5)])
    with tenant(acme.id):
        unrelated = make_pull_request(shop, 3)
    judge(first, unrelated)
    # As long as the second has no link, the session is known to serve it by its commit alone.
    assert links_of(first)["s1"].slice_to == hours_ago(7) + MOMENT
    judge(second)
    with tenant(acme.id):
        commit = make_commit(second, sha_of("earlier"))
        client_commit(shop, commit.sha, hours_ago(8.5), links_of(second)["s1"].session_id)
    judge_pull_request(acme.id, second.id, now=NOW)
    assert left(acme.id, "pull") == [first.id]
    judge(first)
    assert links_of(first)["s1"].first_prompt_at == hours_ago(8)
    judge_pull_request(acme.id, second.id, now=NOW)
    judge_pull_request(acme.id, first.id, now=NOW)
    assert left(acme.id, "pull") == []


def test_judging_again_changes_nothing_and_from_nothing_makes_the_same(
    acme: Organization, two: tuple[PullRequest, PullRequest]
) -> None:
    judge(*two)
    left(acme.id, "defect")
    before = facts(acme)
    judge(*two)
    assert facts(acme) == before
    assert left(acme.id, "defect") == []
    with tenant(acme.id):
        SessionLink.objects.all().delete()
        Latency.objects.all().delete()
        PullRequest.objects.update(ai_class="unknown", ai_tools=[], integrated_at=None, integration="", size=0)
    judge(*reversed(two))
    assert facts(acme) == before


def test_what_was_found_stays_when_retention_takes_the_events(
    acme: Organization, two: tuple[PullRequest, PullRequest]
) -> None:
    judge(*two)
    before = facts(acme)
    Organization.objects.filter(id=acme.id).update(retention_days=1)
    assert retention.apply_retention(organization_id=acme.id, now=NOW + timedelta(days=30)) == 12
    with tenant(acme.id):
        assert not Event.objects.exists()
    judge(*two)
    assert facts(acme) == before


def test_a_session_without_commits_is_shared_and_nobodys_first_prompt(acme: Organization, shop: Repository) -> None:
    work(acme, "s1", [hours_ago(5)])
    with tenant(acme.id):
        pulls = [make_pull_request(shop, number, additions=lines) for number, lines in ((1, 29), (2, 9))]
        for pull in pulls:
            AiEvidence.objects.create(
                organization=acme, pull_request=pull, kind="body", tool="claude-code", session_key="s1"
            )
    judge(pulls[0])
    assert links_of(pulls[0])["s1"].first_prompt_at == hours_ago(5)
    judge(pulls[1])
    assert [links_of(pull)["s1"].share for pull in pulls] == [0.75, 0.25]
    assert [latency_of(pull).state for pull in pulls] == [LatencyState.NO_PROMPT] * 2


def test_what_a_session_does_after_the_merge_is_not_the_pull_requests(acme: Organization, shop: Repository) -> None:
    session = work(acme, "s1", [hours_ago(5), hours_ago(0.5)])
    with tenant(acme.id):
        pull = make_pull_request(shop)
        make_commit(pull, sha_of("one"))
        client_commit(shop, sha_of("one"), hours_ago(4), session)
    judge(pull)
    link = links_of(pull)["s1"]
    assert (link.slice_to, link.sums["prompts"]) == (hours_ago(1) + MOMENT, 1)


def test_what_people_decided_survives(acme: Organization, two: tuple[PullRequest, PullRequest]) -> None:
    first, second = two
    mine = work(acme, "mine", [hours_ago(6)])
    judge(first, second)
    with tenant(acme.id):
        served = Session.objects.get(key="s1").id

        def decide(verdict: str, hours: int, **what: Any) -> None:
            LinkDecision.objects.create(
                organization=acme, pull_request=first, verdict=verdict, decided_at=hours_ago(hours), **what
            )

        decide(Verdict.CONFIRMED, 3, session_id=served)
        decide(Verdict.REJECTED, 2, session_id=served)
        decide(Verdict.CONFIRMED, 2, session_id=mine)
        decide(Verdict.CONFIRMED, 2, ai_class=AiClass.HUMAN)
    for _ in range(2):
        judge(first, second)
        assert {key: link.confidence for key, link in links_of(first).items()} == {"mine": Confidence.EXACT}
        assert again(first).ai_class == AiClass.HUMAN
    assert list(links_of(second)) == ["s1"]
    with tenant(acme.id):
        decide("", 1, session_id=served)
        decide("", 1, ai_class=AiClass.HUMAN)
    judge(first)
    assert set(links_of(first)) == {"mine", "s1"}
    assert again(first).ai_class == AiClass.AI


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"kind": "activity", "active_seconds": 60, "origin": "human", "lines_added": 5}, AiClass.HUMAN),
        ({"kind": "response", "output_tokens": 5}, AiClass.UNKNOWN),
        ({"kind": "response", "output_tokens": 5, "repository": "github.com/acme/shop"}, AiClass.UNKNOWN),
        ({"kind": "response", "output_tokens": 5, "repository": "github.com/acme/other"}, AiClass.HUMAN),
        ({"kind": "activity", "active_seconds": 60, "at": hours_ago(24 * 9).isoformat()}, AiClass.UNKNOWN),
    ],
)
def test_known_human_needs_a_connected_tool_that_saw_no_ai(
    acme: Organization, shop: Repository, told: dict[str, Any], expected: AiClass
) -> None:
    common = {"id": "e1", "at": hours_ago(3).isoformat(), "tool": "my-editor", "github": "alice-gh"}
    record(parse({**common, **told}), access(acme), now=NOW, source="test")
    with tenant(acme.id):
        author = known_login(acme)
        pull = make_pull_request(shop, author=author)
        make_commit(pull, author=author)
    judge(pull)
    assert again(pull).ai_class == expected
    with tenant(acme.id):
        make_commit(pull, sha_of("somebody else's"), author=None)
    judge(pull)
    assert again(pull).ai_class == AiClass.UNKNOWN


def test_ai_work_of_a_day_that_began_elsewhere_is_seen(acme: Organization, shop: Repository) -> None:
    """Where it is tomorrow already when it is merged: sums of days are those of the people's own clocks."""
    Organization.objects.filter(id=acme.id).update(time_zone="Pacific/Kiritimati")
    common = {"tool": "my-editor", "github": "alice-gh"}
    merged_at = NOW.replace(hour=12) - timedelta(days=2)
    for number, (at, kind) in enumerate([(merged_at - timedelta(hours=20), "activity"), (merged_at, "response")]):
        told = {"id": f"e{number}", "at": (at - timedelta(minutes=5)).isoformat(), "kind": kind, **common}
        more = {"active_seconds": 60} if kind == "activity" else {"output_tokens": 5}
        record(parse({**told, **more}), access(acme), now=NOW, source="test")
    with tenant(acme.id):
        author = known_login(acme)
        pull = make_pull_request(shop, author=author, merged_at=merged_at)
        make_commit(pull, author=author)
    judge(pull)
    assert again(pull).ai_class == AiClass.UNKNOWN


def test_what_arrives_late_is_found(acme: Organization, shop: Repository) -> None:
    """A session that became known, one that grew, one on the branch; once each, and then there is nothing to do."""
    work(acme, "grows", [hours_ago(5)], repository="github.com/acme/shop", branch="feature/7")
    with tenant(acme.id):
        pull = make_pull_request(shop, 7, merged_at=None, author=known_login(acme))
        AiEvidence.objects.create(
            organization=acme, pull_request=pull, kind="body", tool="claude-code", session_key="unknown yet"
        )
    judge(pull)
    assert leave_what_was_late(acme.id, now=NOW) == 0
    arrivals: list[dict[str, Any]] = [
        {"key": "unknown yet", "prompts": [hours_ago(9)]},
        {"key": "grows", "prompts": [hours_ago(2)]},
        {"key": "branch", "prompts": [hours_ago(1)], "repository": "github.com/acme/shop", "branch": "feature/7"},
    ]
    for arrival in arrivals:
        work(acme, **arrival)
        assert leave_what_was_late(acme.id, now=NOW) == 1, arrival
        assert left(acme.id, "pull") == [pull.id]
        judge(pull)
        assert leave_what_was_late(acme.id, now=NOW) == 0, arrival
    assert set(links_of(pull)) == {"unknown yet", "grows", "branch"}
    assert links_of(pull)["grows"].sums["prompts"] == 2
    assert latency_of(pull).first_prompt_at == hours_ago(9)


def test_what_an_older_version_judged_is_judged_again(acme: Organization, shop: Repository) -> None:
    with tenant(acme.id):
        pull = make_pull_request(shop)
    assert leave_what_is_outdated(acme.id, now=NOW) == 1
    judge(pull)
    assert leave_what_is_outdated(acme.id, now=NOW) == 0
    with tenant(acme.id):
        Latency.objects.update(version=0)
    assert leave_what_is_outdated(acme.id, now=NOW) == 1


def test_judging_asks_as_often_for_many_sessions_as_for_one(acme: Organization, shop: Repository) -> None:
    asked = []
    for number, sessions in ((1, 1), (2, 12)):
        ids = [work(acme, f"s{number}-{n}", [hours_ago(5)]) for n in range(sessions)]
        with tenant(acme.id):
            pull = make_pull_request(shop, number)
            for place, session in enumerate(ids):
                sha = sha_of(f"{number}-{place}")
                make_commit(pull, sha)
                client_commit(shop, sha, hours_ago(4), session)
        with CaptureQueriesContext(connection) as queries:
            judge_pull_request(acme.id, pull.id, now=NOW)
        asked.append(len([one for one in queries if "advisory" not in one["sql"]]))
    assert asked[0] == asked[1] <= 60


def test_a_session_that_served_none_leaves_nothing(acme: Organization) -> None:
    assert judge_of(work(acme, "s1", [hours_ago(1)]), acme) == []
    with tenant(acme.id):
        assert not Chore.objects.exists()
