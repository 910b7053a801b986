import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.paths import is_generated, is_source, is_test, matches


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


@pytest.mark.parametrize(
    "path",
    [
        "package-lock.json", "web/yarn.lock", "Cargo.lock", "vendor/github.com/x/y.go", "a/node_modules/x/index.js",
        "go.sum", "api/user.pb.go", "a.js.map", "b.min.js", "api/user_pb2.py", "dist/index.js", "x/__generated__/y.ts",
        "src/schema.generated.ts", "lib/user.g.dart", "tests/__snapshots__/a.snap", "pnpm-lock.yaml", "F.Designer.cs",
    ],
)  # fmt: skip
def test_knows_what_nobody_wrote(path: str) -> None:
    assert is_generated(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/dist/rules.py",
        "app/build.py",
        "lockers.py",
        "generator.py",
        "pyproject.toml",
        "src/vendors.py",
        "a/mini.js",
    ],
)
def test_handwork_is_not_taken_for_generated(path: str) -> None:
    assert not is_generated(path)
    assert is_generated(path, [path])


def test_source_is_code_and_no_document_or_data() -> None:
    source = ["a.py", "b/c.go", "web/page.html", "Dockerfile", "Makefile", "run.sh", "tests/test_a.py", "q.sql"]
    assert all(map(is_source, source))
    assert not any(
        map(is_source, ["README.md", "a.json", ".github/ci.yml", "pyproject.toml", "logo.png", "LICENSE", ""])
    )


def test_tests_are_known_by_name_or_by_the_repositorys_globs() -> None:
    assert all(map(is_test, ["tests/a.py", "pkg/x_test.go", "a.spec.ts", "src/test/java/A.java"]))
    assert not is_test("src/contest.py")
    assert is_test("checks/a.py", ["checks/"])


@given(st.text(max_size=60), st.text(alphabet="*?/ab[]!.", max_size=30))
def test_any_path_and_any_glob_have_an_answer(path: str, glob: str) -> None:
    matches(path, [glob])
    is_generated(path)
    is_source(path)


def test_a_glob_of_many_stars_is_answered_in_no_time() -> None:
    assert not matches("a/" * 500 + "b", ["**/a/" * 40 + "c"])
    assert not matches("a" * 4000, ["*a" * 90 + "b"])
