"""Backfills over HTTP from a small GitHub on loopback."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db.models import Count

from codecard.lib.tenant import tenant
from events.models import (
    Backfill,
    Chore,
    ConnectionState,
    DefaultCommit,
    DiffState,
    PullRequest,
    PullRequestCommit,
    Repository,
    RepositoryState,
    Stage,
)
from events.pulls import backfill_stages, backfilling
from events.pulls.backfill_stages import first_parents
from events.pulls.github import client, rest
from events.pulls.lines.commits import unpack_changes
from events.pulls.records import CommitRecord
from teams.models import Organization
from tests._github_api import GithubApi
from tests.events.pulls import asking
from tests.events.pulls.asking import Clock, Dying, Killed, begin, connect, forge_of, rows_of, run, tables
from tests.pull_requests import make_repository

ELSEWHERE = "http://127.0.0.2:9/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(github_api: GithubApi) -> GithubApi:
    github_api.serve(forge_of(8))
    return github_api


def test_brings_in_what_the_forge_has_within_the_calls_that_are_allowed(
    acme: Organization, api: GithubApi, clock: Clock
) -> None:
    repository = connect(acme)
    begin(repository, clock)
    run(acme, clock)
    truth = api.forge.repositories[asking.NAME]
    merged = [pull for pull in truth.pulls.values() if pull.merged_at]
    with tenant(acme.id):
        pulls = {pull.number: pull for pull in PullRequest.objects.all()}
        assert pulls.keys() == truth.pulls.keys()
        for number, pull in truth.pulls.items():
            found = pulls[number]
            assert (found.head_sha, found.merged_at, found.opened_at) == (
                pull.head.sha,
                pull.merged_at,
                pull.created_at,
            )
            assert [file["added"] for file in found.files or []]
            assert len(found.files or []) == pull.changed_files
            assert sum(file["added"] for file in found.files or []) == pull.additions
            held = PullRequestCommit.objects.filter(pull_request=found, superseded_at=None).order_by("position")
            assert [commit.sha for commit in held] == [commit.sha for commit in pull.commits]
        line = [truth.head]
        while line[-1].parents:
            line.append(line[-1].parents[0])
        placed = DefaultCommit.objects.order_by("seq")
        assert [row.sha for row in placed] == [commit.sha for commit in reversed(line)]
        assert {row.diff_state for row in placed} == {DiffState.COMPLETE}
        assert [row.patch_id for row in placed] == [commit.patch_id for commit in reversed(line)]
        kinds = Chore.objects.values_list("kind").annotate(Count("id"))
        assert {kind for kind, _ in kinds} == {"pull", "defect", "replay"}
    rows = rows_of(acme)
    assert all(row.finished_at and row.done == row.total for row in rows.values())
    assert rows[Stage.PULLS].points <= 5
    assert sum(row.calls for row in rows.values()) == api.rest_calls <= 2.1 * len(merged)
    assert asking.repository_of(acme).state == RepositoryState.OK


def test_rows_that_github_emptied_are_asked_again_in_smaller_pages(acme: Organization, api: GithubApi) -> None:
    """The vendored files are more than the forge tells in one answer."""
    truth = api.forge.repositories[asking.NAME]
    vendored = next(pull for pull in truth.pulls.values() if pull.additions > 20_000)
    connection = connect(acme).connection
    assert connection
    assert vendored.merge_commit
    with client.Client(connection, now=Clock()()) as asked:
        _, diff = rest.commit(asked, asking.NAME, vendored.merge_commit.sha)
        assert diff.is_whole
        assert sum(entry["additions"] for entry in diff.entries) == vendored.additions
        assert asked.calls <= 5
        told = rest.Totals(vendored.additions, vendored.deletions, vendored.changed_files)
        assert rest.pull_files(asked, asking.NAME, vendored.number, told).is_whole


def test_what_stays_empty_is_opaque(
    acme: Organization, api: GithubApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "MOST_REPAIRS", 0)
    begin(connect(acme), clock)
    run(acme, clock)
    with tenant(acme.id):
        (row,) = DefaultCommit.objects.exclude(diff_state=DiffState.COMPLETE)
        assert row.diff_state == DiffState.PARTIAL
        assert not row.patch_id
        assert row.changes is not None
        states = {change.state for change in unpack_changes(bytes(row.changes))}
        assert len(states) == 2


def test_killed_after_every_single_answer_it_asks_none_more_than_twice_and_ends_the_same(
    acme: Organization, globex: Organization, api: GithubApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(connect(acme), clock)
    run(acme, clock)
    calls = len(api.asked)
    api.asked.clear()
    seen: set[tuple[str, str, bytes]] = set()
    monkeypatch.setitem(client.TRANSPORTS, "webhook", lambda _: Dying(seen))
    begin(connect(globex), clock)
    deaths = 0
    for _ in range(10 * calls):
        try:
            if not backfilling.work(globex.id, clock=clock, seconds=0):
                break
        except Killed:
            deaths += 1
            clock.move(minutes=11)
    assert deaths == len(seen) == calls
    often = {asked for asked in api.asked if api.asked.count(asked) > 2}
    # Only a page of several calls is asked for more often, since each of them died once.
    vendored = next(pull for pull in api.forge.repositories[asking.NAME].pulls.values() if pull.additions > 20_000)
    assert vendored.merge_commit
    assert all(vendored.merge_commit.sha in asked for asked in often)
    assert tables(globex) == tables(acme)


def test_a_page_whose_rows_were_not_written_is_asked_for_again_and_only_it(
    acme: Organization, globex: Organization, api: GithubApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed within the transaction: at every page once."""
    begin(connect(acme), clock)
    pages = run(acme, clock)
    calls = len(api.asked)
    begin(connect(globex), clock)
    written = backfilling._move
    killed: set[str] = set()

    def dies_once(row: Backfill, *rest_: Any) -> None:
        written(row, *rest_)
        place = f"{row.stage} {row.cursor} {row.finished_at is None}"
        if place not in killed:
            killed.add(place)
            raise Killed

    monkeypatch.setattr(backfilling, "_move", dies_once)
    while True:
        try:
            if not backfilling.work(globex.id, clock=clock, seconds=0):
                break
        except Killed:
            clock.move(minutes=11)
    assert len(killed) == pages
    assert len(api.asked) - calls <= 2 * calls
    assert tables(globex) == tables(acme)


