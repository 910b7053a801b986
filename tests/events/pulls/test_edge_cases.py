"""The edge cases of linking and latency, each with its right answer; one test a row of the table in docs/links.md.

Those of defects (a revert of a revert, reverts inside a branch, partial reverts, fixes of tests and documents alone, a
fix before the merge, several fixes of one bug, an issue older than the change) are in test_defects.py, those of line
owners (renames, swaps, rewritten history) in lines/test_owners.py, and those of deliveries (there is no "merged"
webhook, twice and out of order) in test_state.py.
"""

from datetime import timedelta

import pytest

from codecard.lib.tenant import tenant
from events.models import (
    AiClass,
    AiEvidence,
    DefaultCommit,
    Integration,
    LatencyState,
    Method,
    PullRequest,
    PullRequestState,
    Repository,
    RepositoryName,
    SizeStratum,
)
from teams.models import Organization, User
from tests.events.pulls.work import (
    again,
    attribution,
    client_commit,
    hours_ago,
    judge,
    known_login,
    latency_of,
    links_of,
    minutes,
    work,
)
from tests.factories import NOW
from tests.pull_requests import (
    make_author,
    make_commit,
    make_default_commit,
    make_pull_request,
    make_repository,
    sha_of,
)

pytestmark = pytest.mark.django_db
MERGED = NOW - timedelta(hours=1)


def linked_to(pull: PullRequest, key: str = "s1") -> Method:
    return Method(links_of(pull)[key].method)


def worked_on(pull: PullRequest, *shas: str, key: str = "s1", began: float = 5) -> int:
    """A session that began hours ago and whose client reported these commits, a quarter of an hour apart."""
    session = work(pull.organization, key, [hours_ago(began)])
    with tenant(pull.organization_id):
        for place, sha in enumerate(shas, 1):
            client_commit(pull.repository, sha, hours_ago(began) + place * minutes(15), session)
    return session


def test_squash_merge(acme: Organization, shop: Repository) -> None:
    """The head's commits stay linked; the squash on the default branch is the pull request's."""
    with tenant(acme.id):
        pull = make_pull_request(shop)
        make_commit(pull, sha_of("one"))
        make_commit(pull, sha_of("two"), position=1)
        squash = make_default_commit(shop, 1, sha=pull.merge_sha, parents=[sha_of("base")], patch_id="whole")
    worked_on(pull, sha_of("one"))
    judge(pull)
    assert linked_to(pull) == Method.COMMIT_SHA
    assert again(pull).integration == Integration.SQUASH
    with tenant(acme.id):
        assert DefaultCommit.objects.get(id=squash.id).pull_request == pull


def test_rebase_merge(acme: Organization, shop: Repository) -> None:
    """The pull request's commits are the last ones of the default branch under new SHAs, by patch and in order."""
    with tenant(acme.id):
        pull = make_pull_request(shop, commit_count=2, merge_sha=sha_of("rebased 2"))
        for place, patch in enumerate(("p1", "p2")):
            make_commit(pull, sha_of(f"mine {place}"), position=place, patch_id=patch)
        for seq, patch in enumerate(("older", "p1", "p2"), 1):
            make_default_commit(shop, seq, sha=sha_of(f"rebased {seq - 1}"), parents=["x"], patch_id=patch)
    judge(pull)
    assert again(pull).integration == Integration.REBASE
    with tenant(acme.id):
        own = DefaultCommit.objects.filter(pull_request=pull).order_by("seq").values_list("seq", flat=True)
        assert list(own) == [2, 3]


def test_merge_commit(acme: Organization, shop: Repository) -> None:
    """The merge commit is the pull request's; inner commits keep their own dates."""
    with tenant(acme.id):
        pull = make_pull_request(shop)
        make_commit(pull, sha_of("inner"), authored_at=hours_ago(30))
        make_default_commit(shop, 1, sha=pull.merge_sha, parents=["base", "inner"])
    judge(pull)
    assert (again(pull).integration, again(pull).integrated_at) == (Integration.MERGE, MERGED)
    with tenant(acme.id):
        assert pull.commits.get().authored_at == hours_ago(30)


def test_merge_queue(acme: Organization, shop: Repository) -> None:
    """What the queue tried in between is nobody's commit; what counts is the merge that came of it."""
    with tenant(acme.id):
        pull = make_pull_request(shop, merge_sha=sha_of("queued and merged"))
        make_commit(pull, sha_of("mine"))
        tried = make_default_commit(shop, 1, sha=sha_of("tried by the queue"), is_gone=True, patch_id="p")
        merged = make_default_commit(shop, 2, sha=pull.merge_sha, parents=["base"], patch_id="p")
    judge(pull)
    with tenant(acme.id):
        owners = dict(DefaultCommit.objects.values_list("id", "pull_request"))
    assert owners == {tried.id: None, merged.id: pull.id}


