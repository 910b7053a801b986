"""Reports of analysers as they write them, and the parameters that say what they are of."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources._base import Unreadable
from events.sources._ci_formats import FORMATS, parse
from events.sources._ci_place import WrongParameter, place_of
from events.sources._ci_quality import Function, Report

ROOT = "/home/runner/work/shop/shop"
RUFF = [
    {"cell": None, "code": "F401", "end_location": {"column": 10, "row": 3}, "filename": f"{ROOT}/shop/cart.py",
     "fix": None, "location": {"column": 8, "row": 3}, "message": "Unused", "noqa_row": 3},
    {"code": "E501", "filename": f"{ROOT}/shop/cart.py", "location": {"column": 89, "row": 1}, "message": "Too long"},
    {"code": "E902", "filename": f"{ROOT}/broken.py", "location": None, "message": "No such file"},
    {"code": "E501", "filename": "/usr/lib/python3/x.py", "location": {"column": 89, "row": 1}, "message": "Too long"},
]  # fmt: skip
FLAKE8 = {
    "./shop/cart.py": [
        {"code": "F401", "filename": "./shop/cart.py", "line_number": 3, "column_number": 1, "text": "x",
         "physical_line": "import os\n"},
        {"code": "W391", "filename": "./shop/cart.py", "line_number": 9, "column_number": 1, "text": "x"},
    ],
    "./shop/clean.py": [],
}  # fmt: skip
_METHOD = {"type": "method", "rank": "A", "name": "total", "lineno": 5, "endline": 9, "complexity": 3, "closures": []}
RADON = {
    "shop/cart.py": [
        {"type": "class", "rank": "A", "lineno": 4, "endline": 20, "complexity": 2, "methods": [_METHOD]},
        _METHOD,
        {"type": "function", "rank": "C", "name": "price", "lineno": 30, "endline": 60, "complexity": 12, "closures": [
            {"type": "function", "name": "inner", "lineno": 40, "endline": 44, "complexity": 2, "closures": []}]},
    ],
    "shop/broken.py": {"error": "invalid syntax (<unknown>, line 1)"},
}  # fmt: skip
COMPLEXIPY = [
    {"complexity": 7, "file_name": "cart.py", "function_name": "price", "path": "shop/cart.py"},
    {"complexity": 1, "file_name": "cart.py", "function_name": "total", "path": "shop/cart.py"},
]


def _result(path: str, row: int | None = 4, **more: Any) -> dict[str, Any]:
    region = {"region": {"startLine": row}} if row else {}
    return {
        "ruleId": "x", "message": {"text": "never kept"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, **region}}], **more,
    }  # fmt: skip


SARIF: dict[str, Any] = {
    "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
    "runs": [
        {"tool": {"driver": {"name": "ESLint", "version": "9.1.0", "rules": []}}, "results": [
            _result(f"file://{ROOT}/web/a%20b.ts"), _result("web/c.ts", None), _result("web/c.ts", level="none"),
            _result("web/c.ts", kind="pass"), _result("web/c.ts", suppressions=[{"kind": "inSource"}]),
            _result("web/c.ts", suppressions=[{"kind": "external", "status": "rejected"}]),
            _result("web/c.ts", baselineState="absent"), {"message": {"text": "of no file"}},
            {"locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]}],
         "artifacts": [{"location": {"uri": "web/d.ts"}}]},
        {"tool": {"driver": {"name": "CodeQL", "semanticVersion": "2.20.0"}}},
    ],
}  # fmt: skip


def read(body: Any, format_: str = "", root: str = "") -> list[Report]:
    return parse(body if isinstance(body, bytes) else json.dumps(body).encode(), format_, root)


def _violations(report: Report) -> dict[str, list[int]]:
    return {path: file.violations for path, file in report.files.items()}


def test_ruff() -> None:
    (report,) = read(RUFF, root=f"{ROOT}/")
    assert (report.tool, report.kind, report.outside) == ("ruff", "style", 1)
    assert _violations(report) == {"shop/cart.py": [3, 1], "broken.py": [0]}


def test_flake8() -> None:
    (report,) = read(b"\xef\xbb\xbf" + json.dumps(FLAKE8).encode())
    assert (report.tool, report.kind) == ("flake8", "style")
    assert _violations(report) == {"shop/cart.py": [3, 9], "shop/clean.py": []}


def test_radon() -> None:
    """A method stands beside its class and in it, and a class is the mean of its methods."""
    (report,) = read(RADON)
    assert (report.tool, report.kind) == ("radon", "complexity")
    functions = {path: file.functions for path, file in report.files.items()}
    cart = [Function(5, 9, 3), Function(30, 60, 12), Function(40, 44, 2)]
    assert functions == {"shop/cart.py": cart, "shop/broken.py": []}


def test_complexipy() -> None:
    (report,) = read(COMPLEXIPY)
    assert (report.tool, report.kind) == ("complexipy", "complexity")
    assert report.files["shop/cart.py"].functions == [Function(0, 0, 7), Function(0, 0, 1)]


def test_sarif() -> None:
    eslint, codeql = read(SARIF, root=ROOT)
    assert (eslint.tool, eslint.version, codeql.tool, codeql.version) == ("eslint", "9.1.0", "codeql", "2.20.0")
    assert _violations(eslint) == {"web/a b.ts": [4], "web/c.ts": [0, 4], "(none)": [0], "web/d.ts": [0]}
    assert _violations(codeql) == {}


@pytest.mark.parametrize(
    ("format_", "body"), [(name, {} if name in ("flake8", "radon") else []) for name in FORMATS[:4]]
)
def test_a_report_of_nothing_says_so_where_its_format_is_told(format_: str, body: Any) -> None:
    (report,) = read(body, format_)
    assert (report.tool, dict(report.files)) == (format_, {})
    with pytest.raises(Unreadable, match="add format"):
        read(body)


def test_paths_of_windows_are_those_of_the_repository() -> None:
    told = [{"filename": r"D:\a\shop\shop\cart.py", "location": {"row": 1}}, {"filename": r"src\a.py"}]
    (report,) = read(told, root=r"D:\a\shop")
    assert sorted(report.files) == ["shop/cart.py", "src/a.py"]


@pytest.mark.parametrize("path", ["../etc/passwd", ".", "a\x00b", "a/../../b", "x" * 1001])
def test_odd_paths_are_dropped_and_counted(path: str) -> None:
    (report,) = read([{"filename": path}, {"filename": "ok.py"}])
    assert (list(report.files), report.outside) == (["ok.py"], 1)


_DEEP: Any = []
for _ in range(70):
    _DEEP = [_DEEP]
REFUSED = {
    "nothing": (b"", ""), "no JSON": (b"All checks passed!", ""), "a number": (b"12", ""), "null": (b"null", ""),
    "a list of text": (["x"], ""), "another tool": ([{"file": "a.py"}], ""), "an unknown format": ([], "pylint"),
    "another format than told": (RUFF, "flake8"), "deep": (_DEEP, ""), "no path": ([{"filename": 5}], ""),
    "absolute paths without a root": (RUFF, ""), "SARIF 2.0": ({"version": "2.0.0", "runs": []}, ""),
    "SARIF of no run": ({"version": "2.1.0", "runs": []}, ""), "a tool without a name": (
        {"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]}, ""),
    "more runs than a job has": ({"version": "2.1.0", "runs": SARIF["runs"] * 26}, ""),
    "a negative complexity": ([{"path": "a.py", "complexity": -1}], ""),
    "a huge complexity": (b'[{"path": "a.py", "complexity": 1e400}]', ""),
    "a huge integer": (b'[{"path": "a.py", "complexity": ' + b"9" * 5000 + b"}]", ""),
    "a complexity that is none": ([{"path": "a.py", "complexity": True}], ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "format_"), REFUSED.values(), ids=REFUSED)
def test_refuses_what_it_cannot_read(body: Any, format_: str) -> None:
    with pytest.raises(Unreadable):
        read(body, format_)


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.text(max_size=3) | st.sampled_from(["2.1.0", "a.py"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["filename", "location", "row", "path", "complexity", "version", "runs", "tool", "driver",
                         "name", "results", "locations", "a.py", "line_number", "lineno", "endline", "closures",
                         "suppressions", "physicalLocation", "artifactLocation", "uri", "index", "region"]),
        inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(tree=_TREES, format_=st.sampled_from(["", *FORMATS]))
def test_any_json_is_read_or_refused(tree: Any, format_: str) -> None:
    try:
        reports = read(tree, format_)
    except Unreadable:
        return
    assert all(line >= 0 for report in reports for file in report.files.values() for line in file.violations)


# --- of which run ----------------------------------------------------------------------------------------------------

RUN = {"repository": "acme/shop", "commit": "A" * 40}


@pytest.mark.parametrize(
    "told",
    [
        "acme/shop",
        "Acme/Shop.git",
        "https://github.com/acme/shop",
        "git@github.com:acme/shop.git",
        "github.com/acme/shop",
    ],
)
def test_a_repository_is_the_same_however_it_is_spelt(told: str) -> None:
    place = place_of({**RUN, "repository": told})
    assert (place.repository, place.sha) == ("github.com/acme/shop", "a" * 40)


def test_what_is_not_told_is_not_known() -> None:
    place = place_of({**RUN, "branch": "refs/heads/main", "ruleset": "", "attempt": " "})
    assert (place.branch, place.attempt, place.pull_number, place.ruleset, place.job) == ("main", None, None, "", "")
    assert len(place_of({**RUN, "ruleset": "a"}).ruleset) == 32


WRONG = {
    "repository": ["", "shop", "../shop", "a b/c", "x/" * 200], "commit": ["", "main", "a" * 39, "g" * 40, "a" * 41],
    "pull_request": ["0", "-1", "x", "1.5", str(2**31), "٣"], "attempt": ["0", "1001"],
    "job": ["x" * 201, "a\x00", "a\nb"], "branch": ["x" * 256], "root": ["x" * 1001],
    "ruleset": ["x" * 20_001, "\ud800"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "told"), [(name, told) for name, values in WRONG.items() for told in values])
def test_wrong_parameters_are_named(name: str, told: str) -> None:
    with pytest.raises(WrongParameter) as caught:
        place_of({**RUN, name: told})
    assert caught.value.name == name
