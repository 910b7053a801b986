"""Which run of a pull request's tests was its first, and what it told."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.models import CheckResult, Chore, JUnitUpload, PullRequest, PullTests, Repository
from events.pulls import state, tested
from events.pulls.chores import ChoreKind
from events.pulls.records import CheckRecord, RepositoryRecord, Told
from teams.models import Organization
from tests.events.pulls.work import left, minutes
from tests.factories import NOW
from tests.pull_requests import make_commit, make_pull_request, sha_of

pytestmark = pytest.mark.django_db
FIRST, SECOND = sha_of("first"), sha_of("second")
_ids = count(1)


@pytest.fixture
def pull(acme: Organization, shop: Repository) -> PullRequest:
    """Two heads: one before it was opened, one after."""
    with tenant(acme.id):
        made = make_pull_request(shop, 7, head_sha=SECOND, files=[_file("tests/test_a.py", True), _file("a.py", False)])
        make_commit(made, FIRST, position=0)
        make_commit(made, SECOND, position=1, committed_at=made.opened_at + minutes(30))
        return made


def _file(path: str, is_test: bool) -> dict[str, Any]:
    return {"path": path, "status": "modified", "added": 5, "removed": 2, "is_test": is_test, "is_generated": False}


def check(minute: float, sha: str, conclusion: str, name: str = "tests", attempt: int = 1, **more: Any) -> CheckResult:
    at = NOW - timedelta(hours=3) + minutes(minute)
    return CheckResult(
        external_id=next(_ids), head_sha=sha, name=name, run_attempt=attempt, conclusion=conclusion, started_at=at,
        completed_at=at + minutes(2), **{"is_test": True, **more},
    )  # fmt: skip


def report(minute: float, sha: str, passed: int, failed: int = 0, job: str = "", attempt: int = 0, **more: Any) -> Any:
    at = NOW - timedelta(hours=3) + minutes(minute)
    number = next(_ids)
    return JUnitUpload(
        id=number, sha=sha, passed=passed, failed=failed, job=job, attempt=attempt, received_at=at,
        content=str(number), **more,
    )  # fmt: skip


CASES: dict[str, tuple[Sequence[CheckResult], Sequence[JUnitUpload], str]] = {
    "nothing was told": ([], [], ""),
    "one check passed": ([check(0, FIRST, "success")], [], "passed"),
    "one of two checks failed": ([check(0, FIRST, "success"), check(1, FIRST, "failure", "e2e tests")], [], "failed"),
    "the second head doesn't mend the first": (
        [check(9, SECOND, "success"), check(0, FIRST, "failure")], [], "failed",
    ),
    "another attempt doesn't mend the first": (
        [check(0, FIRST, "failure"), check(5, FIRST, "success", attempt=2)], [], "failed",
    ),
    "nor does a check of the same name that ran again": (
        [check(0, FIRST, "failure"), check(5, FIRST, "success")], [], "failed",
    ),
    "nor does a flaky one spoil it": ([check(0, FIRST, "success"), check(5, FIRST, "failure")], [], "passed"),
    "what was skipped or cancelled doesn't count": (
        [check(0, FIRST, "skipped"), check(1, FIRST, "cancelled"), check(2, SECOND, "success")], [], "passed",
    ),
    "what isn't a test doesn't count": ([check(0, FIRST, "failure", "lint", is_test=False)], [], ""),
    "what still runs says nothing": ([check(0, FIRST, "")], [], ""),
    "timed out is failed": ([check(0, FIRST, "timed_out")], [], "failed"),
    "a report counts": ([], [report(3, FIRST, 12)], "passed"),
    "one failed test is a failed run": ([], [report(3, FIRST, 12, 1)], "failed"),
    "no test is no pass": ([], [report(3, FIRST, 0)], "empty"),
    "parts of one attempt are one run": (
        [], [report(3, FIRST, 12, attempt=1), report(4, FIRST, 8, 1, attempt=1)], "failed",
    ),
    "another attempt is not part of the first": (
        [], [report(3, FIRST, 12, attempt=1), report(4, FIRST, 8, 1, attempt=2)], "passed",
    ),
    "without an attempt the first report counts": ([], [report(4, FIRST, 9), report(3, FIRST, 8, 1)], "failed"),
    "two jobs are one run": ([], [report(3, FIRST, 12, job="unit"), report(9, FIRST, 1, 1, job="e2e")], "failed"),
    "a report of the same run knows more than its checks": (
        [check(0, FIRST, "success")], [report(1, FIRST, 0)], "empty",
    ),
    "a run that ended before the first report came was earlier": (
        [check(0, FIRST, "failure")], [report(30, SECOND, 12)], "failed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("checks", "reports", "state"), CASES.values(), ids=CASES)
def test_the_first_run_is_what_the_definition_says(
    checks: Sequence[CheckResult], reports: Sequence[JUnitUpload], state: str
) -> None:
    for ordered in ((checks, reports), (checks[::-1], reports[::-1])):
        run = tested.first_run(*ordered)
        assert (run.state if run else "") == state


def test_what_was_found_by_asking_for_the_last_head_is_no_first_run(pull: PullRequest) -> None:
    """It would make every pull request look as if it had passed at once."""
    with tenant(pull.organization_id):
        for is_asked, expected in ((True, []), (False, ["passed"])):
            CheckResult.objects.all().delete()
            _keep(pull, check(40, SECOND, "success", is_asked=is_asked))
            assert _judged(pull) == expected
        _without_later_commits(pull)
        CheckResult.objects.update(is_asked=True)
        assert _judged(pull) == ["passed"]


def _keep(pull: PullRequest, *rows: CheckResult | JUnitUpload) -> None:
    for row in rows:
        row.organization_id, row.repository = pull.organization_id, pull.repository
        row.save()


def _without_later_commits(pull: PullRequest) -> None:
    for commit in pull.commits.all():
        commit.committed_at = pull.opened_at - minutes(5)
        commit.save()


def _judged(pull: PullRequest) -> list[str]:
    for _ in range(2):
        tested.judge_tests(pull.organization_id, pull.id, now=NOW)
    return list(PullTests.objects.filter(pull_request=pull).values_list("state", flat=True))


def test_the_row_holds_counts_and_how_much_of_the_change_is_tests(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        _keep(pull, report(3, FIRST, 12, 1, skipped=4))
        assert _judged(pull) == ["failed"]
        row = PullTests.objects.get()
        assert (row.sha, row.passed, row.failed, row.skipped, row.test_lines_changed) == (FIRST, 12, 1, 4, 7)


def test_a_run_may_test_a_merge_of_the_head_and_says_of_which_pull_request(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        _keep(pull, report(3, sha_of("merge of both"), 12, pull_number=7))
        assert _judged(pull) == ["passed"]


def test_what_is_no_longer_told_takes_its_row_along(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        _keep(pull, check(0, FIRST, "success"))
        assert _judged(pull) == ["passed"]
        CheckResult.objects.all().delete()
        assert _judged(pull) == []


def test_a_check_that_is_told_leaves_its_pull_request_to_be_judged_once(acme: Organization, pull: PullRequest) -> None:
    record = CheckRecord(
        external_id=5, head_sha=FIRST, name="tests", conclusion="success", started_at=NOW - minutes(9), completed_at=NOW
    )
    told = Told(repository=RepositoryRecord(pull.repository.external_id, "acme/shop"), checks=(record,))
    with tenant(acme.id):
        state.apply(acme, told, None, now=NOW)
        assert left(acme.id, ChoreKind.TESTS) == [pull.id]
        state.apply(acme, told, None, now=NOW)
        assert not Chore.objects.filter(kind=ChoreKind.TESTS).exists()
