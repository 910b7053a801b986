import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.keywords import Origin, closed_issues, fix_title, is_backport, picked_from, stated_origins

SHA = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("Closes #12", [12]),
        ("close #1, closed #2, CLOSES: #3", [1, 2, 3]),
        ("fix #1 fixes #2 fixed #3 resolve #4 resolves #5 resolved #6", [1, 2, 3, 4, 5, 6]),
        ("Fixes acme/shop#7 and closes other/shop#8", [7]),
        ("Resolves https://github.com/acme/shop/issues/9", [9]),
        ("Resolves https://github.com/other/shop/issues/9", []),
        ("prefixes #12; see #13; fixing #14; fixes 15; fixes #", []),
        ("Fixes #12\r\nFixes #12", [12]),
    ],
)
def test_reads_closing_keywords(text: str, issues: list[int]) -> None:
    assert closed_issues(text, repository="Acme/shop") == issues


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        (f'Fixes: {SHA[:12]} ("Round up")', [Origin(SHA[:12], None)]),
        (f"Fixes: commit {SHA}", [Origin(SHA, None)]),
        (f"x\n\nFixes: {SHA[:12]}\nFixes: f{SHA[:11]}", [Origin(SHA[:12], None), Origin(f"f{SHA[:11]}", None)]),
        ("Caused by #12.", [Origin(None, 12)]),
        ("Regression from acme/shop#12", [Origin(None, 12)]),
        ("This regression was introduced in #12, see #13", [Origin(None, 12)]),
        ("a regression introduced by the pull request #12", [Origin(None, 12)]),
        ("Regression in https://github.com/acme/shop/pull/12", [Origin(None, 12)]),
        (f"Introduced in commit {SHA[:9].upper()}", [Origin(SHA[:9], None)]),
        (f"broken since `{SHA[:10]}`", [Origin(SHA[:10], None)]),
        (f"git bisected to {SHA}", [Origin(SHA, None)]),
        (f"Introduced by https://github.com/acme/shop/commit/{SHA}", [Origin(SHA, None)]),
        ("Caused by other/shop#12", []),
        ("Fixes: #12", []),
        ("introduced in 2019; regression in 3 places; caused by 12345678; since version 1234567", []),
        ("introduced in Python 3.12, caused by defaced headers", []),
        ("The parser was introduced in v2.0", []),
    ],
)
def test_reads_stated_origins(text: str, origins: list[Origin]) -> None:
    assert stated_origins(text, repository="acme/shop") == origins


def test_reads_cherry_picks_and_backports() -> None:
    message = f"Round up\n\n(cherry picked from commit {SHA})\n"
    assert picked_from(message) == [SHA]
    assert is_backport(message=message)
    assert is_backport(title="[Backport 2.1] Round up")
    assert is_backport(title="[3.12] gh-1: Round up")
    assert is_backport(branch="backport-12-to-2.1")
    assert is_backport(branch="mergify/bp/2.1/pr-12")
    for base in ("release/2.1", "2.1.x", "stable-2", "v1.4"):
        assert is_backport(title="Round up", base=base, default_branch="main"), base
    assert not is_backport(title="Round up", base="main", default_branch="main")
    assert not is_backport(title="Round up", base="feature/report", default_branch="main")
    assert not is_backport(title="Release 2.1", message="Round up", branch="support-page")


@pytest.mark.parametrize(
    ("title", "prefix", "word"),
    [
        ("Fix rounding of totals", True, True),
        ("fix(api): answer 404", True, True),
        ("bugfix: totals", True, True),
        ("[Bug] Totals are wrong", True, True),
        ("🐛 totals", True, True),
        ("hotfix totals", True, True),
        ("Totals: fix rounding", False, True),
        ("Avoid a crash where the list is empty", False, True),
        ("Add a page", False, False),
        ("Prefix all names", False, False),
        ("Fix typo in README", False, False),
        ("fix(ci): pin the runner", False, False),
        ("Fixed flaky test", False, False),
        ("feat: fix in place", False, False),
        ("docs: fix link", False, False),
        ("", False, False),
    ],
)
def test_knows_titles_of_fixes(title: str, prefix: bool, word: bool) -> None:
    assert fix_title(title) == (prefix, word)


@given(st.text(max_size=200))
def test_reads_any_text(text: str) -> None:
    closed_issues(f"fixes {text}", repository=text)
    stated_origins(f"regression from {text} Fixes: {text}", repository=text)
    is_backport(title=text, message=text, branch=text, base=text, default_branch="main")
    fix_title(text)


@pytest.mark.parametrize(
    "bomb",
    [
        "fixes a",
        "regression ",
        "introduced in ",
        "caused by the the the ",
        "[",
        "fixes: 0a1b2c3",
        "regression was a b ",
    ],
)
def test_a_long_text_is_read_in_no_time(bomb: str) -> None:
    text = bomb * 15_000
    for read in (closed_issues, stated_origins, picked_from, fix_title):
        read(text)
    is_backport(title=text, message=text, branch=text)
