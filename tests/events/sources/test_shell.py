import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources._shell import read

# line, runner, outcome if the line ended with 0, outcome if not
RUNS = [
    # the status is the runner's own
    ("pytest", "pytest", "passed", "failed"),
    ("python3 -m pytest -q tests/", "pytest", "passed", "failed"),
    ("cd api && pytest", "pytest", "passed", "failed"),
    ("cd api; pytest", "pytest", "passed", "failed"),
    ("cd api\npytest -x", "pytest", "passed", "failed"),
    ("DJANGO_SETTINGS_MODULE=a.b PYTHONPATH=. pytest", "pytest", "passed", "failed"),
    ("env -u X CI=1 timeout -k 5 60 uv run --with pytest-xdist pytest -n 4", "pytest", "passed", "failed"),
    ("poetry run coverage run -m pytest", "pytest", "passed", "failed"),
    (".venv/bin/pytest 'tests/test_a.py::test_b[a|b]'", "pytest", "passed", "failed"),
    (r"C:\work\.venv\Scripts\pytest.exe -q".replace("\\", "/"), "pytest", "passed", "failed"),
    ("(cd api && pytest)", "pytest", "passed", "failed"),
    ("bash -lc 'cd api && pytest -q'", "pytest", "passed", "failed"),
    ("bash -euo pipefail -c \"pytest | tee log\"", "pytest", "passed", "failed"),
    ("pytest 2>&1", "pytest", "passed", "failed"),
    ("pytest > out.txt 2> err.txt < /dev/null", "pytest", "passed", "failed"),
    ("pytest &> out.txt", "pytest", "passed", "failed"),
    ("pytest && echo ok", "pytest", "passed", "failed"),
    ("echo y | pytest", "pytest", "passed", "failed"),
    ("set -o pipefail; pytest | tail -5", "pytest", "passed", "failed"),
    ("pytest \\\n  --maxfail=1", "pytest", "passed", "failed"),
    ("pytest # all; of || them", "pytest", "passed", "failed"),
    ("docker compose exec -T web pytest", "pytest", "passed", "failed"),
    ("docker compose -f dev.yml run --rm -e CI=1 web pytest", "pytest", "passed", "failed"),
    ("npx jest --coverage", "jest", "passed", "failed"),
    ("yarn jest", "jest", "passed", "failed"),
    ("pnpm exec vitest run", "vitest", "passed", "failed"),
    ("npx playwright test", "playwright", "passed", "failed"),
    ("bun test", "bun", "passed", "failed"),
    ("cargo nextest run", "nextest", "passed", "failed"),
    ("mocha --fail-zero", "mocha", "passed", "failed"),
    ("ctest --no-tests=error", "ctest", "passed", "failed"),
    # another command of the line may have been the one that failed
    ("ruff check . && pytest", "pytest", "passed", "unknown"),
    ("pytest && git commit -m x", "pytest", "passed", "unknown"),
    # the status is not the runner's
    ("pytest | tail -5", "pytest", "unknown", "unknown"),
    ("pytest |& grep FAILED", "pytest", "unknown", "unknown"),
    ("pytest; echo done", "pytest", "unknown", "unknown"),
    ("pytest\necho done", "pytest", "unknown", "unknown"),
    ("pytest &", "pytest", "unknown", "unknown"),
    ("(pytest && echo ok) | tee log", "pytest", "unknown", "unknown"),
    ("for f in a b; do pytest $f; done", "pytest", "unknown", "unknown"),
    ("if pytest; then echo ok; fi", "pytest", "unknown", "unknown"),
    ("! pytest", "pytest", "unknown", "unknown"),
    ("{ pytest; }", "pytest", "unknown", "unknown"),
    ("pytest 'cut off", "pytest", "unknown", "unknown"),
    ("cat <<EOF\npytest", None, "unknown", "unknown"),
    # a zero exit alone is no pass
    ("pytest || true", "pytest", "unknown", "failed"),
    ("pytest; npm test", "pytest", "unknown", "failed"),
    ("jest --passWithNoTests", "jest", "unknown", "failed"),
    ("python -m unittest discover", "unittest", "unknown", "failed"),
    ("python manage.py test shop", "django", "unknown", "failed"),
    ("./manage.py test", "django", "unknown", "failed"),
    ("go test ./...", "go", "unknown", "failed"),
    ("cargo +nightly test --workspace", "cargo", "unknown", "failed"),
    ("npm test", "npm", "unknown", "failed"),
    ("npm --prefix web run test:unit", "npm", "unknown", "failed"),
    ("yarn workspace web test", "yarn", "unknown", "failed"),
    ("pnpm -C web test", "pnpm", "unknown", "failed"),
    ("bun run test", "bun", "unknown", "failed"),
    ("npx mocha", "mocha", "unknown", "failed"),
    ("node --test", "node", "unknown", "failed"),
    ("bundle exec rspec spec/models", "rspec", "unknown", "failed"),
    ("bin/rails test", "rails", "unknown", "failed"),
    ("vendor/bin/phpunit", "phpunit", "unknown", "failed"),
    ("php artisan test", "artisan", "unknown", "failed"),
    ("./mvnw -q clean test", "maven", "unknown", "failed"),
    ("./gradlew :app:testDebugUnitTest", "gradle", "unknown", "failed"),
    ("dotnet test", "dotnet", "unknown", "failed"),
    ("ctest --output-on-failure", "ctest", "unknown", "failed"),
    ("make -j4 test", "make", "unknown", "failed"),
    ("tox -e py311", "tox", "unknown", "failed"),
    ("nox -s tests", "nox", "unknown", "failed"),
    # no run of tests
    ("pytest --version", None, "unknown", "unknown"),
    ("pytest --collect-only -q", None, "unknown", "unknown"),
    ("jest --help", None, "unknown", "unknown"),
    ("cargo test --no-run", None, "unknown", "unknown"),
    ("go build ./...", None, "unknown", "unknown"),
    ("npm install", None, "unknown", "unknown"),
    ("echo pytest", None, "unknown", "unknown"),
    ("grep -r pytest .", None, "unknown", "unknown"),
    ("pip install pytest", None, "unknown", "unknown"),
    ("cat > run.sh <<'EOF'\npytest\nEOF", None, "unknown", "unknown"),
    ("git commit -m 'run; pytest'", None, "unknown", "unknown"),
    ('git commit -m "$(cat <<\'EOF\'\nit\'s (so)\n\npytest\nEOF\n)"', None, "unknown", "unknown"),
    ("python test_shop.py", None, "unknown", "unknown"),
    ("make build", None, "unknown", "unknown"),
    ("", None, "unknown", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "runner", "if_zero", "if_not"), RUNS)
