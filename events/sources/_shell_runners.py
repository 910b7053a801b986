"""Which command is a run of tests, and whether its exit status 0 proves that a test ran.

`proves`: the runner itself fails where it finds no test (pytest exits with 5, jest, vitest, playwright and bun with 1,
nextest with 4), so that 0 means "at least one test ran, none failed". The others end with 0 although nothing ran:
unittest (before Python 3.12) and Django ("Ran 0 tests"), go ("no test files"), cargo ("running 0 tests"), mocha and
rspec ("0 passing"), Maven and Gradle (nothing to do, or up to date), dotnet, ctest, phpunit; and behind npm, make, tox
and the like anything may stand. For them 0 is "unknown". A status other than 0 is a failed run for all.
"""

import re
from typing import NamedTuple

_NOT_A_RUN = frozenset({
    "--help", "-h", "--version", "--collect-only", "--co", "--setup-plan", "--setup-only", "--fixtures", "--markers",
    "--listTests", "--list-tests", "--list", "--no-run", "--dry-run", "--showConfig", "-DskipTests",
    "-DskipTests=true", "-Dmaven.test.skip=true", "--show-only", "--list-suites", "--init", "--notest", "--listenvs",
    "--clearCache", "--list-groups",
})  # fmt: skip
_NEEDS_NO_TEST = frozenset({
    "--passWithNoTests", "--pass-with-no-tests", "--passWithNoTests=true", "--suppress-no-test-exit-code",
    "--no-tests=pass", "--no-tests=warn", "--permit-no-files",
})  # fmt: skip
_FAILS_WITHOUT_TEST = frozenset({
    "--fail-zero", "--fail-if-no-examples", "--no-tests=error", "--no-tests=fail", "--fail-on-empty-test-suite",
})  # fmt: skip
_TAKES_VALUE = frozenset({
    "-C", "--prefix", "--filter", "-F", "--cwd", "-w", "--workspace", "-f", "--file", "--manifest-path", "--directory",
})  # fmt: skip


class Run(NamedTuple):
    runner: str
    proves: bool


class _Runner(NamedTuple):
    """`task`: what the first word that is no option must look like or, with `anywhere`, any word. `not_a_run`: options
    with which this runner runs nothing."""

    runner: str
    programs: str
    task: str = ""
    proves: bool = False
    anywhere: bool = False
    not_a_run: str = ""


_SCRIPT = r"test(?:[:_-].*)?"
_RUNNERS = (
    _Runner("pytest", "pytest py.test pytest-3", proves=True, not_a_run="-V"),
    _Runner("tox", "tox"),
    _Runner("nox", "nox"),
    _Runner("nose2", "nose2 nosetests"),
    _Runner("trial", "trial"),
    _Runner("behave", "behave"),
    _Runner("robot", "robot", proves=True),
    _Runner("unittest", "unittest"),
    _Runner("django", "manage.py django-admin django", "test"),
    _Runner("setuptools", "setup.py", "test"),
    _Runner("hatch", "hatch", "test"),
    _Runner("jest", "jest", proves=True),
    _Runner("vitest", "vitest", r"(?!(?:list|bench|init)$).*", proves=True),
    _Runner("mocha", "mocha"),
    _Runner("ava", "ava", proves=True),
    _Runner("jasmine", "jasmine"),
    _Runner("karma", "karma", "start|run"),
    _Runner("playwright", "playwright", "test", proves=True),
    _Runner("cypress", "cypress", "run", proves=True),
    _Runner("npm", "npm", rf"{_SCRIPT}|t|tst"),
    _Runner("yarn", "yarn", _SCRIPT),
    _Runner("pnpm", "pnpm", rf"{_SCRIPT}|t|tst"),
    _Runner("bun", "bun", "test", proves=True),
    _Runner("bun", "bun-run", _SCRIPT),
    _Runner("deno", "deno", "test", proves=True),
    _Runner("node", "node", "--test", anywhere=True),
    _Runner("turbo", "turbo nx lerna", _SCRIPT, anywhere=True),
    _Runner("go", "go", "test", not_a_run="-c -list"),
    _Runner("gotestsum", "gotestsum"),
    _Runner("ginkgo", "ginkgo"),
    _Runner("cargo", "cargo", "test|t"),
    _Runner("nextest", "cargo-nextest", "run|r", proves=True),
    _Runner("maven", "mvn mvnw mvnd", r"(?:.*:)?(?:test|verify|integration-test)", anywhere=True),
    _Runner("gradle", "gradle gradlew", r"(?:.*:)?(?:test\w*|check|\w+Test)", anywhere=True),
    _Runner("sbt", "sbt", r"test.*|.*/test", anywhere=True),
    _Runner("dotnet", "dotnet", "test|vstest"),
    _Runner("rspec", "rspec"),
    _Runner("rails", "rails", _SCRIPT),
    _Runner("rake", "rake", r"test(?::.*)?|spec(?::.*)?", anywhere=True),
    _Runner("cucumber", "cucumber"),
    _Runner("phpunit", "phpunit simple-phpunit paratest"),
    _Runner("pest", "pest"),
    _Runner("artisan", "artisan", "test"),
    _Runner("composer", "composer", _SCRIPT),
    _Runner("ctest", "ctest", not_a_run="-N"),
    _Runner("bats", "bats"),
    _Runner("mix", "mix", "test"),
    _Runner("swift", "swift flutter dart zig stack cabal meson", "test"),
    _Runner("bazel", "bazel bazelisk buck2", "test", proves=True),
    _Runner(
        "make",
        "make gmake just task invoke",
        r"(?:.+[-_])?(?:tests?|check|spec)(?:[-_:].+)?",
        anywhere=True,
        not_a_run="-n -q",
    ),
)
_BY_PROGRAM: dict[str, list[tuple[_Runner, re.Pattern[str]]]] = {}
for _runner in _RUNNERS:
    for _program in _runner.programs.split():
        _BY_PROGRAM.setdefault(_program, []).append((_runner, re.compile(_runner.task)))


def run_of(program: str, arguments: list[str]) -> Run | None:
    """The run of tests that a program with these arguments is, if it is one."""
    for runner, task in _BY_PROGRAM.get(program, ()):
        words = arguments if runner.anywhere else [_first_word(arguments)]
        if not runner.task or any(task.fullmatch(word) for word in words):
            return _judged(runner, frozenset(arguments))
    return None


def _judged(runner: _Runner, arguments: frozenset[str]) -> Run | None:
    if arguments & _NOT_A_RUN or arguments & frozenset(runner.not_a_run.split()):
        return None
    proves = (runner.proves or bool(arguments & _FAILS_WITHOUT_TEST)) and not arguments & _NEEDS_NO_TEST
    return Run(runner.runner, proves)


def _first_word(arguments: list[str]) -> str:
    words = iter(arguments)
    for word in words:
        if word in _TAKES_VALUE:
            next(words, None)
        elif not word.startswith(("-", "+")):
            return word
    return ""
