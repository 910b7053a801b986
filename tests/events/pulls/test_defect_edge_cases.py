"""Every case of PULLS.md 2.3 that is about reverts, fixes and issues, and the answer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.models import Defect, DefectLink, Escape, FixReason, Integration, PullRequest
from teams.models import Organization
from tests.events.pulls._bugs import Shop, added, day, inserted, opaque, replaced, sha_of_merge
from tests.pull_requests import make_commit, make_repository, sha_of

pytestmark = pytest.mark.django_db
CONFIRMED, PROBABLE = "confirmed", "probable"


@pytest.fixture
def shop(acme: Organization) -> Iterator[Shop]:
    """Pull request 1 wrote ten lines on day 10."""
    with tenant(acme.id):
        shop = Shop(make_repository(acme))
        shop.lands(1, 10, added())
        yield shop


def _revert_of(number: int) -> dict[str, Any]:
    return {"stated": {"reverts_shas": [sha_of_merge(number)]}}


# --- squash, rebase, merge commit: whose lines they are -------------------------------------------------------------


def test_squash_merge_the_origin_is_the_pull_request_of_the_merge(shop: Shop) -> None:
    shop.fixes(2, 20, replaced(3, 2))
    shop.judge()
    assert shop.links() == [("pull:2", 1, "traced", PROBABLE, 1.0)]
    assert DefectLink.objects.get().lag_seconds == int((timedelta(days=10) - timedelta(hours=1)).total_seconds())
    assert shop.states(1) == ["clean", PROBABLE, PROBABLE]


def test_rebase_merge_all_its_commits_are_one_origin_and_one_fix(shop: Shop) -> None:
    second = shop.lands(2, 11, replaced(1, 2), integration=Integration.REBASE)
    shop.commit(11, replaced(3, 2), pull_request=second)
    fix = shop.fixes(3, 20, replaced(1, 1), integration=Integration.REBASE)
    shop.commit(20, replaced(3, 1), pull_request=fix)
    shop.judge()
    assert shop.links() == [("pull:3", 2, "traced", PROBABLE, 1.0)]
    assert DefectLink.objects.get().share == 1.0
    assert DefectLink.objects.get().facts["lines"] == 2


def test_merge_commit_a_revert_that_names_an_inner_commit_means_its_pull_request(shop: Shop) -> None:
    merged = shop.lands(2, 11, replaced(1, 2), integration=Integration.MERGE)
    make_commit(merged, sha=sha_of("inner"))
    shop.lands(3, 12, replaced(1, 2), stated={"reverts_shas": [sha_of("inner")]})
    shop.judge()
    assert shop.links() == [(f"revert:{sha_of_merge(3)}", 2, "revert_sha", CONFIRMED, 1.0)]


# --- reverts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        ({"stated": {"reverts_shas": [sha_of_merge(1)]}}, "revert_sha"),
        ({"stated": {"reverts_shas": [sha_of_merge(1)[:14]]}}, "revert_sha"),
        ({"commit": {"stated": {"reverts_shas": [sha_of_merge(1)]}}}, "revert_sha"),
        ({"stated": {"reverts_numbers": [1]}}, "revert_number"),
        ({"head_branch": "revert-1-feature/cart"}, "revert_number"),
        ({"stated": {"reverts_subject": "subject 1"}}, "revert_title"),
    ],
)
def test_a_revert_in_any_form_is_confirmed(shop: Shop, fields: dict[str, Any], method: str) -> None:
    shop.lands(2, 12, replaced(1, 10), **fields)
    shop.judge()
    assert shop.links() == [(f"revert:{sha_of_merge(2)}", 1, method, CONFIRMED, 1.0)]
    assert shop.states(1) == [CONFIRMED] * 3


def test_a_revert_that_was_pushed_without_a_pull_request_counts_too(shop: Shop) -> None:
    commit = shop.commit(12, replaced(1, 10), **_revert_of(1))
    shop.judge()
    assert shop.links() == [(f"revert:{commit.sha}", 1, "revert_sha", CONFIRMED, 1.0)]
    assert shop.states(1) == [CONFIRMED] * 3


def test_a_title_means_the_newest_earlier_change_of_that_subject(shop: Shop) -> None:
    for number, at in ((2, 11), (3, 13)):
        shop.lands(number, at, replaced(1), title_hash="again")
    shop.lands(4, 12, replaced(1), stated={"reverts_subject": "again"})
    shop.judge()
    assert shop.links() == [(f"revert:{sha_of_merge(4)}", 2, "revert_title", CONFIRMED, 1.0)]


def test_reverted_inside_its_own_branch_is_no_escape(shop: Shop) -> None:
    """The SHA was never on the default branch; the title isn't asked then."""
    shop.lands(2, 12, replaced(1), stated={"reverts_shas": ["d" * 40], "reverts_subject": "subject 1"})
    shop.judge()
    assert shop.defects() == []
    assert shop.states(1) == ["clean"] * 3


