"""What is asked of one pull request after a delivery told of it."""

from typing import Any

import msgspec
import pytest

from codecard.lib.tenant import tenant
from events.models import (
    CheckResult,
    Chore,
    Connection,
    ConnectionState,
    DefaultCommit,
    DiffState,
    PullRequest,
    PullRequestCommit,
    Repository,
)
from events.pulls import state
from events.pulls.chores import ChoreKind
from events.pulls.fetching import fetch
from events.pulls.github.webhooks import read
from events.pulls.records import Told
from events.pulls.working import PutOffError
from events.simulation.forge import Forge
from teams.models import Organization
from tests._github_api import GithubApi
from tests.events.pulls import asking
from tests.events.pulls.asking import NAME, Clock, connect, forge_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(github_api: GithubApi) -> GithubApi:
    github_api.serve(forge_of(8))
    return github_api


def deliver(organization: Organization, forge: Forge, numbers: set[int]) -> None:
    """All that the forge ever told of these pull requests, digested. No pushes: they may have got lost."""
    for week in reversed(range(110)):
        for delivery in forge.webhooks(week):
            if delivery.payload.get("pull_request", {}).get("number") in numbers:
                apply(organization, read(delivery.event, msgspec.json.encode(delivery.payload)))


def apply(organization: Organization, told: Told) -> None:
    with tenant(organization.id):
        connection = Connection.objects.get(organization=organization)
        state.apply(organization, told, connection, now=Clock()())


def known(organization: Organization, forge: Forge, *numbers: int) -> Repository:
    """Of all pull requests, or of those with these numbers."""
    connect(organization)
    deliver(organization, forge, set(numbers) or set(forge.repositories[NAME].pulls))
    return asking.repository_of(organization)


def fetch_all(organization: Organization) -> None:
    with tenant(organization.id):
        keys = set(Chore.objects.filter(kind=ChoreKind.FETCH).values_list("key", flat=True))
        Chore.objects.all().delete()
    for key in sorted(keys):
        fetch(organization.id, key, now=Clock()())


def test_deliveries_and_fetches_give_what_a_backfill_gives(
    acme: Organization, globex: Organization, api: GithubApi
) -> None:
    known(acme, api.forge)
    fetch_all(acme)
    repository = connect(globex)
    asking.begin(repository, Clock())
    asking.run(globex, Clock())
    told, asked = asking.tables(acme), asking.tables(globex)
    # A delivery tells what happened, and when the pull request was last touched; a backfill how it ended.
    left_out = {"updated_at", "counted_at", "labels", "base_sha", "ready_at"}
    for one, other in zip(told["PullRequest"], asked["PullRequest"], strict=True):
        assert {key: value for key, value in one.items() if key not in left_out and value != other[key]} == {}
    kept = [[{**row, "patch_id": ""} for row in of["PullRequestCommit"]] for of in (told, asked)]
    assert kept[0] == kept[1]
    merged = {row["sha"] for row in told["DefaultCommit"]}
    lines = {row["sha"]: (row["changes"], row["diff_state"], row["patch_id"]) for row in asked["DefaultCommit"]}
    assert merged
    assert [(row["changes"], row["diff_state"], row["patch_id"]) for row in told["DefaultCommit"]] == [
        lines[row["sha"]] for row in told["DefaultCommit"]
    ]


def test_twice_gives_the_same_tables_and_leaves_nothing_to_do(acme: Organization, api: GithubApi) -> None:
    known(acme, api.forge)
    fetch_all(acme)
    before = asking.tables(acme)
    with tenant(acme.id):
        pull = PullRequest.objects.exclude(merge_sha="").order_by("number")[0]
        Chore.objects.all().delete()
    fetch(acme.id, pull.id, now=Clock()())
    assert asking.tables(acme) == before


