import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.globs import LONGEST, NoGlobError, checked, matches


@pytest.mark.parametrize(
    ("path", "glob", "expected"),
    [
        ("docs/a/b.md", "docs/", True),
        ("site/docs/b.md", "docs/", True),
        ("docs.md", "docs/", False),
        ("a/b/c.pb.go", "*.pb.go", True),
        ("a/b/c.py", "a/*.py", False),
        ("a/c.py", "a/*.py", True),
        ("a/b/c.py", "a/**/*.py", True),
        ("a/c.py", "a/**/*.py", True),
        ("x/a/c.py", "a/**/*.py", False),
        ("x/a/c.py", "**/a/*", True),
        ("a/b/c.py", "a/**", True),
        ("a/b.py", "/a/?.py", True),
        ("a/[b].py", "[b].py", False),
        ("a/b.py", "[b].py", True),
        ("a/b.py", "", False),
        ("a/b.py", "/", False),
        ("a/b.py", "[", False),
    ],
)
def test_globs_match_as_people_mean_them(path: str, glob: str, expected: bool) -> None:
    assert matches(path, [glob]) is expected


@given(st.text(max_size=60), st.text(alphabet="*?/ab[]!.-^&~|", max_size=30))
def test_any_path_and_any_glob_have_an_answer(path: str, glob: str) -> None:
    matches(path, [glob])


@pytest.mark.parametrize(
    ("path", "glob"),
    [
        ("a/" * 500 + "b", "**/a/" * 40 + "c"),
        ("a" * 4000, "*a" * 90 + "b"),
        ("a" * 4000, "*" * 100 + "b"),
        ("a/" * 2000, "**" * 50 + "/b"),
        ("a/" * 2000 + "b", "**/" * 60 + "c"),
        ("a" * 4000, "[a-z]*" * 33 + "0"),
        ("/" * 4000, "*/" * 90 + "x"),
        ("a" * 4000, "?*" * 99 + "b"),
    ],
)
def test_hostile_globs_are_answered_in_no_time(path: str, glob: str) -> None:
    """Seconds are counted by the clock of the processor: other tests may run beside this one."""
    began = time.process_time()
    assert not matches(path, [glob])
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "told", ["", "  ", "/", "//", "a\x00b", "a\nb", "a\x7f", "a\u202eb", "a\\b", "a" * (LONGEST + 1)]
)
def test_what_nobody_can_mean_is_no_glob(told: str) -> None:
    with pytest.raises(NoGlobError):
        checked(told)


@pytest.mark.parametrize("told", ["*", "**", "**" * 50, "docs/", "/a/**", "[", "ü/*.py", "a b/*", "a" * LONGEST])
def test_everything_else_is_one(told: str) -> None:
    assert checked(f"  {told} ") == told
