"""What analysers told of the lines that a pull request touched, and of its base."""

from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.models import DefaultCommit, DiffState, PullQuality, PullRequest, QualityUpload, Repository
from events.pulls.handlers import JUDGING
from events.pulls.lines.changes import FileChange, Group, State, Status
from events.pulls.lines.commits import pack_changes
from events.pulls.quality import JUDGED, judge_quality, leave_for
from events.pulls.touched import Touched, is_met, touched_files, touched_lines
from teams.models import Organization
from tests.events.pulls.work import left
from tests.factories import NOW
from tests.pull_requests import make_default_commit, make_pull_request, sha_of

pytestmark = pytest.mark.django_db
HEAD, BASE = sha_of("head 7"), sha_of("base")
# Of the file before: lines 10-11 became 10-14, two lines came after 20, and 30-34 went.
CART = FileChange(Status.MODIFIED, "cart.py", "cart.py", (Group(10, 2, 5), Group(20, 0, 2), Group(30, 5, 0)))
NEW = FileChange(Status.ADDED, None, "new.py", (Group(0, 0, 8),))
MOVED = FileChange(Status.RENAMED, "old.py", "moved.py", (Group(1, 1, 1),))
LOCK = FileChange(Status.MODIFIED, "poetry.lock", "poetry.lock", (Group(1, 50, 90),))
IMAGE = FileChange(Status.MODIFIED, "a.png", "a.png", state=State.OPAQUE)
CHANGES = (CART, NEW, MOVED, LOCK, IMAGE)


def test_ranges_are_those_of_each_tree() -> None:
    touched = touched_lines(CHANGES, ())
    assert touched.after == {"cart.py": [(10, 14), (24, 25), (35, 34)], "new.py": [(1, 8)], "moved.py": [(1, 1)]}
    assert touched.before == {"cart.py": [(10, 11), (21, 20), (30, 34)], "old.py": [(1, 1)]}
    assert (touched.is_by_line, touched.lines_added) == (True, 16)


def test_where_lines_only_went_what_encloses_the_place_is_met() -> None:
    met = [lines for lines in ((30, 34), (34, 34), (34, 35), (20, 60), (35, 40)) if is_met(*lines, [(35, 34)])]
    assert met == [(34, 35), (20, 60)]


def test_whole_files_where_lines_are_not_known() -> None:
    files: list[dict[str, Any]] = [
        {"path": "b.py", "old_path": "a.py", "status": "renamed", "added": 3}, {"path": "c.py", "status": "removed"},
        {"path": "d.py", "status": "added", "added": 4}, {"path": "vendor/x.js", "status": "added", "added": 900},
    ]  # fmt: skip
    assert touched_files(files, ()) == Touched(False, {"b.py": None, "d.py": None}, {"a.py": None, "c.py": None}, 7)


@pytest.fixture
def pull(acme: Organization, shop: Repository) -> PullRequest:
    """Squashed onto BASE, three commits into the history."""
    with tenant(acme.id):
        files = [{"path": "cart.py", "status": "modified", "added": 7, "removed": 7}]
        made = make_pull_request(shop, 7, head_sha=HEAD, files=files)
        for seq, ago in ((1, 40), (2, 20), (3, 2)):
            at = NOW - timedelta(days=ago)
            make_default_commit(shop, seq, committed_at=at, sha=BASE if seq == 3 else sha_of(f"default {seq}"))
        make_default_commit(
            shop, 4, sha=made.merge_sha, parents=[BASE], pull_request=made, changes=pack_changes(CHANGES),
            diff_state=DiffState.PARTIAL,
        )  # fmt: skip
        return made


def upload(shop: Repository, sha: str, files: dict[str, Any], minute: float = 0, **fields: Any) -> QualityUpload:
    kind = "style" if any("v" in told for told in files.values()) else "complexity"
    number = QualityUpload.objects.count()
    return QualityUpload.objects.create(
        organization_id=shop.organization_id, repository=shop, sha=sha, files=files, content=str(number),
        received_at=NOW + timedelta(minutes=minute),
        **{"kind": kind, "tool": "ruff" if kind == "style" else "radon", **fields},
    )  # fmt: skip


def judged(pull: PullRequest, **of: Any) -> PullQuality:
    for _ in range(2):
        judge_quality(pull.organization_id, pull.id, now=NOW)
    return PullQuality.objects.get(pull_request=pull, **of)


AFTER = {
    "cart.py": {"f": [[1, 5, 30], [8, 20, 4], [23, 28, 9], [30, 40, 6]]}, "new.py": {"f": [[2, 7, 2]]},
    "else.py": {"f": [[1, 99, 50]]}, "poetry.lock": {"f": [[1, 99, 50]]},
}  # fmt: skip
BEFORE = {"cart.py": {"f": [[1, 5, 30], [8, 16, 3], [19, 24, 9], [25, 40, 11]]}, "old.py": {"f": [[3, 4, 8]]}}


def test_complexity_is_of_touched_functions_and_of_those_that_were_there(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, AFTER, version="6.0.1")
        upload(pull.repository, BASE, BEFORE)
        row = judged(pull)
        # Touched are 4, 9, 6 and 2, and before 3, 9 and 11: linear between two values.
        assert row.functions == 4
        assert row.complexity == pytest.approx(8.1)
        assert row.complexity_before == pytest.approx(10.6)
        assert (row.is_by_line, row.base_state, row.base_sha) == (True, "exact", BASE)
        assert (row.tool, row.version, row.sha) == ("radon", "6.0.1", pull.merge_sha)