def test_every_commit_of_a_rebase_is_found_with_its_lines(acme: Organization, api: GithubApi) -> None:
    api.serve(forge_of(30))
    truth = api.forge.repositories[NAME]
    rebased = [
        pull for pull in truth.pulls.values()
        if pull.merge_commit and len(pull.commits) > 1 and len(pull.merge_commit.parents) == 1
        and pull.merge_commit.author.at == pull.commits[-1].author.at
    ]  # fmt: skip
    assert rebased, "the forge must have one"
    known(acme, api.forge, *(pull.number for pull in rebased))
    for pull in rebased:
        with tenant(acme.id):
            row = PullRequest.objects.get(number=pull.number)
        fetch(acme.id, row.id, now=Clock()())
        with tenant(acme.id):
            rows = DefaultCommit.objects.filter(diff_state=DiffState.COMPLETE)
            found = dict(rows.values_list("sha", "patch_id"))
            at, line = pull.merge_commit, []
            for _ in pull.commits:
                assert at
                line.append(at.sha)
                at = at.parents[0]
            assert set(line) <= found.keys()
            row.refresh_from_db()
            assert sum(file["added"] for file in row.files or []) == pull.additions
            own = PullRequestCommit.objects.filter(pull_request=row).order_by("position")
            assert [commit.patch_id for commit in own] == [found[sha] for sha in reversed(line)]
            assert all(commit.patch_id for commit in own)


def test_checks_that_no_delivery_told_of_are_asked_for_once(acme: Organization, api: GithubApi) -> None:
    known(acme, api.forge)
    truth = api.forge.repositories[NAME]
    merged = next(pull for pull in truth.pulls.values() if pull.merged_at)
    with tenant(acme.id):
        row = PullRequest.objects.get(number=merged.number)
        CheckResult.objects.filter(head_sha=row.head_sha).delete()
    runs = [run for run in truth.runs if run.head is merged.head]
    for _ in range(2):
        fetch(acme.id, row.id, now=Clock()())
    with tenant(acme.id):
        assert CheckResult.objects.filter(head_sha=row.head_sha).exists() == bool(runs)
    if runs:
        assert len([asked for asked in api.asked if "check-runs" in asked]) == 1


def test_without_a_token_only_deliveries_tell(acme: Organization, api: GithubApi) -> None:
    known(acme, api.forge)
    with tenant(acme.id):
        Connection.objects.update(token="")
        key = PullRequest.objects.order_by("number")[0].id
    fetch(acme.id, key, now=Clock()())
    assert api.asked == []
    assert asking.connection_of(acme).state == ConnectionState.ACTIVE


def test_what_can_t_be_asked_now_is_put_off_and_what_is_gone_is_done(acme: Organization, api: GithubApi) -> None:
    known(acme, api.forge)
    with tenant(acme.id):
        key = PullRequest.objects.order_by("number")[0].id
    api.too_fast(90)
    now = Clock()()
    with pytest.raises(PutOffError) as error:
        fetch(acme.id, key, now=now)
    assert (error.value.until - now).total_seconds() == 90
    assert asking.connection_of(acme).paused_until == error.value.until
    with tenant(acme.id):
        Connection.objects.update(paused_until=None, limits={})
    api.revoke()
    with pytest.raises(PutOffError):
        fetch(acme.id, key, now=now)
    assert asking.connection_of(acme).state == ConnectionState.REFUSED
    api.recover()
    api.vanish(NAME)
    fetch(acme.id, key, now=now)
    assert asking.repository_of(acme).state == "vanished"
    fetch(acme.id, key + 1_000_000, now=now)


def test_nothing_is_written_where_the_head_moved_on_meanwhile(
    acme: Organization, api: GithubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.serve(forge_of(30))
    closed = next(pull for pull in api.forge.repositories[NAME].pulls.values() if not pull.merged_at)
    known(acme, api.forge, closed.number)
    with tenant(acme.id):
        pull = PullRequest.objects.get()
    before: Any = state.lock

    def moves_on(organization_id: int, repository_id: int) -> Repository:
        PullRequest.objects.filter(id=pull.id).update(head_sha="f" * 40)
        return before(organization_id, repository_id)  # type: ignore[no-any-return]

    monkeypatch.setattr(state, "lock", moves_on)
    fetch(acme.id, pull.id, now=Clock()())
    with tenant(acme.id):
        pull.refresh_from_db()
        assert pull.files is None
        assert not PullRequestCommit.objects.filter(pull_request=pull, is_listed=True).exists()