def test_the_test_merge_of_an_open_pull_request(acme: Organization, shop: Repository) -> None:
    """GitHub's `merge_commit_sha` of an open one isn't kept, and nothing open is on the default branch."""
    with tenant(acme.id):
        pull = make_pull_request(shop, merged_at=None, patch_id="whole")
        make_commit(pull)
        make_default_commit(shop, 1, patch_id="whole", committed_at=NOW)
    judge(pull)
    assert (again(pull).integration, again(pull).integrated_at) == (Integration.NONE, None)


def test_force_push(acme: Organization, shop: Repository) -> None:
    """A commit that the pull request held once still says who worked on it."""
    with tenant(acme.id):
        pull = make_pull_request(shop)
        make_commit(pull, sha_of("before"), superseded_at=hours_ago(2))
        make_commit(pull, sha_of("after"))
    worked_on(pull, sha_of("before"))
    judge(pull)
    assert linked_to(pull) == Method.COMMIT_SHA
    assert again(pull).ai_class == AiClass.AI


def test_amended_before_the_first_push(acme: Organization, shop: Repository) -> None:
    """The SHA never reaches the server: the patch tells; where that changed too, the branch."""
    by_patch = work(acme, "patch", [hours_ago(5)])
    work(acme, "branch", [hours_ago(5)], repository="github.com/acme/shop", branch="feature/7")
    with tenant(acme.id):
        pull = make_pull_request(shop, 7, author=known_login(acme))
        make_commit(pull, sha_of("pushed"), patch_id="p1")
        client_commit(shop, sha_of("amended"), hours_ago(4), by_patch, patch_id="p1")
    judge(pull)
    assert {key: Method(link.method) for key, link in links_of(pull).items()} == {
        "patch": Method.COMMIT_PATCH, "branch": Method.BRANCH,
    }  # fmt: skip


def test_backport(acme: Organization, shop: Repository) -> None:
    """Its commits are the origin's again: the session's time belongs to the origin, and it is in no denominator."""
    with tenant(acme.id):
        origin = make_pull_request(shop, patch_id="whole", merged_at=hours_ago(3))
        make_commit(origin, sha_of("picked"), patch_id="p1")
        copy = make_pull_request(shop, base_branch="release/1", opened_at=hours_ago(2))
        make_commit(copy, sha_of("copy"), patch_id="p1", stated={"cherry_picked_from": [sha_of("picked")]})
    worked_on(origin, sha_of("picked"), began=8)
    judge(origin, copy)
    assert again(copy).is_backport
    assert latency_of(copy).state == LatencyState.LEFT_OUT
    assert latency_of(origin).state == LatencyState.MEASURED
    assert links_of(origin)["s1"].sums["prompts"] == 1
    assert links_of(copy) == {} or not links_of(copy)["s1"].sums


def test_landed_by_hand(acme: Organization, shop: Repository) -> None:
    """Closed, and its patch is a commit of the default branch: in, at that commit's time."""
    landed_at = hours_ago(2)
    with tenant(acme.id):
        pull = make_pull_request(
            shop, state=PullRequestState.CLOSED, merged_at=None, closed_at=hours_ago(1), patch_id="whole",
            opened_at=hours_ago(4),
        )  # fmt: skip
        make_commit(pull, sha_of("mine"))
        make_default_commit(shop, 1, patch_id="whole", committed_at=landed_at)
        merged = make_pull_request(shop, patch_id="other")
        lookalike = make_pull_request(
            shop, state=PullRequestState.CLOSED, merged_at=None, closed_at=NOW, patch_id="other", opened_at=hours_ago(9)
        )
        make_default_commit(shop, 2, sha=merged.merge_sha, patch_id="other")
    worked_on(pull, sha_of("mine"))
    judge(pull, lookalike, merged)
    assert (again(pull).integration, again(pull).integrated_at) == (Integration.BY_HAND, landed_at)
    assert latency_of(pull).seconds == 3 * 3600
    # What another pull request brought is not this one's.
    assert again(lookalike).integrated_at is None


def test_stacked_on_another_branch(acme: Organization, shop: Repository) -> None:
    """Merged into another branch it isn't in; it is once the pull request of that branch is."""
    with tenant(acme.id):
        below = make_pull_request(shop, merged_at=None, head_branch="feature/base", opened_at=hours_ago(8))
        above = make_pull_request(shop, base_branch="feature/base", merged_at=hours_ago(3))
        make_commit(above, sha_of("above"))
    worked_on(above, sha_of("above"), began=6)
    judge(above, below)
    assert again(above).integrated_at is None
    assert latency_of(above).state == LatencyState.PENDING
    with tenant(acme.id):
        PullRequest.objects.filter(id=below.id).update(
            state=PullRequestState.MERGED, merged_at=MERGED, closed_at=MERGED, merge_sha=sha_of("below")
        )
    judge(below)
    assert (again(above).integration, again(above).integrated_at) == (Integration.STACKED, MERGED)
    assert latency_of(above).seconds == 5 * 3600


