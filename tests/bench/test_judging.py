"""The evaluation itself, on files so small that one knows what it must say."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.judging.report import judge, main

SHAS = [f"{n:040x}" for n in range(1, 9)]
DAY = 86_400


def _write(path: Path, rows: Any, *, lines: bool = False) -> None:
    text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def _fix(owner: int, truth: int, source: str = "icse2021-oracle") -> dict[str, Any]:
    """A fix that deletes a line of code of one commit, where another, younger one wrote a blank line of it."""
    file = {"path": "a.py", "lang": "py", "test": 0, "n_added": 1, "anchors": []}
    deleted = [[1, "k", 1, owner, owner], [2, "b", 1, 1 - owner, 1 - owner]]
    commits = [[SHAS[0], 90 * DAY, 0, 10, 1], [SHAS[1], 91 * DAY, 0, 10, 1]]
    return {
        "source": source, "repo": "a/b", "fix": SHAS[2], "fix_parent": SHAS[1], "fix_time": 92 * DAY, "truth": [truth],
        "commits": commits, "files": [file | {"deleted": deleted}],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    no_source = _fix(0, 0) | {"files": [], "source": "other"}
    _write(tmp_path / "szz_cases_new.jsonl.gz", [_fix(0, 0), _fix(1, 1), _fix(1, 0, "other"), no_source], lines=True)
    commits = [
        {"sha": SHAS[0], "files": [["A", None, "a.py", [[0, 0, 3]]]]},
        {"sha": SHAS[1], "files": [["M", "a.py", "a.py", [[2, 1, 1]]]]},
        {"sha": SHAS[2], "files": [["D", "a.py", None, [[1, 3, 0]]]]},
    ]
    _write(tmp_path / "replay_x_hunks.jsonl.gz", commits, lines=True)
    runs = [[1, 1, SHAS[0]], [2, 1, SHAS[1]], [3, 1, SHAS[7]]]
    _write(tmp_path / "replay_x_blame_truth.json", [{"at_parent_of": SHAS[2], "path": "a.py", "runs": runs}])
    reverted = [{"sha": SHAS[0], "at": 1, "subject": "Round up (#7)"}]
    revert = {"repo": "a/b", "revert_sha": SHAS[1], "revert_at": 2, "revert_subject": 'Revert "Round up"'}
    _write(tmp_path / "reverts2.json", [revert | {"reverted": reverted}])
    trailers = [("Claude <noreply@anthropic.com>", True), ("Claude Monet <claude@example.fr>", False)]
    expect = [{"line": f"Co-authored-by: {line}", "expect": {"ai": ai, "tool": "claude"}} for line, ai in trailers]
    _write(tmp_path / "ai_trailers.json", expect)
    return tmp_path


def test_says_how_much_is_right(folder: Path) -> None:
    found = {kind: judged.values if judged else None for kind, judged in judge(folder).items()}
    origin = found["szz"]
    assert origin is not None
    assert (origin["precision"], origin["recall"], origin["icse_f1"]) == (2 / 3, 2 / 4, 1)
    assert origin["source_f1"] == pytest.approx(2 / 3)
    assert origin["f1"] == pytest.approx(4 / 7)
    assert found["replay"] is not None
    assert found["replay"]["right"] == pytest.approx(2 / 3)
    assert found["reverts"] == {
        "sha_form": 1, "title_precision": 1, "title_recall": 1, "links_of_unknown_targets": 0,
    }  # fmt: skip
    assert found["trailers"] == {"accuracy": 1, "people_labelled": 0}
    assert [kind for kind, values in found.items() if values is None] == ["squash", "links", "latency"]


def test_prints_one_object_or_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"szz", "replay", "reverts", "squash", "links", "trailers", "latency"}
    assert main([str(folder)]) == 0
    table = capsys.readouterr().out
    assert "| replay, lines right | 0.667 |" in table
    assert "**no**" in table