def test_violations_count_on_added_lines_alone(pull: PullRequest) -> None:
    files = {"cart.py": {"v": [0, 9, 10, 14, 15, 24, 34, 35]}, "new.py": {"v": [8, 8]}, "else.py": {"v": [1]}}
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, files)
        row = judged(pull)
        assert (row.violations, row.lines_added, row.is_by_line, row.functions) == (5, 16, True, 0)


def test_no_violation_is_zero_and_a_tool_without_lines_counts_whole_files(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, {"else.py": {"v": [4]}})
        upload(pull.repository, pull.merge_sha, {"cart.py": {"v": [0, 0]}}, tool="odd")
        assert (judged(pull, tool="ruff").violations, judged(pull, tool="ruff").is_by_line) == (0, True)
        assert (judged(pull, tool="odd").violations, judged(pull, tool="odd").is_by_line) == (2, False)


def test_functions_without_lines_are_those_of_whole_files_on_both_sides(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, {"cart.py": {"f": [[0, 0, 3], [0, 0, 9]]}}, tool="complexipy")
        upload(pull.repository, BASE, {"cart.py": {"f": [[0, 0, 4]]}}, tool="complexipy")
        row = judged(pull)
        assert (row.is_by_line, row.functions, row.complexity_before) == (False, 2, 4)


@pytest.mark.parametrize("state", [DiffState.MISSING, DiffState.OPAQUE, None])
def test_whole_files_count_while_the_landed_lines_are_not_known(pull: PullRequest, state: DiffState | None) -> None:
    with tenant(pull.organization_id):
        landed = DefaultCommit.objects.filter(sha=pull.merge_sha)
        if state is None:
            landed.delete()
        else:
            landed.update(diff_state=state)
        upload(pull.repository, pull.merge_sha, AFTER)
        row = judged(pull)
        assert (row.is_by_line, row.functions, row.lines_added) == (False, 4, 7)


def test_the_report_is_that_of_the_merge_then_of_the_head_then_of_the_number(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        for sha, expected in ((sha_of("a head"), 1), (HEAD, 2), (pull.merge_sha, 3)):
            # The later a report came, the newer it is: what comes first here is the newest.
            upload(pull.repository, sha, {"new.py": {"f": [[1, 8, expected]]}}, minute=-expected, pull_number=7)
            row = judged(pull)
            assert (row.sha, row.complexity) == (sha, expected)
        upload(pull.repository, pull.merge_sha, {"new.py": {"f": [[1, 8, 4]]}}, minute=1)
        assert judged(pull).complexity == 4


def test_jobs_are_parts_of_one_report(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, {"new.py": {"f": [[1, 8, 5]]}}, job="api")
        upload(pull.repository, pull.merge_sha, {"cart.py": {"f": [[10, 12, 5]]}}, job="web")
        assert judged(pull).functions == 2


def test_another_ruleset_is_a_row_of_its_own_and_has_its_own_base(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, BASE, BEFORE, ruleset="a")
        upload(pull.repository, HEAD, AFTER, ruleset="a")
        assert judged(pull).base_state == "exact"
        upload(pull.repository, pull.merge_sha, AFTER, ruleset="b")
        row = judged(pull)
        assert (row.ruleset, row.base_state, row.complexity_before) == ("b", "none", None)
        upload(pull.repository, pull.merge_sha, AFTER, ruleset="c")
        assert [judged(pull, ruleset=name).complexity for name in "bc"] == [pytest.approx(8.1)] * 2


def test_the_base_may_be_an_ancestor_of_the_last_thirty_days(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, AFTER)
        upload(pull.repository, sha_of("default 1"), BEFORE)
        assert judged(pull).base_state == "none"
        upload(pull.repository, sha_of("default 2"), BEFORE)
        row = judged(pull)
        assert (row.base_state, row.base_sha) == ("near", sha_of("default 2"))
        assert row.complexity_before == pytest.approx(10.6)
        upload(pull.repository, BASE, {})
        assert (judged(pull).base_state, judged(pull).complexity_before) == ("exact", None)


def test_a_report_of_the_base_that_comes_late_is_found(pull: PullRequest, acme: Organization) -> None:
    with tenant(acme.id):
        leave_for(acme.id, pull.repository_id, BASE, [], now=NOW)
    assert left(acme.id, "quality") == [pull.id]
    assert JUDGING[next(kind for kind in JUDGING if kind == "quality")] is judge_quality


def test_only_what_is_integrated_has_quality(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, AFTER)
        judged(pull)
        pull.integrated_at = None
        pull.save()
        judge_quality(pull.organization_id, pull.id, now=NOW)
        assert not PullQuality.objects.exists()


def test_what_was_found_outlives_its_reports(pull: PullRequest) -> None:
    with tenant(pull.organization_id):
        upload(pull.repository, pull.merge_sha, AFTER)
        upload(pull.repository, BASE, BEFORE)
        before = judged(pull).complexity_before
        QualityUpload.objects.filter(sha=BASE).delete()
        judge_quality(pull.organization_id, pull.id, now=NOW + JUDGED)
        assert PullQuality.objects.get().complexity_before == before
        QualityUpload.objects.all().delete()
        judge_quality(pull.organization_id, pull.id, now=NOW)
        assert PullQuality.objects.exists()