def test_a_revert_of_a_revert_within_a_day_takes_the_escape_back(shop: Shop) -> None:
    shop.lands(2, 12, replaced(1, 10), **_revert_of(1))
    shop.lands(3, 12.9, replaced(1, 10), stated={"reverts_shas": [sha_of_merge(2)], "is_reapply": True})
    shop.judge()
    assert set(Defect.objects.values_list("is_cancelled", flat=True)) == {True}
    assert shop.states(1) == shop.states(2) == ["clean"] * 3


def test_a_revert_of_a_revert_later_than_that_leaves_both_as_a_chain(shop: Shop) -> None:
    shop.lands(2, 12, replaced(1, 10), **_revert_of(1))
    shop.lands(3, 13.5, replaced(1, 10), **_revert_of(2))
    shop.judge()
    first, second = (f"revert:{sha_of_merge(number)}" for number in (2, 3))
    assert [link[:3] for link in shop.links()] == [(first, 1, "revert_sha"), (second, 2, "revert_sha")]
    assert set(Defect.objects.values_list("is_cancelled", flat=True)) == {False}
    assert Defect.objects.get(key=second).facts["chain"] == [first]
    assert shop.states(1)[2] == shop.states(2)[2] == CONFIRMED


def test_a_reapply_that_was_pushed_without_a_pull_request_cancels_too(shop: Shop) -> None:
    shop.lands(2, 12, replaced(1, 10), **_revert_of(1))
    shop.commit(12.5, replaced(1, 10), **_revert_of(2))
    shop.judge()
    assert shop.states(1) == ["clean"] * 3


def test_a_partial_revert_of_several_is_one_defect_with_a_share_for_each(shop: Shop) -> None:
    shop.lands(2, 11, replaced(1))
    shas = [sha_of_merge(1), sha_of_merge(2)]
    shop.lands(3, 15, replaced(1), stated={"reverts_shas": shas})
    shop.judge()
    key = f"revert:{sha_of_merge(3)}"
    assert shop.links() == [(key, 1, "revert_sha", CONFIRMED, 0.5), (key, 2, "revert_sha", CONFIRMED, 0.5)]
    assert [Escape.objects.get(pull_request__number=n, horizon_days=7).weight for n in (1, 2)] == [0.5, 0.5]


def test_a_revert_of_a_commit_without_a_pull_request_has_no_origin(shop: Shop) -> None:
    direct = shop.commit(11, replaced(1, 5))
    shop.lands(2, 12, replaced(1, 5), stated={"reverts_shas": [direct.sha]})
    shop.judge()
    assert shop.defects() == [f"revert:{sha_of_merge(2)}"]
    assert shop.links() == []


# --- fixes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["tests/test_cart.py", "docs/cart.md", ".github/workflows/ci.yml", "package-lock.json", "shop/api_pb2.py"]
)
def test_a_fix_of_tests_documents_ci_or_generated_files_alone_is_no_escape(shop: Shop, path: str) -> None:
    shop.lands(2, 11, added(path))
    shop.fixes(3, 20, replaced(1, 3, path))
    shop.judge()
    assert shop.defects() == []