def test_a_line_is_the_run_that_it_is(line: str, runner: str | None, if_zero: str, if_not: str) -> None:
    call = read(line)
    assert (call.runner, call.outcome(True), call.outcome(False)) == (runner, if_zero, if_not)
    assert call.outcome(None) == "unknown"


@pytest.mark.parametrize(
    ("line", "acts"),
    [
        ("git commit -m 'x'", {"commit": 1}),
        ("git -C api -c user.name=a commit --amend --no-edit", {"commit": 1}),
        ("git add -A && git commit -m \"$(cat <<'EOF'\nit's (a\n\nEOF\n)\" && git push", {"commit": 1, "push": 1}),
        ("git commit -m a && git commit --allow-empty -m b", {"commit": 2}),
        ("git init -q; git push -u origin x; git remote -v", {"push": 1}),
        ("git push 2>&1 | tail -3", {"push": 1}),
        ("gh pr create --title 'a' --body 'b'", {"pull_request": 1}),
        ("glab mr create --fill", {"pull_request": 1}),
        ("hub pull-request -m x", {"pull_request": 1}),
        ("git commit --dry-run", {}),
        ("git push --dry-run", {}),
        ("git push origin --delete x", {}),
        ("gh pr create --web", {}),
        ("gh pr view 3", {}),
        ("git log --grep commit", {}),
        ("echo git commit", {}),
        ("git diff --quiet || git commit -m x", {}),
    ],
)
def test_what_a_line_did_in_git(line: str, acts: dict[str, int]) -> None:
    assert read(line).acts == acts


@pytest.mark.parametrize(
    "line",
    [
        "(" * 100_000, '"' * 99_999, "$(" * 50_000, "$'" * 50_000, "`" * 99_999, "<<A\n" * 25_000, "<<'" * 30_000,
        "a;" * 50_000, "a|" * 50_000, "$((1<<" * 15_000, "{ " * 50_000, "bash -c '" * 10_000, "env " * 20_000,
        "A=b " * 20_000, "\\" * 99_999, "${" * 50_000, "cd x && " * 12_000 + "pytest", '"$(cat <<A\n' * 9_000,
        "uv run " * 14_000, "<<E <<E " * 12_000 + "\n" + "E\n" * 1_000, "a" * 10_000_000,
    ],
)  # fmt: skip
def test_a_hostile_line_is_read(line: str) -> None:
    """In linear time; anything worse would hang here."""
    read(line)


@given(st.text(alphabet=" \n\t'\"\\$`;&|()<>#{}=-EOFcd!pytes", max_size=120))
def test_any_line_is_read(line: str) -> None:
    read(line)
