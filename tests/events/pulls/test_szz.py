import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.lines.changes import Anchor, Deleted, FileChange, Group, Status
from events.pulls.lines.owners import Runs
from events.pulls.szz import Commit, Line, Tier, probability_of, tier_of, touched_lines, trace

DAY = 86_400
NOW = 1_000 * DAY


def _days_ago(*days: int) -> dict[int, Commit]:
    """Owners from 1 on, each committed so many days before the fix."""
    return {owner: Commit(NOW - ago * DAY) for owner, ago in enumerate(days, 1)}


def test_a_deleted_line_of_code_says_more_than_a_comment() -> None:
    lines = [Line(1, "k"), Line(2, "c"), Line(2, "b")]
    top, other = trace(lines, _days_ago(0, 0), fixed_at=NOW)
    assert (top.owner, other.owner) == (1, 2)
    assert top.share == pytest.approx(1 / 1.6)
    assert (top.probability, top.tier) == (0.45, Tier.POSSIBLE)


def test_a_line_that_is_only_moved_says_little() -> None:
    lines = [Line(1, "k", is_real=False), Line(1, "k", is_real=False), Line(2, "k")]
    assert trace(lines, _days_ago(0, 0), fixed_at=NOW)[0].owner == 2


def test_a_younger_commit_is_likelier() -> None:
    found = trace([Line(1, "k"), Line(2, "k")], _days_ago(0, 30), fixed_at=NOW)
    assert [c.owner for c in found] == [1, 2]
    assert [c.share for c in found] == pytest.approx([2 / 3, 1 / 3])


def test_of_equal_candidates_the_newer_is_first() -> None:
    # Four lines 90 days old weigh as much as one of today.
    lines = [Line(1, "k")] * 4 + [Line(2, "k")]
    assert [c.owner for c in trace(lines, _days_ago(90, 0), fixed_at=NOW)] == [2, 1]


def test_neighbours_count_in_full_only_where_nothing_was_deleted() -> None:
    anchors = [Line(1, "k", is_anchor=True)] * 2
    assert trace(anchors, _days_ago(0), fixed_at=NOW)[0].share == 1
    shares = {c.owner: c.share for c in trace([*anchors, Line(2, "k")], _days_ago(0, 0), fixed_at=NOW)}
    assert shares == pytest.approx({1: 1 / 3, 2: 2 / 3})


def test_a_commit_newer_than_the_report_is_not_its_cause() -> None:
    found = trace([Line(1, "k"), Line(2, "k")], _days_ago(1, 9), fixed_at=NOW, reported_at=NOW - 5 * DAY)
    assert [(c.owner, c.share) for c in found] == [(2, 1.0)]


def test_unknown_lines_keep_their_weight_and_are_never_blamed() -> None:
    found = trace([Line(0, "k"), Line(1, "k")], _days_ago(0), fixed_at=NOW)
    assert [(c.owner, c.share, c.tier) for c in found] == [(1, 0.5, Tier.POSSIBLE)]
    assert trace([Line(0, "k")], {}, fixed_at=NOW) == []


def test_a_fix_that_touches_no_source_has_no_origin() -> None:
    assert trace([], {}, fixed_at=NOW) == []


@pytest.mark.parametrize(
    ("share", "tier", "probability"),
    [(1.0, Tier.PROBABLE, 0.71), (0.8, Tier.PROBABLE, 0.71), (0.79, Tier.POSSIBLE, 0.45), (0.4, Tier.POSSIBLE, 0.34),
     (0.39, None, 0.20), (0.0, None, 0.20)],
)  # fmt: skip
def test_a_share_has_the_probability_that_was_measured(share: float, tier: Tier | None, probability: float) -> None:
    assert (tier_of(share), probability_of(share)) == (tier, probability)


@given(
    st.lists(st.builds(Line, st.integers(0, 5), st.sampled_from("kcbtid"), st.booleans(), st.booleans())),
    st.dictionaries(st.integers(1, 5), st.builds(Commit, st.integers(0, NOW + DAY), st.integers(0, 999))),
    st.none() | st.integers(0, NOW),
)
def test_shares_are_parts_of_one_and_the_best_is_first(
    lines: list[Line], commits: dict[int, Commit], reported_at: int | None
) -> None:
    found = trace(lines, commits, fixed_at=NOW, reported_at=reported_at)
    shares = [candidate.share for candidate in found]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-9
    assert trace(lines[::-1], commits, fixed_at=NOW, reported_at=reported_at) == found


def test_touched_lines_are_those_of_source_that_people_wrote() -> None:
    def fix(path: str) -> FileChange:
        return FileChange(
            Status.MODIFIED, path, path, (Group(2, 1, 0), Group(5, 0, 2)), (Deleted(2, "k", True),), (Anchor(5, "t"),)
        )

    paths = ["app/area.py", "tests/test_area.py", "README.md", "vendor/a.py", "spare/b.py"]
    before = {path: Runs([3, 3], [1, 2]) for path in paths}
    assert touched_lines(map(fix, paths), before, generated=["spare/"]) == [
        Line(1, "k", is_real=True), Line(2, "t", is_anchor=True),
    ]  # fmt: skip
    assert touched_lines(map(fix, paths), before, tests=["app/*", "spare/*"]) == []
    assert [line.owner for line in touched_lines([fix("unseen.py")], {})] == [0, 0]


def test_finds_the_origin_of_real_defects() -> None:
    """Fixes whose developers named the commit that brought the defect (ICSE 2021), as owners and kinds of lines."""
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "fixtures/pulls/origins.json").read_text())
    right = 0
    for row in rows:
        lines = [Line(owner, kind, bool(real), bool(anchor)) for owner, kind, real, anchor in row["lines"]]
        commits = {at: Commit(told[1], told[2]) for at, told in enumerate(row["commits"], 1)}
        right += trace(lines, commits, fixed_at=row["fixed_at"])[0].owner in row["truth"]
    assert (right, len(rows)) == (22, 27)