def test_a_test_that_the_fix_changes_as_well_says_nothing_of_its_origin(shop: Shop) -> None:
    shop.lands(2, 11, added("tests/test_cart.py"))
    shop.fixes(3, 20, replaced(1, 9, "tests/test_cart.py"), replaced(1))
    shop.judge()
    assert [(link[1], link[3]) for link in shop.links()] == [(1, PROBABLE)]


def test_a_fix_in_the_same_pull_request_is_no_escape(shop: Shop) -> None:
    pull_request = shop.fixes(2, 11, added("shop/new.py"), integration=Integration.REBASE)
    shop.commit(11, replaced(1, 4, "shop/new.py"), pull_request=pull_request)
    shop.judge()
    assert shop.links() == []
    assert shop.states(2) == ["clean"] * 3


def test_a_fix_that_was_begun_before_the_merge_is_no_escape_of_it(shop: Shop) -> None:
    shop.lands(2, 20, replaced(1, 10))
    shop.fixes(3, 21, replaced(1, 10), opened_at=19)
    shop.judge()
    assert shop.links() == []


def test_several_fixes_of_one_issue_are_one_defect(shop: Shop) -> None:
    shop.bug(50, 15)
    shop.fixes(2, 20, replaced(1, 2), issue=50)
    shop.fixes(3, 25, replaced(5, 2), issue=50)
    shop.judge()
    assert shop.links() == [("issue:50", 1, "traced", PROBABLE, 1.0)]
    assert Defect.objects.get().facts["pulls"] == [2, 3]
    assert Escape.objects.get(pull_request__number=1, horizon_days=30).defects == 1


def test_two_fixes_without_an_issue_are_two(shop: Shop) -> None:
    shop.fixes(2, 20, replaced(1, 2))
    shop.fixes(3, 25, replaced(5, 2))
    shop.judge()
    assert shop.defects() == ["pull:2", "pull:3"]
    assert Escape.objects.get(pull_request__number=1, horizon_days=30).defects == 2


def test_an_issue_older_than_the_change_is_not_its_bug(shop: Shop) -> None:
    shop.lands(2, 20, replaced(1, 8))
    shop.bug(50, 15)
    shop.fixes(3, 25, replaced(1, 10), issue=50)
    shop.judge()
    assert shop.links() == [("issue:50", 1, "traced", PROBABLE, 1.0)]
    assert DefectLink.objects.get().lag_seconds == 5 * 86_400


def test_lines_that_were_there_before_keep_their_weight_and_are_nobodys(shop: Shop) -> None:
    shop.lands(2, 11, replaced(1, 2, "shop/old.py"))
    shop.fixes(3, 12, replaced(1, 5, "shop/old.py"))
    shop.fixes(4, 13, replaced(100, 5, "shop/old.py"))
    shop.judge()
    assert [link[:2] for link in shop.links()] == []
    assert shop.defects() == ["pull:3", "pull:4"]


def test_lines_of_a_file_that_was_opaque_are_unknown(shop: Shop) -> None:
    shop.lands(2, 11, opaque())
    shop.fixes(3, 12, replaced(1, 5))
    shop.judge()
    assert (shop.defects(), shop.links()) == (["pull:3"], [])


def test_a_fix_that_only_adds_lines_is_traced_to_its_neighbours(shop: Shop) -> None:
    shop.fixes(2, 20, inserted(4))
    shop.judge()
    assert shop.links() == [("pull:2", 1, "traced", PROBABLE, 1.0)]


def test_two_origins_the_stronger_one_is_possible_and_does_not_count(shop: Shop) -> None:
    shop.lands(2, 11, replaced(1, 4))
    shop.fixes(3, 12, replaced(2, 5))
    shop.judge()
    assert [(link[1], link[3]) for link in shop.links()] == [(2, "possible")]
    assert shop.states(2) == ["possible"] * 3
    assert Escape.objects.get(pull_request__number=2, horizon_days=7).defects == 0