def test_a_fork_s_branch_of_the_same_name_brings_nothing_in(acme: Organization, shop: Repository) -> None:
    with tenant(acme.id):
        above = make_pull_request(shop, base_branch="develop", merged_at=hours_ago(3))
        make_commit(above, sha_of("above"))
        fork = make_pull_request(shop, head_branch="develop", head_repository="somebody/shop", merged_at=MERGED)
    judge(fork, above)
    assert again(above).integrated_at is None


def test_base_branch_changed(acme: Organization, shop: Repository) -> None:
    """It is judged by the base it has now."""
    with tenant(acme.id):
        pull = make_pull_request(shop, base_branch="feature/base")
    judge(pull)
    assert again(pull).integrated_at is None
    with tenant(acme.id):
        PullRequest.objects.filter(id=pull.id).update(base_branch="main")
    judge(pull)
    assert again(pull).integrated_at == MERGED


def test_reopened(acme: Organization, shop: Repository) -> None:
    """One pull request, whose clock runs on from the first prompt; the time it was closed isn't taken off."""
    with tenant(acme.id):
        pull = make_pull_request(
            shop, merged_at=None, state=PullRequestState.CLOSED, closed_at=hours_ago(20), opened_at=hours_ago(29)
        )
        make_commit(pull, sha_of("mine"), authored_at=hours_ago(29.5))
    worked_on(pull, sha_of("mine"), began=30)
    judge(pull)
    assert (latency_of(pull).state, latency_of(pull).ended_at) == (LatencyState.CLOSED, hours_ago(20))
    with tenant(acme.id):
        PullRequest.objects.filter(id=pull.id).update(
            state=PullRequestState.MERGED, merged_at=MERGED, closed_at=MERGED, merge_sha=sha_of("merge")
        )
    judge(pull)
    assert (latency_of(pull).state, latency_of(pull).seconds) == (LatencyState.MEASURED, 29 * 3600)


def test_draft(acme: Organization, shop: Repository) -> None:
    """The clock runs from the prompt, and getting ready is a stage of its own."""
    with tenant(acme.id):
        pull = make_pull_request(
            shop,
            opened_at=hours_ago(4),
            ready_at=hours_ago(3),
            first_review_at=hours_ago(2),
            approved_at=hours_ago(1.5),
        )
        make_commit(pull, sha_of("mine"), authored_at=hours_ago(4.5))
    worked_on(pull, sha_of("mine"))
    judge(pull)
    assert latency_of(pull).stages == [
        ["accepted", 60], ["committed", 29 * 60], ["opened", 30 * 60], ["ready", 3600], ["reviewed", 3600],
        ["approved", 1800], ["merged", 1800],
    ]  # fmt: skip
    assert sum(seconds for _, seconds in latency_of(pull).stages) == latency_of(pull).seconds == 4 * 3600


def test_fork_deleted(acme: Organization, shop: Repository) -> None:
    """A fork's clone tells the fork's name; once it is gone the pull request's commits are still known."""
    session = work(acme, "s1", [hours_ago(5)], repository="github.com/bob/shop")
    with tenant(acme.id):
        pull = make_pull_request(shop, head_repository="bob/shop")
        make_commit(pull, sha_of("mine"))
        fork = make_repository(acme, "bob/shop")
        client_commit(shop, sha_of("mine"), hours_ago(4), session, repository_id=fork.dimension_id)
        fork.delete()
    judge(pull)
    assert linked_to(pull) == Method.COMMIT_SHA
    with tenant(acme.id):
        PullRequest.objects.filter(id=pull.id).update(head_repository="")
    judge(pull)
    assert linked_to(pull) == Method.COMMIT_SHA


def test_repository_renamed(acme: Organization, shop: Repository) -> None:
    """What clients told under either name is of the same repository."""
    with tenant(acme.id):
        pull = make_pull_request(shop)
        make_commit(pull, sha_of("mine"))
        make_commit(pull, sha_of("later"), position=1)
    worked_on(pull, sha_of("mine"))
    with tenant(acme.id):
        renamed = make_repository(acme, "acme/store")
        number = renamed.dimension_id
        renamed.delete()
        RepositoryName.objects.create(organization=acme, repository=shop, dimension_id=number)
        Repository.objects.filter(id=shop.id).update(dimension_id=number, full_name="acme/store")
    session = work(acme, "s2", [hours_ago(4)])
    with tenant(acme.id):
        client_commit(shop, sha_of("later"), hours_ago(3), session, repository_id=number)
    judge(pull)
    assert set(links_of(pull)) == {"s1", "s2"}