def test_everything_twice_gives_the_same_tables(acme: Organization, api: GithubApi, clock: Clock) -> None:
    repository = connect(acme)
    begin(repository, clock)
    run(acme, clock)
    before = tables(acme)
    with tenant(acme.id):
        backfilling.restart(acme.id, [repository.id], since=None, now=clock())
    run(acme, clock)
    assert tables(acme) == before


def test_one_repository_is_claimed_by_one_worker(acme: Organization, api: GithubApi, clock: Clock) -> None:
    begin(connect(acme), clock)
    claim = backfilling._claim(acme.id, clock(), None)
    assert claim
    assert claim.row.stage == Stage.PULLS
    assert backfilling._claim(acme.id, clock(), None) is None
    clock.move(minutes=11)
    assert backfilling._claim(acme.id, clock(), None)


class Overtaken(httpx.BaseTransport):
    """While the first request is under way, something else happens."""

    def __init__(self, meanwhile: list[Callable[[], Any]]) -> None:
        self._meanwhile = meanwhile
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        response.read()
        if self._meanwhile:
            self._meanwhile.pop()()
        return response

    def close(self) -> None:
        self._transport.close()


def test_a_worker_whose_lease_is_over_writes_nothing(
    acme: Organization, api: GithubApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(connect(acme), clock)

    def another_worker() -> None:
        clock.move(minutes=11)
        backfilling.work(acme.id, clock=clock, seconds=0)

    meanwhile: list[Callable[[], Any]] = [another_worker]
    monkeypatch.setitem(client.TRANSPORTS, "webhook", lambda _: Overtaken(meanwhile))
    backfilling.work(acme.id, clock=clock, seconds=0)
    with tenant(acme.id):
        row = Backfill.objects.get(stage=Stage.PULLS)
        assert row.done == PullRequest.objects.count() > 0


def test_repositories_of_an_organization_take_turns(acme: Organization, api: GithubApi, clock: Clock) -> None:
    first = connect(acme)
    with tenant(acme.id):
        second = make_repository(acme, "quillmere/other", connection=first.connection)
    begin(first, clock)
    begin(second, clock)
    for _ in range(2):
        clock.move(seconds=1)
        backfilling.work(acme.id, clock=clock, seconds=0)
    # The other one isn't there, and keeps nobody waiting.
    with tenant(acme.id):
        assert {row.repository_id for row in Backfill.objects.filter(started_at__isnull=False)} == {first.id}
        assert Repository.objects.get(id=second.id).state == RepositoryState.VANISHED
    run(acme, clock)
    assert rows_of(acme)  # and the first is finished:
    with tenant(acme.id):
        assert not Backfill.objects.filter(repository=first, finished_at=None).exists()


@pytest.mark.parametrize(
    ("make_bad", "connection_state", "repository_state"),
    [
        (lambda api: api.revoke(), ConnectionState.REFUSED, RepositoryState.OK),
        (lambda api: api.suspend(), ConnectionState.SUSPENDED, RepositoryState.OK),
        (lambda api: api.fail(403, times=None), ConnectionState.ACTIVE, RepositoryState.FORBIDDEN),
        (lambda api: api.vanish(asking.NAME), ConnectionState.ACTIVE, RepositoryState.VANISHED),
        (lambda api: api.fail(451, times=None), ConnectionState.ACTIVE, RepositoryState.VANISHED),
        (lambda api: api.fail(500, times=None), ConnectionState.UNREACHABLE, RepositoryState.OK),
        (lambda api: api.fail(502, times=None), ConnectionState.UNREACHABLE, RepositoryState.OK),
        (lambda api: api.fail(418, times=None), ConnectionState.ACTIVE, RepositoryState.FAILED),
        (lambda api: api.fail(302, times=None, location=ELSEWHERE), ConnectionState.ACTIVE, RepositoryState.FAILED),
        (lambda api: api.graphql_errors("FORBIDDEN", "no", None), ConnectionState.ACTIVE, RepositoryState.FORBIDDEN),
        (lambda api: setattr(api, "seconds_of_delay", 3.0), ConnectionState.UNREACHABLE, RepositoryState.OK),
    ],
    ids=[
        "revoked", "suspended", "forbidden", "vanished", "blocked", "broken", "gateway", "teapot", "sent elsewhere",
        "graphql forbids", "slow",
    ],
)  # fmt: skip
def test_each_trouble_has_its_state_and_words_and_ends_by_itself(
    acme: Organization, api: GithubApi, clock: Clock, settings: Any,
    make_bad: Callable[[GithubApi], None], connection_state: str, repository_state: str,
) -> None:  # fmt: skip
    settings.GITHUB_TIMEOUT_SECONDS = 1
    begin(connect(acme), clock)
    make_bad(api)
    assert not backfilling.work(acme.id, clock=clock, seconds=0)
    connection, repository = asking.connection_of(acme), asking.repository_of(acme)
    assert (connection.state, repository.state) == (connection_state, repository_state)
    row = rows_of(acme)[Stage.PULLS]
    assert row.error.endswith(".")
    assert row.attempts == 1
    assert row.resume_at
    assert row.resume_at > clock()
    assert row.error in (connection.error, repository.error)
    asked = len(api.asked)
    assert not backfilling.work(acme.id, clock=clock, seconds=0)
    assert len(api.asked) == asked, "it must not be asked again at once"
    api.recover()
    settings.GITHUB_TIMEOUT_SECONDS = 30
    clock.move(days=2)
    backfilling.work(acme.id, clock=clock, seconds=0)
    connection, repository = asking.connection_of(acme), asking.repository_of(acme)
    assert (repository.state, repository.error) == (RepositoryState.OK, "")
    assert rows_of(acme)[Stage.PULLS].done
    assert not rows_of(acme)[Stage.PULLS].error
    if connection_state != ConnectionState.SUSPENDED:  # GitHub tells of its end by itself
        assert (connection.state, connection.error) == (ConnectionState.ACTIVE, "")


@pytest.mark.parametrize(
    ("make_limited", "seconds"),
    [
        (lambda api, now: api.limited(now.timestamp() + 1_200, times=None), 1_200),
        (lambda api, now: api.too_fast(90, times=None), 90),
        (lambda api, now: api.fail(403, times=None, message="You have exceeded a secondary rate limit"), 60),
        (lambda api, now: api.fail(429, times=None), 60),
        (lambda api, now: api.graphql_errors("RATE_LIMITED", "API rate limit exceeded", None), 60),
    ],
    ids=["used up", "retry-after", "secondary", "429", "graphql"],
)
def test_a_limit_pauses_the_connection_and_no_other(
    acme: Organization, globex: Organization, api: GithubApi, clock: Clock,
    make_limited: Callable[[GithubApi, Any], None], seconds: int,
) -> None:  # fmt: skip
    begin(connect(acme), clock)
    begin(connect(globex), clock)
    make_limited(api, clock())
    backfilling.work(acme.id, clock=clock, seconds=0)
    paused_until = asking.connection_of(acme).paused_until
    assert paused_until
    assert abs(paused_until - clock() - timedelta(seconds=seconds)) < timedelta(seconds=15)
    assert asking.connection_of(acme).state == ConnectionState.ACTIVE
    assert rows_of(acme)[Stage.PULLS].attempts == 0
    api.recover()
    asked = len(api.asked)
    assert not backfilling.work(acme.id, clock=clock, seconds=0)
    assert len(api.asked) == asked
    assert backfilling.work(globex.id, clock=clock, seconds=0)
    clock.move(seconds=seconds + 30)
    backfilling.work(acme.id, clock=clock, seconds=0)
    assert rows_of(acme)[Stage.PULLS].done


def test_the_last_tenth_of_a_limit_is_left_to_what_has_just_happened(
    acme: Organization, api: GithubApi, clock: Clock
) -> None:
    api.limit = 10
    begin(connect(acme), clock)
    run(acme, clock)
    assert api.rest_calls == 9
    rows = rows_of(acme)
    assert rows[Stage.DETAILS].resume_at
    assert not rows[Stage.DETAILS].finished_at


def test_a_page_that_github_can_t_make_is_asked_for_smaller(acme: Organization, api: GithubApi, clock: Clock) -> None:
    begin(connect(acme), clock)
    api.fail(502, on="graphql")
    backfilling.work(acme.id, clock=clock, seconds=0)
    assert rows_of(acme)[Stage.PULLS].cursor["first"] == 12
    clock.move(minutes=5)
    backfilling.work(acme.id, clock=clock, seconds=0)
    assert rows_of(acme)[Stage.PULLS].done


def test_a_failure_of_ours_costs_one_attempt_and_says_no_text(
    acme: Organization, api: GithubApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(connect(acme), clock)

    def broken(*_: Any) -> None:
        raise ValueError("def secret_function(): pass")

    monkeypatch.setitem(dict.__getitem__(vars(backfill_stages), "STAGES"), Stage.PULLS, broken)
    backfilling.work(acme.id, clock=clock, seconds=0)
    row = rows_of(acme)[Stage.PULLS]
    assert (row.error, row.attempts) == ("It failed (ValueError). It is tried again by itself.", 1)
    assert row.resume_at
    assert row.resume_at > clock()


def test_every_hour_what_got_lost_is_found_and_where_nothing_happened_it_is_free(
    acme: Organization, api: GithubApi, clock: Clock
) -> None:
    begin(connect(acme), clock)
    run(acme, clock)
    before = tables(acme, leave_out=["seq"])
    with tenant(acme.id):
        newest = PullRequest.objects.order_by("-merged_at").exclude(merged_at=None)[0]
        since = newest.opened_at - timedelta(days=1)
        DefaultCommit.objects.filter(sha=newest.merge_sha).delete()
        newest.delete()
        Backfill.objects.update(started_at=since, etag="as it was before")
        backfilling.look_again(acme.id, now=clock())
        # The deliveries tell of the lost one only now.
        assert backfilling.is_anything_left(acme.id, now=clock())
    run(acme, clock)
    with tenant(acme.id):
        fetches = list(Chore.objects.filter(kind="fetch").values_list("key", flat=True))
        assert fetches == [PullRequest.objects.get(number=newest.number).id]
    assert tables(acme, leave_out=["seq"]) == before
    asked, calls, points = len(api.asked), api.rest_calls, api.points
    with tenant(acme.id):
        backfilling.look_again(acme.id, now=clock())
    run(acme, clock)
    assert len(api.asked) - asked == 3
    assert api.rest_calls - calls == 1
    assert api.points == points
    assert api.unchanged == 2


def test_stopped_it_stays_stopped_until_somebody_starts_it(acme: Organization, api: GithubApi, clock: Clock) -> None:
    repository = connect(acme)
    begin(repository, clock)
    backfilling.work(acme.id, clock=clock, seconds=0)
    with tenant(acme.id):
        backfilling.stop(acme.id, [repository.id], now=clock())
        backfilling.look_again(acme.id, now=clock())
        assert not backfilling.begin_new(acme.id, now=clock())
    asked = len(api.asked)
    assert not backfilling.work(acme.id, clock=clock, seconds=0)
    assert len(api.asked) == asked
    begin(repository, clock)
    run(acme, clock)
    rows = rows_of(acme)
    assert all(row.finished_at and not row.error for row in rows.values())
    assert rows[Stage.PULLS].points == api.points


def test_only_what_is_tracked_and_can_be_asked_for_begins_by_itself(
    acme: Organization, globex: Organization, api: GithubApi, clock: Clock
) -> None:
    connect(acme)
    connect(globex, token="")
    for organization, is_begun in ((acme, True), (globex, False)):
        with tenant(organization.id):
            assert backfilling.begin_new(organization.id, now=clock()) == is_begun
            assert not backfilling.begin_new(organization.id, now=clock())
    with tenant(acme.id):
        Repository.objects.update(is_tracked=False)
    assert not backfilling.work(acme.id, clock=clock, seconds=0)
    assert api.asked == []


def test_no_text_of_github_is_kept(acme: Organization, api: GithubApi, clock: Clock) -> None:
    begin(connect(acme), clock)
    run(acme, clock)
    truth = api.forge.repositories[asking.NAME]
    found = asking.texts_in_database(acme)
    lines = {line for commit in truth.commits.values() for blob in commit.tree.values() for line in blob.lines}
    assert [line for line in lines if len(line) > 15 and line in found] == []
    texts = {pull.title for pull in truth.pulls.values()} | {pull.body for pull in truth.pulls.values()}
    texts |= {commit.message.strip() for commit in truth.commits.values()}
    texts |= {issue.title for issue in truth.issues.values()}
    assert [text for text in texts if len(text) > 8 and text in found] == []


def test_the_first_parents_of_a_page_are_found_however_it_is_sorted() -> None:
    def commit(sha: str, *parents: str) -> CommitRecord:
        return CommitRecord(sha=sha, parents=parents)

    page = [commit("m2", "m1", "x"), commit("x", "m1"), commit("m0", "old"), commit("m1", "m0")]
    assert [one.sha for one in first_parents(page)] == ["m2", "m1", "m0"]
    assert first_parents([]) == []
    assert [one.sha for one in first_parents([commit("a", "b"), commit("b", "a")])] == ["a", "b"]
