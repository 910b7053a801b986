import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.paths import is_generated, is_source, is_test


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


@given(st.text(max_size=60))
def test_any_path_has_an_answer(path: str) -> None:
    is_generated(path)
    is_source(path)