@pytest.mark.parametrize(
    "stated",
    [
        {"fixes_shas": [sha_of_merge(2)[:14]]},
        {"caused_by_shas": [sha_of_merge(2)]},
        {"caused_by_numbers": [2]},
    ],
)
@pytest.mark.parametrize("where", ["pull request", "commit", "issue"])
def test_a_stated_origin_beats_the_traced_one(shop: Shop, stated: dict[str, list[Any]], where: str) -> None:
    shop.lands(2, 11, added("shop/other.py"))
    shop.bug(50, 13, stated=stated if where == "issue" else {})
    places: dict[str, dict[str, Any]] = {"pull request": {"stated": stated}, "commit": {"commit": {"stated": stated}}}
    shop.fixes(3, 15, replaced(1, 5), issue=50, **places.get(where, {}))
    shop.judge()
    assert shop.links() == [("issue:50", 2, "stated", CONFIRMED, 1.0)]


def test_a_direct_commit_counts_only_where_it_names_what_it_fixes(shop: Shop) -> None:
    commit = shop.commit(12, replaced(1), stated={"fixes_shas": [sha_of_merge(1)]})
    shop.commit(13, replaced(1))
    shop.judge()
    assert shop.links() == [(f"commit:{commit.sha}", 1, "stated", CONFIRMED, 1.0)]


@pytest.mark.parametrize(
    ("fields", "labels"),
    [({"labels": ["Bug"]}, ["bug"]), ({"fix_reason": FixReason.LABEL}, []), ({"labels": ["sev1"]}, ["SEV1"])],
)
def test_labels_of_the_repository_make_a_fix(shop: Shop, fields: dict[str, Any], labels: list[str]) -> None:
    shop.repository.bug_labels = labels
    shop.repository.save()
    shop.lands(2, 20, replaced(1, 2), **fields)
    shop.lands(3, 21, replaced(1, 2), labels=["feature"])
    shop.judge()
    assert shop.defects() == ["pull:2"]


# --- who is left out -------------------------------------------------------------------------------------------------


def test_backports_and_bots_are_in_no_rate_and_signal_nothing(shop: Shop) -> None:
    shop.fixes(2, 20, replaced(1, 2), is_backport=True)
    shop.fixes(3, 21, replaced(3, 2), is_bot=True)
    shop.lands(4, 22, **_revert_of(2))
    shop.judge()
    assert [link[:2] for link in shop.links()] == [(f"revert:{sha_of_merge(4)}", 2)]
    assert shop.states(2) == shop.states(3) == ["left_out"] * 3


def test_an_open_pull_request_signals_nothing_and_has_no_facts(shop: Shop) -> None:
    shop.fixes(2, 20, replaced(1, 2))
    PullRequest.objects.filter(number=2).update(integrated_at=None, integration=Integration.NONE)
    shop.judge()
    assert (shop.defects(), shop.states(2)) == ([], [])


def test_a_pull_request_that_left_the_default_branch_loses_its_facts(shop: Shop) -> None:
    shop.fixes(2, 20, replaced(1, 2))
    shop.judge()
    assert shop.states(2) == ["clean"] * 3
    PullRequest.objects.filter(number=2).update(integrated_at=None)
    shop.judge()
    assert (shop.defects(), shop.states(2), shop.states(1)) == ([], [], ["clean"] * 3)


def test_a_stacked_pull_request_counts_from_when_it_was_on_the_default_branch(shop: Shop) -> None:
    stacked = shop.lands(2, 11, added("shop/stack.py"), integration=Integration.STACKED, integrated_at=day(15))
    shop.lands(3, 18, replaced(1, 1, "shop/stack.py"), **_revert_of(2))
    shop.judge()
    link = DefectLink.objects.get(origin=stacked)
    assert link.lag_seconds == 3 * 86_400 - 3_600


def test_another_repository_has_its_own_defects(shop: Shop, acme: Organization) -> None:
    other = Shop(make_repository(acme))
    other.lands(1, 10, added(), merge_sha=sha_of("elsewhere"))
    other.lands(2, 12, replaced(1), **_revert_of(1))
    other.judge()
    shop.judge()
    assert other.defects() == shop.defects() == []