def test_author_is_not_who_prompted(acme: Organization, shop: Repository, bob: User) -> None:
    """The session is of whoever prompted, whoever opened the pull request."""
    with tenant(acme.id):
        pull = make_pull_request(shop, author=make_author(acme, bob))
        make_commit(pull, sha_of("mine"))
    worked_on(pull, sha_of("mine"))
    judge(pull)
    with tenant(acme.id):
        assert links_of(pull)["s1"].session.contributor_id == known_login(acme).contributor_id
        assert again(pull).author.contributor_id != known_login(acme).contributor_id


def test_clocks_that_disagree(acme: Organization, shop: Repository) -> None:
    """A prompt after the merge is no latency: null, and counted. So is a stage that would be negative."""
    with tenant(acme.id):
        late, early = make_pull_request(shop), make_pull_request(shop, opened_at=hours_ago(4))
        make_commit(late, sha_of("late"))
        make_commit(early, sha_of("early"), authored_at=hours_ago(9))
    worked_on(late, sha_of("late"), began=0.5)
    worked_on(early, sha_of("early"), key="s2")
    judge(late, early)
    assert (latency_of(late).state, latency_of(late).seconds) == (LatencyState.NEGATIVE, None)
    assert latency_of(early).stages == [["accepted", 60], ["committed", None], ["opened", 3540], ["merged", 10800]]
    assert latency_of(early).seconds == 4 * 3600


def test_several_agents(acme: Organization, shop: Repository) -> None:
    """Each is told; the clock runs from the first of all prompts."""
    one, two = work(acme, "one", [hours_ago(6)]), work(acme, "two", [hours_ago(5)], tool="codex")
    with tenant(acme.id):
        pull = make_pull_request(shop)
        for name, session in (("a", one), ("b", two)):
            make_commit(pull, sha_of(name))
            client_commit(shop, sha_of(name), hours_ago(4), session)
        AiEvidence.objects.create(organization=acme, pull_request=pull, kind="trailer", tool="cursor", model="gpt-6")
    judge(pull)
    assert again(pull).ai_tools == ["claude-code", "codex", "cursor"]
    assert again(pull).ai_models == ["gpt-6"]
    assert latency_of(pull).seconds == 5 * 3600


def test_bots(acme: Organization, shop: Repository) -> None:
    """Dependabot is in no rate; an assistant's account is an assistant."""
    with tenant(acme.id):
        bot, agent = make_pull_request(shop, is_bot=True), make_pull_request(shop, is_bot=True)
        AiEvidence.objects.create(organization=acme, pull_request=agent, kind="author", tool="copilot")
    judge(bot, agent)
    assert (again(bot).ai_class, again(agent).ai_class) == (AiClass.BOT, AiClass.AI)
    assert latency_of(bot).state == LatencyState.LEFT_OUT


def test_review_suggestions_taken(acme: Organization, shop: Repository) -> None:
    """What a reviewer's bot suggested, and a person took, makes no pull request AI-assisted."""
    with tenant(acme.id):
        pull = make_pull_request(shop)
        AiEvidence.objects.create(
            organization=acme, pull_request=pull, kind="trailer", tool="gemini-code-assist", role="review_suggestion"
        )
    judge(pull)
    assert (again(pull).ai_class, again(pull).ai_tools) == (AiClass.UNKNOWN, [])


def test_generated_files(acme: Organization, shop: Repository) -> None:
    """Nobody wrote their lines: neither the sizes nor the AI lines count them."""
    files = [
        {
            "path": "src/cart.py",
            "status": "modified",
            "added": 12,
            "removed": 3,
            "is_test": False,
            "is_generated": False,
        },
        {"path": "uv.lock", "status": "modified", "added": 900, "removed": 0, "is_test": False, "is_generated": True},
    ]
    with tenant(acme.id):
        pull = make_pull_request(shop, files=files)
        make_commit(pull, sha_of("mine"))
        attribution(shop, sha_of("mine"), 20)
        attribution(shop, sha_of("mine"), 900, path="uv.lock")
    judge(pull)
    judged = again(pull)
    assert (judged.source_lines_added, judged.source_lines_changed, judged.size) == (12, 15, SizeStratum.UNDER_20)
    # No more than the file gained.
    assert (judged.ai_lines, judged.ai_class) == (12, AiClass.AI)
    assert judged.files is not None
    assert [one["ai_added"] for one in judged.files] == [12, 0]
