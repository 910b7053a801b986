"""The first test run of a pull request: the first attempt on the first of its heads that has any.

A check that was tried again on the same commit counts by its first conclusion; what was skipped or cancelled says
nothing. A JUnit report of the same run knows more than its checks, so that it is asked first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Q

from codecard.lib.tenant import tenant
from events.models import CheckResult, JUnitUpload, PullRequest, PullRequestCommit, PullTests, TestsState
from events.pulls import chores
from events.pulls.chores import ChoreKind

_FAILED: Final = frozenset({"failure", "timed_out", "startup_failure", "action_required"})
_MOST: Final = 2_000
"""Checks or reports of one pull request that are read, the oldest first."""


class Run(NamedTuple):
    """`ended_at`: when it was told. The counts are None where nobody counted."""

    sha: str
    state: TestsState
    ended_at: datetime
    passed: int | None = None
    failed: int | None = None
    skipped: int | None = None


def judge_tests(organization_id: int, key: int, *, now: datetime) -> None:
    """Handler of TESTS."""
    with tenant(organization_id):
        rows = PullRequest.objects.filter(organization=organization_id, id=key)
        pull = rows.select_for_update(of=("self",), no_key=True).first()
        if pull is not None:
            held = PullRequestCommit.objects.filter(organization=organization_id, pull_request=pull)
            keep_first_run(pull, list(held))


def leave_for(organization_id: int, repository_id: int, shas: Iterable[str], *, now: datetime) -> None:
    """To judge the pull requests that hold or held these commits. Inside the tenant."""
    chores.leave(organization_id, ChoreKind.TESTS, holding(organization_id, repository_id, shas), not_before=now)


def holding(organization_id: int, repository_id: int, shas: Iterable[str]) -> set[int]:
    """The pull requests that hold or held these commits. Inside the tenant."""
    pulls = PullRequest.objects.filter(organization=organization_id, repository=repository_id)
    by_head = pulls.filter(head_sha__in=set(shas)).values_list("id", flat=True)
    commits = PullRequestCommit.objects.filter(organization=organization_id, sha__in=set(shas))
    by_commit = commits.filter(pull_request__repository=repository_id).values_list("pull_request_id", flat=True)
    return {*by_head, *by_commit}


def keep_first_run(pull: PullRequest, held: Sequence[PullRequestCommit]) -> None:
    """The row of the pull request as its checks and reports make it, or none. The pull request is locked."""
    rows = PullTests.objects.filter(organization=pull.organization_id, pull_request=pull)
    run = first_run(_checks(pull, held), _reports(pull, held))
    if run is None:
        rows.delete()
        return
    told = {
        "state": run.state, "sha": run.sha, "passed": run.passed, "failed": run.failed, "skipped": run.skipped,
        "test_lines_changed": _test_lines(pull),
    }  # fmt: skip
    rows.update_or_create(organization_id=pull.organization_id, pull_request=pull, defaults=told)


def first_run(checks: Sequence[CheckResult], reports: Sequence[JUnitUpload]) -> Run | None:
    """Pure. What checks tell of a run that ended before the first report came is another, earlier run."""
    checked, reported = run_of_checks(checks), _run_of_reports(reports)
    if checked and reported:
        return checked if checked.ended_at < reported.ended_at and checked.sha != reported.sha else reported
    return checked or reported


def run_of_checks(checks: Sequence[CheckResult]) -> Run | None:
    """Of the commit whose test checks began first; None while none of its first conclusions tells anything."""
    of_test = [check for check in checks if check.is_test and check.started_at and check.completed_at]
    telling = [check for check in of_test if outcome_of([check])]
    if not telling:
        return None
    sha = min(telling, key=_began).head_sha
    first: dict[str, CheckResult] = {}
    for check in sorted((one for one in telling if one.head_sha == sha), key=_began):
        first.setdefault(check.name, check)
    state = TestsState.FAILED if outcome_of(first.values()) == "failed" else TestsState.PASSED
    return Run(sha, state, max(check.completed_at for check in first.values() if check.completed_at))


def outcome_of(checks: Iterable[CheckResult]) -> str:
    """passed or failed; "" where none of them says either (skipped, cancelled, neutral)."""
    told = {one.conclusion for one in checks}
    return "failed" if told & _FAILED else "passed" if "success" in told else ""


def _began(check: CheckResult) -> tuple[int, float, int]:
    assert check.started_at
    return (check.run_attempt, check.started_at.timestamp(), check.external_id)


def _run_of_reports(reports: Sequence[JUnitUpload]) -> Run | None:
    """Of each job the parts of its lowest attempt; where no attempt was told, the report that came first."""
    if not reports:
        return None
    ordered = sorted(reports, key=lambda one: (one.received_at, one.id))
    of_sha = [one for one in ordered if one.sha == ordered[0].sha]
    counted = [one for job in {one.job for one in of_sha} for one in _first_attempt(of_sha, job)]
    passed, failed = sum(one.passed for one in counted), sum(one.failed for one in counted)
    state = TestsState.FAILED if failed else TestsState.PASSED if passed else TestsState.EMPTY
    skipped = sum(one.skipped for one in counted)
    return Run(ordered[0].sha, state, ordered[0].received_at, passed, failed, skipped)


def _first_attempt(reports: Sequence[JUnitUpload], job: str) -> list[JUnitUpload]:
    mine = [one for one in reports if one.job == job]
    attempt = min(one.attempt for one in mine)
    parts = [one for one in mine if one.attempt == attempt]
    return parts if attempt else parts[:1]


def _checks(pull: PullRequest, held: Sequence[PullRequestCommit]) -> list[CheckResult]:
    """Index: check_result_of_commit. What was found by asking for the last head says nothing of a first run where
    commits came after the pull request was opened."""
    shas = {one.sha for one in held} | {pull.head_sha} - {""}
    rows = CheckResult.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, head_sha__in=shas, is_test=True
    )
    if any(one.committed_at and one.committed_at > pull.opened_at for one in held):
        rows = rows.filter(is_asked=False)
    return list(rows.exclude(completed_at=None).order_by("started_at", "id")[:_MOST])


def _reports(pull: PullRequest, held: Sequence[PullRequestCommit]) -> list[JUnitUpload]:
    """Index: junit_upload_once. A run of CI may test a commit that merges the head with its base, and says of whom."""
    shas = {one.sha for one in held} | {pull.head_sha} - {""}
    rows = JUnitUpload.objects.filter(
        Q(sha__in=shas) | Q(pull_number=pull.number),
        organization=pull.organization_id, repository=pull.repository_id,
    )  # fmt: skip
    return list(rows.order_by("received_at", "id")[:_MOST])


def _test_lines(pull: PullRequest) -> int:
    of_test = (file for file in pull.files or () if file.get("is_test"))
    return sum((file.get("added") or 0) + (file.get("removed") or 0) for file in of_test)
